"""Reports as text for people and as JSON for programs."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator

from preserva.core.formats.canonical_json import Value
from preserva.core.values.report import Finding, Outcome, Report, printable
from preserva.i18n import N_, _, ngettext
from preserva.outputs import words

_WORDS = {
    Outcome.PASS: N_("sound"),
    Outcome.FAIL: N_("NOT SOUND"),
    Outcome.UNKNOWN: N_("NOT ESTABLISHED"),
}

_UNITS = (N_("{size} kB"), N_("{size} MB"), N_("{size} GB"), N_("{size} TB"), N_("{size} PB"))


_URI = re.compile(r"urn:preserva:([a-z][a-z0-9]*):([a-z0-9.-]+)(?![a-z0-9.:-])")


def for_people(text: str) -> str:
    """The text with packages named as people type them: aonb-kp-000123."""
    return _URI.sub(r"\1-\2", text)


def report_lines(report: Report) -> Iterator[str]:
    """The report for people: the verdict, what was read, and every finding."""
    subject = for_people(words.subject(printable(report.subject)))
    read = ngettext("{count} file read", "{count} files read", report.checked)
    yield (
        f"{subject}: {_(_WORDS[report.outcome])}, "
        f"{read.format(count=report.checked)}, {human_size(report.bytes_read)}"
    )
    for finding in report.findings:
        yield f"  {finding.message()}"
    if report.checked < report.listed:
        missing = report.listed - report.checked
        left = ngettext("{count} file was not read", "{count} files were not read", missing)
        yield f"  {left.format(count=missing)}"


def report_document(report: Report) -> dict[str, Value]:
    """The report for programs: `schemas/output.schema.json`, definition `report`."""
    return {
        "subject": printable(report.subject),
        "outcome": report.outcome.value,
        "listed": report.listed,
        "checked": report.checked,
        "bytes": report.bytes_read,
        "findings": findings_document(report.findings),
    }


def findings_document(findings: Iterable[Finding]) -> list[Value]:
    """Findings for programs. A path that is not Unicode comes as `path_base64` as well."""
    return [_finding(finding) for finding in findings]


def _finding(finding: Finding) -> Value:
    document: dict[str, Value] = {
        "code": str(finding.code.value),
        "severity": finding.code.severity.value,
        "path": None if finding.path is None else _unicode(finding.path),
        "expected": None if finding.expected is None else _unicode(finding.expected),
        "seen": None if finding.seen is None else _unicode(finding.seen),
        "source": finding.code.source,
    }
    if finding.path is not None and _unicode(finding.path) != finding.path:
        raw = finding.path.encode("utf-8", "surrogateescape")
        document["path_base64"] = base64.b64encode(raw).decode()
    return document


def _unicode(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def human_size(size: int) -> str:
    """A number of bytes for people."""
    if size < 1000:
        return _("{size} bytes").format(size=size)
    steps = min((len(str(size)) - 1) // 3, len(_UNITS))
    number = f"{size / 1000**steps:.1f}".replace(".", _("."))
    return _(_UNITS[steps - 1]).format(size=number)
