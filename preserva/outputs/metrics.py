"""The result of an audit for Prometheus, in the text that its node exporter reads from a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from preserva.core.policy.audit import Forecast
from preserva.core.values.report import Outcome, Report


def audit_metrics(
    reports: Iterable[Report],
    *,
    left: int,
    unreachable: Iterable[str],
    bytes_read: int,
    forecast: Forecast,
    finished: datetime,
) -> str:
    """The metrics of one run (Prometheus text exposition format 0.0.4).

    An alarm on the age of `preserva_audit_finished_timestamp_seconds` tells of an audit that
    silently does not run any more.
    """
    counts = dict.fromkeys(Outcome, 0)
    for report in reports:
        counts[report.outcome] += 1
    missed = forecast.missed_from
    lines = [
        *_gauge(
            "finished_timestamp_seconds",
            "When the last run came to its end.",
            {"": int(finished.timestamp())},
        ),
        *_gauge(
            "copies",
            "Copies read by the last run.",
            {f'{{outcome="{one.value}"}}': count for one, count in counts.items()},
        ),
        *_gauge("read_bytes", "Bytes read by the last run.", {"": bytes_read}),
        *_gauge("left", "Due copies that the last run did not read.", {"": left}),
        *_gauge("unreachable_storages", "Storages that were away.", {"": len(list(unreachable))}),
        *_gauge("overdue", "Copies whose interval is over.", {"": forecast.overdue}),
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
