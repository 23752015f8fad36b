"""Fixity checks, recorded in the ledger as PREMIS events that can be shown to others."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from preserva.archive.archive import ArchivalStorage
from preserva.archive.store import Store, absence
from preserva.archive.stored_copy import StoredCopy
from preserva.core.eark.fixity_event import check_document
from preserva.core.values.codes import Code
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.facts import Check, recorded
from preserva.core.values.report import Finding, Outcome, Report
from preserva.errors import StorageError
from preserva.version import __version__

_OUTCOMES = {Outcome.PASS: "success", Outcome.FAIL: "fail", Outcome.UNKNOWN: "unknown"}


def record_check(copy: StoredCopy, report: Report, reading: Check | None = None) -> None:
    """Record the check of a copy in the ledger, with what is known about the reading itself.

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
        person=archive.actor.person,
    )
    document = check_document(copy.package.uri, copy.store.id, time, outcome, check.to_facts())
    check = replace(check, sha256=hashlib.sha256(document).hexdigest())
    copy.record(FIXITY_CHECK, outcome, facts=check, time=time)


def record_seen(copy: StoredCopy, report: Report) -> None:
    """Record what was seen of a copy that was not fully read: its inventory, or that it is gone.

    A failure is an incident like any other, and the next audit reads all of the copy. What could
    not be established is recorded once, while it stays so. Nothing is proved by such a look.
    """
    known = copy.archive.ledger.copies.trouble(copy.store.id, copy.package.uri)
    if report.outcome is Outcome.FAIL or (report.outcome is Outcome.UNKNOWN and known is None):
        record_check(copy, report, Check(extent="inventory"))


def record_object(archive: ArchivalStorage, storage: str, name: str, outcome: Outcome) -> None:
    """Record that the ledger does not know an object in a storage (UNKNOWN), or that it is gone.

    `name` is the identifier of a package, or the path of something that is not a package.
    """
    findings = [Finding(Code.NOT_RECORDED, name)] if outcome is Outcome.UNKNOWN else []
    archive.ledger.append(
        FIXITY_CHECK,
        time=archive.now(),
        outcome=_OUTCOMES[outcome],
        package=name,
        storage=storage,
        facts=Check(recorded(findings), size=0, files=0, extent="listing"),
    )


def record_storage(archive: ArchivalStorage, store: Store) -> StorageError | None:
    """Check whether a storage is available and the right one; returns why not.

    Its absence is recorded in the ledger, and so is its return.
    """
    try:
        store.check_identity()
    except StorageError as error:
        away = [Finding(absence(error), seen=str(error))]
        _note_storage(archive, store.id, Outcome.UNKNOWN, away)
        return error
    if archive.ledger.copies.trouble(store.id) is not None:
        _note_storage(archive, store.id, Outcome.PASS, [])
    return None


def _note_storage(
    archive: ArchivalStorage, storage: str, outcome: Outcome, findings: list[Finding]
) -> None:
    archive.ledger.append(
        FIXITY_CHECK,
        time=archive.now(),
        outcome=_OUTCOMES[outcome],
        storage=storage,
        facts=Check(recorded(findings)),
    )
