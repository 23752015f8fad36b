"""Reports as text for people and as JSON for programs."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator

from preserva.core.formats.canonical_json import Value
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome, Report
from preserva.i18n import N_, _, ngettext
from preserva.outputs.subjects import subject_for_people, subject_for_programs

_WORDS = {
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
        "subject": subject_for_programs(report.subject),
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
