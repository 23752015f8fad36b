"""The books and the editions of an exhibition, from packages, the ledger and the catalogue."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from preserva.access.export import Outgoing
from preserva.archive.archive import ArchivalStorage
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.withdrawal import tombstones
from preserva.catalogue.database import Database
from preserva.catalogue.entry import CatalogueEntry, library_of
from preserva.catalogue.entry_from_mods import entry_of
from preserva.catalogue.index import Catalogued, Index
from preserva.catalogue.matching import Matching
from preserva.core.book.file_names import is_image
from preserva.core.eark.mets import Division, FileEntry
from preserva.core.eark.stored import read_package, read_representation
from preserva.core.policy.overview import CopyState
from preserva.core.values.model import PackageId
from preserva.core.values.report import Advanced, Observer
from preserva.describe.page_text import page_text
from preserva.describe.record import Record, read_records
from preserva.errors import Damaged, NotFound
from preserva.exhibition.contents import Edition, HeldItem, ShownBook, items_of, page_id
from preserva.exhibition.picture import Picture
from preserva.exhibition.spec import Exhibit
from preserva.exhibition.tiles import check, cut
from preserva.i18n import _
from preserva.information_package.conversion import Original
from preserva.reporting.overview import copy_states

_LARGEST_TEXT = 16 << 20
_IMAGES = ("access", "master")  # copies for use before masters


@dataclass(frozen=True, slots=True)
class BookSource:
    """A package that is to be shown, in the first storage that has it, before a picture is made."""

    package: PackageId
    outgoing: Outgoing
    pages: Mapping[int, FileEntry]
    folder: str
    texts: Mapping[int, FileEntry]
    contents: tuple[tuple[str, int], ...]
    record: str

    @property
    def base(self) -> str:
        """The package's own folder in its bag."""
        return f"data/{self.package.portable}/"


def find(archive: ArchivalStorage, package: PackageId, observer: Observer) -> BookSource:
    """The package, as its METS describes it. Raises NotFound, Damaged, StorageError."""
    store, outgoing = _outgoing(archive, package, observer)
    base = f"data/{package.portable}/"
    paths = [path.removeprefix(base) for path in outgoing.located if path.startswith(base)]
    original = Original(
        paths, lambda path: outgoing.chunks(base + path), lambda path: outgoing.size(base + path)
    )
    try:
        with original.open("METS.xml") as stream:
            described = read_package(stream)
        parts = {}
        for name, path in described.representations.items():
            with original.open(path) as stream:
                parts[name] = read_representation(stream)
    except ValueError as error:
        message = _("the METS of {id} cannot be read: {reason}")
        raise Damaged(message.format(id=package, reason=error)) from error
    outgoing.refuse_damage()
    images = {
        name: {
            file.page: file for file in reversed(parts[name].files) if file.page and _is_image(file)
        }
        for name in _IMAGES
        if name in parts
    }
    chosen = next((name for name in _IMAGES if images.get(name)), None)
    if chosen is None:
        message = _("{id} in {storage} has no pages to show")
        raise NotFound(message.format(id=package.portable, storage=store.id))
    text = parts["text"].files if "text" in parts else ()
    structure = next((part.structure for part in parts.values() if part.structure), None)
    record = next((path for path in paths if path.startswith("metadata/descriptive/source.")), "")
    return BookSource(
        package,
        outgoing,
        dict(sorted(images[chosen].items())),
        f"representations/{chosen}/",
        {file.page: file for file in reversed(text) if file.page},
        tuple(_contents(structure)),
        record,
    )


def _outgoing(
    archive: ArchivalStorage, package: PackageId, observer: Observer
) -> tuple[Store, Outgoing]:
    if package.uri in tombstones(archive.ledger):
        raise NotFound(_("{id} was withdrawn").format(id=package.portable))
    for store in archive.stores():
        with suppress(NotFound):
            stored = StoredCopy(archive, store, package).read_recorded()
            version = stored.version(None)
            return store, Outgoing(store.storage, stored, version, observer)
    raise NotFound(_("there is no package {id}").format(id=package.portable))


def _is_image(file: FileEntry) -> bool:
    # a codestream of JPEG 2000 had no media type of its own in packages made before
    return file.mime.startswith("image/") or is_image(file.file.path)


def _contents(structure: Division | None) -> Iterator[tuple[str, int]]:
    """The parts that have a title and a page, in their order."""
    for part in structure.parts if structure else ():
        if part.label and part.pages:
            yield part.label, min(part.pages)
        yield from _contents(part)


def shown(
    source: BookSource,
    exhibits: Iterable[Exhibit],
    root: Path,
    states: tuple[CopyState, ...],
    *,
    largest: int,
    pixels: int,
    observer: Observer,
) -> ShownBook:
    """The book with its pictures, which are written below `root`. Raises Damaged, StorageError."""
    numbers = shown_pages(source, exhibits)
    pictures = []
    for number in numbers:
        pictures.append(_picture(source, number, root, largest, pixels))
        observer(Advanced(0, pictures[-1].folder))
    contents = tuple(division for division in source.contents if division[1] in numbers)
    entry = _entry(source)
    source.outgoing.refuse_damage()
    return ShownBook(source.package, entry.title, entry, tuple(pictures), contents, states)


