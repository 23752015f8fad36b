"""Fixity checks: noted in the ledger, and shown as PREMIS to whoever asks for proof without us."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from preserva.archive.archive import Archive
from preserva.archive.store import Store
from preserva.core.eark.fixity_event import DIGEST, check_document
from preserva.core.formats.canonical_json import Value
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome, Report, printable
from preserva.version import __version__

_OUTCOMES = {Outcome.PASS: "success", Outcome.FAIL: "fail", Outcome.UNKNOWN: "unknown"}
_NAMED = 50
"""Findings that an entry of the ledger names; it counts the others."""


def note(
    archive: Archive,
    store: Store,
    package: PackageId,
    report: Report,
    more: Mapping[str, Value] | None = None,
) -> None:
    """Put the check of a copy into the ledger, with `more` facts about it.

    The entry stands for a PREMIS event, whose document can be made of it (core.eark.fixity_event).
    """
    time, outcome = archive.now(), _OUTCOMES[report.outcome]
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
    document = check_document(package.uri, store.id, time, outcome, facts)
    archive.ledger.append(
        FIXITY_CHECK,
        time=time,
        outcome=outcome,
        package=package.uri,
        storage=store.id,
        facts={**facts, DIGEST: hashlib.sha256(document).hexdigest()},
    )


def named_findings(report: Report) -> list[Value]:
    """The first findings of a report as an entry of the ledger names them."""
    return [
        {
            "code": one.code.value,
            "path": None if one.path is None else printable(one.path)[:300],
        }
        for one in report.findings[:_NAMED]
    ]
