"""The summary of the ledger: which copies there are, and when each was last read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from preserva.core.policy.audit import Copy, Lane, Window, Workload
from preserva.core.values.entries import ARRIVALS, FAIL, FIXITY_CHECK, SUCCESS
from preserva.core.values.facts import Check
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

    def due(self, lane: Lane, window: Window, *, unread: bool, before: int) -> Iterator[Copy]:
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
    ) -> Iterator[Copy]:
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


def _copy(row: Row) -> Copy:
    package, storage, checked, unread = row
    return Copy(package, storage, _time(checked), bool(unread))


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
    if entry.package is None or entry.storage is None:
        return
    changed: dict[str, str | int | None]
    if entry.type in ARRIVALS and entry.outcome == SUCCESS:
        changed = {"arrival": entry.number}
    elif entry.type != FIXITY_CHECK:
        return
    elif entry.outcome in {SUCCESS, FAIL}:
        check = entry.facts_as(Check)
        if check.size is None:
            raise entry.unreadable("bytes")
        changed = {
            "attempt": entry.number,
            "checked": _seconds(check.begun or datetime.fromisoformat(entry.time)),
            "outcome": entry.outcome,
            "size": check.size,
            "unread": 0,
        }
    else:
        changed = {"attempt": entry.number, "unread": 1}
    columns = ", ".join(changed)
    updates = ", ".join(f"{name} = excluded.{name}" for name in changed)
    connection.execute(
        f"INSERT INTO {where}.copy (storage, package, {columns})"
        f" VALUES (?, ?{', ?' * len(changed)})"
        f" ON CONFLICT (storage, package) DO UPDATE SET {updates}",
        (entry.storage, entry.package, *changed.values()),
    )


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
