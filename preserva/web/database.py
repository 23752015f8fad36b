"""The one file of the server: people, sessions, jobs, and titles to search by.

Nothing in it is needed to keep a package: what was done to those stands in the ledger alone.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from preserva.config import Config
from preserva.errors import NEWER_FORMAT, Refused
from preserva.i18n import _

FORMAT = 1
_PATIENCE = 10.0

_TABLES = """
CREATE TABLE person (code TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT) STRICT;
CREATE TABLE invitation (
    digest TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person ON DELETE CASCADE,
    expires REAL NOT NULL
) STRICT;
CREATE TABLE session (
    digest TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person ON DELETE CASCADE,
    started REAL NOT NULL,
    used REAL NOT NULL
) STRICT;
CREATE TABLE attempt (person TEXT NOT NULL, address TEXT NOT NULL, time REAL NOT NULL) STRICT;
CREATE TABLE form (id TEXT PRIMARY KEY, time REAL NOT NULL) STRICT;
CREATE TABLE token (
    number INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person ON DELETE CASCADE,
    made_by TEXT NOT NULL,
    made REAL NOT NULL,
    used REAL
) STRICT;
CREATE TABLE hook (
    number INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made REAL NOT NULL
) STRICT;
CREATE TABLE delivery (
    number INTEGER PRIMARY KEY,
    hook INTEGER NOT NULL REFERENCES hook ON DELETE CASCADE,
    body TEXT NOT NULL,
    made REAL NOT NULL,
    due REAL,
    attempts INTEGER NOT NULL DEFAULT 0,
    problem TEXT
) STRICT;
CREATE INDEX delivery_due ON delivery (due) WHERE due IS NOT NULL;
CREATE TABLE job (
    number INTEGER PRIMARY KEY,
    form TEXT NOT NULL UNIQUE,
    action TEXT NOT NULL,
    fields TEXT NOT NULL,
    person TEXT NOT NULL,
    language TEXT NOT NULL,
    requested REAL NOT NULL,
    started REAL,
    attempts INTEGER NOT NULL DEFAULT 0,
    ended REAL,
    exit_status INTEGER,
    stopped_by TEXT
) STRICT;
CREATE INDEX job_open ON job (number) WHERE ended IS NULL;
CREATE TABLE draft (
    book TEXT NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    person TEXT NOT NULL,
    time REAL NOT NULL,
    origin INTEGER NOT NULL,
    PRIMARY KEY (book, number)
) STRICT;
CREATE TABLE typed (
    book TEXT NOT NULL,
    person TEXT NOT NULL,
    fields TEXT NOT NULL,
    time REAL NOT NULL,
    PRIMARY KEY (book, person)
) STRICT;
CREATE TABLE book (
    package TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    words TEXT NOT NULL
) STRICT;
"""


class WebDatabase:
    """The file. Each use opens it anew, so that threads and processes share nothing else."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """In a folder of the server's own; `clock` gives the time in seconds since 1970.

        Raises Refused if a later version wrote it.
        """
        self.folder = folder
        self.clock = clock
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.jobs = folder / "jobs"
        self.jobs.mkdir(mode=0o700, exist_ok=True)
        self._path = folder / "web.sqlite3"
        self._path.touch(mode=0o600)
        with self.writing() as rows:
            self._prepare(rows)

    @classmethod
    def of(cls, config: Config) -> WebDatabase:
        """That of an archive: in the folder `web` beside its ledger."""
        return cls(config.ledger.parent / "web")

    def _prepare(self, rows: sqlite3.Connection) -> None:
        (version,) = rows.execute("PRAGMA user_version").fetchone()
        if version > FORMAT:
            message = _("{path} was written by a later version of preserva")
            raise Refused(message.format(path=self._path), hint=NEWER_FORMAT)
        if version == 0:
            for statement in _TABLES.split(";\n"):
                rows.execute(statement)
            rows.execute(f"PRAGMA user_version = {FORMAT}")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with."""
        with closing(self._connect()) as rows:
            yield rows

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction, which an exception takes back."""
        with closing(self._connect()) as rows:
            rows.execute("BEGIN IMMEDIATE")
            try:
                yield rows
            except BaseException:
                rows.execute("ROLLBACK")
                raise
            rows.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        rows = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)
        rows.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            rows.execute(f"PRAGMA {pragma}")
        return rows

    def take_form(self, form: str) -> bool:
        """Whether a form is sent for the first time; a double click, or a reload, sends it again.

        Forms are remembered for a month, longer than any session.
        """
        if not form:
            return False
        now = self.clock()
        with self.writing() as rows:
            rows.execute("DELETE FROM form WHERE time < ?", [now - 30 * 86_400])
            new = rows.execute("INSERT OR IGNORE INTO form VALUES (?, ?)", [form, now])
            return new.rowcount == 1
