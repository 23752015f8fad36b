"""Reports as text for people: the outcome, sizes, findings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from preserva.core.values.report import Outcome, Report, printable
from preserva.i18n import N_, _, ngettext
from preserva.outputs import words

_OUTCOMES = {
    Outcome.PASS: N_("sound"),
    Outcome.FAIL: N_("NOT SOUND"),
    Outcome.UNKNOWN: N_("NOT ESTABLISHED"),
}

_UNITS = (N_("{size} kB"), N_("{size} MB"), N_("{size} GB"), N_("{size} TB"), N_("{size} PB"))


_URI = re.compile(r"urn:preserva:([a-z][a-z0-9]*):([a-z0-9.-]+)(?![a-z0-9.:-])")


def for_people(text: str) -> str:
    """Replace the URIs of packages in a text with what people type: aonb-kp-000123."""
    return _URI.sub(r"\1-\2", text)


def report_lines(report: Report) -> Iterator[str]:
    """Yield the report as lines: its outcome, what was read, and every finding."""
    subject = for_people(words.subject(printable(report.subject)))
    read = ngettext("{count} file read", "{count} files read", report.checked)
    yield (
        f"{subject}: {_(_OUTCOMES[report.outcome])}, "
        f"{read.format(count=report.checked)}, {human_size(report.bytes_read)}"
    )
    for finding in report.findings:
        yield f"  {finding.message()}"
    if report.checked < report.listed:
        missing = report.listed - report.checked
        unread = ngettext("{count} file was not read", "{count} files were not read", missing)
        yield f"  {unread.format(count=missing)}"


def human_size(size: int) -> str:
    """Format a number of bytes for people, with decimal units."""
    if size < 1000:
        return _("{size} bytes").format(size=size)
    steps = min((len(str(size)) - 1) // 3, len(_UNITS))
    number = f"{size / 1000**steps:.1f}".replace(".", _("."))
    return _(_UNITS[steps - 1]).format(size=number)
