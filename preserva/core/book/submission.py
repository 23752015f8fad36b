"""Arranges a folder of scans: representations, pages in order, names inside the package.

A source is a plain folder of page images, one with a folder for each chapter, or one divided into
folders for masters, access copies and text (and documentation), which may have chapters too. The
pages of all representations are paired by their names; pairing by anything but equal names is
reported, and ambiguity is a problem.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from preserva.core.book.file_names import (
    BOOKS,
    IMAGES,
    TEXTS,
    copied_from,
    ending,
    is_document,
    is_image,
    is_of_the_system,
    is_unfinished,
    is_unsupported,
    natural_key,
)
from preserva.core.book.folder_roles import (
    ACCESS,
    DOCUMENTATION,
    MASTER,
    REPRESENTATIONS,
    TEXT,
    roles,
)
from preserva.core.book.labels import label_in_name
from preserva.core.book.numbering import gaps
from preserva.core.book.page_names import PageKey, Placed, by_folder, in_order, pair_pages
from preserva.core.book.page_order import PagePlace, page_type
from preserva.core.book.side_by_side import SideBySide
from preserva.core.book.side_by_side import told_apart as masters_and_access
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind
from preserva.core.values.names import told_apart
from preserva.core.values.report import Finding, printable


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the source and its place in the package.

    `target` is its ASCII name in the representation, `original` its path below the folder of the
    representation; `page` counts from 1, or is None for a file of more than one page; `label` is
    the page's label, `type` its type.
    """

    source: str
    target: str
    size: int
    page: int | None = None
    label: str | None = None
    type: str = "page"
    original: str = ""


