"""Which copies an audit reads, in what order, and whether the policy can be met."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

EARLY_SHARE = 100
"""Of the copies that are not due, one in this many is read early, different ones each day."""

_LEAD = 10
"""Copies are due this part of an interval early: a run that was missed then breaks no promise."""

_NEXT_RUN = timedelta(hours=30)
"""They are due at least so early: the run of the next night, begun a little later, is too late."""

_JUST_READ = timedelta(hours=1)
"""What was read so recently is not due again, however short its interval is."""

_DAY = timedelta(days=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Reason(StrEnum):
    """Why a copy is read now, the most urgent reason first."""

    NEVER = "never checked"
    DUE = "due"
    EVENT = "event"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Lane:
    """Copies in one storage that must be read once in each `interval`.

    Those of these packages (None: all) whose identifiers match the pattern `like` and none of
    `unlike`.
    """

    storage: str
    interval: timedelta
    packages: tuple[str, ...] | None = None
    like: str | None = None
    unlike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """Copies whose last complete reading was after one moment and until another.

    With neither: those that were never read to the end.
    """

    after: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditedCopy:
    """A copy that the ledger acknowledged, and when it was last read completely.

    `unread`: there was a later one that could not read all of it.
    """

    package: str
    storage: str
    checked: datetime | None
    unread: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A copy that is to be read; `deadline` is when the interval since its last check ends."""

    copy: AuditedCopy
    deadline: datetime | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Workload:
    """Copies that were last read about the same time; `checked` is the first of these times.

    `size` is the bytes of those whose size is known, `unknown` the number of the others.
    """

    checked: datetime | None
    copies: int
    size: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """Whether every copy can be read in time.

    `needed` is the required bytes a day, `capacity` the possible ones, None if there is no limit or
    no speed was measured yet. `overdue` copies are late already; `missed_from` is the first
    deadline that will not be met, None if all will.
    """

    needed: int
    capacity: int | None
    overdue: int
    missed_from: datetime | None


NO_FORECAST = Forecast(needed=0, capacity=None, overdue=0, missed_from=None)
"""Where there is nothing to read."""


def deadline(checked: datetime | None, interval: timedelta, now: datetime) -> datetime | None:
    """When a copy must have been read again; None if it never was.

    A check in the future proves nothing: the clock was wrong then or is now, and the copy is due at
    once.
    """
    if checked is None:
        return None
    return now if checked > now else checked + interval


def windows(lane: Lane, now: datetime, *, moved: bool) -> list[tuple[Reason, Window]]:
    """Why copies of a lane are read now, and which those are. No copy is in two of them.

    `moved`: something happened to the storage. EARLY names all that are not due; of those only a
    small share is to be drawn, the one of `lot`.
    """
    lead = min(max(lane.interval / _LEAD, _NEXT_RUN), lane.interval - _JUST_READ)
    soon = now - lane.interval + lead
    return [
        (Reason.NEVER, Window()),
        (Reason.DUE, Window(until=soon)),
        (Reason.DUE, Window(after=now)),
        (Reason.EVENT if moved else Reason.EARLY, Window(soon, now)),
    ]


def lot(now: datetime) -> int:
    """Which of the EARLY_SHARE parts of all copies is drawn; the same within a day."""
    return int.from_bytes(hashlib.sha256(str(now.date()).encode()).digest()[:4]) % EARLY_SHARE


def urgency(due: Due) -> tuple[datetime, str, str]:
    """The sort key of copies that are due for the same reason; the lowest is read first."""
    return due.deadline or _LONG_AGO, due.copy.package, due.copy.storage


def forecast(
    work: Iterable[tuple[timedelta, Workload]], *, now: datetime, capacity: int | None
) -> Forecast:
    """Whether `capacity` bytes a day are enough, if the earliest deadline is always met first.

    `work` is what there is, each part with its interval. A copy of unknown size counts as the mean
    of the others. What is late already, or was never read, has to be made up for within one
    interval.
    """
    parts = list(work)
    known = sum(part.copies - part.unknown for _interval, part in parts)
    mean = sum(part.size for _interval, part in parts) / known if known else 0.0
    overdue, steady, first_round = 0, 0.0, now
    limits = []
    for interval, part in parts:
        size = part.size + mean * part.unknown
        end = deadline(part.checked, interval, now)
        late = end is not None and end <= now
        overdue += part.copies * late
        steady += size / (interval / _DAY)
        first_round = max(first_round, now + interval)
        limits.append((now + interval if end is None or late else end, size))
    needed, missed, load = steady, None, 0.0
    for end, size in sorted(limits):
        load += size
        left = max(1.0, (end - now) / _DAY)  # the work of today, at whatever hour it is due
        needed = max(needed, load / left)
        if missed is None and capacity is not None and load > capacity * left:
            missed = end
    if missed is None and capacity is not None and steady > capacity:
        missed = first_round
    return Forecast(-int(-needed // 1), capacity, overdue, missed)
