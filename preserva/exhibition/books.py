"""The books and the editions of an exhibition, from packages, the ledger and the catalogue."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from preserva.access.export import Outgoing
from preserva.archive.archive import Archive
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.catalogue.database import Database
from preserva.catalogue.entry import entry_of
from preserva.catalogue.index import Catalogued, Index
from preserva.catalogue.matching import Matching
from preserva.catalogue.model import Entry, library_of
from preserva.core.eark.mets import Division, FileEntry
from preserva.core.eark.stored import read_package, read_representation
from preserva.core.policy.overview import CopyState
from preserva.core.values.model import PackageId
from preserva.core.values.report import Observer
from preserva.describe.page_text import page_text
from preserva.describe.record import Record, read_records
from preserva.errors import Damaged, NotFound
from preserva.exhibition.contents import Edition, Held, Shown, copies_of, page_id
from preserva.exhibition.picture import Picture
from preserva.exhibition.spec import Exhibit
from preserva.exhibition.tiles import cut
from preserva.i18n import _
from preserva.information_package.conversion import Original
from preserva.reporting.overview import copy_states

_LARGEST_TEXT = 16 << 20
_IMAGES = ("access", "master")  # copies for use before masters


@dataclass(frozen=True, slots=True)
class Found:
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


def find(archive: Archive, package: PackageId, observer: Observer) -> Found:
    """The package, as its METS tells it. Raises NotFound, Damaged, StorageError."""
    store, outgoing = _outgoing(archive, package, observer)
    base = f"data/{package.portable}/"
    paths = [path.removeprefix(base) for path in outgoing.located if path.startswith(base)]
    original = Original(
        paths, lambda path: outgoing.chunks(base + path), lambda path: outgoing.size(base + path)
    )
    try:
        with original.open("METS.xml") as stream:
            said = read_package(stream)
        parts = {}
        for name, path in said.representations.items():
            with original.open(path) as stream:
                parts[name] = read_representation(stream)
    except ValueError as error:
        message = _("the METS of {id} cannot be read: {reason}")
        raise Damaged(message.format(id=package, reason=error)) from error
    outgoing.refuse_damage()
    images = {
        name: {one.page: one for one in reversed(parts[name].files) if one.page and _is_image(one)}
        for name in _IMAGES
        if name in parts
    }
    chosen = next((name for name in _IMAGES if images.get(name)), None)
    if chosen is None:
        message = _("{id} in {storage} has no pages that could be shown")
        raise NotFound(message.format(id=package.portable, storage=store.id))
    text = parts["text"].files if "text" in parts else ()
    structure = next((one.structure for one in parts.values() if one.structure), None)
    record = next((path for path in paths if path.startswith("metadata/descriptive/source.")), "")
    return Found(
        package,
        outgoing,
        dict(sorted(images[chosen].items())),
        f"representations/{chosen}/",
        {one.page: one for one in reversed(text) if one.page},
        tuple(_contents(structure)),
        record,
    )


def _outgoing(archive: Archive, package: PackageId, observer: Observer) -> tuple[Store, Outgoing]:
    for store in archive.stores():
        with suppress(NotFound):
            stored = StoredCopy(archive, store, package).read_recorded()
            version = stored.version(None)
            return store, Outgoing(store.storage, stored, version, observer)
    raise NotFound(_("there is no package {id}").format(id=package.portable))


def _is_image(file: FileEntry) -> bool:
    return file.mime.startswith("image/")


def _contents(structure: Division | None) -> Iterator[tuple[str, int]]:
    """The parts that have a title and a page, in their order."""
    for part in structure.parts if structure else ():
        if part.label and part.pages:
            yield part.label, min(part.pages)
        yield from _contents(part)


def shown(
    found: Found,
    exhibits: Iterable[Exhibit],
    root: Path,
    states: tuple[CopyState, ...],
    *,
    largest: int,
    pixels: int,
) -> Shown:
    """The book with its pictures, which are written below `root`. Raises Damaged, StorageError."""
    exhibits = list(exhibits)
    numbers = [number for number in found.pages if any(one.shows(number) for one in exhibits)]
    pictures = [_picture(found, number, root, largest, pixels) for number in numbers]
    contents = tuple(one for one in found.contents if one[1] in numbers)
    entry = _entry(found)
    found.outgoing.refuse_damage()
    return Shown(found.package, entry.title, entry, tuple(pictures), contents, states)


def _picture(found: Found, number: int, root: Path, largest: int, pixels: int) -> Picture:
    file = found.pages[number]
    path = found.base + found.folder + file.file.path
    text = _text(found, number)
    folder = f"iiif/{found.package.portable}/{number:04}"

    def sized(width: int, height: int) -> Picture:
        return Picture(number, file.label or str(number), folder, width, height, text)

    with tempfile.NamedTemporaryFile(suffix=Path(path).suffix) as copy:
        copy.writelines(found.outgoing.chunks(path))
        copy.flush()
        found.outgoing.refuse_damage()  # before a decoder sees it
        name = f"{found.package.portable}: {path}"
        return cut(Path(copy.name), root, sized, name=name, largest=largest, pixels=pixels)


def _text(found: Found, number: int) -> str:
    file = found.texts.get(number)
    if file is None:
        return ""
    path = f"{found.base}representations/text/{file.file.path}"
    return page_text(_read(found, path)) if found.outgoing.size(path) <= _LARGEST_TEXT else ""


def _read(found: Found, path: str) -> bytes:
    data = b"".join(found.outgoing.chunks(path))
    found.outgoing.refuse_damage()
    return data


def _entry(found: Found) -> Entry:
    """What the package's own record says; where there is none, the title that people gave it."""
    path = found.base + found.record
    if found.record and found.outgoing.size(path) <= _LARGEST_TEXT:
        for record in read_records(_read(found, path), name=found.package.portable):
            if isinstance(record, Record):
                return entry_of(record)
    return Entry(found.outgoing.title() or found.package.portable)


