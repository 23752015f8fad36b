"""What no rule can decide about a copy, and two persons can.

A version that goes on from ours and that its owner never made is set aside; records of events that
no storage has any more are given up. Nothing is deleted.
"""

from __future__ import annotations

from preserva.archive.archive import ArchivalStorage
from preserva.archive.fixity_events import record_check
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.recorded_package import LoggedEvent
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.two_persons import decided, decisions, note_done
from preserva.archive.withdrawal import refuse_removed
from preserva.config import Role
from preserva.core.policy.two_persons import LOSS, SET_ASIDE, DecisionState, Matter
from preserva.core.values.entries import RECOVERY, SUCCESS
from preserva.core.values.model import PackageId
from preserva.core.values.report import Observer, ignore
from preserva.errors import UsageError
from preserva.fixity.check_copy import check_copy
from preserva.i18n import _
from preserva.replication.repair import CopyRepair, Repair


def set_aside(
    archive: ArchivalStorage,
    package: PackageId,
    storage: str,
    *,
    reason: str | None = None,
    observer: Observer = ignore,
) -> Repair:
    """Move the versions of a copy that its owner never made to quarantine, and prove the rest.

    Two persons decide: the first call requests it for this `reason`. Raises AwaitsConfirmation,
    UsageError if there is no such version, and what `repair` raises.
    """
    prove_ledger(archive)
    store = archive.store(storage)
    if store.config.role is Role.HELD:
        message = _("{storage} is kept here for another institution, which alone repairs it")
        raise UsageError(message.format(storage=storage))
    store.check_identity()
    copy = StoredCopy(archive, store, package)
    seen = CopyRepair(copy, observer, aside=True)
    if not (seen.assess() and seen.diverged):
        _finish_setting_aside(copy)
        message = _("{package} has no version in {storage} that its owner never made")
        raise UsageError(message.format(package=package, storage=storage))
    terms = {"versions": " ".join(seen.diverged)}
    decision = decided(archive, Matter(SET_ASIDE, package.uri, storage, terms), reason)
    with archive.writing(store):
        repair = CopyRepair(copy, observer, aside=True)
        repair.assess()
        if repair.diverged == seen.diverged:  # else it is not what was decided about
            repair.apply()
    if repair.result.applied:
        note_done(archive, decision)
    return repair.result


def _finish_setting_aside(copy: StoredCopy) -> None:
    """Note as done what was agreed on a copy and done to it, if a run ended before that."""
    done = copy.last(RECOVERY)
    for known in decisions(copy.archive):
        matter = known.matter
        if (
            (matter.kind, matter.package, matter.storage)
            == (SET_ASIDE, copy.package.uri, copy.store.id)
            and known.state(copy.archive.clock()) is DecisionState.CONFIRMED
            and done is not None
            and done.outcome == SUCCESS
            and done.number > known.number
        ):
            note_done(copy.archive, known)


def give_up_records(
    archive: ArchivalStorage,
    package: PackageId,
    *,
    reason: str | None = None,
    observer: Observer = ignore,
) -> list[Repair]:
    """Give up the records of events of a package that no storage has any more; each copy checked.

    Two persons decide: the first call requests it for this `reason`. Raises AwaitsConfirmation;
    UsageError if no record is lost; Refused for a package whose bytes two persons decided to
    remove; LedgerError; StorageError if a storage that has a copy cannot be read, because it may
    have the record.
    """
    prove_ledger(archive)
    refuse_removed(archive, package)
    copies = [StoredCopy(archive, store, package) for store in archive.stores()]
    copies = [copy for copy in copies if copy.acknowledged()]
    lost = _lost_records(copies)
    if not lost:
        raise UsageError(_("{package} has lost no record of an event").format(package=package))
    records = tuple(sorted(lost))
    matter = Matter(LOSS, package.uri, None, {"records": " ".join(records)})
    decision = decided(archive, matter, reason)
    note_done(archive, decision, records)
    checked = []
    for copy in copies:
        report = check_copy(copy, None, observer, fixity=True)
        assert report is not None, "the ledger knows of this copy"
        record_check(copy, report)
        checked.append(Repair(package.uri, copy.store.id, report))
    return checked


def _lost_records(copies: list[StoredCopy]) -> set[str]:
    """The SHA-256 of the records that copies must have and that none has. Raises StorageError."""
    expected: dict[str, LoggedEvent] = {}
    present: list[tuple[str, str]] = []
    for copy in copies:
        copy.store.check_identity()
        expected |= copy.expected_logs()
        present += [(name, copy.log_digest(name)) for name in copy.log_names()]
    return {
        digest
        for digest, event in expected.items()
        if not any(event.is_record(name, seen) for name, seen in present)
    }
