"""Packages that were withdrawn: mistakes and duplicates, which stay as tombstones.

A withdrawal is an entry of the ledger. No storage is touched: the evidence stays. To remove the
bytes is a decision of its own: `archive.removal`.
"""

from __future__ import annotations

from dataclasses import dataclass

from preserva.archive.acting import needed
from preserva.archive.archive import ArchivalStorage
from preserva.archive.linked_entries import linked, newest_number
from preserva.archive.two_persons import decided, finish, note_done
from preserva.core.policy.two_persons import (
    WITHDRAWAL,
    JointDecision,
    Matter,
)
from preserva.core.values import entries
from preserva.core.values.facts import Withdrawal
from preserva.core.values.model import PackageId
from preserva.errors import NotFound, Refused, UsageError
from preserva.i18n import _
from preserva.ledger import Ledger, LedgerEntry
from preserva.local_time import local_date


@dataclass(frozen=True, slots=True)
class RemovedCopy:
    """A copy whose bytes were removed from a storage, or are being removed, since `time`."""

    storage: str
    time: str
    done: bool


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A withdrawn package: since when (ISO 8601, UTC), why, who requested it and who confirmed it.

    `entry` is that of the ledger; persons are codes. `removed` are the copies whose bytes are gone.
    """

    package: str
    entry: int
    time: str
    reason: str
    requested_by: str | None
    confirmed_by: str | None
    removed: tuple[RemovedCopy, ...] = ()

    def is_removed(self, storage: str) -> bool:
        """Whether its copy in a storage was removed, or is being so."""
        return any(copy.storage == storage for copy in self.removed)


def tombstones(ledger: Ledger) -> dict[str, Tombstone]:
    """The packages that are withdrawn now, by their identifiers. Raises LedgerError."""
    newest: dict[str, tuple[LedgerEntry, Withdrawal]] = {}
    for entry, facts in linked(ledger, Withdrawal):
        newest.setdefault(str(entry.package), (entry, facts))
    return {
        package: Tombstone(
            package,
            entry.number,
            entry.time,
            facts.reason,
            facts.requested_by,
            facts.confirmed_by,
            _removed(ledger, package),
        )
        for package, (entry, facts) in sorted(newest.items())
        if not facts.undone
    }


def _removed(ledger: Ledger, package: str) -> tuple[RemovedCopy, ...]:
    """The copies of a package that were removed, or are being removed."""
    if ledger.newest(entries.REMOVAL_START) is None:
        return ()  # without asking for each package
    types = (entries.REMOVAL_START, entries.REMOVAL)
    copies = {
        entry.storage: RemovedCopy(entry.storage, entry.time, entry.type == entries.REMOVAL)
        for entry in ledger.entries(package=package, types=types)
        if entry.storage is not None
    }
    return tuple(copies[storage] for storage in sorted(copies))


def refuse_withdrawn(archive: ArchivalStorage, package: PackageId) -> None:
    """Refuse a package that was withdrawn. Raises Refused."""
    tombstone = tombstones(archive.ledger).get(package.uri)
    if tombstone is not None:
        message = _("{id} was withdrawn on {date}: {reason}")
        raise Refused(
            message.format(id=package, date=local_date(tombstone.time), reason=tombstone.reason),
            hint=_("`preserva withdraw ID --undo` takes the withdrawal back."),
        )


def refuse_removed(archive: ArchivalStorage, package: PackageId) -> None:
    """Refuse to bring back a package whose bytes two persons decided to remove. Raises Refused."""
    tombstone = tombstones(archive.ledger).get(package.uri)
    if tombstone is not None and tombstone.removed:
        message = _("{id} was withdrawn, and two persons decided to remove it: nothing is restored")
        raise Refused(message.format(id=package))


def withdraw(archive: ArchivalStorage, package: PackageId, reason: str | None) -> Tombstone:
    """Withdraw a package of ours, once two persons have decided it: the same call, made again.

    Raises AwaitsConfirmation until then; NotFound for a package that the ledger does not know,
    Refused for one of another institution, UsageError without a reason, Locked, StorageError.
    """
    _refuse_others(archive, package)
    matter = Matter(WITHDRAWAL, package.uri)
    with archive.writing(archive.primary):
        known = tombstones(archive.ledger).get(package.uri)
        if known is not None:
            finish(archive, matter)  # it was interrupted after the withdrawal
            return known
        decision = decided(archive, matter, reason)
        _append(archive, package, _facts(decision))
        note_done(archive, decision)
    return tombstones(archive.ledger)[package.uri]


def undo(archive: ArchivalStorage, package: PackageId, reason: str | None) -> None:
    """Take a withdrawal back: nothing was lost, so one person may.

    Raises UsageError without a reason or a person, or for a package that is not withdrawn.
    """
    needed(archive.actor)
    if not reason:
        raise UsageError(_("say why: --reason"))
    with archive.writing(archive.primary):
        tombstone = tombstones(archive.ledger).get(package.uri)
        if tombstone is None:
            raise UsageError(_("{id} is not withdrawn").format(id=package))
        if tombstone.removed:
            message = _("{id} stays withdrawn: its bytes were removed, in {storage} on {date}")
            copy = tombstone.removed[0]
            date = local_date(copy.time)
            raise Refused(message.format(id=package, storage=copy.storage, date=date))
        finish(archive, Matter(WITHDRAWAL, package.uri))
        _append(archive, package, Withdrawal(reason, undone=True))


def _facts(decision: JointDecision) -> Withdrawal:
    assert decision.answer is not None, "it was confirmed"
    return Withdrawal(
        decision.reason,
        decision=decision.number,
        requested_by=decision.person,
        confirmed_by=decision.answer.person,
    )


def _append(archive: ArchivalStorage, package: PackageId, facts: Withdrawal) -> None:
    archive.ledger.append(
        entries.WITHDRAWAL,
        time=archive.now(),
        outcome=entries.SUCCESS,
        package=package.uri,
        facts=facts.following(newest_number(archive.ledger, entries.WITHDRAWAL)),
    )


def _refuse_others(archive: ArchivalStorage, package: PackageId) -> None:
    if package.institution != archive.config.institution.id:
        message = _("{id} belongs to another institution; only that institution may withdraw it")
        raise Refused(message.format(id=package))
    if not archive.ledger.copies.of(package.uri):
        raise NotFound(_("the ledger knows of no package {id}").format(id=package))
