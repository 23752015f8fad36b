"""The ledger: the record of what was done, append-only and chained by digests.

Each entry is canonical JSON (RFC 8785) that holds the digest of the entry before it, so no entry
can be changed, taken out or moved without every later one giving it away. It lives in SQLite with
a write-ahead log and `synchronous=FULL`: what was acknowledged survives a power cut.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preserva.core.canonical import Value, canonical
from preserva.errors import LedgerError, Locked, PreservaError, StorageError, StorageFull
from preserva.i18n import _

SCHEMA_VERSION = 1
LARGEST_ENTRY = 65_535
"""Bytes of one entry at most, so that the ledger can be published as a C2SP tile log later."""

_SCHEMA = """
CREATE TABLE entry (
    number  INTEGER PRIMARY KEY,
    type    TEXT NOT NULL,
    package TEXT,
    storage TEXT,
    body    BLOB NOT NULL,
    digest  TEXT NOT NULL
) STRICT;
CREATE INDEX by_package ON entry (package, type, number);
CREATE INDEX by_storage ON entry (storage, type, number);
CREATE TRIGGER never_changed BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER never_deleted BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One thing that was done. `type` is a PREMIS event type, `time` is UTC (ISO 8601)."""

    number: int
    time: str
    type: str
    outcome: str
    package: str | None
    storage: str | None
    version: str | None
    facts: Mapping[str, Any]
    digest: str


class Ledger:
    """An open ledger. Every call is one transaction; several processes may use it at once."""

    def __init__(self, path: Path) -> None:
        """Open the ledger, making it if it is not there. Raises LedgerError."""
        self._path = path
        try:
            self._connection = sqlite3.connect(path, timeout=60, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._migrate()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def append(
        self,
        type_: str,
        *,
        time: str,
        outcome: str,
        package: str | None = None,
        storage: str | None = None,
        version: str | None = None,
        facts: Mapping[str, Value] | None = None,
    ) -> LedgerEntry:
        """The entry, which is durable when this returns. Raises LedgerError."""
        with self._transaction() as connection:
            number, previous = connection.execute(
                "SELECT number + 1, digest FROM entry ORDER BY number DESC LIMIT 1"
            ).fetchone() or (1, "")
            body: dict[str, Value] = {
                "facts": dict(facts or {}),
                "number": number,
                "outcome": outcome,
                "package": package,
                "previous": previous,
                "storage": storage,
                "time": time,
                "type": type_,
                "version": version,
            }
            data = canonical(body)
            if len(data) > LARGEST_ENTRY:
                raise LedgerError(_("an entry of {size} bytes is too large").format(size=len(data)))
            digest = hashlib.sha256(data).hexdigest()
            connection.execute(
                "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)",
                (number, type_, package, storage, data, digest),
            )
        return _entry(data, digest)

    def entries(
        self,
        *,
        package: str | None = None,
        storage: str | None = None,
        types: tuple[str, ...] = (),
        newest_first: bool = False,
    ) -> Iterator[LedgerEntry]:
        """The entries that match, oldest first."""
        conditions = ["1"]
        values: list[str] = []
        if package is not None:
            conditions.append("package = ?")
            values.append(package)
        if storage is not None:
            conditions.append("storage = ?")
            values.append(storage)
        if types:
            conditions.append(f"type IN ({', '.join('?' * len(types))})")
            values.extend(types)
        query = (
            f"SELECT body, digest FROM entry WHERE {' AND '.join(conditions)}"
            f" ORDER BY number {'DESC' if newest_first else 'ASC'}"
        )
        try:
            with closing(self._connection.execute(query, values)) as rows:
                for body, digest in rows:
                    yield _entry(body, digest)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def last(
        self,
        *,
        package: str | None = None,
        storage: str | None = None,
        types: tuple[str, ...] = (),
    ) -> LedgerEntry | None:
        """The newest entry that matches."""
        return next(
            self.entries(package=package, storage=storage, types=types, newest_first=True), None
        )

    def newest(self, types: tuple[str, ...], *, outcomes: tuple[str, ...]) -> Iterator[LedgerEntry]:
        """The newest entry of each copy (package and storage) of these types and outcomes."""
        query = (
            "SELECT body, digest FROM entry WHERE number IN (SELECT max(number) FROM entry"
            f" WHERE type IN ({', '.join('?' * len(types))})"
            f" AND json_extract(CAST(body AS TEXT), '$.outcome') IN"
            f" ({', '.join('?' * len(outcomes))}) GROUP BY package, storage) ORDER BY number"
        )
        try:
            with closing(self._connection.execute(query, (*types, *outcomes))) as rows:
                for body, digest in rows:
                    yield _entry(body, digest)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def bodies(self) -> Iterator[bytes]:
        """The bytes of every entry, oldest first: canonical JSON, of which its digest is made."""
        with closing(self._query("SELECT body FROM entry ORDER BY number")) as rows:
            for (body,) in rows:
                yield body

    def verify(self, *, newest: int | None = None) -> list[str]:
        """Everything that is wrong with the chain, or with its newest entries; empty if whole.

        A chain that was cut at its end is whole: only a copy of the last digest kept elsewhere
        shows that.
        """
        problems = []
        first = 1
        if newest is not None:
            (last,) = self._query("SELECT ifnull(max(number), 0) FROM entry").fetchone()
            first = max(1, last - newest + 1)
        found = self._query(f"SELECT digest FROM entry WHERE number = {first - 1}").fetchone()
        previous, expected = found[0] if found else "", first
        rows = self._query(
            "SELECT number, type, package, storage, body, digest FROM entry"
            f" WHERE number >= {first} ORDER BY number"
        )
        for number, type_, package, storage, body, digest in rows:
            if number != expected:
                problems.append(_("entry {number} is missing").format(number=expected))
            content = _body(body)
            columns = (number, type_, package, storage)
            if hashlib.sha256(body).hexdigest() != digest or columns != tuple(
                content.get(key) for key in ("number", "type", "package", "storage")
            ):
                problems.append(_("entry {number} was changed").format(number=number))
            elif content.get("previous") != previous and number == expected:
                problems.append(
                    _("entry {number} does not follow the one before").format(number=number)
                )
            previous, expected = digest, number + 1
        return problems

    def _query(self, query: str) -> sqlite3.Cursor:
        try:
            return self._connection.execute(query)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _migrate(self) -> None:
        with self._transaction() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            elif version != SCHEMA_VERSION:
                message = _("{path} was written by a newer preserva (ledger format {version})")
                raise LedgerError(message.format(path=self._path, version=version))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: sqlite3.Error) -> PreservaError:
        """The failure as one of ours: a LedgerError only where the ledger itself is wrong."""
        message = _("the ledger {path} cannot be used: {reason}")
        text = message.format(path=self._path, reason=error)
        code = getattr(error, "sqlite_errorcode", None)
        kind = _FAILURES.get(code & 0xFF if code is not None else None)
        if kind is not None:
            return kind(text)
        hint = _("No package was touched. Keep the file, and its -wal file, as they are.")
        return LedgerError(text, hint=hint)


_FAILURES: Mapping[int | None, type[PreservaError]] = {
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_IOERR: StorageError,
    sqlite3.SQLITE_READONLY: StorageError,
    sqlite3.SQLITE_CANTOPEN: StorageError,
    sqlite3.SQLITE_PERM: StorageError,
    sqlite3.SQLITE_BUSY: Locked,
}


def _body(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _entry(data: bytes, digest: str) -> LedgerEntry:
    body = _body(data)
    try:
        return LedgerEntry(
            body["number"],
            body["time"],
            body["type"],
            body["outcome"],
            body["package"],
            body["storage"],
            body["version"],
            body["facts"],
            digest,
        )
    except KeyError as error:
        raise LedgerError(_("an entry of the ledger cannot be read")) from error
