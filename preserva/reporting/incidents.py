"""What waits for a person, by the ledger alone: damage that lasts, copies that cannot be read.

An incident is opened by the first check that finds a copy not sound, and has the number of that
entry. Later checks that find the same belong to it; the first that finds the copy sound ends it.
"""

from __future__ import annotations

from collections.abc import Iterator

from preserva.archive.archive import ArchivalStorage
from preserva.core.policy.overview import Decision, Incident, State
from preserva.core.values.entries import DECISION, FAIL, FIXITY_CHECK, SUCCESS
from preserva.errors import UsageError
from preserva.i18n import _
from preserva.ledger import LedgerEntry

_NAMED = 5


def open_incidents(archive: ArchivalStorage) -> list[Incident]:
    """All that are open, the oldest first."""
    known = archive.config.storages
    troubled = [one for one in archive.ledger.totals.troubled() if one[1] in known]
    found = [_of_copy(archive, package, storage) for package, storage in troubled]
    away = (_of_storage(archive, storage) for storage in known)
    return sorted([*found, *(one for one in away if one is not None)], key=lambda one: one.number)


def decide(archive: ArchivalStorage, number: int, *, by: str, decision: str) -> Incident:
    """Record what a person decided about an open incident; the incident. Raises UsageError."""
    for one in open_incidents(archive):
        if one.number == number:
            archive.ledger.append(
                DECISION,
                time=archive.now(),
                outcome=SUCCESS,
                package=one.package,
                storage=one.storage,
                facts={"incident": number, "by": by, "decision": decision},
            )
            return one
    message = _("there is no open incident {number}; `preserva incidents` lists those there are")
    raise UsageError(message.format(number=number))


def _of_copy(archive: ArchivalStorage, package: str, storage: str) -> Incident:
    entries = archive.ledger.entries(
        package=package, storage=storage, types=(FIXITY_CHECK,), newest_first=True
    )
    checks = list(_until_sound(entries))
    damaged = any(one.outcome == FAIL for one in checks)
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
    findings = newest.facts.get("findings", ())
    paths = (str(one["path"]) for one in findings if one["path"])
    return Incident(
        first.number,
        package,
        storage,
        state,
        first.time,
        newest.time,
        len(checks),
        tuple(dict.fromkeys(str(one["code"]) for one in findings)),
        tuple(paths)[:_NAMED],
        tuple(_decisions(archive, package, storage, first.number)),
    )


def _decisions(
    archive: ArchivalStorage, package: str | None, storage: str, number: int
) -> Iterator[Decision]:
    for entry in archive.ledger.entries(package=package, storage=storage, types=(DECISION,)):
        if entry.facts["incident"] == number:
            yield Decision(entry.time, str(entry.facts["by"]), str(entry.facts["decision"]))
