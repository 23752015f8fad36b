"""The audit: reads the copies that are due, within a budget, and records what it saw."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from preserva.archive import Archive, Store
from preserva.core.audit import NO_FORECAST, Copy, Due, Forecast
from preserva.core.canonical import Value
from preserva.core.codes import Code
from preserva.core.entries import FIXITY_CHECK
from preserva.core.model import PackageId
from preserva.core.report import (
    Advanced,
    Finding,
    Observer,
    Outcome,
    Progress,
    Report,
    ignore,
)
from preserva.errors import StorageError, UsageError
from preserva.i18n import _
from preserva.services.begun import Begun, begun_reading
from preserva.services.due import due_copies, foresee, lanes_of
from preserva.services.officialschemas import OfficialSchemas, load_schemas
from preserva.services.proof import prove_ledger
from preserva.services.recorded import recorded, recorded_versions
from preserva.services.validate import check_copy, named_findings, note
from preserva.storage.wrappers.ratelimit import RateLimit

_DAY = 86_400

_NAMED = 1_000
"""Copies that were left which are named."""


_WORTH_A_PAUSE = 1 << 28
"""Bytes that a run reads of a copy at least, once it has begun with it."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one run may use; None is no limit. A small copy that was begun is read to its end.

    `seconds` of time, `size` in bytes to read, `bandwidth` in bytes a second.
    """

    seconds: float | None = None
    size: int | None = None
    bandwidth: int | None = None


@dataclass(slots=True)
class Audit:
    """What a run did, and what the budget or an unreachable storage left for the next one.

    `left` are the most urgent of those, `left_count` says how many there are; in a dry run that is
    everything that is due. `unreachable` says why, by storage.
    """

    reports: list[Report] = field(default_factory=list)
    left: list[Due] = field(default_factory=list)
    left_count: int = 0
    unreachable: dict[str, str] = field(default_factory=dict)
    bytes_read: int = 0
    forecast: Forecast = NO_FORECAST

    def leave(self, due: Iterable[Due]) -> None:
        """Leave these for the next run."""
        for one in due:
            self.left_count += 1
            if len(self.left) < _NAMED:
                self.left.append(one)


def audit(
    archive: Archive,
    *,
    budget: Budget = Budget(),
    only: tuple[str, ...] = (),
    moved: tuple[str, ...] = (),
    dry_run: bool = False,
    timer: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
    observer: Observer = ignore,
) -> Audit:
    """Read what is due of all copies, the most urgent first.

    `only` are packages (an identifier) or storages to keep to, `moved` the storages whose copies
    are all due because something happened to them. Every result is in the ledger when the next
    copy begins, so a run that was stopped is gone on with by the next. `timer` gives seconds that
    only grow. Raises LedgerError if the ledger does not verify, UsageError, ConfigError.
    """
    prove_ledger(archive, record=not dry_run)
    lanes = lanes_of(archive.config, only)
    for name in moved:
        archive.store(name)
    due = due_copies(archive.ledger, lanes, now=archive.clock(), moved=frozenset(moved))
    found = Audit()
    if dry_run:
        found.leave(due)
    else:
        _Run(archive, budget, timer, sleep, observer, found).read(due)
    capacity = _capacity(budget, _speed(archive))
    found.forecast = foresee(archive.ledger, lanes, now=archive.clock(), capacity=capacity)
    return found


def _speed(archive: Archive) -> float | None:
    """Bytes a second of the newest audits; None if there were none yet."""
    size = seconds = 0.0
    checks = archive.ledger.entries(types=(FIXITY_CHECK,), newest_first=True)
    for _number, entry in zip(range(1000), checks, strict=False):
        if "milliseconds" in entry.facts:
            size += entry.facts["bytes"]
            seconds += entry.facts["milliseconds"] / 1000
    return size / seconds if seconds else None


def _capacity(budget: Budget, speed: float | None) -> int | None:
    """Bytes that one run a day within the budget reads."""
    rates = [one for one in (speed, budget.bandwidth) if one is not None]
    limits = [min(rates) * min(budget.seconds or _DAY, _DAY)] if rates else []
    if budget.size is not None:
        limits.append(budget.size)
    return int(min(limits)) if limits else None


class _Pause(Exception):
    """The budget ended in the midst of a large copy; the next run goes on with it."""


class _Run:
    """One run: the budget as it is used up, and what was seen."""

    def __init__(
        self,
        archive: Archive,
        budget: Budget,
        timer: Callable[[], float],
        sleep: Callable[[float], object],
        observer: Observer,
        found: Audit,
    ) -> None:
        self.archive = archive
        self.budget = budget
        self.timer = timer
        self.sleep = sleep
        self.observer = observer
        self.found = found
        self.began = timer()
        self.since = archive.clock()
        folder = archive.config.xsd
        self.official: OfficialSchemas | None = None if folder is None else load_schemas(folder)
        self.stores: dict[str, Store] = {}

    def read(self, due: Iterator[Due]) -> None:
        """Read these as long as the budget lasts."""
        for one in due:
            away = one.copy.storage in self.found.unreachable
            if away or self._spent() or not self._check(one.copy):
                self.found.leave([one])

    def _spent(self) -> bool:
        budget = self.budget
        return (budget.seconds is not None and self.timer() - self.began >= budget.seconds) or (
            budget.size is not None and self.found.bytes_read >= budget.size
        )

    def _check(self, copy: Copy) -> bool:
        """Read a copy, twice if it looks damaged; False if its storage cannot be reached."""
        package, began = PackageId.parse(copy.package), self.timer()
        if not self._reachable(copy.storage):
            return False
        store = self._store(copy.storage)
        begun = begun_reading(self.archive, store, package)
        try:
            return self._judge(store, package, begun, began)
        except _Pause:
            return False
        finally:  # of a verdict, nothing is left to save
            begun.save()

    def _judge(self, store: Store, package: PackageId, begun: Begun, began: float) -> bool:
        """Read, read again what looks damaged, and record; False if there is no verdict."""
        report = self._reading(store, package, begun)
        if report.outcome is not Outcome.PASS and not self._reachable(store.id):
            return False
        facts: dict[str, Value] = {}
        if report.outcome is Outcome.FAIL:
            first, report = report, self._reading(store, package, begun)
            if not self._reachable(store.id):
                return False
            facts["first_reading"] = named_findings(first)
            if report.outcome is not Outcome.FAIL:
                report.add([Finding(Code.READINGS_DIFFER, _paths(first))])
        if report.outcome is Outcome.PASS:
            facts |= self._proved(store, package)
        if begun.since is not None and begun.since < self.since:
            facts["begun"] = begun.since.isoformat()
        else:
            facts["milliseconds"] = int((self.timer() - began) * 1000)
        note(self.archive, store, package, report, facts)
        begun.forget()
        self.found.reports.append(report)
        return True

    def _proved(self, store: Store, package: PackageId) -> dict[str, Value]:
        """The newest version that the ledger acknowledged there, and the digest it was held to."""
        versions = recorded_versions(self.archive, store, package)
        newest = max(versions, key=lambda one: int(one[1:]))
        facts = recorded(self.archive, package, newest)
        return {"newest": newest, "inventory": None if facts is None else facts["inventory"]}

    def _reading(self, store: Store, package: PackageId, begun: Begun) -> Report:
        recalled, read = begun.recalled, 0

        def watch(progress: Progress) -> None:
            nonlocal read
            if isinstance(progress, Advanced):
                read += progress.size
                self.found.bytes_read += progress.size
            self.observer(progress)
            if read >= _WORTH_A_PAUSE and self._spent():
                raise _Pause

        report = check_copy(self.archive, store, package, self.official, watch, begun, fixity=True)
        if report is None:  # recorded as stored, so its absence is one of its findings
            raise UsageError(_("{id} is not in {name}").format(id=package, name=store.id))
        self.found.bytes_read += report.bytes_read - read - (begun.recalled - recalled)
        return report

    def _store(self, name: str) -> Store:
        if name not in self.stores:
            store = self.archive.store(name)
            if self.budget.bandwidth is not None:
                limited = RateLimit(
                    store.storage, self.budget.bandwidth, clock=self.timer, sleep=self.sleep
                )
                store = Store(store.config, limited)
            self.stores[name] = store
        return self.stores[name]

    def _reachable(self, name: str) -> bool:
        """Whether the storage is there and is the right one; if not, that is recorded once."""
        try:
            self.archive.store(name).check_identity()
        except StorageError as error:
            self.found.unreachable[name] = str(error)
            self.archive.ledger.append(
                FIXITY_CHECK,
                time=self.archive.now(),
                outcome="unknown",
                storage=name,
                facts={"findings": [{"code": Code.STORAGE_UNREACHABLE.value, "path": None}]},
            )
            return False
        return True


def _paths(report: Report) -> str:
    return ", ".join(one.path or one.code.value for one in report.findings[:5])
