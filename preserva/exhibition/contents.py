"""The content of a site, before it becomes pages: books, editions, items, and their holders."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from preserva.catalogue.entry import CatalogueEntry, Item, library_of
from preserva.core.policy.overview import CopyState
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding
from preserva.exhibition.atlas import Atlas
from preserva.exhibition.persons import is_by, unmatched
from preserva.exhibition.picture import Picture
from preserva.exhibition.spec import Exhibit, Exhibition, ExhibitionSection, Include, Words, Writer

_PLAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")


@dataclass(frozen=True, slots=True)
class ShownBook:
    """A book that is shown: its pages, its parts with the page on which each begins, its items."""

    package: PackageId
    title: str
    entry: CatalogueEntry
    pictures: tuple[Picture, ...]
    contents: tuple[tuple[str, int], ...] = ()
    states: tuple[CopyState, ...] = ()

    def picture(self, number: int) -> Picture:
        """The picture of a page. Raises StopIteration for a page that is not shown."""
        return next(picture for picture in self.pictures if picture.number == number)


@dataclass(frozen=True, slots=True)
class HeldItem:
    """An item that a library holds; `states` are those of its digitised form."""

    id: str
    library: str
    item: Item
    states: tuple[CopyState, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """Records that a person joined to one edition; `ids` are the names of its pages.

    `packages` are digitised books, `others` the ids of other editions of the work.
    """

    ids: tuple[str, ...]
    uris: tuple[str, ...]
    entries: tuple[CatalogueEntry, ...]
    items: tuple[HeldItem, ...]
    packages: tuple[PackageId, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The name of its first page."""
        return self.ids[0]

    @property
    def entry(self) -> CatalogueEntry:
        """The record that represents the edition."""
        return self.entries[0]

    @property
    def libraries(self) -> tuple[str, ...]:
        """The libraries whose records there are."""
        return tuple(dict.fromkeys(filter(None, map(library_of, self.uris))))


@dataclass(frozen=True)
class Site:
    """Everything; `names` are those of institutions by id, `built` is the time of building."""

    exhibition: Exhibition
    names: Mapping[str, Words]
    books: Mapping[PackageId, ShownBook]
    editions: tuple[Edition, ...]
    atlas: Atlas | None
    built: datetime

    @cached_property
    def by_id(self) -> Mapping[str, Edition]:
        """Each edition that has pages, under the names of all of them."""
        return {id_: edition for edition in self.paged for id_ in edition.ids}

    @cached_property
    def paged(self) -> tuple[Edition, ...]:
        """The editions that have pages."""
        match self.exhibition.include:
            case Include.ALL:
                return self.editions
            case Include.DIGITISED:
                return tuple(edition for edition in self.editions if edition.packages)
            case Include.SHOWN:
                shown = {exhibit.package for exhibit in self.exhibition.exhibits()}
                return tuple(edition for edition in self.editions if shown & set(edition.packages))
            case Include.NONE:
                return ()

    @cached_property
    def by_package(self) -> Mapping[PackageId, Edition]:
        """The edition of each digitised book."""
        return {package: edition for edition in self.editions for package in edition.packages}

    def exhibits(self, package: PackageId) -> list[tuple[ExhibitionSection, Exhibit]]:
        """Where a book is shown."""
        return [
            (section, exhibit)
            for section in self.exhibition.sections
            for exhibit in section.exhibits
            if exhibit.package == package
        ]

    def holdings(self, package: PackageId) -> Sequence[HeldItem]:
        """Under which shelfmarks a digitised book, or others of its edition, can be asked for."""
        edition = self.by_package.get(package)
        if edition is not None and edition.items:
            return edition.items
        book = self.books[package]
        return items_of(book.title, package.institution, book.entry, book.states)

    def works(self, writer: Writer) -> list[Edition]:
        """The editions that a person wrote, printed or owned, by name or authority record."""
        return [
            edition
            for edition in self.editions
            if any(is_by(writer, entry) for entry in edition.entries)
        ]

    def unknown_names(self) -> Iterator[Finding]:
        """The names and authority records of writers that no record of the catalogue has."""
        agents = [
            agent
            for edition in self.editions
            for entry in edition.entries
            for agent in entry.agents
        ]
        for number, writer in enumerate(self.exhibition.writers):
            for key, text in unmatched(writer, agents):
                yield Finding(Code.WRITER_UNKNOWN, f"writers.{number}.{key}", seen=text)


def page_id(uri: str) -> str:
    """The name of a record's page: permanent, and valid on any file system."""
    library = library_of(uri) or "record"
    local = uri.rpartition(":")[2]
    if not _PLAIN.fullmatch(local):
        local = "x" + hashlib.sha256(uri.encode()).hexdigest()[:15]
    return f"{library}-{local}"


def items_of(
    uri: str, library: str, entry: CatalogueEntry, states: Iterable[CopyState] = ()
) -> tuple[HeldItem, ...]:
    """The items of a record. If it describes only one, that is the digitised book."""
    states = tuple(states)
    by_id: dict[str, HeldItem] = {}
    for item in entry.items:
        parts = (uri, item.holder, item.shelfmark, *item.inventory)
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
        id_ = f"{library}-{digest}"
        by_id.setdefault(id_, HeldItem(id_, library, item, states if len(entry.items) == 1 else ()))
    return tuple(by_id.values())
