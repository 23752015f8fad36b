"""What left the archive, recorded: to whom it went, and why."""

from __future__ import annotations

from dataclasses import dataclass

from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.entries import EXPORT, SUCCESS
from preserva.core.values.facts import Export


@dataclass(frozen=True, slots=True)
class Handover:
    """To whom something goes, and why, as people say it; None where nobody said so."""

    recipient: str | None = None
    reason: str | None = None


UNSTATED = Handover()


def record_export(copy: StoredCopy, version: str, what: str, handover: Handover) -> None:
    """Record that a version, or the document `what` of it, was written outside the archive.

    Raises LedgerError.
    """
    facts = Export(what, handover.recipient, handover.reason)
    copy.record(EXPORT, SUCCESS, version=version, facts=facts)
