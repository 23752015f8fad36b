"""One run of an audit: the copies that it reads, the result for each, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from preserva.archive.archive import ArchivalStorage
from preserva.archive.fixity_events import record_check, record_storage
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.core.formats.inventory import version_number
from preserva.core.policy.audit import NO_FORECAST, AuditedCopy, Due, Forecast
from preserva.core.policy.judgement import Tally
from preserva.core.values.codes import Code
from preserva.core.values.facts import Check, recorded
from preserva.core.values.model import PackageId
from preserva.core.values.report import (
    Advanced,
    Finding,
    Observer,
    Outcome,
    Progress,
    Report,
    unheard,
)
from preserva.errors import UsageError
from preserva.fixity.check_copy import check_copy
from preserva.fixity.resume import ResumeState, load_resume_state
from preserva.i18n import N_, _
from preserva.information_package.official_schemas import OfficialSchemas, load_schemas
from preserva.storage.wrappers.rate_limit import RateLimit

CLUSTER = N_("the cluster")
"""What `Audit.unreachable` calls the workers of a cluster."""

_NAMED = 1_000
"""How many of the copies left over are listed."""


_WORTH_A_PAUSE = 1 << 28
"""The least that a run reads of a copy, in bytes, once it has begun it."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one run; None means no limit. A small copy that was begun is read to its end.

    `seconds` of time, `size` in bytes to read, `bandwidth` in bytes a second.
    """

    seconds: float | None = None
    size: int | None = None
    bandwidth: int | None = None


UNLIMITED = Budget()


@dataclass(slots=True)
class Audit:
    """What a run did, and what a budget or an unreachable storage left for the next run.

    `left` lists the most urgent copies left over, `left_count` is their number; in a dry run these
    are all that are due. `unreachable` gives the reason by storage. `state` is that of all copies
    that the audit covers, even if they were not due; a dry run has none. `each` is handed every
    report as it comes. The exit status of the
    command line follows from `outcome`, its pings from `waits`.
    """

    dry_run: bool = False
    reports: list[Report] = field(default_factory=list)
    left: list[Due] = field(default_factory=list)
    left_count: int = 0
    unreachable: dict[str, str] = field(default_factory=dict)
    bytes_read: int = 0
    forecast: Forecast = NO_FORECAST
    state: Tally | None = None
    each: Callable[[Report], object] = field(default=unheard, repr=False, compare=False)

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of the copies read and of the state in which the run left the archive.

        UNKNOWN if something due was not read by a real run.
        """
        state = Outcome.PASS if self.state is None else self.state.outcome
        return Outcome.worst((self._rest, state, *(report.outcome for report in self.reports)))

    @property
    def complete(self) -> bool:
        """Whether every storage was there, and all that was due was read; of a dry run, whether
        it would be.
        """
        return not self.unreachable and (self.dry_run or not self.left_count)

    @property
    def _rest(self) -> Outcome:
        return Outcome.PASS if self.complete else Outcome.UNKNOWN

    @property
    def waits(self) -> bool:
        """Whether a person must do something: anything is wrong on which nobody has decided."""
        work = Outcome.worst((self._rest, *(report.outcome for report in self.reports)))
        return work is not Outcome.PASS or (self.state is not None and self.state.waits)

    def add(self, report: Report) -> None:
        """Add what was seen, and hand it to whoever wants it as it comes."""
        self.reports.append(report)
        self.each(report)

    def leave(self, due: Iterable[Due]) -> None:
        """Leave these for the next run."""
        for due_copy in due:
            self.left_count += 1
            if len(self.left) < _NAMED:
                self.left.append(due_copy)


class _Pause(Exception):
    """The budget ended in the middle of a large copy; the next run resumes it."""


class Step(Enum):
    """What happens to a copy that was read."""

    DONE = auto()
    AGAIN = auto()
    LEFT = auto()


@dataclass(slots=True)
class Reading:
    """A copy that is being read, since `began` by the timer; `first` is what looked damaged."""

    copy: StoredCopy
    resume: ResumeState
    began: float
    first: Report | None = None


