"""The fixity checks of a package as PREMIS documents."""

from __future__ import annotations

import hashlib
from pathlib import Path

from preserva.archive.staging import beside
from preserva.core.eark.fixity_event import check_document
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.facts import Check
from preserva.core.values.model import PackageId
from preserva.errors import LedgerError, NotFound
from preserva.files.disk import publish, write_file
from preserva.i18n import _
from preserva.ledger import Ledger


def write_checks(ledger: Ledger, package: PackageId, folder: Path) -> int:
    """Write each check of a package to a file in a new folder; return the number of checks.

    Each file has the digest recorded in its ledger entry. Raises LedgerError if one differs,
    NotFound if there are none, Refused, StorageError.
    """
    written = 0
    with beside(folder) as scratch:
        made = scratch / folder.name
        made.mkdir()
        for entry in ledger.entries(package=package.uri, types=(FIXITY_CHECK,)):
            check = entry.facts_as(Check)
            if entry.storage is None or check.sha256 is None:
                continue  # an unavailable storage, or an older entry
            data = check_document(
                package.uri, entry.storage, entry.time, entry.outcome, entry.facts
            )
            if hashlib.sha256(data).hexdigest() != check.sha256:
                message = _("the PREMIS event of entry {number} does not match its digest")
                raise LedgerError(message.format(number=entry.number))
            write_file(made / f"{entry.number:09}-fixity-check.xml", data)
            written += 1
        if not written:
            raise NotFound(_("the ledger has no fixity check of {id}").format(id=package.portable))
        publish(made, folder)
    return written
