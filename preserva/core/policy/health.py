"""The health of an archive: what waits for a person, as a state and not as an event.

It is not well until the cause is gone, or a person has decided about it. Why it is so:
docs/adr/0046-health-is-a-state.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from preserva.core.values.report import Outcome


class Job(StrEnum):
    """Work that must be done again and again."""

    AUDIT = "audit"
    REPLICATE = "replicate"
    RECEIVE = "receive"
    LEDGER_COPY = "ledger copy"
    BACKUP = "ledger backup"


class Aspect(StrEnum):
    """What is looked at."""

    DAMAGED = "damaged"  # copies known to be damaged or missing, about which nobody decided
    INCIDENTS = "incidents"  # other incidents about which nobody decided
    TOO_FEW = "too few copies"  # packages with fewer copies than the policy wants
    INCOMPLETE = "incomplete"  # copies that lack the newest version
    OVERDUE = "overdue"  # copies that were not read within their interval
    JOB = "job"  # seconds since a job last came to its end with all of its work done
    DROPPED = "dropped storages"  # with copies, not configured any more, and not retired
    FREE = "free space"  # bytes


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """From when on an archive is not well: days since the last success of each job, bytes free."""

    audit_days: int = 3
    replicate_days: int = 3
    receive_days: int = 3
    ledger_copy_days: int = 3
    backup_days: int = 8
    free_bytes: int = 1 << 30

    def days(self, job: Job) -> int:
        """Within how many days a job must have succeeded."""
        return {
            Job.AUDIT: self.audit_days,
            Job.REPLICATE: self.replicate_days,
            Job.RECEIVE: self.receive_days,
            Job.LEDGER_COPY: self.ledger_copy_days,
            Job.BACKUP: self.backup_days,
        }[job]


USUAL_LIMITS = HealthLimits()


@dataclass(frozen=True, slots=True)
class ExpectedJob:
    """A job that this archive needs; `subject` is the storage, where it is done for each.

    `succeeded` is when it last did all of its work, None if it never has.
    """

    job: Job
    subject: str | None
    succeeded: datetime | None


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """What is known of an archive at the time `at`: counts of copies, packages and incidents.

    `damaged` copies and `incidents` of other kinds are those about which nobody decided. `free` is
    in bytes, by the storage; the ledger's disk has no name.
    """

    at: datetime
    damaged: int
    incidents: int
    too_few: int
    incomplete: int
    overdue: int
    dropped: int
    jobs: tuple[ExpectedJob, ...]
    free: Mapping[str | None, int]


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One thing that was looked at; `number` counts it (`Aspect` says what), None if unknown.

    `job` is which one it is about, `subject` the storage, `limit` the number that it must not pass.
    """

    aspect: Aspect
    outcome: Outcome
    number: int | None
    job: Job | None = None
    subject: str | None = None
    since: datetime | None = None
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """All that was looked at."""

    at: datetime
    checks: tuple[HealthCheck, ...]

    @property
    def outcome(self) -> Outcome:
        """FAIL if a copy is damaged, UNKNOWN if anything else waits."""
        return Outcome.worst(check.outcome for check in self.checks)


def examine(facts: HealthFacts, limits: HealthLimits) -> Health:
    """Whether an archive is well, each thing that it takes by itself."""
    return Health(facts.at, tuple(_checks(facts, limits)))


def examine_jobs(
    jobs: Iterable[ExpectedJob], at: datetime, limits: HealthLimits
) -> Iterator[HealthCheck]:
    """Whether the work that must be done again and again was done in time."""
    for expected in jobs:
        yield _job(expected, at, limits.days(expected.job))


def _checks(facts: HealthFacts, limits: HealthLimits) -> Iterator[HealthCheck]:
    damage = Outcome.FAIL if facts.damaged else Outcome.PASS
    yield HealthCheck(Aspect.DAMAGED, damage, facts.damaged)
    counts = {
        Aspect.INCIDENTS: facts.incidents,
        Aspect.TOO_FEW: facts.too_few,
        Aspect.INCOMPLETE: facts.incomplete,
        Aspect.OVERDUE: facts.overdue,
        Aspect.DROPPED: facts.dropped,
    }
    for aspect, number in counts.items():
        yield HealthCheck(aspect, _unless(number == 0), number)
    yield from examine_jobs(facts.jobs, facts.at, limits)
    for subject, free in facts.free.items():
        well = _unless(free >= limits.free_bytes)
        yield HealthCheck(Aspect.FREE, well, free, subject=subject, limit=limits.free_bytes)


def _job(expected: ExpectedJob, at: datetime, days: int) -> HealthCheck:
    """A success in the future proves nothing: the clock was wrong then, or is now."""
    allowed = timedelta(days=days)
    age = None if expected.succeeded is None else at - expected.succeeded
    return HealthCheck(
        Aspect.JOB,
        _unless(age is not None and timedelta() <= age <= allowed),
        None if age is None else int(age.total_seconds()),
        expected.job,
        expected.subject,
        expected.succeeded,
        int(allowed.total_seconds()),
    )


def _unless(well: bool) -> Outcome:
    return Outcome.PASS if well else Outcome.UNKNOWN