class Run:
    """One run: the budget as it is used up, and what was seen."""

    def __init__(
        self,
        archive: ArchivalStorage,
        budget: Budget,
        timer: Callable[[], float],
        sleep: Callable[[float], object],
        observer: Observer,
        audit: Audit,
    ) -> None:
        self.archive = archive
        self.budget = budget
        self.timer = timer
        self.sleep = sleep
        self.observer = observer
        self.audit = audit
        self.began = timer()
        self.since = archive.clock()
        folder = archive.config.xsd
        self.official: OfficialSchemas | None = None if folder is None else load_schemas(folder)
        self.stores: dict[str, Store] = {}

    def read(self, due: Iterator[Due]) -> None:
        """Read these as long as the budget lasts."""
        for due_copy in due:
            away = due_copy.copy.storage in self.audit.unreachable
            if away or self.spent() or not self._check(due_copy.copy):
                self.audit.leave([due_copy])

    def spent(self) -> bool:
        """Whether the budget is used up."""
        budget = self.budget
        return (budget.seconds is not None and self.timer() - self.began >= budget.seconds) or (
            budget.size is not None and self.audit.bytes_read >= budget.size
        )

    def _check(self, copy: AuditedCopy) -> bool:
        """Read a copy, twice if it looks damaged; False if it is left for the next run."""
        reading = self.begin(copy)
        if reading is None:
            return False
        try:
            while (step := self.conclude(reading, self._report(reading))) is Step.AGAIN:
                pass
            return step is Step.DONE
        except _Pause:
            return False
        finally:  # of a verdict, nothing is left to save
            reading.resume.save()

    def begin(self, copy: AuditedCopy) -> Reading | None:
        """Everything needed to read a copy; None if its storage cannot be reached."""
        if not self._reachable(copy.storage):
            return None
        stored = StoredCopy(self.archive, self._store(copy.storage), PackageId.parse(copy.package))
        return Reading(stored, load_resume_state(stored), self.timer())

    def conclude(self, reading: Reading, report: Report) -> Step:
        """Record what was read, unless it looks damaged for the first time."""
        copy = reading.copy
        if report.outcome is not Outcome.PASS and not self._reachable(copy.store.id):
            return Step.LEFT
        first = reading.first
        if report.outcome is Outcome.FAIL and first is None:
            reading.first = report
            return Step.AGAIN
        reading_facts = Check()
        if first is not None:
            reading_facts = Check(first_reading=recorded(first.findings))
            if report.outcome is not Outcome.FAIL:
                report.add([Finding(Code.READINGS_DIFFER, _paths(first))])
        if report.outcome is Outcome.PASS:
            newest = max(copy.acknowledged(), key=version_number)
            seen = report.versions[newest]
            reading_facts = replace(reading_facts, newest=newest, inventory=seen)
        resume = reading.resume
        if resume.since is not None and resume.since < self.since:
            reading_facts = replace(reading_facts, begun=resume.since)
        else:
            spent = int((self.timer() - reading.began) * 1000)
            reading_facts = replace(reading_facts, milliseconds=spent)
        record_check(copy, report, reading_facts)
        resume.forget()
        self.audit.add(report)
        return Step.DONE

    def _report(self, reading: Reading) -> Report:
        copy, resume = reading.copy, reading.resume
        recalled, read = resume.recalled, 0

        def watch(progress: Progress) -> None:
            nonlocal read
            if isinstance(progress, Advanced):
                read += progress.size
                self.audit.bytes_read += progress.size
            self.observer(progress)
            if read >= _WORTH_A_PAUSE and self.spent():
                raise _Pause

        report = check_copy(copy, self.official, watch, resume, fixity=True)
        if report is None:  # recorded as stored, so its absence is one of its findings
            message = _("{id} is not in {name}")
            raise UsageError(message.format(id=copy.package, name=copy.store.id))
        self.audit.bytes_read += report.bytes_read - read - (resume.recalled - recalled)
        return report

    def _store(self, name: str) -> Store:
        if name not in self.stores:
            store = self.archive.store(name)
            if self.budget.bandwidth is not None:
                limited = RateLimit(
                    store.storage, self.budget.bandwidth, clock=self.timer, sleep=self.sleep
                )
                store = replace(store, storage=limited)
            self.stores[name] = store
        return self.stores[name]

    def _reachable(self, name: str) -> bool:
        """Whether the storage is there and is the right one; if not, that is recorded once."""
        error = record_storage(self.archive, self.archive.store(name))
        if error is not None:
            self.audit.unreachable[name] = str(error)
        return error is None


def _paths(report: Report) -> str:
    return ", ".join(finding.path or finding.code.value for finding in report.findings[:5])
