"""The result of an audit for Prometheus, in the text that its node exporter reads from a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from preserva.core.policy.judgement import State, Tally
from preserva.core.values.report import Outcome
from preserva.fixity.audit_run import Audit


def audit_metrics(audit: Audit, finished: datetime) -> str:
    """The metrics of an audit (Prometheus text exposition format 0.0.4).

    `preserva_audit_...` describes the run, `preserva_...` the state in which it left the archive:
    known damage stays in it until it is repaired. An alarm on the age of
    `preserva_audit_finished_timestamp_seconds` shows that the audit has silently stopped running.
    """
    counts = dict.fromkeys(Outcome, 0)
    for report in audit.reports:
        counts[report.outcome] += 1
    missed = audit.forecast.missed_from
    lines = [
        *_gauge(
            "finished_timestamp_seconds",
            "When the last run finished.",
            {"": int(finished.timestamp())},
        ),
        *_gauge(
            "copies",
            "Copies read by the last run.",
            {f'{{outcome="{outcome.value}"}}': count for outcome, count in counts.items()},
        ),
        *_gauge("read_bytes", "Bytes read by the last run.", {"": audit.bytes_read}),
        *_gauge("left", "Due copies that the last run did not read.", {"": audit.left_count}),
        *_gauge(
            "unreachable_storages",
            "Storages that could not be reached.",
            {"": len(audit.unreachable)},
        ),
        *_gauge("overdue", "Copies whose check is overdue.", {"": audit.forecast.overdue}),
        *_gauge(
            "missed_from_timestamp_seconds",
            "The first deadline that will be missed; 0 if none will.",
            {"": 0 if missed is None else int(missed.timestamp())},
        ),
        *(_state(audit.state) if audit.state is not None else ()),
    ]
    return "\n".join(lines) + "\n"


def _state(tally: Tally) -> Iterator[str]:
    """The gauges of the state of the copies that the audit was about."""
    numbers = {
        "incidents_open": ("Incidents that are open.", tally.incidents),
        "incidents_undecided": (
            "Open incidents about which nobody has decided anything.",
            tally.undecided,
        ),
        "copies_damaged": (
            "Copies that are known to be damaged or missing.",
            tally.count(State.DAMAGED, State.MISSING),
        ),
        "packages_too_few_copies": (
            "Packages with fewer copies than the policy requires.",
            len(tally.few),
        ),
    }
    for name, (help_, number) in numbers.items():
        yield from _gauge(name, help_, {"": number}, of="")
    copies = {f'{{state="{state.value}"}}': tally.count(state) for state in State}
    yield from _gauge("copies", "Copies by their state.", copies, of="")


def _gauge(name: str, help_: str, values: Mapping[str, int], *, of: str = "audit_") -> list[str]:
    full = f"preserva_{of}{name}"
    return [
        f"# HELP {full} {help_}",
        f"# TYPE {full} gauge",
        *(f"{full}{labels} {value}" for labels, value in values.items()),
    ]
