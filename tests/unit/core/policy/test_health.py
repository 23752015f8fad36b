"""An archive is well, or it is named what waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from preserva.core.policy.health import (
    Aspect,
    ExpectedJob,
    HealthFacts,
    HealthLimits,
    Job,
    examine,
)
from preserva.core.values.report import Outcome

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
LIMITS = HealthLimits()
JOBS = tuple(ExpectedJob(job, None, NOW - timedelta(hours=8)) for job in Job)
WELL = HealthFacts(NOW, 0, 0, 0, 0, 0, 0, JOBS, {None: 5 << 30, "main": 2 << 30})


def unwell(facts: HealthFacts) -> list[tuple[Aspect, Outcome, Job | None, str | None]]:
    """What is not well."""
    return [
        (check.aspect, check.outcome, check.job, check.subject)
        for check in examine(facts, LIMITS).checks
        if check.outcome is not Outcome.PASS
    ]


def test_everything_is_looked_at_and_well() -> None:
    health = examine(WELL, LIMITS)
    assert (health.outcome, unwell(WELL)) == (Outcome.PASS, [])
    assert [check.aspect for check in health.checks] == [
        *(aspect for aspect in Aspect if aspect not in {Aspect.JOB, Aspect.FREE}),
        *[Aspect.JOB] * len(Job),
        *[Aspect.FREE] * 2,
    ]


def test_damage_is_a_failure_and_everything_else_waits() -> None:
    assert unwell(replace(WELL, damaged=1)) == [(Aspect.DAMAGED, Outcome.FAIL, None, None)]
    assert examine(replace(WELL, damaged=1, overdue=2), LIMITS).outcome is Outcome.FAIL
    for facts, aspect in [
        (replace(WELL, incidents=3), Aspect.INCIDENTS),
        (replace(WELL, too_few=3), Aspect.TOO_FEW),
        (replace(WELL, incomplete=3), Aspect.INCOMPLETE),
        (replace(WELL, overdue=3), Aspect.OVERDUE),
        (replace(WELL, dropped=3), Aspect.DROPPED),
    ]:
        assert unwell(facts) == [(aspect, Outcome.UNKNOWN, None, None)]
        assert examine(facts, LIMITS).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("job", list(Job))
def test_a_job_is_well_only_within_its_days(job: Job) -> None:
    """Also one whose last success lies in the future: a clock was wrong."""
    days = timedelta(days=LIMITS.days(job))
    second = timedelta(seconds=1)
    for succeeded, well in [
        (NOW, True),
        (NOW - days, True),
        (NOW - days - second, False),
        (NOW + second, False),
        (None, False),
    ]:
        others = tuple(other for other in JOBS if other.job is not job)
        facts = replace(WELL, jobs=(*others, ExpectedJob(job, "there", succeeded)))
        assert unwell(facts) == ([] if well else [(Aspect.JOB, Outcome.UNKNOWN, job, "there")])


def test_a_disk_is_well_as_long_as_enough_is_free() -> None:
    assert unwell(replace(WELL, free={"main": LIMITS.free_bytes})) == []
    assert unwell(replace(WELL, free={"main": LIMITS.free_bytes - 1})) == [
        (Aspect.FREE, Outcome.UNKNOWN, None, "main")
    ]
