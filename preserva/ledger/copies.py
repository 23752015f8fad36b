"""The summary of the ledger: which copies there are, and when each was last read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from preserva.core.formats.inventory import version_number
from preserva.core.policy.audit import AuditedCopy, Lane, Window, Workload
from preserva.core.policy.judgement import KnownCopy, State, trouble_after
from preserva.core.values.entries import ARRIVALS, DECISION, FAIL, FIXITY_CHECK, SUCCESS
from preserva.core.values.facts import Check, DecisionTaken
from preserva.ledger.entry import LedgerEntry
from preserva.ledger.schema import INDEXES, SUMMARY, TABLES

_PAGE = 500
_DAY = 86_400

Cell = str | int
Row = tuple[Any, ...]
Rows = Callable[[str, Sequence[Cell]], list[Row]]


def _which(lane: Lane) -> tuple[str, list[Cell]]:
    """The acknowledged copies of a lane in SQL, with the values for it."""
    parts, values = ["arrival IS NOT NULL", "storage = ?"], [lane.storage]
    if lane.packages is not None:
        parts.append(f"package IN ({', '.join('?' * len(lane.packages))})")
        values.extend(lane.packages)
    if lane.like is not None:
        parts.append("package GLOB ?")
        values.append(lane.like)
    parts += ["package NOT GLOB ?"] * len(lane.unlike)
    values.extend(lane.unlike)
    return " AND ".join(parts), [*values]


def _when(window: Window) -> tuple[str, list[Cell]]:
    parts: list[str] = []
    values: list[Cell] = []
    if window.after is not None:
        parts.append("checked > ?")
        values.append(_seconds(window.after))
    if window.until is not None:
        parts.append("checked <= ?")
        values.append(_seconds(window.until))
    return " AND ".join(parts) or "checked IS NULL", values


def _seconds(time: datetime) -> int:
    return int(time.timestamp())


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


class Copies:
    """The copies of a ledger. They are read in pages, so that the ledger may grow meanwhile."""

    def __init__(self, rows: Rows) -> None:
        """Of the ledger that answers queries with `rows`."""
        self._rows = rows

    def due(
        self, lane: Lane, window: Window, *, unread: bool, before: int
    ) -> Iterator[AuditedCopy]:
        """Those of a lane in a window, the one read longest ago first.

        Only those that were, or with `unread` false were not, unreadable at the last attempt; and
        none whose newest check is entry `before` or a later one.
        """
        which, chosen = _which(lane)
        when, bounds = _when(window)
        never = window == Window()
        beyond = "package > ?" if never else "(checked, package) > (?, ?)"
        query = (
            f"{_SELECT} WHERE {which} AND {when} AND unread = ? AND ifnull(attempt, 0) < ?"
            f" AND {beyond} ORDER BY checked, package LIMIT {_PAGE}"
        )
        values = [*chosen, *bounds, int(unread), before]
        last: list[Cell] = [""] if never else [-1 << 62, ""]
        while page := self._rows(query, [*values, *last]):
            yield from map(_copy, page)
            checked, package = page[-1][2], page[-1][0]
            last = [package] if never else [checked, package]

    def drawn(
        self, lane: Lane, window: Window, *, lot: int, share: int, before: int
    ) -> Iterator[AuditedCopy]:
        """One in `share` of a lane in a window, another one for each lot from 0 to share - 1."""
        which, chosen = _which(lane)
        when, bounds = _when(window)
        query = (
            f"{_SELECT} WHERE id = ? AND {which} AND {when} AND NOT unread"
            " AND ifnull(attempt, 0) < ?"
        )
        ((newest,),) = self._rows("SELECT ifnull(max(id), 0) FROM copy", [])
        for number in range(lot, newest + 1, share):
            yield from map(_copy, self._rows(query, [number, *chosen, *bounds, before]))

    def workload(self, lane: Lane, now: datetime) -> Iterator[Workload]:
        """The sums over the copies of a lane, day by day, late copies apart from the others."""
        which, chosen = _which(lane)
        query = (
            "SELECT min(checked), count(*), ifnull(sum(size), 0), count(*) - count(size) FROM copy"
            f" WHERE {which} GROUP BY checked / {_DAY}, checked <= ?, checked > ?"
        )
        bounds = [_seconds(now - lane.interval), _seconds(now)]
        for checked, copies, size, unknown in self._rows(query, [*chosen, *bounds]):
            yield Workload(_time(checked), copies, size, unknown)

    def damaged(self, storage: str) -> list[str]:
        """The packages whose newest check in a storage found damage."""
        query = "SELECT package FROM copy WHERE outcome = 'fail' AND storage = ? ORDER BY package"
        return [name for (name,) in self._rows(query, [storage])]

    def packages(self, storage: str) -> list[str]:
        """The packages of which a version was acknowledged in a storage."""
        query = (
            "SELECT package FROM copy WHERE arrival IS NOT NULL AND storage = ? ORDER BY arrival"
        )
        return [name for (name,) in self._rows(query, [storage])]

    def storages(self) -> list[str]:
        """The storages in which a version was ever acknowledged."""
        query = "SELECT min(storage) FROM copy WHERE arrival IS NOT NULL AND storage > ?"
        names: list[str] = []
        while (name := self._rows(query, names[-1:] or [""])[0][0]) is not None:
            names.append(name)  # one step in an index for each, whatever the number of copies
        return names

    def known(self) -> Iterator[KnownCopy]:
        """Every copy of which there is anything to know, in the order of the packages."""
        query = (
            f"{_KNOWN} WHERE (arrival IS NOT NULL OR problem IS NOT NULL)"
            f" AND (package, storage) > (?, ?) ORDER BY package, storage LIMIT {_PAGE}"
        )
        last = ["", "\U0010ffff"]  # behind the rows of the storages themselves
        while page := self._rows(query, last):
            yield from map(_known, page)
            last = [page[-1][0], page[-1][1]]

    def of(self, package: str) -> list[KnownCopy]:
        """The copies of one package."""
        query = (
            f"{_KNOWN} WHERE (arrival IS NOT NULL OR problem IS NOT NULL) AND package = ?"
            " ORDER BY storage"
        )
        return [_known(row) for row in self._rows(query, [package])]

    def sums(self, storage: str, without: Collection[str] = ()) -> tuple[int | None, int]:
        """The oldest check (seconds since 1970) and the bytes of a storage's acknowledged copies.

        Those of packages that are named in `without` are left out.
        """
        query = (
            "SELECT min(checked), ifnull(sum(size), 0) FROM copy"
            " WHERE arrival IS NOT NULL AND storage = ?"
        )
        values: list[Cell] = [storage]
        if without:
            query += " AND package NOT IN (SELECT value FROM json_each(?))"
            values.append(json.dumps(sorted(without)))
        ((oldest, size),) = self._rows(query, values)
        return oldest, size

    def troubled(self) -> list[KnownCopy]:
        """What is wrong: copies, and storages with the package "". The oldest problem first."""
        query = f"{_KNOWN} WHERE problem IS NOT NULL ORDER BY problem"
        return [_known(row) for row in self._rows(query, [])]

    def trouble(self, storage: str, package: str = "") -> KnownCopy | None:
        """What is wrong with a copy, or with a storage; None if nothing is."""
        query = f"{_KNOWN} WHERE package = ? AND storage = ? AND problem IS NOT NULL"
        return next(map(_known, self._rows(query, [package, storage])), None)


def _known(row: Row) -> KnownCopy:
    package, storage, version, checked, outcome, trouble, *rest = row
    problem, seen, decided, size, entry, digest = rest
    return KnownCopy(
        package,
        storage,
        version,
        checked,
        None if outcome is None else outcome == SUCCESS,
        _trouble(package, version, trouble),
        problem,
        seen,
        decided is not None,
        size,
        entry,
        digest,
    )


def _trouble(package: str, version: int | None, trouble: str | None) -> State | None:
    """What is wrong; with an object that was never put there, only that it is unknown."""
    if trouble is None:
        return None
    return State.UNRECORDED if package and version is None else State(trouble)


_KNOWN = (
    "SELECT package, storage, version, checked, outcome, trouble, problem, seen, decided, size,"
    " attempt, (SELECT digest FROM entry WHERE number = attempt) FROM copy"
)


def _copy(row: Row) -> AuditedCopy:
    package, storage, checked, unread = row
    return AuditedCopy(package, storage, _time(checked), bool(unread))


_SELECT = "SELECT package, storage, checked, unread FROM copy"


def create(connection: sqlite3.Connection, where: str = "main") -> None:
    """Make the empty tables of the summary."""
    for statement in SUMMARY:
        connection.execute(statement.format(where=where))
    for statement in INDEXES if where == "main" else ():
        connection.execute(statement)


def note(connection: sqlite3.Connection, entry: LedgerEntry, where: str = "main") -> None:
    """Update the summary with an entry."""
    connection.execute(
        f"INSERT INTO {where}.newest VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET number = excluded.number",
        (entry.type, entry.number),
    )
    if entry.storage is None:
        return
    package = entry.package or ""
    before = connection.execute(
        f"SELECT arrival, version, trouble, problem, seen FROM {where}.copy"
        " WHERE package = ? AND storage = ?",
        (package, entry.storage),
    ).fetchone()
    changed = _changes(entry, _Before(*(before or (None, None, None, None, 0))))
    if not changed:
        return
    columns = ", ".join(changed)
    updates = ", ".join(f"{name} = excluded.{name}" for name in changed)
    connection.execute(
        f"INSERT INTO {where}.copy (storage, package, {columns})"
        f" VALUES (?, ?{', ?' * len(changed)})"
        f" ON CONFLICT (package, storage) DO UPDATE SET {updates}",
        (entry.storage, package, *changed.values()),
    )
    if package and entry.type == FIXITY_CHECK and entry.outcome in {SUCCESS, FAIL}:
        # whatever was found of a copy, its storage was there
        ended = ", ".join(f"{name} = {value}" for name, value in _OVER_IN_SQL.items())
        connection.execute(
            f"UPDATE {where}.copy SET {ended}"
            " WHERE package = '' AND storage = ? AND problem IS NOT NULL",
            (entry.storage,),
        )


class _Before(NamedTuple):
    """The summary of a copy before an entry."""

    arrival: int | None
    version: int | None
    trouble: str | None
    problem: int | None
    seen: int


_Changes = dict[str, str | int | None]

_OVER: _Changes = {"trouble": None, "problem": None, "seen": 0, "decided": None, "unread": 0}
_OVER_IN_SQL = {name: "NULL" if value is None else value for name, value in _OVER.items()}


def _changes(entry: LedgerEntry, before: _Before) -> _Changes:
    """What an entry changes in the row of its copy, or of its storage."""
    if entry.type == FIXITY_CHECK:
        return _checked(entry, before)
    if entry.type in ARRIVALS and entry.outcome == SUCCESS and entry.package is not None:
        return _arrived(entry, before)
    if entry.type == DECISION and entry.facts_as(DecisionTaken).incident == before.problem:
        return {"decided": entry.number}
    return {}


def _arrived(entry: LedgerEntry, before: _Before) -> _Changes:
    try:
        number = version_number(entry.version or "v1")
    except ValueError:  # no ledger of ours has that, and none may become unreadable by it
        number = 1
    changed: _Changes = {"arrival": entry.number, "version": max(number, before.version or 0)}
    if before.trouble == State.UNRECORDED:
        changed |= _OVER  # now it is recorded
    elif before.problem is not None:
        changed["checked"] = None  # only a reading proves that the trouble is over: it is due
    return changed


def _checked(entry: LedgerEntry, before: _Before) -> _Changes:
    changed: _Changes = {"attempt": entry.number}
    check = entry.facts_as(Check)
    if entry.package is not None:
        changed |= _read_to_the_end(entry, check)
    seen = [(finding.code, finding.path) for finding in check.findings or ()]
    trouble = trouble_after(
        entry.outcome,
        seen,
        None if before.trouble is None else State(before.trouble),
        acknowledged=before.arrival is not None,
    )
    if trouble is None:
        return changed | _OVER
    if entry.package is None:
        trouble = State.UNREACHABLE
    problem = entry.number if before.problem is None else before.problem
    return {**changed, "trouble": trouble.value, "problem": problem, "seen": before.seen + 1}


def _read_to_the_end(entry: LedgerEntry, check: Check) -> _Changes:
    """What a check of a copy shows about its last reading."""
    if entry.outcome not in {SUCCESS, FAIL}:
        return {"unread": 1}
    changed: _Changes = {"outcome": entry.outcome, "unread": 0}
    if check.extent is not None:
        return {**changed, "checked": None}  # seen in passing: all of it is still to be read
    if check.size is None:
        raise entry.unreadable("bytes")
    begun = check.begun or datetime.fromisoformat(entry.time)
    return {**changed, "checked": _seconds(begun), "size": check.size}


def clear(connection: sqlite3.Connection) -> None:
    """Empty the summary."""
    for table in TABLES:
        connection.execute(f"DELETE FROM main.{table}")


def differences(connection: sqlite3.Connection, *, most: int) -> list[str]:
    """Where the summary differs from a new one in `temp`: storages, packages and types."""
    names = []
    for table, about in TABLES.items():
        rows = connection.execute(
            f"SELECT DISTINCT {about} FROM"
            f" (SELECT * FROM (SELECT * FROM main.{table} EXCEPT SELECT * FROM temp.{table})"
            f" UNION ALL"
            f" SELECT * FROM (SELECT * FROM temp.{table} EXCEPT SELECT * FROM main.{table}))"
            f" ORDER BY {about} LIMIT {most}"
        )
        names += [": ".join(row) for row in rows]
    return names[:most]
