"""The result of an audit for Prometheus, in the text that its node exporter reads from a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from preserva.core.values.report import Outcome
from preserva.fixity.audit_run import Audit


def audit_metrics(audit: Audit, finished: datetime) -> str:
    """The metrics of an audit (Prometheus text exposition format 0.0.4).

    An alarm on the age of `preserva_audit_finished_timestamp_seconds` tells that the audit has
    silently stopped running.
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
    ]
    return "\n".join(lines) + "\n"


def _gauge(name: str, help_: str, values: Mapping[str, int]) -> list[str]:
    full = f"preserva_audit_{name}"
    return [
        f"# HELP {full} {help_}",
        f"# TYPE {full} gauge",
        *(f"{full}{labels} {value}" for labels, value in values.items()),
    ]
