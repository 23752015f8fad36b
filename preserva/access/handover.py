"""The record of what left the archive: to whom it went, and why."""

from __future__ import annotations

from dataclasses import dataclass

from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.entries import EXPORT, SUCCESS
from preserva.core.values.facts import Export


@dataclass(frozen=True, slots=True)
class Handover:
    """To whom something goes, and why, in people's words; None if not stated."""

    recipient: str | None = None
    reason: str | None = None


UNSTATED = Handover()


def record_export(copy: StoredCopy, version: str, what: str, handover: Handover) -> None:
    """Record that a version, or the document `what` of it, was written outside the archive.

    Raises LedgerError.
    """
    facts = Export(what, handover.recipient, handover.reason)
    copy.record(EXPORT, SUCCESS, version=version, facts=facts)
