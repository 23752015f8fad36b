"""The pages of a stored package corrected: replaced, added, removed, moved, inserted.

Files of pages are named by the number of the page, so pages that come to have another number get
another name (ADR 0042); no byte of them is written for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from preserva.core.book.file_names import stem
from preserva.core.book.page_changes import PageChange, PageDeed
from preserva.core.book.page_sequence import PageOrder, following
from preserva.core.book.structure import PageFacts, Pages
from preserva.core.eark.aip import ContentFile, RepresentationSpec, build_representation
from preserva.core.eark.book import StoredBook, contents_of
from preserva.core.eark.mets import (
    FileEntry,
    Header,
    write_representation_mets,
)
from preserva.core.eark.premis_read import ObjectFacts, read_premis
from preserva.core.eark.stored import StoredRepresentation, read_package, read_representation
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding, printable
from preserva.describe.supplied.structure_toml import structure_toml
from preserva.errors import Damaged
from preserva.ingest.aip_writer import (
    Put,
    copy_in,
    opened_copy,
    premis_format,
    representations_of,
)
from preserva.ingest.draft import Draft
from preserva.ingest.image_inspection import Inspection, StoredScans
from preserva.ingest.page_files import (
    by_page,
    is_replaced_by,
    kept_scans,
    page_path,
    rank,
    whole_path,
)
from preserva.ingest.page_folder import ArrivedFile, corrections, insertions, refuse_pages
from preserva.ingest.revision_structure import restructured
from preserva.version import __version__

_MASTER = "master"


@dataclass(frozen=True, slots=True)
class PageChanges:
    """The requested changes of pages. Numbers are those that the pages have now.

    `pages`, `access` and `text` are folders with files of pages; `insert` is one of new pages, to
    follow page `after`. Each of `move` is the number of a page and the one that it gets; several
    are done one after the other.
    """

    pages: Path | None = None
    access: Path | None = None
    text: Path | None = None
    insert: Path | None = None
    after: int | None = None
    remove: Sequence[int] = ()
    move: Sequence[tuple[int, int]] = ()

    def __bool__(self) -> bool:
        folders = (self.pages, self.access, self.text, self.insert)
        return any(folder is not None for folder in folders) or bool(self.remove or self.move)


NO_CHANGES = PageChanges()


@dataclass(frozen=True, slots=True)
class _Place:
    """The destination of a file, its page's name, the file that it replaces, and the change."""

    path: str
    page: int | None = None
    label: str | None = None
    type: str = "page"
    former: ContentFile | None = None
    change: PageChange | None = None


