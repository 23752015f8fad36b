"""The health of an archive: for people, as a JSON document, and as metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from preserva.core.policy.health import Aspect, Health, HealthCheck
from preserva.core.values.report import Outcome
from preserva.i18n import N_, _
from preserva.local_time import local_time
from preserva.outputs.findings import human_size
from preserva.outputs.metrics import gauge
from preserva.outputs.words import word

if TYPE_CHECKING:
    from datetime import datetime

    from preserva.outputs.json.parts import JsonDocument

_SENTENCES = {
    Aspect.DAMAGED: N_("copies damaged or missing, without a decision: {number}"),
    Aspect.INCIDENTS: N_("other incidents without a decision: {number}"),
    Aspect.TOO_FEW: N_("packages with too few copies: {number}"),
    Aspect.INCOMPLETE: N_("copies that lack the newest version: {number}"),
    Aspect.OVERDUE: N_("copies whose check is overdue: {number}"),
    Aspect.DROPPED: N_("storages that left the configuration without being retired: {number}"),
}


def health_lines(health: Health, *, quiet: bool = False) -> Iterator[str]:
    """A line for each thing that was looked at; if `quiet`, only for what is not well."""
    for check in health.checks:
        if check.outcome is not Outcome.PASS or not quiet:
            yield f"{word(check.outcome.value)}\t{health_sentence(check)}"


def health_sentence(check: HealthCheck) -> str:
    """What was looked at, and what it should be."""
    if check.aspect is Aspect.FREE:
        place = check.subject or _("the ledger")
        message = _("free space for {place}: {size}, at least {limit} wanted")
        return message.format(
            place=place, size=human_size(check.number or 0), limit=human_size(check.limit)
        )
    if check.aspect is Aspect.JOB:
        assert check.job is not None, "a check of a job says which"
        job = word(check.job.value) + (f" ({check.subject})" if check.subject else "")
        if check.since is None:
            return _("{job}: never succeeded").format(job=job)
        time = local_time(check.since.isoformat())
        message = _("{job}: last succeeded at {time}, wanted every {days} days")
        return message.format(job=job, time=time, days=check.limit // 86_400)
    return _(_SENTENCES[check.aspect]).format(number=check.number)


def health_document(health: Health) -> JsonDocument:
    """All that was looked at."""
    return {
        "at": health.at.isoformat(),
        "outcome": health.outcome.value,
        "checks": [
            {
                "aspect": check.aspect.value,
                "job": check.job.value if check.job else None,
                "storage": check.subject,
                "outcome": check.outcome.value,
                "number": check.number,
                "limit": check.limit,
                "since": check.since.isoformat() if check.since else None,
            }
            for check in health.checks
        ],
    }


def health_metrics(health: Health | None, looked: datetime) -> str:
    """The same for the node exporter; without a health, that it could not be looked at.

    Every name begins with `preserva_health`, so that it stands beside the metrics of an audit.
    """
    well = health is not None and health.outcome is Outcome.PASS
    lines = [
        *gauge("health_well", "1 if nothing waits for a person, else 0.", {"": int(well)}, of=""),
        *gauge(
            "health_timestamp_seconds",
            "When the archive was last looked at.",
            {"": int(looked.timestamp())},
            of="",
        ),
    ]
    if health is not None:
        labelled = [(_labels(check), check) for check in health.checks]
        lines += gauge(
            "health_check",
            "1 if this is well, else 0.",
            {labels: int(check.outcome is Outcome.PASS) for labels, check in labelled},
            of="",
        )
        lines += gauge(
            "health_number",
            "Copies, packages or incidents; for a job the seconds since it succeeded; bytes free.",
            {labels: check.number for labels, check in labelled if check.number is not None},
            of="",
        )
    return "\n".join(lines) + "\n"


def _labels(check: HealthCheck) -> str:
    name = check.job.value if check.job else check.aspect.value
    return f'{{check="{name}",storage="{check.subject or ""}"}}'
