"""Fixity checks, recorded in the ledger as PREMIS events that can be shown to others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from preserva.archive.archive import ArchivalStorage
from preserva.archive.store import Store, absence
from preserva.archive.stored_copy import StoredCopy
from preserva.core.eark.fixity_event import DIGEST, check_document
from preserva.core.formats.canonical_json import Value
from preserva.core.values.codes import Code
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.report import Outcome, Report, printable
from preserva.errors import StorageError
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


def record_seen(copy: StoredCopy, report: Report) -> None:
    """Record what was seen of a copy that was not read whole: its inventory, or that it is gone.

    A failure is an incident like any other, and the next audit reads all of the copy. What could
    not be established is recorded once, while it stays so. Nothing is proved by such a look.
    """
    known = copy.archive.ledger.copies.trouble(copy.store.id, copy.package.uri)
    if report.outcome is Outcome.FAIL or (report.outcome is Outcome.UNKNOWN and known is None):
        record_check(copy, report, {"extent": "inventory"})


def record_object(
    archive: ArchivalStorage,
    storage: str,
    name: str,
    outcome: Outcome,
    code: Code = Code.NOT_RECORDED,
) -> None:
    """Record that the ledger does not know of an object in a storage (UNKNOWN), or that it is gone.

    `name` is the identifier of a package, or the path of what is none; `code` says what it is.
    """
    findings: list[Value] = [{"code": code.value, "path": name}]
    facts: dict[str, Value] = {
        "bytes": 0,
        "extent": "listing",
        "files": 0,
        "findings": findings if outcome is Outcome.UNKNOWN else [],
    }
    archive.ledger.append(
        FIXITY_CHECK,
        time=archive.now(),
        outcome=_OUTCOMES[outcome],
        package=name,
        storage=storage,
        facts=facts,
    )


def record_storage(archive: ArchivalStorage, store: Store) -> StorageError | None:
    """Look whether a storage is there and is the right one; why not, if it is not.

    That it is away goes into the ledger, and when it was away, that it is there again.
    """
    try:
        store.check_identity()
    except StorageError as error:
        findings: list[Value] = [{"code": absence(error).value, "path": None}]
        _note_storage(archive, store.id, Outcome.UNKNOWN, findings)
        return error
    if archive.ledger.copies.trouble(store.id) is not None:
        _note_storage(archive, store.id, Outcome.PASS, [])
    return None


def _note_storage(
    archive: ArchivalStorage, storage: str, outcome: Outcome, findings: list[Value]
) -> None:
    archive.ledger.append(
        FIXITY_CHECK,
        time=archive.now(),
        outcome=_OUTCOMES[outcome],
        storage=storage,
        facts={"findings": findings},
    )


def named_findings(report: Report) -> list[Value]:
    """The first findings of a report as an entry of the ledger names them."""
    return [
        {
            "code": finding.code.value,
            "path": None if finding.path is None else printable(finding.path)[:300],
        }
        for finding in report.findings[:_NAMED]
    ]
