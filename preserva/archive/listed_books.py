"""The books in a storage, as their packages describe them, for the lists at its top.

What a version says never changes, so it is read once and remembered beside the ledger, by the
digest of its inventory. Losing that file costs another reading.
"""

from __future__ import annotations

import io
import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from preserva.archive.store import Store
from preserva.archive.withdrawal import tombstones
from preserva.core.eark.premis import NAMESPACE as PREMIS
from preserva.core.eark.stored import read_representation
from preserva.core.formats.guarded_json import JSONError, read_json
from preserva.core.guide.books import COLUMNS, ListedBook
from preserva.core.values.digest import digest_bytes
from preserva.core.values.entries import ARRIVALS
from preserva.core.values.facts import Arrival
from preserva.core.values.model import PackageId
from preserva.core.xml.safe import parse
from preserva.describe.mods import dates, reading
from preserva.describe.mods.crosswalk import crosswalk
from preserva.describe.mods.reading import all_of, first_text, text_of
from preserva.errors import Damaged, StorageError
from preserva.files.disk import staging_for, writing
from preserva.logs import get_logger
from preserva.storage.base import read_all
from preserva.storage.ocfl import StoredObject

if TYPE_CHECKING:
    from preserva.archive.archive import ArchivalStorage

_logger = get_logger(__name__)

_LARGEST = 16 << 20
_NOTHING_KNOWN = ListedBook(**dict.fromkeys(COLUMNS, ""))
_P = f"{{{PREMIS}}}"
_TERMS = ("copyrightStatus", "licenseTerms", "statuteCitation", "otherRightsBasis")
_DATES = ("copyrightStatusDeterminationDate", "statuteInformationDeterminationDate")
_NOTES = ("copyrightNote", "licenseNote", "statuteNote", "otherRightsNote")


def listed_books(archive: ArchivalStorage, store: Store) -> list[ListedBook]:
    """The packages that were acknowledged in a storage, by their identifiers.

    Those whose bytes two persons decided to remove from it are not among them.
    One that cannot be read, or is not as recorded, is named without its description. Raises
    LedgerError, StorageError for the storage as a whole.
    """
    memory = _Memory(archive.config.ledger)
    withdrawn = tombstones(archive.ledger)
    inventories = _inventories(archive, store)
    books = []
    for copy in archive.ledger.copies.known():
        if copy.storage != store.id or copy.version is None:
            continue
        tombstone = withdrawn.get(copy.package)
        if tombstone is not None and tombstone.is_removed(store.id):
            continue  # nothing is said any more of what it was
        version = f"v{copy.version}"
        book = replace(
            _NOTHING_KNOWN,
            id=copy.package,
            version=version,
            path=store.root.path_of(copy.package),
            inventory=inventories.get((copy.package, version), ""),
        )
        described = memory.books.get(book.inventory)
        if described is None:
            try:
                described = _described_anywhere(archive, store, book)
            except (Damaged, StorageError, ValueError) as error:
                _logger.warning("%s is listed without its description: %s", book.id, error)
                books.append(book)
                continue
            memory.books[book.inventory] = described
            memory.is_new = True
        book = replace(described, path=book.path)
        if tombstone is not None:
            withdrawal = f"withdrawn on {tombstone.time[:10]}: {tombstone.reason}"
            book = replace(book, rights=withdrawal)
        books.append(book)
    memory.keep()
    return books


class _Memory:
    """The books that were read before, by the digest of the inventory of their version."""

    def __init__(self, ledger: Path) -> None:
        self.path = ledger.parent / f"{ledger.stem}-books.json"
        self.books: dict[str, ListedBook] = {}
        self.is_new = False
        try:
            content = read_json(self.path.read_bytes())
            assert isinstance(content, dict), "we wrote it"
            for digest, row in content.items():
                self.books[digest] = ListedBook(**{name: str(row[name]) for name in COLUMNS})
        except (OSError, JSONError, AssertionError, KeyError, TypeError):
            self.books = {}

    def keep(self) -> None:
        """Write it, if there is anything new in it. Raises StorageError."""
        if not self.is_new:
            return
        content = {digest: asdict(book) for digest, book in self.books.items()}
        staged = staging_for(self.path)
        with writing(self.path):
            staged.write_text(json.dumps(content, ensure_ascii=False, indent=0), encoding="utf-8")
            staged.replace(self.path)


def _inventories(
    archive: ArchivalStorage, store: Store
) -> dict[tuple[str | None, str | None], str]:
    """The digests of the inventories of all versions in a storage, as the ledger has them."""
    entries = archive.ledger.entries(storage=store.id, types=ARRIVALS)
    return {(entry.package, entry.version): entry.facts_as(Arrival).inventory for entry in entries}


def _described_anywhere(archive: ArchivalStorage, store: Store, book: ListedBook) -> ListedBook:
    """The book as our own storage has it, which is nearer; if it has not, as this storage has."""
    if store.id != archive.primary.id:
        with suppress(Damaged, StorageError, ValueError):
            return _described(archive.primary, book)
    return _described(store, book)


