"""What waits for a person, by the ledger alone: damage that lasts, copies that cannot be read.

An incident is opened by the first check that finds a copy not sound, and has the number of that
entry. Later checks that find the same belong to it; the first that finds the copy sound ends it.
"""

from __future__ import annotations

from collections.abc import Iterator

from preserva.archive.archive import ArchivalStorage
from preserva.core.policy.overview import Decision, Incident, State
from preserva.core.values.entries import DECISION, FAIL, FIXITY_CHECK, SUCCESS
from preserva.core.values.facts import Check, DecisionTaken
from preserva.errors import UsageError
from preserva.i18n import _
from preserva.ledger import LedgerEntry


def open_incidents(archive: ArchivalStorage) -> list[Incident]:
    """All that are open, the oldest first."""
    known = archive.config.storages
    incidents = [
        _of_copy(archive, package, storage)
        for package, storage in archive.ledger.totals.troubled()
        if storage in known
    ]
    away = (_of_storage(archive, storage) for storage in known)
    incidents += [incident for incident in away if incident is not None]
    return sorted(incidents, key=lambda incident: incident.number)


def decide(archive: ArchivalStorage, number: int, *, by: str, decision: str) -> Incident:
    """Record what a person decided about an open incident; the incident. Raises UsageError."""
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
    message = _("there is no open incident {number}; `preserva incidents` lists those there are")
    raise UsageError(message.format(number=number))


def _of_copy(archive: ArchivalStorage, package: str, storage: str) -> Incident:
    entries = archive.ledger.entries(
        package=package, storage=storage, types=(FIXITY_CHECK,), newest_first=True
    )
    checks = list(_until_sound(entries))
    damaged = any(check.outcome == FAIL for check in checks)
    return _incident(archive, package, storage, State.DAMAGED if damaged else State.UNREAD, checks)


def _until_sound(entries: Iterator[LedgerEntry]) -> Iterator[LedgerEntry]:
    for entry in entries:
        if entry.outcome == SUCCESS:
            return
        yield entry


def _of_storage(archive: ArchivalStorage, storage: str) -> Incident | None:
    """A storage that could not be reached when an audit last tried."""
    checks = []
    for entry in archive.ledger.entries(storage=storage, types=(FIXITY_CHECK,), newest_first=True):
        if entry.package is not None:
            break
        checks.append(entry)
    return _incident(archive, None, storage, State.UNREAD, checks) if checks else None


def _incident(
    archive: ArchivalStorage,
    package: str | None,
    storage: str,
    state: State,
    checks: list[LedgerEntry],
) -> Incident:
    newest, first = checks[0], checks[-1]
    check = newest.facts_as(Check)
    return Incident(
        first.number,
        package,
        storage,
        state,
        first.time,
        newest.time,
        len(checks),
        check.findings or (),
        check.more or 0,
        tuple(_decisions(archive, package, storage, first.number)),
    )


def _decisions(
    archive: ArchivalStorage, package: str | None, storage: str, number: int
) -> Iterator[Decision]:
    for entry in archive.ledger.entries(package=package, storage=storage, types=(DECISION,)):
        facts = entry.facts_as(DecisionTaken)
        if facts.incident == number:
            yield Decision(entry.time, facts.by, facts.decision)