def _picture(source: BookSource, number: int, root: Path, largest: int, pixels: int) -> Picture:
    file = source.pages[number]
    text = _text(source, number)
    folder = f"iiif/{source.package.portable}/{number:04}"

    def sized(width: int, height: int) -> Picture:
        return Picture(number, file.label or str(number), folder, width, height, text)

    with _taken_out(source, number) as (image, name):
        return cut(image, root, sized, name=name, largest=largest, pixels=pixels)


def check_pages(source: BookSource, exhibits: Iterable[Exhibit], pixels: int) -> int:
    """Decode each page that is to be shown; how many there are.

    Raises Damaged, Refused, StorageError.
    """
    numbers = shown_pages(source, exhibits)
    for number in numbers:
        with _taken_out(source, number) as (image, name):
            check(image, name=name, pixels=pixels)
    return len(numbers)


def shown_pages(source: BookSource, exhibits: Iterable[Exhibit]) -> list[int]:
    exhibits = list(exhibits)
    return [number for number in source.pages if any(exhibit.shows(number) for exhibit in exhibits)]


@contextmanager
def _taken_out(source: BookSource, number: int) -> Iterator[tuple[Path, str]]:
    """The image of a page in a file of its own, and its name in messages."""
    path = source.base + source.folder + source.pages[number].file.path
    with tempfile.NamedTemporaryFile(suffix=Path(path).suffix) as copy:
        copy.writelines(source.outgoing.chunks(path))
        copy.flush()
        source.outgoing.refuse_damage()  # before a decoder sees it
        yield Path(copy.name), f"{source.package.portable}: {path}"


def _text(source: BookSource, number: int) -> str:
    file = source.texts.get(number)
    if file is None:
        return ""
    path = f"{source.base}representations/text/{file.file.path}"
    return page_text(_read(source, path)) if source.outgoing.size(path) <= _LARGEST_TEXT else ""


def _read(source: BookSource, path: str) -> bytes:
    data = b"".join(source.outgoing.chunks(path))
    source.outgoing.refuse_damage()
    return data


def _entry(source: BookSource) -> CatalogueEntry:
    """The metadata of the package's own record; without one, the title given by people."""
    path = source.base + source.record
    if source.record and source.outgoing.size(path) <= _LARGEST_TEXT:
        for record in read_records(_read(source, path), name=source.package.portable):
            if isinstance(record, Record):
                return entry_of(record)
    return CatalogueEntry(source.outgoing.title() or source.package.portable)


def states_of(archive: ArchivalStorage) -> dict[str, tuple[CopyState, ...]]:
    """The ledger's data on every copy, by package."""
    by_package: dict[str, tuple[CopyState, ...]] = {}
    for state in copy_states(archive):
        by_package[state.package] = (*by_package.get(state.package, ()), state)
    return by_package


def editions(
    database: Database, states: Mapping[str, tuple[CopyState, ...]]
) -> tuple[Edition, ...]:
    """Every edition of the catalogue, by title."""
    index, matching = Index(database), Matching(database)
    joined = matching.editions()
    records = {record.uri: record for record in index.changed_since() if record.entry is not None}
    works: dict[str, list[str]] = {}
    groups = {}
    for uri, record in records.items():
        group = tuple(other for other in joined.get(uri, (uri,)) if other in records)
        if group[0] == uri:
            groups[uri] = group
            assert record.entry is not None, "others were left out above"
            works.setdefault(record.entry.work, []).append(uri)
    made = [_edition([records[uri] for uri in group], works, states) for group in groups.values()]
    return tuple(sorted(made, key=lambda edition: (edition.entry.title.casefold(), edition.id)))


def _edition(
    records: list[Catalogued],
    works: Mapping[str, list[str]],
    states: Mapping[str, tuple[CopyState, ...]],
) -> Edition:
    entries = tuple(record.entry for record in records if record.entry is not None)
    same = works.get(entries[0].work, []) if entries[0].agents else []
    packages = {name: PackageId.parse(name) for record in records for name in record.packages}
    items: dict[str, HeldItem] = {}
    for record, entry in zip(records, entries, strict=True):
        known = [state for name in record.packages for state in states.get(name, ())]
        for held in items_of(record.uri, library_of(record.uri) or "", entry, known):
            items.setdefault(held.id, held)
    return Edition(
        tuple(page_id(record.uri) for record in records),
        tuple(record.uri for record in records),
        entries,
        tuple(items.values()),
        tuple(packages.values()),
        tuple(page_id(uri) for uri in same if uri != records[0].uri),
    )