def states_of(archive: Archive) -> dict[str, tuple[CopyState, ...]]:
    """What the ledger knows of every copy, by package."""
    found: dict[str, tuple[CopyState, ...]] = {}
    for one in copy_states(archive):
        found[one.package] = (*found.get(one.package, ()), one)
    return found


def editions(
    database: Database, states: Mapping[str, tuple[CopyState, ...]]
) -> tuple[Edition, ...]:
    """Every edition of the catalogue, by title."""
    index, matching = Index(database), Matching(database)
    joined = matching.editions()
    records = {one.uri: one for one in index.changed_since() if one.entry is not None}
    works: dict[str, list[str]] = {}
    groups = {}
    for uri, one in records.items():
        group = tuple(other for other in joined.get(uri, (uri,)) if other in records)
        if group[0] == uri:
            groups[uri] = group
            assert one.entry is not None, "others were left out above"
            works.setdefault(one.entry.work, []).append(uri)
    made = [_edition([records[one] for one in group], works, states) for group in groups.values()]
    return tuple(sorted(made, key=lambda one: (one.entry.title.casefold(), one.id)))


def _edition(
    records: list[Catalogued],
    works: Mapping[str, list[str]],
    states: Mapping[str, tuple[CopyState, ...]],
) -> Edition:
    entries = tuple(one.entry for one in records if one.entry is not None)
    same = works.get(entries[0].work, []) if entries[0].agents else []
    packages = {one.package: PackageId.parse(one.package) for one in records if one.package}
    copies: dict[str, Held] = {}
    for one, entry in zip(records, entries, strict=True):
        known = states.get(one.package or "", ())
        for held in copies_of(one.uri, library_of(one.uri) or "", entry, known):
            copies.setdefault(held.id, held)
    return Edition(
        tuple(page_id(one.uri) for one in records),
        tuple(one.uri for one in records),
        entries,
        tuple(copies.values()),
        tuple(packages.values()),
        tuple(page_id(uri) for uri in same if uri != records[0].uri),
    )
