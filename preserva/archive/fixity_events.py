"""Fixity checks, recorded in the ledger as PREMIS events that can be shown to others."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from preserva.archive.stored_copy import StoredCopy
from preserva.core.eark.fixity_event import check_document
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.facts import Check, recorded
from preserva.core.values.report import Outcome, Report
from preserva.version import __version__

_OUTCOMES = {Outcome.PASS: "success", Outcome.FAIL: "fail", Outcome.UNKNOWN: "unknown"}


def record_check(copy: StoredCopy, report: Report, reading: Check | None = None) -> None:
    """Record the check of a copy in the ledger, with what is known of the reading itself.

    The entry stands for a PREMIS event, whose document can be made of it (core.eark.fixity_event).
    """
    archive, outcome = copy.archive, _OUTCOMES[report.outcome]
    time, findings = archive.now(), recorded(report.findings)
    check = replace(
        reading or Check(),
        size=report.bytes_read,
        files=report.checked,
        findings=findings,
        more=len(report.findings) - len(findings),
        event=archive.identifiers(),
        institution=archive.config.institution.id,
        software=__version__,
    )
    document = check_document(copy.package.uri, copy.store.id, time, outcome, check.to_facts())
    check = replace(check, sha256=hashlib.sha256(document).hexdigest())
    copy.record(FIXITY_CHECK, outcome, facts=check, time=time)