class BookRevision:
    """The book of a draft. `changes` is what was done, `notes` are doubts about it.

    With `stored`, pages that people supply are checked together: with each other, with those that
    stay, and with those of other packages.
    """

    def __init__(self, draft: Draft, stored: StoredScans | None = None) -> None:
        self.draft = draft
        self.stored = stored
        self.inspection = Inspection(draft.archive.config.images)
        self.changes: list[PageChange] = []
        self.notes: list[Finding] = []
        self.copied = 0
        self._package = read_package(draft.stream("METS.xml"))
        self._stored: dict[str, StoredRepresentation] = {}
        self.before = self.book = self._read()

    def _read(self) -> StoredBook:
        start = len(self.draft.base)
        seen = {path[start:]: file for path, file in self.draft.staging.kept.items()}
        files = {}
        root = None
        for name, document in self._package.representations.items():
            stored = self._stored[name] = read_representation(self.draft.stream(document))
            folder = document.removesuffix("METS.xml")
            objects = [
                fact
                for premis in stored.preservation
                for fact in read_premis(self.draft.stream(folder + premis.file.path))
                if isinstance(fact, ObjectFacts)
            ]
            try:
                files[name] = contents_of(name, stored, objects, seen)
            except ValueError as error:
                raise Damaged(str(error)) from error
            root = root or stored.structure
        return StoredBook(files, root)

    def correct(self, changes: PageChanges) -> None:
        """Do what was requested. Raises PackageError with everything that cannot be done."""
        pages = Pages.of(self.book.arrangement())
        arrivals = [
            arrival
            for folder, usual in (
                (changes.pages, ""),
                (changes.access, "access"),
                (changes.text, "text"),
            )
            if folder is not None
            for arrival in corrections(folder, usual, pages)
        ]
        new = [] if changes.insert is None else insertions(changes.insert, pages)
        order = self._order(changes, max((arrival.page or 0 for arrival in new), default=0))
        numbers = order.numbers()
        refuse_pages(
            [
                Finding(Code.PAGE_NO_NUMBER, arrival.file.source, seen=str(arrival.page))
                for arrival in arrivals
                if arrival.page is not None and arrival.page not in numbers
            ]
        )
        self._note_older(arrivals)
        self.take(arrivals, new, order)

    def take(
        self,
        arrivals: Sequence[ArrivedFile],
        new: Sequence[ArrivedFile] = (),
        order: PageOrder | None = None,
    ) -> None:
        """Take files in: `arrivals` of pages that are there, `new` ones of inserted pages.

        Everything gets its place in `order`. Raises PackageError for images that are damaged.
        """
        order = order or PageOrder.of(self.book.count)
        numbers = order.numbers()
        fresh = [number for number, old in enumerate(order.before, 1) if old is None]
        former, files = self._renumbered(numbers, len(order.before))
        places = [
            *((arrival, numbers.get(arrival.page or 0)) for arrival in arrivals),
            *((arrival, fresh[(arrival.page or 1) - 1]) for arrival in new),
        ]
        facts = by_page(files)
        taken = [
            (arrival, self._placed(files, page, len(order.before), arrival, facts))
            for arrival, page in places
        ]
        for name in self.book.files:
            kept = {former[file.file.path]: file.file.path for file in files[name]}
            self.draft.rename(f"representations/{name}/data/", kept)
        staying = [scan for name, held in files.items() for scan in kept_scans(name, held)]
        for arrival, place in taken:
            files[arrival.representation].append(self._copied_in(arrival, place))
        self._note_order(order, fresh)
        self._note_unpaired(files, fresh)
        if self.stored is not None:
            self.inspection.conclude(self.stored, staying)
        for reader in {id(arrival.reader): arrival.reader for arrival, _place in taken}.values():
            reader.check_unchanged()
        refuse_pages(self.inspection.problems)
        self.notes += self.inspection.notes
        self.book = StoredBook(
            {name: sorted(held, key=rank) for name, held in files.items() if held},
            None if self.book.root is None else following(self.book.root, order),
        )

    def _order(self, changes: PageChanges, inserted: int) -> PageOrder:
        count = self.book.count
        after = count if changes.after is None else changes.after
        wanted = [*changes.remove, *(number for move in changes.move for number in move)]
        known = f"1-{count}"
        problems = [
            Finding(Code.PAGE_NO_NUMBER, None, known, str(number))
            for number in wanted
            if not 1 <= number <= count
        ]
        if not 0 <= after <= count:
            problems.append(Finding(Code.PAGE_NO_NUMBER, None, f"0-{count}", str(after)))
        refuse_pages(problems)
        order = PageOrder.of(count).without(changes.remove).inserted(inserted, after)
        for page, to in changes.move:
            order = order.with_move(page, to)
        if count and not order.before:
            refuse_pages([Finding(Code.SOURCE_WITHOUT_PAGES)])
        return order

    def _note_older(self, arrivals: Sequence[ArrivedFile]) -> None:
        """Access copies and text of a former scan are named if they are not replaced, too."""
        masters = {arrival.page for arrival in arrivals if arrival.representation == _MASTER}
        masters &= {file.page for file in self.book.files.get(_MASTER, ())} - {None}
        renewed = {(arrival.representation, arrival.page) for arrival in arrivals}
        for name, files in self.book.files.items():
            self.notes += [
                Finding(Code.OLDER_THAN_SCAN, file.file.path)
                for file in files
                if name != _MASTER and file.page in masters and (name, file.page) not in renewed
            ]

    def _renumbered(
        self, numbers: Mapping[int, int], count: int
    ) -> tuple[dict[str, str], dict[str, list[ContentFile]]]:
        """The former path of each file that stays, and these files with their new numbers."""
        files: dict[str, list[ContentFile]] = {}
        former = {}
        for name, held in self.book.files.items():
            files[name] = []
            for file in held:
                path = file.file.path
                page = None if file.page is None else numbers.get(file.page)
                if file.page is not None:
                    if page is None:
                        continue
                    path = page_path(name, page, count, path)
                former[path] = file.file.path
                files[name].append(replace(file, page=page, file=file.file._replace(path=path)))
        return former, files

    def _placed(
        self,
        files: dict[str, list[ContentFile]],
        page: int | None,
        count: int,
        arrival: ArrivedFile,
        facts: Mapping[int, ContentFile],
    ) -> _Place:
        """Make room for a file of one of `count` pages: what it replaces is left out."""
        held = files.setdefault(arrival.representation, [])
        same = next((file for file in held if is_replaced_by(file, page, arrival)), None)
        if same is not None:
            held.remove(same)
        deed = PageDeed.ADDED if same is None else PageDeed.REPLACED
        change = PageChange(deed, page, arrival.representation, arrival.name)
        if page is None:
            path = whole_path(arrival, held) if same is None else same.file.path
            return _Place(path, former=same, change=change)
        path = page_path(arrival.representation, page, count, arrival.name)
        known = facts.get(page)
        if known is None:  # a new page: it is told of as a whole
            return _Place(path, page, arrival.file.label)
        return _Place(path, page, known.label, known.type, same, change)

    def _note_order(self, order: PageOrder, fresh: Sequence[int]) -> None:
        count, numbers = self.book.count, order.numbers()
        self.changes += [
            PageChange(PageDeed.REMOVED, old) for old in range(1, count + 1) if old not in numbers
        ]
        self.changes += [PageChange(PageDeed.INSERTED, page) for page in fresh]
        self.changes += [
            PageChange(PageDeed.MOVED, numbers[old], before=old) for old in sorted(order.moved)
        ]

    def _note_unpaired(
        self, files: Mapping[str, Sequence[ContentFile]], fresh: Sequence[int]
    ) -> None:
        """A new page that a representation lacks is named as it is of a new package."""
        names = {file.page: stem(file.original_name) for held in files.values() for file in held}
        for name, held in files.items():
            there = {file.page for file in held} - {None}
            self.notes += [
                Finding(Code.SOURCE_UNPAIRED, f"{name}/", expected=names[page])
                for page in fresh
                if there and page not in there and page in names
            ]

    def _copied_in(self, arrival: ArrivedFile, place: _Place) -> ContentFile:
        """Copy a file in: one read for copy, digests and format; images are decoded."""
        base = self.draft.base.rstrip("/")
        seen, form = copy_in(arrival.reader, arrival.file, self.draft.staging, base, place.path)
        if place.former is not None and place.former.file == seen:
            return place.former
        self.changes += [] if place.change is None else [place.change]
        image = self.inspection.look(
            opened_copy(self.draft.staging, self.draft.base + place.path),
            seen.size,
            form.mime,
            arrival.representation,
            arrival.file.source,
        )
        page = replace(arrival.file, page=place.page)
        sha512 = seen.digests.get("sha512")
        self.inspection.saw(arrival.representation, page, sha512, form.note)
        self.copied += 1
        return ContentFile(
            seen,
            premis_format(form),
            arrival.name,
            place.page,
            place.label,
            image,
            place.type,
            self.draft.time,
        )

    def restructure(self, data: bytes, name: str) -> None:
        """Give the book the structure in a file. Raises PackageError if it cannot be used."""
        self.book = restructured(self.book, data, name, self.draft.title)

    def structure_file(self) -> bytes:
        """The present structure as a TOML file."""
        labels: dict[int, PageFacts] = {}
        for files in self.book.files.values():
            for file in files:
                if file.page is None or file.page in labels:
                    continue
                usual = printable(stem(file.original_name))
                label = None if file.label == usual else file.label
                labels[file.page] = PageFacts(label, file.type)
        described = {page: facts for page, facts in labels.items() if facts != PageFacts()}
        return structure_toml(described, self.book.root)

    def write(self) -> dict[str, FileEntry]:
        """Write METS and PREMIS of each representation that differs; return the new ones."""
        before = {spec.name: spec for spec in _specs(self.before)}
        new = {}
        for spec in _specs(self.book):
            former = before.get(spec.name)
            if former == spec:
                continue
            header = self._header(spec.name)
            if former is not None and _undescribed(former) == _undescribed(spec):
                self._write_mets(spec, header)
                continue
            self._forget(spec.name)
            seen = build_representation(spec, header, Put(self.draft.staging, self.draft.base[:-1]))
            if former is None:
                new[spec.name] = FileEntry(f"ID-representation-{spec.name}", seen, "text/xml")
        return new

    def _header(self, name: str) -> Header:
        institution = self.draft.archive.config.institution.names["en"]
        stored = self._stored.get(name)
        if stored is None:
            return Header(name, self.draft.time, __version__, institution)
        return Header(name, stored.created, stored.software, institution, modified=self.draft.time)

    def _forget(self, name: str) -> None:
        """The documents of a representation that are written again, or no longer needed."""
        self.draft.rename(f"representations/{name}/metadata/", {})

    def _write_mets(self, spec: RepresentationSpec, header: Header) -> None:
        """Only what pages are called has changed: PREMIS stays."""
        stored = self._stored[spec.name]
        facts = {file.file.path: file for file in spec.files}
        folder = f"representations/{spec.name}/"
        files = []
        for entry in stored.files:
            file = facts[folder + entry.file.path]
            files.append(replace(entry, label=file.label, type=file.type))
        render = partial(
            write_representation_mets,
            header=header,
            preservation=stored.preservation,
            files=files,
            structure=spec.structure,
            mixed=spec.mixed,
        )
        self.draft.staging.render(f"{self.draft.base}{folder}METS.xml", render)


def _specs(book: StoredBook) -> list[RepresentationSpec]:
    return list(representations_of({n: tuple(f) for n, f in book.files.items()}, book.root))


def _undescribed(spec: RepresentationSpec) -> list[ContentFile]:
    return [replace(file, label=None, type="page") for file in spec.files]
