"""What the name of a source file shows: its page, its kind, whether it is finished at all."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# fmt: off
LOSSLESS = frozenset(
    {"bmp", "j2c", "j2k", "jp2", "jpc", "jpf", "jpm", "jpx", "png", "tif", "tiff"}
)
"""Formats that masters are kept in; beside them the others are access copies."""

IMAGES = LOSSLESS | {"gif", "jfif", "jpe", "jpeg", "jpg", "webp"}
TEXTS = frozenset({"alto", "hocr", "htm", "html", "tei", "txt", "xml"})
BOOKS = frozenset({"djv", "djvu", "epub", "pdf"})
_DOCUMENTS = frozenset({
    "checksum", "checksums", "copying", "copyright", "license", "licence", "md5", "md5sum",
    "md5sums", "notice", "readme", "rights", "sha1sum", "sha1sums", "sha256sum", "sha256sums",
    "sha512sum", "sha512sums", "лицензия", "права", "прочти", "прочтименя", "ліцэнзія", "правы",
    "прачытай", "прачытаймяне",
})
"""Names of texts that are about the scans, not of the book."""
_UNSUPPORTED = frozenset({
    "ai", "arw", "avif", "cr2", "cr3", "crw", "dng", "eip", "eps", "heic", "heif", "iiq", "jhc",
    "jph", "jxl", "nef", "nrw", "orf", "pcx", "pef", "psb", "psd", "raf", "raw", "rw2", "srw",
    "svg", "tga", "xcf",
})
_UNFINISHED = frozenset({
    "!ut", "bc!", "crdownload", "download", "filepart", "opdownload", "part", "partial", "temp",
    "tmp",
})
# fmt: on
_DIGITS = "0123456789"  # and no others: ¹ is a digit to Python, but not a number
_SYSTEM = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir"})
_COPY = re.compile(
    r"(.+?)(?: ?\([0-9]{1,3}\)| ?[-–—] ?(?:copy|копия|копія)(?: ?\([0-9]{1,3}\))?)", re.IGNORECASE
)


def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """A key that sorts names as people count: 2 before 10, whatever the letters are."""
    parts = re.split(r"([0-9]+)", folded(name))
    return tuple((0, int(part)) if part[0] in _DIGITS else (1, part) for part in parts if part)


def folded(name: str) -> str:
    """A name without what does not distinguish names: case and Unicode form."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


@lru_cache(1 << 16)  # the name of a page is asked for its ending forty times
def ending(path: str) -> str:
    """The extension of a file in lower case, if it is allowed in a package; otherwise ""."""
    _, dot, after = path.rpartition("/")[2].rpartition(".")
    return after.lower() if dot and re.fullmatch(r"[A-Za-z0-9]{1,8}", after) else ""


def stem(path: str) -> str:
    """The name of a file without its extension: the default label of its page."""
    name = path.rpartition("/")[2]
    return name[: -len(ending(name)) - 1] if ending(name) else name


def is_image(path: str) -> bool:
    """Whether a file is, by its name, an image that can be a page."""
    return ending(path) in IMAGES


def is_unsupported(path: str) -> bool:
    """Whether a file is an image, but of a kind that cannot be a page: of a camera or an editor."""
    return ending(path) in _UNSUPPORTED


def is_document(path: str) -> bool:
    """Whether a text is, by its name, about the scans: a licence, a readme, digests."""
    name = re.sub(r"[ _.]", "", folded(stem(path)))
    return ending(path) in TEXTS | {""} and name in _DOCUMENTS


def is_unfinished(path: str) -> bool:
    """Whether a program is still writing the file, or left it half written."""
    name = path.rpartition("/")[2]
    _, dot, after = name.rpartition(".")
    return name.startswith("~") or bool(dot and after.lower() in _UNFINISHED)


def is_of_the_system(path: str) -> bool:
    """Whether an operating system made the file, or hides it."""
    parts = path.split("/")
    return any(part.startswith(".") or part.casefold() in _SYSTEM for part in parts)


def copied_from(stem_: str) -> str | None:
    """The name that a file manager gave a copy of: `0002 (1)` and `0002 — копия` are of `0002`."""
    match = _COPY.fullmatch(stem_)
    return match[1] if match else None
