"""Reports as text for people: the outcome, sizes, findings."""

from __future__ import annotations

from collections.abc import Iterator

from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome, Report
from preserva.i18n import N_, _, ngettext
from preserva.outputs.subjects import subject_for_people

_OUTCOMES = {
    Outcome.PASS: N_("sound"),
    Outcome.FAIL: N_("NOT SOUND"),
    Outcome.UNKNOWN: N_("NOT ESTABLISHED"),
}

_UNITS = (N_("{size} kB"), N_("{size} MB"), N_("{size} GB"), N_("{size} TB"), N_("{size} PB"))


def for_people(identifier: str) -> str:
    """The URI of a package as people type it, aonb-kp-000123; any other identifier as it is."""
    try:
        return PackageId.parse(identifier).portable
    except ValueError:
        return identifier


def report_lines(report: Report) -> Iterator[str]:
    """The report for people: the verdict, what was read, and every finding."""
    subject = subject_for_people(report.subject)
    read = ngettext("{count} file read", "{count} files read", report.checked)
    yield (
        f"{subject}: {_(_OUTCOMES[report.outcome])}, "
        f"{read.format(count=report.checked)}, {human_size(report.bytes_read)}"
    )
    for finding in report.findings:
        yield f"  {finding.message()}"
    if report.checked < report.listed:
        missing = report.listed - report.checked
        left = ngettext("{count} file was not read", "{count} files were not read", missing)
        yield f"  {left.format(count=missing)}"


def human_size(size: int) -> str:
    """Format a number of bytes for people, with decimal units."""
    if size < 1000:
        return ngettext("{size} byte", "{size} bytes", size).format(size=size)
    steps = min((len(str(size)) - 1) // 3, len(_UNITS))
    if steps < len(_UNITS) and round(size / 1000**steps, 1) >= 1000:
        steps += 1  # 999 999 bytes are 1.0 MB
    number = f"{size / 1000**steps:.1f}".replace(".", _("."))
    return _(_UNITS[steps - 1]).format(size=number)
