"""Incidents, by the ledger alone: lasting damage, and copies that cannot be read.

An incident is opened by the first check that finds a copy not sound, and has the number of that
entry. Later checks with the same result belong to it; only a check that proves the copy sound ends
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from preserva.archive.acting import needed
from preserva.archive.archive import ArchivalStorage
from preserva.archive.retirement import retired
from preserva.archive.withdrawal import tombstones
from preserva.core.policy.judgement import KnownCopy
from preserva.core.policy.overview import Decision, EndedIncident, Incident
from preserva.core.values.entries import DECISION, FAIL, FIXITY_CHECK, SUCCESS
from preserva.core.values.facts import Check, DecisionTaken
from preserva.errors import UsageError
from preserva.i18n import _


def open_incidents(archive: ArchivalStorage) -> list[Incident]:
    """All that are open, the oldest first."""
    known, withdrawn = archive.config.storages, tombstones(archive.ledger)
    gone = retired(archive.ledger)
    return [
        _incident(archive, trouble)
        for trouble in archive.ledger.copies.troubled()
        if trouble.storage in known
        and trouble.package not in withdrawn
        and not gone.has(trouble.package, trouble.storage)
    ]


def ended_since(
    archive: ArchivalStorage, number: int, told: Iterable[int]
) -> tuple[EndedIncident, ...]:
    """Copies that a check after entry `number` found damaged or missing, and that are sound now.

    Those of incidents whose numbers are in `told` are left out.
    """
    waiting = {(entry.package, entry.storage) for entry in map(archive.ledger.entry, told)}
    ended: dict[tuple[str, str], EndedIncident] = {}
    for entry in archive.ledger.entries(types=(FIXITY_CHECK,), newest_first=True):
        if entry.number <= number:
            break
        if entry.outcome == FAIL and entry.package is not None and entry.storage is not None:
            copy = (entry.package, entry.storage)
            if copy not in waiting:
                ended[copy] = EndedIncident(*copy, entry.time)
    return tuple(reversed(ended.values()))


def decide(
    archive: ArchivalStorage, number: int, *, decision: str, by: str | None = None
) -> Incident:
    """Record what a person decided about an open incident; the incident.

    `by` is who did, if not who acts. Raises UsageError, also if neither is known.
    """
    by = by or needed(archive.actor)
    for incident in open_incidents(archive):
        if incident.number == number:
            archive.ledger.append(
                DECISION,
                time=archive.now(),
                outcome=SUCCESS,
                package=incident.package,
                storage=incident.storage,
                facts=DecisionTaken(number, by, decision),
            )
            return incident
    message = _("there is no open incident {number}; `preserva incidents` lists the open ones")
    raise UsageError(message.format(number=number))


def _incident(archive: ArchivalStorage, trouble: KnownCopy) -> Incident:
    assert trouble.problem is not None and trouble.entry is not None, "it was opened by a check"
    assert trouble.trouble is not None, "it is about something"
    first, newest = archive.ledger.entry(trouble.problem), archive.ledger.entry(trouble.entry)
    check = newest.facts_as(Check)
    return Incident(
        trouble.problem,
        trouble.package or None,
        trouble.storage,
        trouble.trouble,
        first.time,
        newest.time,
        trouble.seen,
        check.findings or (),
        check.more or 0,
        tuple(_decisions(archive, trouble)) if trouble.decided else (),
    )


def _decisions(archive: ArchivalStorage, trouble: KnownCopy) -> Iterator[Decision]:
    entries = archive.ledger.entries(
        package=trouble.package or None, storage=trouble.storage, types=(DECISION,)
    )
    for entry in entries:
        facts = entry.facts_as(DecisionTaken)
        if facts.incident == trouble.problem:
            yield Decision(entry.time, facts.by, facts.decision)
