"""Reports by what they are about."""

from __future__ import annotations

from collections.abc import Iterable

from preserva.core.values.report import Report
from preserva.core.values.subjects import CopyInStorage


def copy_of(report: Report) -> CopyInStorage:
    """The copy that a report is about, which must be one."""
    assert isinstance(report.subject, CopyInStorage)
    return report.subject


def by_storage(reports: Iterable[Report]) -> dict[str, Report]:
    """The reports on copies of one package, by the storage of each."""
    return {copy_of(report).storage: report for report in reports}