def _described(store: Store, book: ListedBook) -> ListedBook:
    """The book with what its package says of it. Raises Damaged, StorageError, ValueError."""
    stored = store.root.read_version(book.path, book.version)
    if stored.digest != book.inventory:
        raise ValueError(book.inventory)
    version = _Version(store, stored, book.version)
    base = f"data/{PackageId.parse(book.id).portable}/"
    mods = version.read(base + "metadata/descriptive/mods.xml")
    premis = version.read(base + "metadata/preservation/premis.xml")
    theirs = version.read(base + "representations/original/data/bag-info.txt")
    if mods is not None:
        book = _of_mods(book, parse(mods))
    if premis is not None:
        book = replace(book, rights="; ".join(_rights(parse(premis))))
    info = version.read("bag-info.txt")
    imported = version.holds(f"{base}representations/original/")
    maker = _tags(theirs if imported else info).get("Source-Organization", "")
    return replace(
        book,
        title=book.title or _tags(info).get("External-Description", ""),
        library=book.library or maker,
        pages="; ".join(filter(None, (_pages(version, base), _missing(premis)))),
    )


@dataclass(frozen=True)
class _Version:
    """The files of a version that are as its inventory says."""

    store: Store
    stored: StoredObject
    name: str

    def holds(self, prefix: str) -> bool:
        """Whether anything lies below a folder."""
        return any(path.startswith(prefix) for path in self.stored.inventory.locate(self.name))

    def read(self, path: str) -> bytes | None:
        """A small file; None if there is none. Raises StorageError, ValueError if it changed."""
        inventory = self.stored.inventory
        content = inventory.locate(self.name).get(path)
        if content is None:
            return None
        data = read_all(self.store.storage, f"{self.stored.path}/{content}", _LARGEST)
        if (
            digest_bytes(data, [inventory.algorithm])[inventory.algorithm]
            != (inventory.content()[content])
        ):
            raise ValueError(content)
        return data


def _tags(info: bytes | None) -> dict[str, str]:
    """The fields of a bag-info.txt that stand on one line."""
    lines = (info or b"").decode("utf-8", "replace").splitlines()
    pairs = (line.split(":", 1) for line in lines if ":" in line and not line[0].isspace())
    return {label.strip(): value.strip() for label, value in pairs}


def _pages(version: _Version, base: str) -> str:
    """How many pages the first representation that has any lists in its METS."""
    for name in ("master", "access", "text", "original"):
        mets = version.read(f"{base}representations/{name}/METS.xml")
        if mets is not None:
            pages = {file.page for file in read_representation(io.BytesIO(mets)).files}
            if count := len(pages - {None}):
                return str(count)
    return ""


def _missing(premis: bytes | None) -> str:
    """What the event of its transfer says of files that were not received."""
    for note in () if premis is None else parse(premis).iter(f"{_P}eventOutcomeDetailNote"):
        if (text := " ".join((note.text or "").split())).startswith("incomplete: "):
            return text
    return ""


def _of_mods(book: ListedBook, mods: etree._Element) -> ListedBook:
    titles = [title.text for title in reading.titles(mods)]
    authors = [name.text for name in reading.names(mods) if name.creates]
    numbers = all_of(mods, "m:location//m:itemIdentifier")
    registers = crosswalk().registers
    return replace(
        book,
        title=next(iter(titles), ""),
        author="; ".join(dict.fromkeys(authors)),
        year=dates.years(mods) or dates.text(mods),
        library=first_text(mods, "m:location/m:physicalLocation"),
        shelfmark=first_text(mods, "m:location//m:shelfLocator"),
        register="; ".join(
            dict.fromkeys(text_of(node) for node in numbers if node.get("type") in registers)
        ),
    )


def _rights(premis: etree._Element) -> list[str]:
    """A line for each statement: its ground, what it says, its address, what is allowed."""
    lines = []
    for statement in premis.iter(f"{_P}rightsStatement"):
        texts: dict[str, list[str]] = {}
        for node in statement.iter(f"{_P}*"):
            name = etree.QName(node).localname
            texts.setdefault(name, []).append(" ".join((node.text or "").split()))
        wanted = ("rightsBasis", *_TERMS, *_NOTES)
        said = [text for name in wanted for text in texts.get(name, []) if text]
        addresses = [
            " ".join((node.text or "").split())
            for node in statement.iter(f"{_P}*")
            if etree.QName(node).localname.endswith("DocumentationIdentifierValue")
        ]
        acts = ", ".join(texts.get("act", []))
        allowed = [f"allowed: {acts}"] if acts else []
        dates = [f"determined: {text}" for name in _DATES for text in texts.get(name, []) if text]
        limits = [f"only if: {text}" for text in dict.fromkeys(texts.get("restriction", []))]
        lines.append(", ".join(dict.fromkeys([*said, *dates, *addresses, *allowed, *limits])))
    return lines
