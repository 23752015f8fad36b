"""Accession: packages that another institution copied into our storage are read and recorded.

From then on our ledger knows what the copy must be, whatever happens to the original: it is audited
here as our own packages are. The storage itself is only read, and only packages of the institution
that it is held for are recorded.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from preserva.archive.archive import ArchivalStorage
from preserva.archive.fixity_events import record_check
from preserva.archive.identities import remember
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.recorded_package import tag_manifests
from preserva.archive.retirement import refuse_retired, retired
from preserva.archive.runs import note_success
from preserva.archive.store import Store, absence
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.two_persons import note_done
from preserva.archive.unrecorded import list_root
from preserva.config import Role
from preserva.core.eark.premis_read import read_events
from preserva.core.policy.health import Job
from preserva.core.policy.two_persons import JointDecision
from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION, EVENT_FOUND, FAIL, FIXITY_CHECK, SUCCESS
from preserva.core.values.facts import Arrival, EventFound
from preserva.core.values.model import PackageId
from preserva.core.values.report import (
    Finding,
    Observer,
    Outcome,
    Report,
    counted,
    ignore,
    unheard,
)
from preserva.core.values.subjects import ObjectInStorage, WholeStorage
from preserva.errors import Damaged, StorageError, UsageError
from preserva.fixity.ocfl_object import CheckedObject, check_object
from preserva.i18n import _
from preserva.replication.accepted_claim import (
    DisputedClaim,
    begun_decision,
    decision_on,
    disputed_claim,
)
from preserva.storage.ocfl import StoredObject

MOST_LOGS = 100
"""The most records of events that are kept for one package: an honest one has a few per storage."""


@dataclass(slots=True)
class Receipt:
    """A package from another institution: the new versions, and whether they count.

    `package` is empty for something in a held storage that is not a package, and for a storage that
    cannot be used.
    """

    package: str
    storage: str
    report: Report
    versions: tuple[str, ...] = ()
    acknowledged: bool = False

    @property
    def outcome(self) -> Outcome:
        """That of the report."""
        return self.report.outcome


def receive(
    archive: ArchivalStorage,
    storage: str | None = None,
    *,
    dry_run: bool = False,
    accept: PackageId | None = None,
    reason: str | None = None,
    observer: Observer = ignore,
    each: Callable[[Receipt], object] = unheard,
) -> list[Receipt]:
    """Read what is new in the storages that we keep for others (all, or one), and record it.

    A package that is not sound, not what was recorded before, or not of the institution that the
    storage is held for is reported and not acknowledged; the others are processed. On a dry run
    nothing is read whole.

    Another version than the one recorded before is accepted when two persons decided so: for the
    package to `accept` that is requested, for this `reason`, and AwaitsConfirmation raised; once it
    is confirmed, the next run records what is there now. Raises UsageError for a storage that is
    not kept for others, LedgerError.
    """
    prove_ledger(archive, record=not dry_run)
    settle = partial(decision_on, accept=accept, reason=reason)
    receipts = []
    for store in _held(archive, storage):
        own = Receipt("", store.id, Report(WholeStorage(store.id)))
        receipts.append(own)
        paths = _objects(archive, store, own.report, dry_run)
        if own.report.findings:
            each(own)
        whole = WholeStorage(store.id)
        for path in counted("receive", whole, paths, len(paths), observer):
            receipt = _receive(archive, store, path, dry_run, settle, observer)
            if receipt is not None:
                receipts.append(receipt)
                each(receipt)
    if storage is None and not dry_run and all(map(_is_complete, receipts)):
        note_success(archive.config, Job.RECEIVE, archive.clock())
    return [receipt for receipt in receipts if receipt.package or receipt.report.findings]


def _is_complete(receipt: Receipt) -> bool:
    """Whether all that could be read was; what is damaged is an incident, and not unfinished."""
    return receipt.report.outcome is not Outcome.UNKNOWN


def _held(archive: ArchivalStorage, storage: str | None) -> list[Store]:
    if storage is None:
        gone = retired(archive.ledger).storages
        held = (store for store in archive.stores() if store.config.role is Role.HELD)
        return [store for store in held if store.id not in gone]
    refuse_retired(archive, storage)
    store = archive.store(storage)
    if store.config.role is not Role.HELD:
        message = _('{storage} is not kept for others: its role is not "held"')
        raise UsageError(message.format(storage=storage))
    return [store]


def _objects(archive: ArchivalStorage, store: Store, report: Report, dry_run: bool) -> list[str]:
    """The folders of the objects in a storage; what else is in it, or why it cannot be used."""
    if store.config.held_for is None:
        report.add([Finding(Code.HELD_FOR_NOBODY, store.id)])
        return []
    try:
        identity, listing = store.check_identity(), list_root(store)
    except StorageError as error:
        report.add([Finding(absence(error), store.id, seen=str(error))])
        return []
    if identity.id is not None and not dry_run:
        remember(archive, store, identity.id)
    report.add(listing.strange)
    return sorted(listing.objects)


def _receive(
    archive: ArchivalStorage,
    store: Store,
    path: str,
    dry_run: bool,
    settle: Callable[[DisputedClaim], JointDecision | None],
    observer: Observer,
) -> Receipt | None:
    """One package; None if there is nothing new in it."""
    receipt = Receipt("", store.id, Report(ObjectInStorage(path, store.id)))
    try:
        stored = store.root.read_at(path)
        copy = StoredCopy(archive, store, PackageId.parse(stored.inventory.identifier))
        receipt.package = copy.package.uri
        receipt.report.subject = copy.subject
        if (refusal := _refusal(copy, path)) is not None:
            receipt.report.add([refusal])
            return receipt
        known = copy.acknowledged()
        receipt.versions = tuple(name for name in stored.inventory.versions if name not in known)
        logs = dict(_unknown_logs(copy, receipt.report))
        begun = begun_decision(copy)
        if not (receipt.versions or logs or begun) and _as_recorded(copy, stored):
            return receipt if receipt.report.findings else None
        if dry_run:
            return receipt
        checked = check_object(copy.storage, path, subject=copy.subject, observer=observer)
    except (Damaged, ValueError) as error:
        receipt.report.add([Finding(Code.INVENTORY_INVALID, path, seen=str(error))])
        return receipt
    except StorageError as error:
        receipt.report.add([Finding(Code.UNREADABLE, error.path or path, seen=str(error))])
        return receipt
    checked.report.add(receipt.report.findings)
    receipt.report = checked.report
    other = list(_otherwise_recorded(copy, checked))
    receipt.report.add(other)
    claim = disputed_claim(copy, checked, receipt.report.findings, begun)
    if begun is not None and claim is not None and claim.matter == begun.matter:
        _accept(receipt, claim, begun)
    elif receipt.report.outcome is Outcome.PASS:
        _acknowledge(copy, checked, receipt.versions)
        vouch(archive, copy.package, logs, [store.id])
        record_check(copy, receipt.report)
        receipt.acknowledged = True
    elif other:
        _record_incident(copy, receipt.report)
        if claim is not None and (decision := settle(claim)) is not None:
            _accept(receipt, claim, decision)
    return receipt


def _accept(receipt: Receipt, claim: DisputedClaim, decision: JointDecision) -> None:
    """Let what is there count in place of what was recorded, as two persons decided."""
    report, copy = receipt.report, claim.copy
    report.findings = [
        finding for finding in report.findings if finding.code is not Code.NOT_AS_RECORDED
    ]
    accepted, recorded = (*claim.versions, *receipt.versions), copy.recorded.inventories()
    receipt.versions = tuple(
        version
        for version in dict.fromkeys(accepted)
        if recorded.get(version) != claim.checked.digests[version]
    )
    _acknowledge(copy, claim.checked, receipt.versions, decision)
    logs = dict(_unknown_logs(copy, report))
    vouch(copy.archive, copy.package, logs, [copy.store.id])
    record_check(copy, report)
    note_done(copy.archive, decision)
    receipt.acknowledged = True


def _refusal(copy: StoredCopy, path: str) -> Finding | None:
    """Why an object cannot be a copy of its package in this storage, if it cannot."""
    if not copy.belongs:
        custody = copy.archive.config.custody
        expected = None if custody.is_ours(copy.package) else copy.store.config.held_for
        code = custody.intruder(copy.package, copy.store.id)
        return Finding(code, path, expected, copy.package.institution)
    if path != copy.path:
        return Finding(Code.MISPLACED_OBJECT, path, copy.path)
    if (obstacle := copy.obstacle()) is not None:
        return Finding(Code.ROOT_LINK, obstacle)
    return None


def _as_recorded(copy: StoredCopy, stored: StoredObject) -> bool:
    """Whether the newest inventory is the one recorded for that version."""
    return copy.recorded.inventories().get(stored.inventory.head) == stored.digest


def _otherwise_recorded(copy: StoredCopy, checked: CheckedObject) -> Iterator[Finding]:
    """Versions never change: what was recorded of a version must still be true."""
    recorded = copy.recorded.inventories()
    for version in sorted(checked.digests.keys() & recorded.keys()):
        expected, seen = recorded[version], checked.digests[version]
        if expected != seen:
            yield Finding(Code.NOT_AS_RECORDED, f"{version}/inventory.json", expected, seen)


def _record_incident(copy: StoredCopy, report: Report) -> None:
    """A version that differs from the recorded one is an incident: one, until it is settled."""
    last = copy.last(FIXITY_CHECK)
    if last is None or last.outcome != FAIL:
        record_check(copy, report)


def _acknowledge(
    copy: StoredCopy,
    checked: CheckedObject,
    versions: tuple[str, ...],
    decision: JointDecision | None = None,
) -> None:
    assert checked.inventory is not None, "what passed has an inventory"
    for version in versions:
        files = checked.inventory.versions[version].files()
        arrival = Arrival(
            inventory=checked.digests[version],
            tag_manifests=tag_manifests(files),
            reason=None if decision is None else decision.reason,
            decision=None if decision is None else decision.number,
        )
        copy.record(ACCESSION, SUCCESS, version=version, facts=arrival)


def _unknown_logs(copy: StoredCopy, report: Report) -> Iterator[tuple[str, str]]:
    """SHA-256 and event of each record of an event that our ledger does not know yet.

    Beyond MOST_LOGS they are neither read nor recorded, and that is reported.
    """
    known = copy.recorded.log_digests()
    names = sorted(copy.log_names())
    if len(names) > MOST_LOGS:
        report.add([Finding(Code.TOO_MANY_LOGS, copy.path, str(MOST_LOGS), str(len(names)))])
    for name in names[:MOST_LOGS]:
        digest = copy.log_digest(name)
        if digest not in known and (event := event_of(copy, name)) is not None:
            yield digest, event


def event_of(copy: StoredCopy, name: str) -> str | None:
    """The identifier of the event that a file of `logs/` records, if its name says so too.

    Raises StorageError.
    """
    try:
        (event,) = read_events(io.BytesIO(copy.read_log(name)))
    except ValueError:
        return None
    return event.identifier.value if event.identifier.value in name else None


def vouch(
    archive: ArchivalStorage, package: PackageId, logs: Mapping[str, str], storages: list[str]
) -> None:
    """Add to the ledger records of events that it did not write itself, by SHA-256."""
    for digest, event in sorted(logs.items()):
        archive.ledger.append(
            EVENT_FOUND,
            time=archive.now(),
            outcome=SUCCESS,
            package=package.uri,
            facts=EventFound(event=event, sha256=digest, storages=tuple(storages)),
        )
