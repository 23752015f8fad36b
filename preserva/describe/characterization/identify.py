"""The format of a file, from its first bytes: name, media type, PRONOM id, version.

The content decides, never the extension alone; where the two contradict each other, the format has
a note. An unknown format is `application/octet-stream`, and is reported as unknown. PRONOM ids are
given only where they are certain: what DROID's signature file V125 gives, and for BigTIFF the
registry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.describe.characterization.format import FileFormat
from preserva.describe.characterization.identify_text import by_text
from preserva.i18n import NP_, pgettext

__all__ = ["EMPTY", "HEAD", "UNIDENTIFIED", "FileFormat", "identify"]

HEAD = 64 * 1024
"""How many bytes from the beginning of a file `identify` wants; more are not looked at."""


UNIDENTIFIED = FileFormat(NP_("format of a file", "unidentified"), "application/octet-stream")
EMPTY = FileFormat(NP_("format of a file", "empty file"), "application/octet-stream")

_EXTENSIONS: Mapping[str, str] = {
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "jpe": "image/jpeg",
    "jfif": "image/jpeg",
    "j2c": "image/j2c",
    "j2k": "image/j2c",
    "jpc": "image/j2c",
    "jp2": "image/jp2",
    "jpx": "image/jpx image/jp2",
    "jpf": "image/jpx image/jp2",
    "jph": "image/jph",
    "png": "image/png",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "webp": "image/webp",
    "avif": "image/avif",
    "heic": "image/heic",
    "heif": "image/heic",
    "jxl": "image/jxl",
    "djvu": "image/vnd.djvu",
    "djv": "image/vnd.djvu",
    "pdf": "application/pdf",
    "zip": "application/zip application/epub+zip",
    "epub": "application/epub+zip",
    "gz": "application/gzip",
    "tgz": "application/gzip",
    "tar": "application/x-tar",
    "xml": "application/xml +xml text/vnd.hocr+html application/xhtml+xml",
    "html": "text/html application/xhtml+xml text/vnd.hocr+html",
    "htm": "text/html application/xhtml+xml text/vnd.hocr+html",
    "hocr": "text/vnd.hocr+html",
    "txt": "text/plain application/marc",
    "md": "text/plain",
    "csv": "text/plain",
    "mrc": "application/marc",
    "iso": "application/marc",
    "marc": "application/marc",
}


def identify(head: bytes, name: str, size: int) -> FileFormat:
    """The format of a file with these first bytes, this name and this size in bytes."""
    format_ = _by_content(head[:HEAD]) if size else EMPTY
    _stem, dot, extension = name.rpartition(".")
    promised = _EXTENSIONS.get(extension.lower()) if dot else None
    if promised is None or any(format_.mime.endswith(mime) for mime in promised.split()):
        return format_
    seen = pgettext("format of a file", format_.name)
    return replace(format_, note=Finding(Code.FORMAT_CONTRADICTION, name, f".{extension}", seen))


def _by_content(head: bytes) -> FileFormat:
    for magic, detect in _SIGNATURES:
        if head.startswith(magic):
            format_ = detect(head)
            if format_ is not None:
                return format_
    if head[257:262] == b"ustar":
        return FileFormat("tar", "application/x-tar", "x-fmt/265")
    return by_text(head) or UNIDENTIFIED


def _constant(format_: FileFormat) -> Callable[[bytes], FileFormat]:
    return lambda _head: format_


_EXIF_PUIDS = {
    "0200": "x-fmt/398", "0210": "x-fmt/390", "0220": "x-fmt/391", "0221": "fmt/645",
    "0230": "fmt/1507", "0231": "fmt/1507", "0232": "fmt/1507",
}  # fmt: skip
_JFIF_PUIDS = {"1.00": "fmt/42", "1.01": "fmt/43", "1.02": "fmt/44"}
_EXIF_VERSION = re.compile(
    rb"\x90\x00\x00\x07\x00\x00\x00\x04(\d{4})|\x00\x90\x07\x00\x04\x00\x00\x00(\d{4})"
)


def _jpeg(head: bytes) -> FileFormat:
    """The first application segment decides: JFIF or Exif with its version, or neither."""
    marker, data = head[3:4], head[6:]
    if marker == b"\xe0" and data.startswith(b"JFIF\0") and len(data) > 6:
        version = f"{data[5]}.{data[6]:02}"
        return FileFormat("JPEG/JFIF", "image/jpeg", _JFIF_PUIDS.get(version), version)
    if marker == b"\xe1" and data.startswith(b"Exif\0\0"):
        match = _EXIF_VERSION.search(data[: int.from_bytes(head[4:6], "big")])
        digits = ((match[1] or match[2]) if match else b"").decode()
        puid = _EXIF_PUIDS.get(digits)
        exif = f"{int(digits[:2])}.{digits[2:].rstrip('0') or '0'}" if digits else None
        return FileFormat("JPEG/Exif", "image/jpeg", puid, exif)
    return FileFormat("JPEG", "image/jpeg", "fmt/41")


_JPEG2000 = {
    b"jp2 ": FileFormat("JPEG 2000 (JP2)", "image/jp2", "x-fmt/392"),
    b"jpx ": FileFormat("JPEG 2000 (JPX)", "image/jpx", "fmt/151"),
    b"jpm ": FileFormat("JPEG 2000 (JPM)", "image/jpm", "fmt/463"),
    b"mjp2": FileFormat("Motion JPEG 2000", "video/mj2", "fmt/337"),
    b"jph ": FileFormat("High-throughput JPEG 2000 (JPH)", "image/jph", "fmt/1964"),
}


def _jpeg2000(head: bytes) -> FileFormat | None:
    """By the brand of the file type box, which comes second."""
    return _JPEG2000.get(head[20:24]) if head[16:20] == b"ftyp" else None


_HEIF = {
    b"avif": FileFormat("AVIF", "image/avif"),
    b"avis": FileFormat("AVIF", "image/avif"),
    b"heic": FileFormat("HEIC", "image/heic"),
    b"heix": FileFormat("HEIC", "image/heic"),
}


def _heif(head: bytes) -> FileFormat | None:
    """By the brand of the file type box, which comes first (ISO/IEC 23008-12, 10)."""
    return _HEIF.get(head[8:12]) if head[4:8] == b"ftyp" else None


def _png(head: bytes) -> FileFormat:
    """The version that the chunks need: 1.2 brought iTXt, 1.1 iCCP, sRGB and sPLT."""
    chunks = set(_png_chunks(head))
    if b"iTXt" in chunks:
        return FileFormat("PNG", "image/png", "fmt/13", "1.2")
    if chunks & {b"iCCP", b"sRGB", b"sPLT"}:
        return FileFormat("PNG", "image/png", "fmt/12", "1.1")
    return FileFormat("PNG", "image/png", "fmt/11", "1.0")


def _png_chunks(head: bytes) -> Iterator[bytes]:
    at = 8
    while at + 8 <= len(head):
        yield head[at + 4 : at + 8]
        at += 12 + int.from_bytes(head[at : at + 4], "big")


_PDF_PUIDS = {
    "1.0": "fmt/14", "1.1": "fmt/15", "1.2": "fmt/16", "1.3": "fmt/17", "1.4": "fmt/18",
    "1.5": "fmt/19", "1.6": "fmt/20", "1.7": "fmt/276", "2.0": "fmt/1129",
}  # fmt: skip


def _pdf(head: bytes) -> FileFormat:
    match = re.match(rb"%PDF-(\d\.\d)", head)
    version = match[1].decode() if match else ""
    return FileFormat("PDF", "application/pdf", _PDF_PUIDS.get(version), version or None)


_WEBP = {b"VP8 ": "fmt/566", b"VP8L": "fmt/567", b"VP8X": "fmt/568"}


def _riff(head: bytes) -> FileFormat | None:
    return (
        FileFormat("WebP", "image/webp", _WEBP.get(head[12:16])) if head[8:12] == b"WEBP" else None
    )


def _djvu(head: bytes) -> FileFormat | None:
    if head[12:16] in (b"DJVU", b"DJVM"):
        return FileFormat("DjVu", "image/vnd.djvu", "fmt/255")
    return None


def _zip(head: bytes) -> FileFormat:
    if head[30:58] == b"mimetypeapplication/epub+zip":
        return FileFormat("EPUB", "application/epub+zip", "fmt/483")
    return FileFormat("ZIP", "application/zip", "x-fmt/263")


_BMP_PUIDS = {40: ("fmt/116", "3.0"), 108: ("fmt/118", "4.0"), 124: ("fmt/119", "5.0")}


def _bmp(head: bytes) -> FileFormat | None:
    """By the size of the header that follows that of the file."""
    known = _BMP_PUIDS.get(int.from_bytes(head[14:18], "little"))
    return None if known is None else FileFormat("Windows Bitmap", "image/bmp", *known)


_JPEG_XL = _constant(FileFormat("JPEG XL", "image/jxl"))
_TIFF = _constant(FileFormat("TIFF", "image/tiff", "fmt/353"))
# DROID V125 takes some BigTIFF for another format; the registry's own id is given instead
_BIGTIFF = _constant(FileFormat("BigTIFF", "image/tiff", "fmt/1917"))

_SIGNATURES: tuple[tuple[bytes, Callable[[bytes], FileFormat | None]], ...] = (
    (b"II*\0", _TIFF),
    (b"MM\0*", _TIFF),
    (b"II+\0\x08\0\0\0", _BIGTIFF),
    (b"MM\0+\0\x08\0\0", _BIGTIFF),
    (b"\xff\xd8\xff", _jpeg),
    (b"\0\0\0\x0cjP  \r\n\x87\n", _jpeg2000),
    (
        b"\xff\x4f\xff\x51",
        _constant(FileFormat("JPEG 2000 codestream", "image/j2c", "fmt/1794")),
    ),
    (b"\0\0\0\x0cJXL \r\n\x87\n", _JPEG_XL),
    (b"\xff\x0a", _JPEG_XL),
    (b"\0\0\0", _heif),
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"GIF87a", _constant(FileFormat("GIF", "image/gif", "fmt/3", "87a"))),
    (b"GIF89a", _constant(FileFormat("GIF", "image/gif", "fmt/4", "89a"))),
    (b"RIFF", _riff),
    (b"AT&TFORM", _djvu),
    (b"BM", _bmp),
    (b"%PDF-", _pdf),
    (b"PK\x03\x04", _zip),
    (b"PK\x05\x06", _zip),
    (b"\x1f\x8b\x08", _constant(FileFormat("gzip", "application/gzip", "x-fmt/266"))),
)
