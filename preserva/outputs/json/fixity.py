"""The documents of `validate` and `audit`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preserva.bag.report import BagReport
from preserva.core.policy.judgement import State
from preserva.outputs.json.parts import report_document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from preserva.core.formats.canonical_json import Value
    from preserva.core.policy.audit import Due, Forecast
    from preserva.core.policy.judgement import Tally
    from preserva.core.values.report import Report
    from preserva.fixity.audit_run import Audit
    from preserva.outputs.json.parts import JsonDocument


def validate_document(reports: Iterable[Report]) -> JsonDocument:
    """Reports; those on bags include the bag's metadata."""
    return {"reports": [_validated(report) for report in reports]}


def _validated(report: Report) -> JsonDocument:
    document = report_document(report)
    if isinstance(report, BagReport):
        document["bag"] = {
            "verdict": report.verdict.value,
            "version": report.version,
            "algorithms": list(report.algorithms),
            "info": [list(field) for field in report.bag_info],
        }
    return document


def audit_document(audit: Audit) -> JsonDocument:
    """What an audit read, and what it left for the next one."""
    return {
        "dry_run": audit.dry_run,
        "reports": [report_document(report) for report in audit.reports],
        "left": [_due(due) for due in audit.left],
        "left_count": audit.left_count,
        "unreachable": dict(audit.unreachable),
        "bytes": audit.bytes_read,
        "forecast": forecast_document(audit.forecast),
        "state": None if audit.state is None else tally_document(audit.state),
    }


def tally_document(tally: Tally) -> JsonDocument:
    """The summary of all copies: `#/$defs/tally`."""
    return {
        "outcome": tally.outcome.value,
        "incidents": tally.incidents,
        "undecided": tally.undecided,
        "few": len(tally.few),
        "copies": {state.value: tally.count(state) for state in State if tally.count(state)},
    }


def _due(due: Due) -> Value:
    return {
        "package": due.copy.package,
        "storage": due.copy.storage,
        "deadline": due.deadline.isoformat() if due.deadline else None,
        "reason": due.reason.value,
    }


def forecast_document(forecast: Forecast) -> JsonDocument:
    """Whether the intervals of checks can be kept."""
    return {
        "bytes_a_day_needed": forecast.needed,
        "bytes_a_day_possible": forecast.capacity,
        "overdue": forecast.overdue,
        "missed_from": forecast.missed_from.isoformat() if forecast.missed_from else None,
    }
