"""The audit: reads the copies that are due, within a budget, and records what it saw."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack

from preserva.archive.archive import ArchivalStorage
from preserva.archive.ledger_proof import prove_ledger
from preserva.config import Role
from preserva.core.policy.audit import Lane
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.report import Observer, ignore
from preserva.fixity.audit_cluster import Workers, read_elsewhere
from preserva.fixity.audit_run import UNLIMITED, Audit, Budget, Run
from preserva.fixity.audit_schedule import due_copies, foresee, lanes_of

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
) -> Audit:
    """Read what is due of all copies, the most urgent first.

    `only` are packages (an identifier) or storages to keep to, `moved` the storages whose copies
    are all due because something happened to them. Every result is in the ledger when the next
    copy begins, so the next run resumes where a stopped one ended. With `workers`, the
    copies are read where those are. `timer` gives seconds that only grow. Raises LedgerError
    if the ledger does not verify, Locked if another audit reads one of the storages, UsageError,
    ConfigError.
    """
    lanes = lanes_of(archive.config, only)
    archive.refuse_outdated(*(archive.store(name) for name in _not_held(archive, lanes)))
    prove_ledger(archive, record=not dry_run)
    for name in moved:
        archive.store(name)
    due = due_copies(archive.ledger, lanes, now=archive.clock(), moved=frozenset(moved))
    done = Audit(dry_run=dry_run)
    if dry_run:
        done.leave(due)
    else:
        with ExitStack() as locks:
            for name in sorted({lane.storage for lane in lanes}):
                locks.enter_context(archive.auditing(name))
            run = Run(archive, budget, timer, sleep, observer, done)
            if workers is None:
                run.read(due)
            else:
                read_elsewhere(run, due, workers)
    capacity = capacity_of(archive, budget)
    done.forecast = foresee(archive.ledger, lanes, now=archive.clock(), capacity=capacity)
    return done


def _not_held(archive: ArchivalStorage, lanes: Iterable[Lane]) -> list[str]:
    """The storages of the lanes that our own ledger writes to; others' have no say about it."""
    storages = archive.config.storages
    names = sorted({lane.storage for lane in lanes})
    return [name for name in names if storages[name].role is not Role.HELD]


def _speed(archive: ArchivalStorage) -> float | None:
    """Bytes a second of the newest audits; None if there were none yet."""
    size = seconds = 0.0
    checks = archive.ledger.entries(types=(FIXITY_CHECK,), newest_first=True)
    for _number, entry in zip(range(1000), checks, strict=False):
        if "milliseconds" in entry.facts:
            size += entry.facts["bytes"]
            seconds += entry.facts["milliseconds"] / 1000
    return size / seconds if seconds else None


def capacity_of(archive: ArchivalStorage, budget: Budget) -> int | None:
    """Bytes that one run a day within the budget reads; None if nothing was measured yet."""
    rates = [rate for rate in (_speed(archive), budget.bandwidth) if rate is not None]
    limits = [min(rates) * min(budget.seconds or _DAY, _DAY)] if rates else []
    if budget.size is not None:
        limits.append(budget.size)
    return int(min(limits)) if limits else None
