"""The file of the union catalogue: tables, and how it is opened.

`record` and `decision` came from outside and cannot be recreated; the other tables are made from
them. A deleted record stays as a mark, so that those who harvest learn of it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from preserva.catalogue.entry import TEXTS
from preserva.errors import NEWER_FORMAT, Locked, PreservaError, StorageError, StorageFull
from preserva.files.disk import move
from preserva.i18n import _

SCHEMA_VERSION = 3
_MIGRATED = 2

_CACHE = 64 * 1024  # KiB: of a million records, the upper levels of every index

_SCHEMA = """
CREATE TABLE record (
    id       INTEGER PRIMARY KEY,
    uri      TEXT NOT NULL UNIQUE,
    library  TEXT NOT NULL,
    source   TEXT NOT NULL,
    of_library INTEGER NOT NULL DEFAULT 1,
    stamp    INTEGER,
    packages TEXT,
    collection INTEGER NOT NULL DEFAULT 0,
    changed  INTEGER NOT NULL,
    deleted  INTEGER NOT NULL DEFAULT 0,
    charset  TEXT,
    digest   BLOB,
    original BLOB
) STRICT;
CREATE INDEX by_change ON record (changed, id);
CREATE INDEX by_library ON record (library, changed, id);
CREATE INDEX digitised ON record (changed, id) WHERE packages IS NOT NULL;
CREATE INDEX collections ON record (changed, id) WHERE collection;
CREATE INDEX by_source ON record (source, id);
CREATE TABLE decision (
    number INTEGER PRIMARY KEY,
    library TEXT NOT NULL,
    time   TEXT NOT NULL,
    person TEXT NOT NULL,
    verdict TEXT NOT NULL,
    one    TEXT NOT NULL,
    other  TEXT NOT NULL,
    undone_time TEXT,
    undone_by   TEXT,
    disputed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (one, other, verdict, library, time, person)
) STRICT;
CREATE INDEX decision_other ON decision (other);
CREATE TABLE joined (uri TEXT PRIMARY KEY, edition TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX by_edition ON joined (edition, uri);
CREATE TABLE harvest (
    url TEXT NOT NULL, format TEXT NOT NULL, part TEXT NOT NULL, library TEXT NOT NULL,
    since TEXT, token TEXT, begun TEXT, PRIMARY KEY (url, format, part)
) STRICT;
CREATE TABLE entry (id INTEGER PRIMARY KEY, body TEXT NOT NULL, work TEXT NOT NULL) STRICT;
CREATE INDEX by_work ON entry (work);
CREATE TABLE facet (
    id INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (id, name, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE key (
    key TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (key, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_of ON key (id);
"""

WORDS = f"""
CREATE VIRTUAL TABLE words USING fts5 (
    {", ".join(TEXTS)}, facets, other, whole, tokenize = 'unicode61'
);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);
"""
"""What is searched: the words of each part of a record as stems, and a word for each facet.

`other` has further readings of its words, `whole` its numbers, each as one word.
"""


class Database:
    """An open file. Raises StorageError, Locked or StorageFull where SQLite cannot go on."""

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        """Open the file; it is made if it is not there, unless it must exist."""
        self.path = path
        if must_exist and not path.exists():
            raise StorageError(
                _("there is no catalogue at {path}").format(path=path),
                hint=_("Create it with `preserva catalogue import`."),
            )
        with self._explained():
            self._connection = sqlite3.connect(path, timeout=60, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(f"PRAGMA cache_size=-{_CACHE}")
            self._prepare()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def run(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """All rows that the statement gives."""
        with self._explained():
            return self._connection.execute(statement, values).fetchall()

    def stream(self, statement: str, *values: object) -> Iterator[tuple[object, ...]]:
        """The rows one after another."""
        with self._explained():
            yield from self._connection.execute(statement, values)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self.run("COMMIT")

    def _prepare(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            script = f"BEGIN;{_SCHEMA}{WORDS}PRAGMA user_version={SCHEMA_VERSION};COMMIT;"
            self._connection.executescript(script)
        elif version > SCHEMA_VERSION:
            message = _("{path} was written by a newer preserva (catalogue format {version})")
            raise StorageError(message.format(path=self.path, version=version), hint=NEWER_FORMAT)
        elif version == _MIGRATED:
            from preserva.catalogue.migration import migrate  # it reads records, and needs us

            self._keep(self.path.with_name(f"{self.path.name}.format-{version}"))
            migrate(self, version)
        elif version < SCHEMA_VERSION:
            message = _("{path} was written by an older preserva (catalogue format {version})")
            raise StorageError(
                message.format(path=self.path, version=version),
                hint=_(
                    "Nothing was changed. Export its decisions with the version of preserva that "
                    "wrote it, and move the file away. `preserva catalogue import`, `preserva "
                    "harvest` and `preserva catalogue decisions import` rebuild it."
                ),
            )

    def _keep(self, backup: Path) -> None:
        """A copy of the whole file, before it is written in a newer format."""
        if backup.exists():
            return
        unfinished = backup.with_name(f"{backup.name}.{os.getpid()}")
        with closing(sqlite3.connect(unfinished)) as copy:
            self._connection.backup(copy)
        move(unfinished, backup)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._reason(error) from error

    def _reason(self, error: sqlite3.Error) -> PreservaError:
        name = getattr(error, "sqlite_errorname", "")
        message = _("the catalogue {path} cannot be used: {reason}")
        text = message.format(path=self.path, reason=error)
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return Locked(text)
        if name == "SQLITE_FULL":
            return StorageFull(text)
        hint = _("Move it away, then import and harvest again: that recreates it.")
        return StorageError(text, hint=hint)
