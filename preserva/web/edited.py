"""What the structure editor edits: a version of a stored book, or a folder of scans of the inbox.

Both are pages in an order that they have by themselves, and a text that says more of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote

from preserva.config import Config
from preserva.core.book.folder_parts import outline_of_folders
from preserva.core.book.structure import PageFacts, Pages, PageType, PartType, resolve
from preserva.core.book.submission import SourceFile
from preserva.core.eark.mets import Division
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding
from preserva.describe.supplied.structure_toml import PageNaming
from preserva.describe.xml_record import looks_like
from preserva.errors import UsageError
from preserva.i18n import _
from preserva.web.book_pages import BookPages
from preserva.web.inbox import InboxFolder, Sheet
from preserva.web.structure_comments import OriginalPage, with_comments
from preserva.web.structure_edit import BookStructure, read_text


@dataclass(frozen=True, slots=True)
class EditedPage:
    """A page by the number that it has without a draft. `name` is that of its file, or "".

    `label` and `type` are those that it has where the text says nothing; `shown` is the address
    that shows it large, `small` that of its small picture.
    """

    number: int
    name: str
    label: str | None
    type: str
    shown: str
    small: str


@dataclass(frozen=True, slots=True)
class EditedBook:
    """Pages, and the text of their structure (`first`) as long as nobody has saved a draft.

    `key` is what its drafts are called by; `own_title` what the text calls the book if it says
    nothing. A folder has no `version`; its text calls pages by name, so that scans may be added.
    """

    key: str
    address: str
    title: str
    own_title: str
    pages: tuple[EditedPage, ...]
    known: Pages
    first: str = ""
    version: BookPages | None = None

    @property
    def count(self) -> int:
        """How many pages there are."""
        return self.known.count

    def read(self, text: str) -> tuple[BookStructure, tuple[Finding, ...]]:
        """The structure that a text means, and what in it cannot be used."""
        return read_text(text, self.known, self.own_title)

    def rows(self, structure: BookStructure) -> list[tuple[int, EditedPage, PageFacts]]:
        """The pages in the order of a structure: the number of each, and what is said of it."""
        rows = []
        for number, page in self._numbered(structure):
            stated = structure.pages.get(number, PageFacts(None, page.type))
            rows.append((number, page, replace(stated, label=stated.label or page.label)))
        return rows

    def write(
        self, structure: BookStructure, before: str = "", former: OriginalPage | None = None
    ) -> str:
        """The text of a structure, with the comments of the text before it.

        `former` says which pages of this book that text means, if it is not one of this book.
        Raises UsageError for a page in another place whose file has no name of its own.
        """
        by_name = self.version is None
        moved = PageNaming(order=structure.order).moved()
        names, facts = {}, dict(structure.pages)
        for number, page in self._numbered(structure):
            if page.name:
                names[number] = page.name
            elif number in moved:
                message = _("Page {number} cannot be moved: its file has no name of its own.")
                raise UsageError(message.format(number=page.number))
            if number in moved:
                facts.setdefault(number, PageFacts(None, page.type))
        text = replace(structure, pages=facts).text(names, by_name=by_name)
        if looks_like(before.encode()):
            return text  # the METS of another system has no comments of this kind
        former = former or self.original_pages(self.read(before)[0])
        return with_comments(before, text, former, self.original_pages(structure))

    def settled(self, text: str) -> str:
        """The text for the time when its pages are in their order: with numbers alone."""
        structure = self.read(text)[0]
        same = self.original_pages(structure)
        return with_comments(text, replace(structure, order={}).text(), same, same)

    def _numbered(self, structure: BookStructure) -> Iterator[tuple[int, EditedPage]]:
        pages = {page.number: page for page in self.pages}
        for number, old in enumerate(structure.sequence(self.count), 1):
            if old in pages:
                yield number, pages[old]

    def original_pages(self, structure: BookStructure) -> OriginalPage:
        """Which page a number or a name in the text of a structure means."""
        sequence = structure.sequence(self.count)

        def original(name: object) -> int | None:
            if isinstance(name, int):
                return sequence[name - 1] if 1 <= name <= len(sequence) else None
            return self.known.number(name) if isinstance(name, str) else None

        return original


def book_key(package: PackageId, version: str) -> str:
    """By what the drafts of a version are called."""
    return f"{package.uri}\n{version}"


def folder_key(config: Config, place: int, name: str) -> str:
    """By what the drafts of a folder of the inbox are called."""
    return f"inbox\n{config.web.inbox[place]}\n{name}"


def stored_book(book: BookPages, title: str) -> EditedBook:
    """A version of a book."""
    address = f"/books/{book.package.portable}/{book.version}"
    pages = tuple(
        EditedPage(
            page.number,
            page.master,
            None,
            PageType.PAGE,
            f"{address}/pages/{page.number}",
            f"{address}/pictures/{page.number}/small",
        )
        for page in book.pages
    )
    names = {page.master: page.number for page in book.pages}
    known = Pages(max((page.number for page in book.pages), default=0), names, {})
    key = book_key(book.package, book.version)
    made = EditedBook(key, f"{address}/structure", title, title, pages, known, "", book)
    return replace(made, first=_stored_text(made, book))


def _stored_text(edited: EditedBook, book: BookPages) -> str:
    """The file of a version: the one that it keeps, with its comments, if that says what METS does.

    A file that names pages by the names of their scans is written anew, with numbers.
    """
    facts = {
        page.number: PageFacts(page.label, page.type)
        for page in book.pages
        if page.label or page.type != PageType.PAGE
    }
    root = book.parts or Division(PartType.MONOGRAPH.value, edited.own_title)
    known = BookStructure(facts, root)
    if book.written is None:
        return known.text()
    kept, findings = edited.read(book.written)
    same = all(
        facts.type == known.pages.get(page, PageFacts()).type
        and facts.label in (None, known.pages.get(page, PageFacts()).label)
        for page, facts in kept.pages.items()
    )
    same = same and not findings and not kept.order and kept.root == known.root
    return book.written if same else known.text()


def inbox_book(config: Config, folder: InboxFolder, sheet: Sheet) -> EditedBook:
    """A folder of scans. Its folders for chapters are parts, as if it were packaged as it is."""
    known = Pages.of(sheet.arrangement)
    address = f"/inbox/{folder.place}/{quote(folder.name, safe='')}"
    pages = tuple(
        EditedPage(
            file.page or 0,
            _own_name(file, known),
            file.label,
            file.type,
            f"{address}/pictures/{file.page}/large",
            f"{address}/pictures/{file.page}/small",
        )
        for file in sheet.pages
    )
    key = folder_key(config, folder.place, folder.name)
    made = EditedBook(key, f"{address}/structure", folder.name, "", pages, known)
    root = Division(PartType.MONOGRAPH.value)
    if sheet.arrangement.chapters:
        outline = outline_of_folders(sheet.arrangement.chapters)
        root = replace(resolve(outline, known, "").root or root, label=None)
    return replace(made, first=made.write(BookStructure({}, root)))


def _own_name(file: SourceFile, known: Pages) -> str:
    """What a text can call a page: the name of its file, with its folder if others have it too."""
    names = (file.source.rpartition("/")[2], file.original)
    return next((name for name in names if name and known.number(name) == file.page), "")