@dataclass(frozen=True, slots=True)
class FolderPages:
    """The pages of a chapter's folder: its path below the representation, its first and last."""

    path: tuple[str, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An arranged source. With `problems`, no package can be made from it.

    `chapters` are the folders with pages, in order, if there are several.
    """

    representations: dict[str, tuple[SourceFile, ...]]
    documentation: tuple[SourceFile, ...]
    problems: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    chapters: tuple[FolderPages, ...] = ()

    def files(self) -> list[tuple[str, SourceFile]]:
        """Every file that will be packaged, with its representation (or "documentation")."""
        paged = [(name, file) for name, files in self.representations.items() for file in files]
        return paged + [(DOCUMENTATION, file) for file in self.documentation]

    @property
    def pages(self) -> int | None:
        """How many pages the book has; None if no file is a page."""
        return len({file.page for _name, file in self.files() if file.page is not None}) or None


def arrange(entries: Iterable[Entry]) -> Arrangement:
    """Arrange the entries of a source folder. Finds every problem, not only the first."""
    work = _Arranging()
    work.sort(work.without_system_files(entries))
    work.tell_apart()
    work.check_names()
    pages = work.pages()
    ordered = in_order(list(pages.values()))
    work.say_places(ordered)
    representations = work.numbered(ordered)
    chapters = work.chapters(ordered)
    return Arrangement(
        representations,
        tuple(_numbered("document", work.groups[DOCUMENTATION])),
        tuple(work.problems),
        tuple(work.warnings),
        chapters,
    )


@dataclass(slots=True)
class _Arranging:
    """The files of a source by representation, and the findings about them.

    `same_page` leads from the keys of files that were paired by number to those of their pages.
    """

    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    groups: dict[str, list[Placed]] = field(
        default_factory=lambda: {name: [] for name in (*REPRESENTATIONS, DOCUMENTATION)}
    )
    same_page: dict[str, dict[PageKey, PageKey]] = field(default_factory=dict)

    def without_system_files(self, entries: Iterable[Entry]) -> list[Entry]:
        """The files that are not those of an operating system, nor links, in natural order."""
        files = []
        for entry in sorted(entries, key=lambda entry: (natural_key(entry.path), entry.path)):
            if is_of_the_system(entry.path):
                if entry.kind is not Kind.FOLDER:
                    self.warnings.append(Finding(Code.SOURCE_IGNORED, entry.path))
            elif entry.kind is Kind.LINK:
                self.problems.append(Finding(Code.SOURCE_LINK, entry.path))
            elif entry.kind is Kind.OTHER:
                self.problems.append(Finding(Code.SOURCE_NO_FILE, entry.path))
            elif entry.kind is Kind.FILE:
                files.append(entry)
        return files

    def sort(self, files: Sequence[Entry]) -> None:
        """Put each file into its group, by its folders or, if they do not decide, its extension."""
        base = self._unwrapped(files)
        paths = {entry: entry.path[len(base) :].split("/") for entry in files}
        folders = dict.fromkeys(parts[0] for parts in paths.values() if len(parts) > 1)
        purposes = roles(folders)
        self._refuse_two_of_a_kind(base, purposes)
        divided = bool(set(purposes.values()) & set(REPRESENTATIONS))
        pages = {parts[0] for entry, parts in paths.items() if is_image(entry.path)}
        foreign: dict[str, str] = {}
        for entry, (*above, _name) in paths.items():
            purpose = purposes.get(above[0]) if above else None
            deep_document = purpose == DOCUMENTATION and len(above) > 1
            if deep_document or (above and not purpose and (divided or above[0] not in pages)):
                folder = "/".join(above if deep_document else above[:1])
                foreign.setdefault(f"{base}{folder}/", entry.path)
            elif purpose:
                about = DOCUMENTATION if is_document(entry.path) else purpose
                self._take(about, Placed(entry, tuple(above[1:])))
            elif divided:
                self._take(DOCUMENTATION, Placed(entry))
                if is_image(entry.path):
                    self.warnings.append(Finding(Code.SOURCE_BESIDE, entry.path))
            else:
                self._take(_usual_place(entry.path), Placed(entry, tuple(above)))
        self.problems += [
            Finding(Code.SOURCE_DEPTH, folder, seen=path) for folder, path in foreign.items()
        ]

    def _take(self, group: str, file: Placed) -> None:
        path = file.entry.path
        if is_unfinished(path):
            self.warnings.append(Finding(Code.SCAN_UNFINISHED, path))
        elif is_unsupported(path) and (group != DOCUMENTATION or not file.entry.path.count("/")):
            self.warnings.append(Finding(Code.SCAN_UNSUPPORTED, path))
        self.groups[group].append(file)

    def _unwrapped(self, files: Sequence[Entry]) -> str:
        """The path of the one folder that merely wraps all files, with a slash."""
        base = ""
        while True:
            first = {entry.path[len(base) :].partition("/")[::2] for entry in files}
            names = {name for name, _rest in first}
            if len(names) != 1 or not all(rest for _name, rest in first) or roles(names):
                break
            base += f"{names.pop()}/"
        if base:
            self.warnings.append(Finding(Code.SOURCE_WRAPPED, base))
        return base

    def _refuse_two_of_a_kind(self, base: str, purposes: dict[str, str]) -> None:
        first: dict[str, str] = {}
        for folder, purpose in purposes.items():
            if purpose in first:
                here, other = f"{base}{folder}/", f"{base}{first[purpose]}/"
                self.problems.append(Finding(Code.SOURCE_ROLE_TWICE, here, seen=other))
            first.setdefault(purpose, folder)

    def tell_apart(self) -> None:
        """Find masters and access copies in one folder, and the book in one file."""
        images, others = _images(self.groups[MASTER]), _others(self.groups[MASTER])
        if not _images(self.groups[ACCESS]):
            sides = masters_and_access(images)
            self._divide(sides, others)
        books = [file for file in self.groups[ACCESS] if ending(file.entry.path) in BOOKS]
        books += [file for file in others if ending(file.entry.path) in BOOKS]
        if not images and not _images(self.groups[ACCESS]) and len(books) == 1:
            (book,) = books
            self.groups[ACCESS] = [file for file in self.groups[ACCESS] if file is not book]
            self.groups[MASTER] = [*(file for file in others if file is not book), book]
            self.warnings.append(Finding(Code.SOURCE_WHOLE, book.entry.path))
        elif not images and not _images(self.groups[ACCESS]):
            self.problems.append(Finding(Code.SOURCE_WITHOUT_PAGES))

    def _divide(self, sides: SideBySide, others: Sequence[Placed]) -> None:
        self.groups[MASTER] = [*sides.masters, *others]
        self.groups[ACCESS] += sides.access
        if sides.note is not None:
            self.warnings.append(sides.note)
        if sides.problem is not None:
            self.problems.append(sides.problem)

    def check_names(self) -> None:
        """Find files of the same page, empty images, and copies that a file manager made."""
        for name in REPRESENTATIONS:
            group = self.groups[name]
            self.problems += _collisions(group)
            self.problems += [
                Finding(Code.SOURCE_EMPTY, file.entry.path)
                for file in _images(group)
                if not file.entry.size
            ]
            keys = {file.key for file in group}
            for file in _images(group):
                base = copied_from(file.stem)
                if base is not None and (file.chapter, natural_key(base)) in keys:
                    path = file.entry.path
                    self.warnings.append(Finding(Code.SCAN_NAMED_COPY, path, seen=base))

    def pages(self) -> dict[PageKey, Placed]:
        """The file that represents each page; the masters' spelling of a name counts.

        Access copies and texts whose names are others are paired by number, if that is certain.
        """
        masters = {file.key: file for file in _images(self.groups[MASTER])}
        access = {file.key: file for file in _images(self.groups[ACCESS])}
        texts = {file.key: file for file in self.groups[TEXT]}
        if masters and not (access.keys() <= masters.keys() or masters.keys() <= access.keys()):
            if not self._pair(ACCESS, masters, access):
                alone = next(file for key, file in access.items() if key not in masters)
                self.problems.append(Finding(Code.SOURCE_AMBIGUOUS, alone.entry.path))
            access = {}
        pages = access | masters
        unknown = texts.keys() - pages.keys()
        if pages and len(unknown) == len(texts) and texts and self._pair(TEXT, pages, texts):
            return pages
        numbered = any(character.isdigit() for key in unknown for character in texts[key].stem)
        if pages and (len(unknown) > 1 or (numbered and len(unknown) < len(texts))):
            first = min((texts[key].entry.path for key in unknown), key=natural_key)
            self.warnings.append(Finding(Code.TEXT_OF_NO_PAGE, first, seen=str(len(unknown))))
        return pages

    def _pair(self, name: str, pages: dict[PageKey, Placed], others: dict[PageKey, Placed]) -> bool:
        pairing = pair_pages(pages.values(), others.values())
        if pairing is None:
            return False
        self.same_page[name] = pairing
        key = min(pairing)
        path, page = others[key].entry.path, pages[pairing[key]].entry.path
        self.warnings.append(Finding(Code.SOURCE_BY_NUMBER, path, seen=page))
        return True

    def say_places(self, ordered: Sequence[tuple[Placed, PagePlace]]) -> None:
        """Report the pages that are not in the order of their names, and the gaps."""
        natural = sorted((file for file, _place in ordered), key=lambda file: file.key)
        for (file, place), expected in zip(ordered, natural, strict=True):
            if file is not expected and place not in {PagePlace.BODY, PagePlace.TITLE}:
                self.warnings.append(Finding(Code.SOURCE_PLACED, file.entry.path))
        for files in by_folder(file for file, _place in ordered).values():
            if missing := gaps([file.stem for file in files]):
                folder = files[0].entry.path.rpartition("/")[0]
                path = f"{folder}/" if folder else None
                self.warnings.append(Finding(Code.SCAN_GAP, path, ", ".join(missing)))

    def numbered(
        self, ordered: Sequence[tuple[Placed, PagePlace]]
    ) -> dict[str, tuple[SourceFile, ...]]:
        """The representations, their pages numbered alike."""
        numbers = {file.key: number for number, (file, _place) in enumerate(ordered, 1)}
        width = max(4, len(str(len(numbers))))
        representations = {}
        for name in REPRESENTATIONS:
            paged, whole = [], []
            seen = set()
            for file in self.groups[name]:
                number = numbers.get(self.same_page.get(name, {}).get(file.key, file.key))
                if number is None:
                    whole.append(file)
                    continue
                page, place = ordered[number - 1]
                seen.add(number)
                label = label_in_name(printable(page.stem))
                paged.append(
                    _source_file(file, f"{number:0{width}}", number, label, page_type(place))
                )
            if seen:
                self.warnings += [
                    Finding(Code.SOURCE_UNPAIRED, f"{name}/", expected=page.stem)
                    for number, (page, _place) in enumerate(ordered, 1)
                    if number not in seen
                ]
            if paged or whole:
                paged.sort(key=lambda file: (file.page or 0, natural_key(file.source), file.source))
                representations[name] = (*paged, *_numbered("whole", whole))
        return representations

    def chapters(self, ordered: Sequence[tuple[Placed, PagePlace]]) -> tuple[FolderPages, ...]:
        """The folders with pages, if there are any, each with its pages."""
        found: dict[object, FolderPages] = {}
        for number, (file, _place) in enumerate(ordered, 1):
            if file.folders:
                known = found.get(file.chapter)
                first = number if known is None else known.first
                path = file.folders if known is None else known.path
                found[file.chapter] = FolderPages(tuple(map(printable, path)), first, number)
        if len(found) == 1 and all(file.folders for file, _place in ordered):
            return ()  # not a chapter, but the only folder
        if found:
            names = ", ".join("/".join(folder.path) for folder in found.values())
            self.warnings.append(Finding(Code.SOURCE_CHAPTERS, seen=names))
        return tuple(found.values())


def _images(files: Iterable[Placed]) -> list[Placed]:
    return [file for file in files if is_image(file.entry.path)]


def _others(files: Iterable[Placed]) -> list[Placed]:
    return [file for file in files if not is_image(file.entry.path)]


def _usual_place(path: str) -> str:
    """The place of a file of a plain folder, by its extension."""
    extension = ending(path)
    if is_document(path):
        return DOCUMENTATION
    if extension in IMAGES:
        return MASTER
    if extension in TEXTS:
        return TEXT
    return ACCESS if extension in BOOKS else DOCUMENTATION


def _collisions(files: Sequence[Placed]) -> list[Finding]:
    """Names of the same page: only case, Unicode form, zeros or extension differ."""
    first: dict[object, Entry] = {}
    collisions = []
    for file in files:
        path = file.entry.path
        # endings tell whole-book files apart (report.pdf and report.epub), but not pages
        key = (file.key, "" if is_image(path) else ending(path))
        if key in first:
            seen = told_apart(first[key].path, path)
            collisions.append(Finding(Code.SOURCE_COLLISION, path, seen=seen))
        first.setdefault(key, file.entry)
    return collisions


def _numbered(prefix: str, files: Sequence[Placed]) -> list[SourceFile]:
    ordered = sorted(files, key=lambda file: (natural_key(file.entry.path), file.entry.path))
    return [_source_file(file, f"{prefix}-{i:04}") for i, file in enumerate(ordered, 1)]


def _source_file(
    file: Placed,
    name: str,
    page: int | None = None,
    label: str | None = None,
    type_: str = "page",
) -> SourceFile:
    extension = ending(file.entry.path)
    target = f"{name}.{extension}" if extension else name
    source, size = file.entry.path, file.entry.size
    return SourceFile(source, target, size, page, label, type_, file.original)
