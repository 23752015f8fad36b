"""Fixity checks: noted in the ledger, and shown as PREMIS to whoever asks for proof without us."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from preserva.archive import Archive, Store
from preserva.bag.write_disk import publish, write_file
from preserva.core.canonical import Value
from preserva.core.eark.checks import DIGEST, check_document
from preserva.core.entries import FIXITY_CHECK
from preserva.core.model import PackageId
from preserva.core.report import Outcome, Report, printable
from preserva.errors import LedgerError, NotFound
from preserva.i18n import _
from preserva.ledger import Ledger
from preserva.services.staging import beside
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

    The entry stands for a PREMIS event, whose document can be made of it (core.eark.checks).
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


def write_checks(ledger: Ledger, package: PackageId, folder: Path) -> int:
    """Write each check of a package as a file of a new folder; how many there are.

    Every one has the digest that its entry holds. Raises LedgerError if one has not, NotFound if
    there are none, Refused, StorageError.
    """
    written = 0
    with beside(folder) as scratch:
        made = scratch / folder.name
        made.mkdir()
        for one in ledger.entries(package=package.uri, types=(FIXITY_CHECK,)):
            if one.storage is None or DIGEST not in one.facts:
                continue  # a storage that was away, or an entry of before
            data = check_document(package.uri, one.storage, one.time, one.outcome, one.facts)
            if hashlib.sha256(data).hexdigest() != one.facts[DIGEST]:
                message = _("entry {number} stands for another event than it says")
                raise LedgerError(message.format(number=one.number))
            write_file(made / f"{one.number:09}-fixity-check.xml", data)
            written += 1
        if not written:
            raise NotFound(_("the ledger has no fixity check of {id}").format(id=package.portable))
        publish(made, folder)
    return written
