"""Which copies an audit reads, in what order, and whether the policy can be kept that way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

EARLY_SHARE = 0.01
"""Of the copies that are not due: read all the same, so that nobody knows what is read when."""

_LEAD = 10
"""Copies are due this part of an interval early: a run that was missed then breaks no promise."""

_DAY = timedelta(days=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Reason(StrEnum):
    """Why a copy is read now, the most urgent reason first."""

    NEVER = "never checked"
    DUE = "due"
    EVENT = "event"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Checkable:
    """A copy that the ledger acknowledged.

    `checked` is when a reading of it last came to an end, `size` the bytes that it read; it shall
    be read once in each `interval`. `unread`: the newest attempt could not read all of it.
    """

    package: str
    storage: str
    interval: timedelta
    checked: datetime | None = None
    size: int | None = None
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A copy that is to be read; `deadline` is when the interval since its last check ends."""

    copy: Checkable
    deadline: datetime | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Forecast:
    """Whether every copy can be read in time.

    `needed` is the bytes a day that it takes, `capacity` those that a day allows, None where
    nothing limits it or no speed was measured yet. `overdue` copies are late already;
    `missed_from` is the first deadline that will not be met, None if all will.
    """

    needed: int
    capacity: int | None
    overdue: int
    missed_from: datetime | None


def deadline(copy: Checkable, now: datetime) -> datetime | None:
    """When the copy must have been read again; None if it never was.

    A check that lies in the future proves nothing: the clock was wrong then or is now, and the
    copy is due at once.
    """
    if copy.checked is None:
        return None
    return now if copy.checked > now else copy.checked + copy.interval


def plan(
    copies: Iterable[Checkable],
    *,
    now: datetime,
    moved: frozenset[str] = frozenset(),
) -> list[Due]:
    """What is to be read, the most urgent first.

    Copies that were never checked, then those due by their deadline, then all others of the
    storages in `moved`, then a random share that stays the same within a day. What could not be
    read last time waits behind all others: a failing disk must not use up the budget of the rest.
    """
    found = []
    for copy in copies:
        ends = deadline(copy, now)
        reason = _reason(copy, ends, now=now, moved=moved)
        if reason is not None:
            found.append(Due(copy, ends, reason))
    order = list(Reason)
    found.sort(
        key=lambda one: (
            one.copy.unread,
            order.index(one.reason),
            one.deadline or _LONG_AGO,
            one.copy.package,
            one.copy.storage,
        )
    )
    return found


def _reason(
    copy: Checkable,
    ends: datetime | None,
    *,
    now: datetime,
    moved: frozenset[str],
) -> Reason | None:
    if ends is None:
        return Reason.NEVER
    if ends - copy.interval / _LEAD <= now:
        return Reason.DUE
    if copy.storage in moved:
        return Reason.EVENT
    return Reason.EARLY if _drawn(copy, now) else None


def _drawn(copy: Checkable, now: datetime) -> bool:
    lot = hashlib.sha256(f"{now.date()} {copy.package} {copy.storage}".encode()).digest()
    return int.from_bytes(lot[:4]) < EARLY_SHARE * (1 << 32)


def forecast(copies: Sequence[Checkable], *, now: datetime, capacity: int | None) -> Forecast:
    """Whether `capacity` bytes a day are enough, if the earliest deadline is always met first.

    A copy of unknown size counts as the mean of the others. What is late already, or was never
    read, has to be made up for within one interval.
    """
    known = [copy.size for copy in copies if copy.size is not None]
    mean = sum(known) / len(known) if known else 0.0
    overdue, steady, first_round = 0, 0.0, now
    limits = []
    for copy in copies:
        size = mean if copy.size is None else float(copy.size)
        end = deadline(copy, now)
        late = end is not None and end <= now
        overdue += late
        steady += size / (copy.interval / _DAY)
        first_round = max(first_round, now + copy.interval)
        limits.append((now + copy.interval if end is None or late else end, size))
    needed, missed, load = steady, None, 0.0
    for end, size in sorted(limits):
        load += size
        left = (end - now) / _DAY
        needed = max(needed, load / left)
        if missed is None and capacity is not None and load > capacity * left:
            missed = end
    if missed is None and capacity is not None and steady > capacity:
        missed = first_round
    return Forecast(-int(-needed // 1), capacity, overdue, missed)
