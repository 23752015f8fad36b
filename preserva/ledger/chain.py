"""The ledger: the record of what was done, append-only and chained by digests.

Each entry is canonical JSON (RFC 8785) that holds the digest of the entry before it, so no entry
can be changed, removed or moved without every later one showing it. It lives in SQLite with
a write-ahead log and `synchronous=FULL`: what was acknowledged survives a power cut.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from preserva.core.formats.canonical_json import Value, canonical
from preserva.core.values.fact import Facts
from preserva.errors import (
    NEWER_FORMAT,
    LedgerError,
    Locked,
    PreservaError,
    StorageError,
    StorageFull,
)
from preserva.files.disk import move
from preserva.i18n import _
from preserva.ledger import copies, schema
from preserva.ledger.connection import opened_read_only
from preserva.ledger.copies import Cell, Copies, Row
from preserva.ledger.entry import LARGEST_ENTRY, LedgerEntry, chained, content_of, parse
from preserva.ledger.totals import Totals
from preserva.logs import get_logger

_logger = get_logger(__name__)

_SECONDS = "CAST(strftime('%s', json_extract(CAST(body AS TEXT), '$.time')) AS INTEGER)"

_NAMED = 20
"""Differences of the summary that are reported; the first one is usually enough."""


class Ledger:
    """An open ledger. Every call is one transaction; several processes may use it at once."""

    def __init__(self, path: Path, *, person: str | None = None, read_only: bool = False) -> None:
        """Open the ledger, making it if it is not there. Raises LedgerError.

        `person` is the code of who causes what is appended, unless an entry's facts name another. A
        `read_only` one can be opened by who may only read it, unless an earlier version wrote it.
        """
        self.path = path
        self._person = person
        try:
            if read_only:
                self._connection = opened_read_only(path)
                if self._format() == schema.VERSION:
                    return
                self._connection.close()  # it must be summarised anew first, which is written
            self._connection = sqlite3.connect(path, timeout=60, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._migrate()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def close(self) -> None:
        """Close the file."""
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
        facts: Facts | None = None,
    ) -> LedgerEntry:
        """Add an entry, which is durable when this returns. Raises LedgerError."""
        facts = facts or Facts()
        if facts.person is None:
            facts = replace(facts, person=self._person)
        with self._transaction() as connection:
            number, previous = connection.execute(
                "SELECT number + 1, digest FROM entry ORDER BY number DESC LIMIT 1"
            ).fetchone() or (1, "")
            body: dict[str, Value] = {
                "facts": facts.to_facts(),
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
            entry = parse(data, digest)
            self._put(connection, entry, data)
        _logger.info(
            "entry %d of the ledger: %s, %s; package %s, version %s, storage %s",
            entry.number, type_, outcome, package or "-", version or "-", storage or "-",
        )  # fmt: skip
        return entry

    def entries(
        self,
        *,
        package: str | None = None,
        storage: str | None = None,
        types: tuple[str, ...] = (),
        newest_first: bool = False,
        since: int = 1,
        period: tuple[datetime | None, datetime | None] = (None, None),
    ) -> Iterator[LedgerEntry]:
        """The entries that match, oldest first, from the number `since` on.

        Those outside the `period` are left out, to the second.
        """
        conditions = ["number >= ?"] if since > 1 else ["1"]
        values: list[str | int] = [since] if since > 1 else []
        for moment, compared in zip(period, (">=", "<="), strict=True):
            if moment is not None:
                conditions.append(f"{_SECONDS} {compared} ?")
                values.append(int(moment.timestamp()))
        if package is not None:
            conditions.append("package = ?")
            values.append(package)
        if storage is not None:
            # with a package, the + keeps SQLite from going through all that a storage has seen
            conditions.append("storage = ?" if package is None else "+storage = ?")
            values.append(storage)
        if types:
            conditions.append(f"type IN ({', '.join('?' * len(types))})")
            values.extend(types)
        query = (
            f"SELECT body, digest FROM entry WHERE {' AND '.join(conditions)}"
            f" ORDER BY number {'DESC' if newest_first else 'ASC'}"
        )
        try:
            with _reading(self._connection.execute(query, values)) as rows:
                for body, digest in rows:
                    yield parse(body, digest)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def packages_since(self, number: int) -> list[str]:
        """The packages about which there are entries after that of a number."""
        query = "SELECT DISTINCT package FROM entry WHERE number > ? AND package IS NOT NULL"
        return [package for (package,) in self._query(query, number)]

    def digest_of(self, number: int) -> str | None:
        """The digest of one entry; None if there is none of that number."""
        row = self._query("SELECT digest FROM entry WHERE number = ?", number).fetchone()
        return None if row is None else str(row[0])

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

    @property
    def copies(self) -> Copies:
        """The summary of the entries, copy by copy."""
        return Copies(self._rows)

    @property
    def totals(self) -> Totals:
        """Sums over the entries and the copies."""
        return Totals(self._rows)

    def _rows(self, query: str, values: Sequence[Cell]) -> list[Row]:
        return self._query(query, *values).fetchall()

    def newest(self, type_: str) -> LedgerEntry | None:
        """The newest entry of a type, in constant time."""
        row = self._query(
            "SELECT body, digest FROM entry WHERE number ="
            " (SELECT number FROM newest WHERE type = ?)",
            type_,
        ).fetchone()
        return None if row is None else parse(*row)

    def entry(self, number: int) -> LedgerEntry:
        """The entry of a number. Raises LedgerError if there is none."""
        row = self._query("SELECT body, digest FROM entry WHERE number = ?", number).fetchone()
        if row is None:
            raise LedgerError(_("entry {number} is missing").format(number=number))
        return parse(*row)

    def bodies(self, *, since: int = 1) -> Iterator[bytes]:
        """The canonical JSON of every entry from a number on: the bytes that its digest is of."""
        query = "SELECT body FROM entry WHERE number >= ? ORDER BY number"
        with _reading(self._query(query, since)) as rows:
            for (body,) in rows:
                yield body

    def body(self, number: int) -> bytes | None:
        """The bytes of one entry; None if there is none of that number."""
        return next(self.bodies(since=number), None)

    def adopt(self, bodies: Iterable[bytes]) -> None:
        """Import the entries of a copy of a ledger, all of them or none.

        Raises LedgerError if they are not a whole chain, or if this ledger has entries already.
        """
        previous = ""
        with self._transaction() as connection:
            for number, body in enumerate(bodies, 1):
                entry = chained(body, number, previous)
                self._put(connection, entry, body)
                previous = entry.digest

    def _put(self, connection: sqlite3.Connection, entry: LedgerEntry, body: bytes) -> None:
        row = (entry.number, entry.type, entry.package, entry.storage, body, entry.digest)
        connection.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", row)
        copies.note(connection, entry)

    @property
    def size(self) -> int:
        """How many entries there are."""
        (number,) = self._query("SELECT ifnull(max(number), 0) FROM entry").fetchone()
        return int(number)

    @property
    def digest(self) -> str:
        """The digest of the newest entry, which covers all others; "" if there is none."""
        row = self._query("SELECT digest FROM entry ORDER BY number DESC LIMIT 1").fetchone()
        return str(row[0]) if row else ""

    def verify(self, *, since: int = 1) -> list[str]:
        """Everything that is wrong with the chain from an entry on; empty if it is whole.

        A chain that was cut off at its end is whole: only a copy of the last digest that was kept
        elsewhere shows that.
        """
        problems = []
        before = self._query("SELECT digest FROM entry WHERE number = ?", since - 1).fetchone()
        previous, expected = before[0] if before else "", since
        rows = self._query(
            "SELECT number, type, package, storage, body, digest FROM entry"
            " WHERE number >= ? ORDER BY number",
            since,
        )
        for number, type_, package, storage, body, digest in rows:
            if number != expected:
                problems.append(_("entry {number} is missing").format(number=expected))
            content = content_of(body)
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

    def verify_copies(self) -> list[str]:
        """Where the summary of the copies differs from what the entries say."""
        self._query("BEGIN")  # so that entries added meanwhile are not seen
        try:
            copies.create(self._connection, "temp")
            for entry in self.entries():
                copies.note(self._connection, entry, "temp")
            names = copies.differences(self._connection, most=_NAMED)
        except (ValueError, sqlite3.IntegrityError) as error:
            raise LedgerError(_("an entry of the ledger cannot be read")) from error
        finally:
            self._query("ROLLBACK")
        message = _(
            "the ledger's summary of {name} does not match its entries; `preserva ledger reindex`"
            " rebuilds it"
        )
        return [message.format(name=name) for name in names]

    def reindex(self) -> None:
        """Rebuild the summary of the copies from the entries."""
        with self._transaction() as connection:
            copies.clear(connection)
            for entry in self.entries():
                copies.note(connection, entry)

    def _query(self, query: str, *values: str | int) -> sqlite3.Cursor:
        try:
            return self._connection.execute(query, values)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _format(self) -> int:
        """The format of the file. Raises LedgerError for a newer one."""
        (version,) = self._query("PRAGMA user_version").fetchone()
        if version > schema.VERSION:
            message = _("{path} was written by a newer preserva (ledger format {version})")
            text = message.format(path=self.path, version=version)
            raise LedgerError(text, hint=NEWER_FORMAT)
        return int(version)

    def _migrate(self) -> None:
        version = self._format()
        if version == schema.VERSION:
            return
        if version:
            self._keep(self.path.with_name(f"{self.path.name}.format-{version}"))
        with self._transaction() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == schema.VERSION:
                return  # another process was faster
            for statement in schema.ENTRIES if version == 0 else ():
                connection.execute(statement)
            for table in schema.TABLES:  # what an earlier format summed up is summed up anew
                connection.execute(f"DROP TABLE IF EXISTS main.{table}")
            copies.create(connection)
            for entry in self.entries():
                copies.note(connection, entry)
            connection.execute(f"PRAGMA user_version = {schema.VERSION}")

    def _keep(self, backup: Path) -> None:
        """A copy of the whole file, before it is written in a newer format."""
        if backup.exists():
            return
        unfinished = backup.with_name(f"{backup.name}.{os.getpid()}")
        self.copy_to(unfinished)
        move(unfinished, backup)

    def copy_to(self, path: Path) -> None:
        """Copy all of it to a new file, as it is at one moment, while others write.

        Raises LedgerError, StorageError.
        """
        try:
            with closing(sqlite3.connect(path)) as copy:
                self._connection.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # so that the file alone is all of it
        except sqlite3.Error as error:
            raise self._unusable(error) from error

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
        text = message.format(path=self.path, reason=error)
        code = getattr(error, "sqlite_errorcode", None)
        kind = _FAILURES.get(code & 0xFF if code is not None else None)
        if kind is not None:
            return kind(text)
        hint = _("No package was touched. Keep the file, and its -wal file, as they are.")
        return LedgerError(text, hint=hint)


@contextmanager
def _reading(rows: sqlite3.Cursor) -> Iterator[sqlite3.Cursor]:
    """Close a cursor at the end, also one that is given up after its ledger was closed."""
    try:
        yield rows
    finally:
        with suppress(sqlite3.ProgrammingError):
            rows.close()


_FAILURES: Mapping[int | None, type[PreservaError]] = {
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_IOERR: StorageError,
    sqlite3.SQLITE_READONLY: StorageError,
    sqlite3.SQLITE_CANTOPEN: StorageError,
    sqlite3.SQLITE_PERM: StorageError,
    sqlite3.SQLITE_BUSY: Locked,
}
