"""What records of packages can be asked for by, as it was read before.

A file beside the ledger (`ledger-records.sqlite`) that can be deleted at any time: the records are
then read again. What a version says never changes; but a ledger that was restored or rebuilt may
know another version by the same number. So the file names the entry up to which it was written, and
counts only while the ledger has that entry.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from types import TracebackType

from preserva.ledger import Ledger
from preserva.logs import get_logger

_logger = get_logger(__name__)

RecordName = tuple[str, str]
"""A kind of number, and the number folded."""

PackageVersion = tuple[str, int]
"""The identifier of a package, and the number of a version."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS written_up_to (number INTEGER NOT NULL, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS version (package TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (package, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS name (package TEXT NOT NULL, version INTEGER NOT NULL,
    kind TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (package, version, kind, text)) WITHOUT ROWID;
"""


class RecordNames:
    """The names of records by the versions of packages that have them."""

    def __init__(self, ledger: Ledger, place: Path, *, writing: bool) -> None:
        """Read what is remembered beside this ledger, at `place`; add to it only if `writing`."""
        self._ledger = ledger
        self._path = place.with_name(f"{place.stem}-records.sqlite")
        self._writing = writing
        self._holds = False
        self._known: dict[PackageVersion, list[RecordName]] = {}
        self._new: dict[PackageVersion, list[RecordName]] = {}

    def __enter__(self) -> RecordNames:
        if self._path.exists():
            try:
                self._known = self._read()
            except sqlite3.Error as error:
                self._warn(error)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._writing and self._new:
            try:
                self._write()
            except sqlite3.Error as problem:
                self._warn(problem)

    def get(self, version: PackageVersion) -> list[RecordName] | None:
        """The names of the record of a version; None if it was not read before."""
        return self._known.get(version)

    def keep(self, version: PackageVersion, names: list[RecordName] | None) -> None:
        """Remember them, unless the record could not be read."""
        if names is not None:
            self._new[version] = names

    def _read(self) -> dict[PackageVersion, list[RecordName]]:
        known: dict[PackageVersion, list[RecordName]] = defaultdict(list)
        with closing(
            sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True, timeout=30)
        ) as file:
            entries = file.execute("SELECT number, digest FROM written_up_to").fetchall()
            self._holds = all(
                self._ledger.digest_of(number) == digest for number, digest in entries
            )
            if not self._holds:
                return {}
            for package, version in file.execute("SELECT package, version FROM version"):
                known[package, version] = []
            for package, version, *name in file.execute("SELECT * FROM name"):
                known[package, version].append((name[0], name[1]))
        return dict(known)

    def _write(self) -> None:
        with closing(sqlite3.connect(self._path, timeout=30)) as file:
            file.executescript(_SCHEMA)
            with file:
                if not self._holds:
                    file.execute("DELETE FROM version")
                    file.execute("DELETE FROM name")
                file.execute("DELETE FROM written_up_to")
                newest = (self._ledger.size, self._ledger.digest)
                file.execute("INSERT INTO written_up_to VALUES (?, ?)", newest)
                file.executemany("INSERT OR IGNORE INTO version VALUES (?, ?)", self._new)
                rows = ((*version, *name) for version, names in self._new.items() for name in names)
                file.executemany("INSERT OR IGNORE INTO name VALUES (?, ?, ?, ?)", rows)

    def _warn(self, error: sqlite3.Error) -> None:
        _logger.warning("%s cannot be used, records are read again: %s", self._path, error)
