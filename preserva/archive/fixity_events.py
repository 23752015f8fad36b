"""Fixity checks, recorded in the ledger as PREMIS events that can be shown to others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from preserva.archive.stored_copy import StoredCopy
from preserva.core.eark.fixity_event import DIGEST, check_document
from preserva.core.formats.canonical_json import Value
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.report import Outcome, Report, printable
from preserva.version import __version__

_OUTCOMES = {Outcome.PASS: "success", Outcome.FAIL: "fail", Outcome.UNKNOWN: "unknown"}
_NAMED = 50
"""Findings that an entry of the ledger names; it counts the others."""


def record_check(copy: StoredCopy, report: Report, more: Mapping[str, Value] | None = None) -> None:
    """Record the check of a copy in the ledger, with `more` facts about it.

    The entry stands for a PREMIS event, whose document can be made of it (core.eark.fixity_event).
    """
    archive, outcome = copy.archive, _OUTCOMES[report.outcome]
    time = archive.now()
    facts: dict[str, Value] = {
        "bytes": report.bytes_read,
        "files": report.checked,
        "findings": named_findings(report),
        "more_findings": max(0, len(report.findings) - _NAMED),
        **(more or {}),
        "event": archive.identifiers(),
        "institution": archive.config.institution.id,
        "software": __version__,
    }
    document = check_document(copy.package.uri, copy.store.id, time, outcome, facts)
    facts[DIGEST] = hashlib.sha256(document).hexdigest()
    copy.record(FIXITY_CHECK, outcome, facts=facts, time=time)


def named_findings(report: Report) -> list[Value]:
    """The first findings of a report as an entry of the ledger names them."""
    return [
        {
            "code": finding.code.value,
            "path": None if finding.path is None else printable(finding.path)[:300],
        }
        for finding in report.findings[:_NAMED]
    ]
