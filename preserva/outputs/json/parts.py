"""The parts that documents share: findings, reports, errors."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from preserva.core.formats.canonical_json import Value
from preserva.core.values.report import BookPage, Finding, Report
from preserva.outputs.subjects import subject_for_programs

JsonDocument = dict[str, Value]
"""The fields of a document, in the order in which they are printed."""


def report_document(report: Report) -> JsonDocument:
    """A report: `#/$defs/report`."""
    return {
        "subject": subject_for_programs(report.subject),
        "outcome": report.outcome.value,
        "listed": report.listed,
        "checked": report.checked,
        "bytes": report.bytes_read,
        "findings": findings_document(report.findings),
    }


def in_words(message: str) -> str:
    """A message as it stands, for the pages: as a value of a document it would be in English."""
    return " ".join(message.split())


def findings_document(findings: Iterable[Finding]) -> list[Value]:
    """Findings: `#/$defs/findings`. A path that is not Unicode is given as `path_base64` too."""
    return [_finding(finding) for finding in findings]


def _finding(finding: Finding) -> JsonDocument:
    document: JsonDocument = {
        "code": str(finding.code.value),
        "severity": finding.code.severity.value,
        "path": None if finding.path is None else _unicode(finding.path),
        "expected": None if finding.expected is None else _unicode(finding.expected),
        "seen": None if finding.seen is None else _unicode(finding.seen),
        "source": finding.source,
    }
    if finding.path is not None and _unicode(finding.path) != finding.path:
        raw = finding.path.encode("utf-8", "surrogateescape")
        document["path_base64"] = base64.b64encode(raw).decode()
    return {**document, **page_document(finding.page)}


def page_document(page: BookPage | None) -> JsonDocument:
    """The page of the book that something is about: `page`, and `page_label` if it has one."""
    if page is None:
        return {}
    return {"page": page.number, **({"page_label": page.label} if page.label else {})}


def _unicode(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
