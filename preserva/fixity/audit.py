"""The audit: reads the copies that are due, within a budget, and records the results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack

from preserva.archive.archive import ArchivalStorage
from preserva.archive.fixity_events import record_storage
from preserva.archive.judgements import tally_of
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.runs import note_success
from preserva.archive.unrecorded import RootListing, listed, note_unrecorded, unrecorded
from preserva.config import Role
from preserva.core.policy.audit import Due, Lane
from preserva.core.policy.health import Job
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.facts import Check
from preserva.core.values.model import PackageId
from preserva.core.values.report import Observer, Report, counted, ignore, unheard
from preserva.core.values.subjects import Named
from preserva.fixity.audit_cluster import read_elsewhere
from preserva.fixity.audit_run import UNLIMITED, Audit, Budget, Run
from preserva.fixity.audit_schedule import due_copies, foresee, lanes_in, scope_of
from preserva.workers import Workers

__all__ = ["Audit", "Budget", "audit", "capacity_of"]

_DAY = 86_400


def audit(
    archive: ArchivalStorage,
    *,
    budget: Budget = UNLIMITED,
    only: tuple[str, ...] = (),
    moved: tuple[str, ...] = (),
    dry_run: bool = False,
    workers: Workers | None = None,
    timer: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
    observer: Observer = ignore,
    each: Callable[[Report], object] = unheard,
) -> Audit:
    """Read what is due of all copies, the most urgent first.

    `only` are packages (an identifier) or storages to keep to, `moved` the storages whose copies
    are all due because something happened to them. Every result is in the ledger when the next
    copy begins, so the next run resumes where a stopped one ended. With `workers`, the
    copies are read where those are. `timer` gives seconds that only grow; `each` is handed every
    report as it comes. Raises LedgerError
    if the ledger does not verify, Locked if another audit reads one of the storages, UsageError,
    ConfigError.
    """
    lanes = lanes_in(archive, only)
    archive.refuse_outdated(*(archive.store(name) for name in _not_held(archive, lanes)))
    prove_ledger(archive, record=not dry_run)
    for name in moved:
        archive.store(name)
    due = _due(archive, lanes, moved)
    done, scope = Audit(dry_run=dry_run, each=each), scope_of(archive.config, only)
    if dry_run:
        done.leave(due)
    else:
        if observer is not ignore:  # else nobody wants to know how many there are
            total = sum(1 for _copy in _due(archive, lanes, moved))
            due = counted("audit", Named("audit"), due, total, observer)
        run = Run(archive, budget, timer, sleep, observer, done)
        _read(run, lanes, due, workers, listing=scope.packages is None)
        _note(archive, done, whole=not only)
        done.state = tally_of(archive, scope)
    capacity = capacity_of(archive, budget)
    done.forecast = foresee(archive.ledger, lanes, now=archive.clock(), capacity=capacity)
    return done


def _read(
    run: Run, lanes: list[Lane], due: Iterator[Due], workers: Workers | None, *, listing: bool
) -> None:
    """Read what is due, as the only audit of these storages; with `listing`, look what else there
    is in them.
    """
    archive, done = run.archive, run.audit
    names = sorted({lane.storage for lane in lanes})
    with ExitStack() as locks:
        for name in names:
            locks.enter_context(archive.auditing(name))
        done.unreachable |= dict(_away(archive, names))
        stores = map(archive.store, names if listing else ())
        there = {store.id: listed(archive, store) for store in stores}
        if workers is None:
            run.read(due)
        else:
            read_elsewhere(run, due, workers)
        for report in _unrecorded(archive, there):
            done.add(report)


def _due(archive: ArchivalStorage, lanes: list[Lane], moved: tuple[str, ...]) -> Iterator[Due]:
    """The copies to read, the most urgent first."""
    due = due_copies(archive.ledger, lanes, now=archive.clock(), moved=frozenset(moved))
    return (copy for copy in due if _belongs(archive, copy))


def _note(archive: ArchivalStorage, done: Audit, *, whole: bool) -> None:
    """Note for those who watch that an audit of everything did all of its work."""
    if whole and done.complete:
        note_success(archive.config, Job.AUDIT, archive.clock())


def _not_held(archive: ArchivalStorage, lanes: Iterable[Lane]) -> list[str]:
    """The storages of the lanes to which our own ledger writes; those of others do not count."""
    storages = archive.config.storages
    names = sorted({lane.storage for lane in lanes})
    return [name for name in names if storages[name].role is not Role.HELD]


def _away(archive: ArchivalStorage, names: list[str]) -> Iterator[tuple[str, str]]:
    """The storages that are unavailable, or not ours, and why; each look is recorded.

    All are checked, even those in which nothing is due: that is one small read for each.
    """
    for name in names:
        error = record_storage(archive, archive.store(name))
        if error is not None:
            yield name, str(error)


def _unrecorded(
    archive: ArchivalStorage, there: Mapping[str, RootListing | None]
) -> Iterator[Report]:
    """Reports on things in the storages when the run began that the ledger still does not know."""
    for name, listing in there.items():
        store = archive.store(name)
        if listing is not None and store.answers():
            strangers = unrecorded(archive, store, listing)
            note_unrecorded(archive, name, strangers)
            yield from (stranger.report for stranger in strangers)


def _belongs(archive: ArchivalStorage, due: Due) -> bool:
    """Whether it is a copy at all; an intruder is reported with what is not recorded."""
    return archive.config.custody.belongs(PackageId.parse(due.copy.package), due.copy.storage)


def _speed(archive: ArchivalStorage) -> float | None:
    """The speed of the newest audits in bytes a second; None if there were none yet."""
    size = seconds = 0.0
    checks = archive.ledger.entries(types=(FIXITY_CHECK,), newest_first=True)
    for _number, entry in zip(range(1000), checks, strict=False):
        check = entry.facts_as(Check)
        if check.milliseconds is not None and check.size is not None:
            size += check.size
            seconds += check.milliseconds / 1000
    return size / seconds if seconds else None


def capacity_of(archive: ArchivalStorage, budget: Budget) -> int | None:
    """How many bytes a run within the budget reads; None if nothing was measured yet."""
    rates = [rate for rate in (_speed(archive), budget.bandwidth) if rate is not None]
    limits = [min(rates) * min(budget.seconds or _DAY, _DAY)] if rates else []
    if budget.size is not None:
        limits.append(budget.size)
    return int(min(limits)) if limits else None
