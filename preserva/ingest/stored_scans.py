"""Which stored packages have the same scans: an index of the digests of stored pages.

The index is a file beside the ledger (`ledger-scans.sqlite`) that can be deleted at any time. It is
brought up to date from the ledger and the inventories of what was stored since it was last asked,
so that each inventory is read once. It only finds candidates: its matches are compared with the
inventory of the package. A dry run writes nothing: what the file lacks it keeps in memory.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakKeyDictionary

from preserva.archive.archive import ArchivalStorage
from preserva.archive.stored_copy import StoredCopy
from preserva.core.formats.bagit import parse_manifest
from preserva.core.values.entries import ARRIVALS, SUCCESS
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding
from preserva.errors import PreservaError
from preserva.logs import get_logger

_logger = get_logger(__name__)

_PAGES = re.compile(r"data/[^/]+/representations/(?!text/)[^/]+/data/")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS scan (digest BLOB NOT NULL, package TEXT NOT NULL,
    PRIMARY KEY (digest, package)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unread (package TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS position (number INTEGER NOT NULL, digest TEXT NOT NULL);
"""
_MANIFEST = "manifest-sha512.txt"
_PREFIX = 8
"""Bytes of a digest that are kept: candidates are proved by the whole digest."""


def stored_scans(
    archive: ArchivalStorage, package: PackageId | None, digests: Iterable[str], *, writing: bool
) -> dict[str, int | None]:
    """How many of these scans (SHA-512) each other package in our primary storage has.

    By its identifier; None where that cannot be told, because the package cannot be read now. The
    file of the index is brought up to date only if `writing`.
    """
    wanted = set(digests)
    found = _candidates(archive, {_short(digest) for digest in wanted}, writing=writing)
    counts: dict[str, int | None] = {}
    for uri in sorted(found.packages | found.unread):
        other = PackageId.parse(uri)
        if other == package:
            continue
        pages = None if uri in found.unread else _pages(archive, other)
        if pages is None or not wanted.isdisjoint(pages):
            counts[other.portable] = None if pages is None else len(wanted & set(pages))
    return counts


def bag_scans(bag: Path) -> set[str]:
    """The SHA-512 of each page in a bag; none if its manifest has other digests."""
    try:
        lines = (bag / _MANIFEST).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return set()
    unusable: list[Finding] = []  # for them the bag is refused when it is stored
    entries = parse_manifest(lines, _MANIFEST, "sha512", strict=True, report=unusable.append)
    return {digest.hex() for path, _raw, digest in entries if _PAGES.match(path)}


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The packages that may have scans, and those that could not be read."""

    packages: set[str]
    unread: set[str]

    def __or__(self, other: _Candidates) -> _Candidates:
        return _Candidates(self.packages | other.packages, self.unread | other.unread)


def _candidates(archive: ArchivalStorage, digests: set[bytes], *, writing: bool) -> _Candidates:
    path = archive.config.ledger.with_name(f"{archive.config.ledger.stem}-scans.sqlite")
    try:
        if writing:
            with closing(sqlite3.connect(path, timeout=30)) as index:
                _update(index, archive)
                return _look_up(index, digests)
        if not path.exists():
            return _since(archive, 0).look_up(digests)
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)) as index:
            return _look_up(index, digests) | _since(archive, _position(index, archive)).look_up(
                digests
            )
    except sqlite3.Error as error:  # all of it is in the ledger as well
        _logger.warning("the index of stored scans %s cannot be used: %s", path, error)
        return _since(archive, 0).look_up(digests)


def _update(index: sqlite3.Connection, archive: ArchivalStorage) -> None:
    """Add what was stored since; everything if the ledger is not the one that it was made from."""
    index.executescript(_SCHEMA)
    with index:
        index.execute("BEGIN IMMEDIATE")
        number, size = _position(index, archive), archive.ledger.size
        if not number:
            index.execute("DELETE FROM scan")
            index.execute("DELETE FROM unread")
        before = {uri for (uri,) in index.execute("SELECT package FROM unread")}
        for uri in before.union(_arrived(archive, number)):
            pages = _pages(archive, PackageId.parse(uri))
            if pages is None:
                index.execute("INSERT OR IGNORE INTO unread VALUES (?)", (uri,))
                continue
            index.execute("DELETE FROM unread WHERE package = ?", (uri,))
            rows = [(_short(page), uri) for page in pages]
            index.executemany("INSERT OR IGNORE INTO scan VALUES (?, ?)", rows)
        if size:
            index.execute("DELETE FROM position")
            digest = archive.ledger.entry(size).digest
            index.execute("INSERT INTO position VALUES (?, ?)", (size, digest))


def _position(index: sqlite3.Connection, archive: ArchivalStorage) -> int:
    """The number of the last entry of this ledger that the index knows; 0 for another ledger."""
    number, digest = index.execute("SELECT number, digest FROM position").fetchone() or (0, "")
    known = 0 < number <= archive.ledger.size and archive.ledger.entry(number).digest == digest
    return int(number) if known else 0


def _look_up(index: sqlite3.Connection, digests: Iterable[bytes]) -> _Candidates:
    query = "SELECT package FROM scan WHERE digest = ?"
    unread = {uri for (uri,) in index.execute("SELECT package FROM unread")}
    found = {uri for digest in digests for (uri,) in index.execute(query, (digest,))}
    return _Candidates(found, unread)


@dataclass(slots=True)
class _Fresh:
    """Files stored after the entry `start` of the ledger, up to the entry `number`."""

    start: int
    number: int
    packages: dict[bytes, set[str]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)

    def look_up(self, digests: Iterable[bytes]) -> _Candidates:
        """The packages that have any of these."""
        found = {uri for digest in digests for uri in self.packages.get(digest, ())}
        return _Candidates(found, set(self.unread))


_fresh: WeakKeyDictionary[ArchivalStorage, _Fresh] = WeakKeyDictionary()
"""One for each open archive: a table of many books is checked in one go."""


def _since(archive: ArchivalStorage, number: int) -> _Fresh:
    fresh = _fresh.get(archive)
    if fresh is None or fresh.start > number:
        fresh = _fresh[archive] = _Fresh(number, number)
    size = archive.ledger.size
    for uri in fresh.unread.union(_arrived(archive, fresh.number)):
        pages = _pages(archive, PackageId.parse(uri))
        if pages is None:
            fresh.unread.add(uri)
            continue
        fresh.unread.discard(uri)
        for page in pages:
            fresh.packages.setdefault(_short(page), set()).add(uri)
    fresh.number = size
    return fresh


def _arrived(archive: ArchivalStorage, number: int) -> list[str]:
    """The packages with a version stored in our primary storage after this entry."""
    if number >= archive.ledger.size:
        return []
    entries = archive.ledger.entries(storage=archive.primary.id, types=ARRIVALS, since=number + 1)
    return list(
        dict.fromkeys(
            entry.package for entry in entries if entry.outcome == SUCCESS and entry.package
        )
    )


def _short(digest: str) -> bytes:
    return bytes.fromhex(digest)[:_PREFIX]


def _pages(archive: ArchivalStorage, package: PackageId) -> list[str] | None:
    """The SHA-512 of each page in the newest version of a package; None if it cannot be read.

    An inventory by another algorithm than OCFL recommends has none.
    """
    copy = StoredCopy(archive, archive.primary, package)
    try:
        inventory = copy.read().inventory
    except PreservaError as error:
        _logger.warning("%s is not compared with new scans: %s", package, error)
        return None
    if inventory.algorithm != "sha512":
        return []
    files = inventory.versions[inventory.head].files()
    return [digest for path, digest in files.items() if _PAGES.match(path)]
