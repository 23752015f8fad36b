"""Arranges a folder of scans: representations, pages in order, names inside the package.

A source is a plain folder of page images, or a folder already divided into `master/`, `access/`
and `text/` (and `documentation/`). The pages of all representations are paired by their names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind
from preserva.core.values.names import told_apart
from preserva.core.values.report import Finding, printable

REPRESENTATIONS = ("master", "access", "text")
DOCUMENTATION = "documentation"

# fmt: off
_IMAGES = frozenset({
    "bmp", "gif", "j2k", "jp2", "jpe", "jpeg", "jpf", "jpg", "jpm", "jpx", "png", "tif", "tiff",
    "webp",
})
_TEXTS = frozenset({"alto", "hocr", "htm", "html", "tei", "txt", "xml"})
_BOOKS = frozenset({"djv", "djvu", "epub", "pdf"})
# fmt: on
_DIGITS = "0123456789"  # and no others: ¹ is a digit to Python, but not a number
_SYSTEM = frozenset({"thumbs.db", "desktop.ini", "__macosx", "@eadir"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the source and its place in the package.

    `target` is its ASCII name in the representation; `page` counts from 1, or is None for a file of
    more than one page; `label` is the page's label, `type` its type.
    """

    source: str
    target: str
    size: int
    page: int | None = None
    label: str | None = None
    type: str = "page"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An arranged source. With `problems`, no package can be made from it."""

    representations: dict[str, tuple[SourceFile, ...]]
    documentation: tuple[SourceFile, ...]
    problems: tuple[Finding, ...]
    warnings: tuple[Finding, ...]

    def files(self) -> list[tuple[str, SourceFile]]:
        """Every file that will be packaged, with its representation (or "documentation")."""
        paged = [(name, file) for name, files in self.representations.items() for file in files]
        return paged + [(DOCUMENTATION, file) for file in self.documentation]

    @property
    def pages(self) -> int | None:
        """How many pages the book has; None if no file is a page."""
        return len({file.page for _name, file in self.files() if file.page is not None}) or None


def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """A key that sorts names as people count: 2 before 10, whatever the letters are."""
    parts = re.split(r"([0-9]+)", unicodedata.normalize("NFC", name).casefold())
    return tuple((0, int(part)) if part[0] in _DIGITS else (1, part) for part in parts if part)


def arrange(entries: Iterable[Entry]) -> Arrangement:
    """Arrange the entries of a source folder. Finds every problem, not only the first."""
    kept, warnings = _without_system_files(entries)
    problems = [_unusable(entry) for entry in kept if entry.kind in {Kind.LINK, Kind.OTHER}]
    files = [entry for entry in kept if entry.kind is Kind.FILE]
    groups: dict[str, list[Entry]] = {name: [] for name in (*REPRESENTATIONS, DOCUMENTATION)}
    divided = any(entry.kind is Kind.FOLDER and entry.path in REPRESENTATIONS for entry in kept)
    for entry in files:
        folder, _, name = entry.path.rpartition("/")
        if folder and folder not in groups:
            problems.append(Finding(Code.SOURCE_DEPTH, entry.path))
        elif folder:
            groups[folder].append(entry)
        else:
            groups[DOCUMENTATION if divided else _usual_place(name)].append(entry)
    if divided:
        warnings += [Finding(Code.SOURCE_BESIDE, entry.path) for entry in _beside(files)]
    for name in REPRESENTATIONS:
        problems += _collisions(groups[name])
        problems += [
            Finding(Code.SOURCE_EMPTY, entry.path)
            for entry in groups[name]
            if _is_image(entry) and not entry.size
        ]
    representations, unpaired = _paired(groups)
    if not any(
        file.page for file in representations.get("master", representations.get("access", ()))
    ):
        problems.append(Finding(Code.SOURCE_WITHOUT_PAGES))
    return Arrangement(
        representations,
        tuple(_numbered("document", groups[DOCUMENTATION])),
        tuple(problems),
        (*warnings, *unpaired),
    )


def _without_system_files(entries: Iterable[Entry]) -> tuple[list[Entry], list[Finding]]:
    kept = []
    warnings = []
    for entry in sorted(entries, key=lambda entry: (natural_key(entry.path), entry.path)):
        parts = entry.path.split("/")
        if any(part.startswith(".") or part.casefold() in _SYSTEM for part in parts):
            if entry.kind is not Kind.FOLDER:
                warnings.append(Finding(Code.SOURCE_IGNORED, entry.path))
        else:
            kept.append(entry)
    return kept, warnings


def _beside(files: Iterable[Entry]) -> Iterator[Entry]:
    """Images outside of all representations that may be pages."""
    return (entry for entry in files if "/" not in entry.path and _is_image(entry))


def _unusable(entry: Entry) -> Finding:
    return Finding(Code.SOURCE_LINK if entry.kind is Kind.LINK else Code.SOURCE_NO_FILE, entry.path)


def _usual_place(name: str) -> str:
    """The place of a file of a plain folder, by its extension."""
    ending = _ending(name)
    if ending in _IMAGES:
        return "master"
    if ending in _TEXTS:
        return "text"
    return "access" if ending in _BOOKS else DOCUMENTATION


def _ending(name: str) -> str:
    """The extension of a name, if it is allowed in a package."""
    _, dot, ending = name.rpartition(".")
    return ending.lower() if dot and re.fullmatch(r"[A-Za-z0-9]{1,8}", ending) else ""


def stem(path: str) -> str:
    """The name of a file without its extension: the default label of its page."""
    name = path.rpartition("/")[2]
    return name[: -len(_ending(name)) - 1] if _ending(name) else name


def is_image_name(path: str) -> bool:
    """Whether a file with this name can be the image of a page."""
    return _ending(path) in _IMAGES


def _is_image(entry: Entry) -> bool:
    return is_image_name(entry.path)


def _collisions(entries: Sequence[Entry]) -> list[Finding]:
    """Names of the same page: only case, Unicode form, zeros or extension differ."""
    first: dict[object, Entry] = {}
    collisions = []
    for entry in entries:
        # endings tell whole-book files apart (report.pdf and report.epub), but not pages
        ending = "" if _is_image(entry) else _ending(entry.path)
        key = (natural_key(stem(entry.path)), ending)
        if key in first:
            seen = told_apart(first[key].path, entry.path)
            collisions.append(Finding(Code.SOURCE_COLLISION, entry.path, seen=seen))
        first.setdefault(key, entry)
    return collisions


def _paired(
    groups: dict[str, list[Entry]],
) -> tuple[dict[str, tuple[SourceFile, ...]], list[Finding]]:
    """Number the pages, the same in every representation."""
    stems = {
        natural_key(stem(entry.path)): stem(entry.path)
        for name in ("access", "master")  # the master's spelling of a name counts
        for entry in groups[name]
        if _is_image(entry)
    }
    pages = {key: number for number, key in enumerate(sorted(stems), 1)}
    width = max(4, len(str(len(pages))))
    representations = {}
    unpaired = []
    for name in REPRESENTATIONS:
        ours = sorted((natural_key(stem(entry.path)), entry.path, entry) for entry in groups[name])
        paged = [
            _source_file(entry, f"{pages[key]:0{width}}", pages[key], printable(stems[key]))
            for key, _path, entry in ours
            if key in pages
        ]
        whole = [entry for key, _path, entry in ours if key not in pages]
        if paged:
            missing = sorted(set(pages) - {key for key, _path, _entry in ours})
            unpaired += [
                Finding(Code.SOURCE_UNPAIRED, f"{name}/", expected=stems[key]) for key in missing
            ]
        if ours:
            representations[name] = (*paged, *_numbered("whole", whole))
    return representations, unpaired


def _numbered(prefix: str, entries: Sequence[Entry]) -> list[SourceFile]:
    ordered = sorted(entries, key=lambda entry: (natural_key(entry.path), entry.path))
    return [_source_file(entry, f"{prefix}-{i:04}") for i, entry in enumerate(ordered, 1)]


def _source_file(
    entry: Entry, stem: str, page: int | None = None, label: str | None = None
) -> SourceFile:
    ending = _ending(entry.path.rpartition("/")[2])
    target = f"{stem}.{ending}" if ending else stem
    return SourceFile(entry.path, target, entry.size, page, label)
