"""The work of an audit: which copies are due, in what order, and whether there is enough time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from heapq import merge

from preserva.archive.archive import ArchivalStorage
from preserva.archive.judgements import Scope
from preserva.archive.retirement import retired
from preserva.archive.withdrawal import tombstones
from preserva.config import Config
from preserva.core.policy.audit import (
    EARLY_SHARE,
    Due,
    Forecast,
    Lane,
    Reason,
    Window,
    deadline,
    forecast,
    lot,
    urgency,
    windows,
)
from preserva.core.policy.retirement import NOTHING_RETIRED, Retired
from preserva.core.values.model import PackageId
from preserva.errors import UsageError
from preserva.i18n import _
from preserva.ledger import Ledger


def _scope(config: Config, only: tuple[str, ...]) -> tuple[set[str], set[str]]:
    """The packages and the storages named. Raises UsageError for any other name."""
    storages = {name for name in only if name in config.storages}
    packages = set()
    for name in only:
        if name not in storages:
            try:
                packages.add(PackageId.parse(name).uri)
            except ValueError as error:
                message = _("{name} is neither a storage nor the identifier of a package")
                raise UsageError(message.format(name=name)) from error
    return packages, storages or set(config.storages)


def scope_of(config: Config, only: tuple[str, ...]) -> Scope:
    """The scope of an audit of these packages and storages, or of all if none are named."""
    packages, storages = _scope(config, only)
    named = any(name in config.storages for name in only)
    return Scope(frozenset(packages) or None, frozenset(storages) if named else None)


def lanes_in(archive: ArchivalStorage, only: tuple[str, ...] = ()) -> list[Lane]:
    """The same of an archive, without what was withdrawn or retired."""
    withdrawn, gone = tombstones(archive.ledger), retired(archive.ledger)
    return lanes_of(archive.config, only, withdrawn, gone)


def lanes_of(
    config: Config,
    only: tuple[str, ...],
    withdrawn: Iterable[str] = (),
    retired: Retired = NOTHING_RETIRED,
) -> list[Lane]:
    """The copies in scope, divided by interval: the shortest that applies to a copy.

    `only` are packages and storages, all if it is empty; `withdrawn` packages, given by URI, and
    `retired` copies are left out. Raises UsageError for any other name.
    """
    packages, storages = _scope(config, only)
    lanes = []
    for storage in sorted(storages - retired.storages):
        usual = config.audit_interval_days(storage)
        passed = tuple(sorted({*withdrawn, *retired.copies.get(storage, ())}))
        for class_ in sorted(config.classes, key=lambda class_: class_.audit_interval_days):
            if class_.audit_interval_days < usual:
                days = timedelta(days=class_.audit_interval_days)
                lanes.append(Lane(storage, days, _named(packages), class_.pattern, passed))
                passed += (class_.pattern,)
        lanes.append(Lane(storage, timedelta(days=usual), _named(packages), None, passed))
    return lanes


def _named(packages: set[str]) -> tuple[str, ...] | None:
    return tuple(sorted(packages)) or None


def due_copies(
    ledger: Ledger, lanes: list[Lane], *, now: datetime, moved: frozenset[str] = frozenset()
) -> Iterator[Due]:
    """The copies to read, the most urgent first, according to the ledger now.

    Copies that were never checked, then those due by their deadline, then all others of the
    storages in `moved`, then those drawn. Copies that could not be read last time come after all
    others: a failing disk must not use up the budget of the rest.
    """
    before = ledger.size + 1
    for unread in (False, True):
        for reason in Reason:
            windowed = [
                _in_window(ledger, lane, window, reason, now, unread, before)
                for lane in lanes
                for why, window in windows(lane, now, moved=lane.storage in moved)
                if why is reason
            ]
            yield from merge(*windowed, key=urgency)


def _in_window(
    ledger: Ledger,
    lane: Lane,
    window: Window,
    reason: Reason,
    now: datetime,
    unread: bool,
    before: int,
) -> Iterator[Due]:
    copies = ledger.copies
    if reason is not Reason.EARLY:
        for copy in copies.due(lane, window, unread=unread, before=before):
            yield Due(copy, deadline(copy.checked, lane.interval, now), reason)
    elif not unread:
        drawn = copies.drawn(lane, window, lot=lot(now), share=EARLY_SHARE, before=before)
        early = (Due(copy, deadline(copy.checked, lane.interval, now), reason) for copy in drawn)
        yield from sorted(early, key=urgency)


def foresee(ledger: Ledger, lanes: list[Lane], *, now: datetime, capacity: int | None) -> Forecast:
    """Whether everything can be read in time, at a given number of bytes a day."""
    work = [(lane.interval, part) for lane in lanes for part in ledger.copies.workload(lane, now)]
    return forecast(work, now=now, capacity=capacity)
