"""Which backups are kept: many of the last days, fewer of the last months, one of each year."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import datetime, timedelta

_ALL = timedelta(days=7)
_WEEKLY = timedelta(weeks=5)
_MONTHLY = timedelta(days=366)


def kept_backups(times: Iterable[datetime], now: datetime) -> set[datetime]:
    """The backups that are kept of those made at these times (aware).

    All of the last seven days, the newest of each week of the last five, of each month of the last
    twelve, and of each year for good; and what is dated in the future, because a clock was wrong.
    """
    newest: dict[Hashable, datetime] = {}
    kept = set()
    for time in sorted(times):
        age = now - time
        newest["year", time.year] = time
        if age < _ALL:
            kept.add(time)
        if age < _WEEKLY:
            newest["week", *time.isocalendar()[:2]] = time
        if age < _MONTHLY:
            newest["month", time.year, time.month] = time
    return kept | set(newest.values())
