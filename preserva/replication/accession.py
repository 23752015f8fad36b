"""Accession: what another institution brought into a storage of ours, read and then recorded.

From then on our ledger knows what the copy must be, whatever becomes of the other one: it is
audited here as our own packages are. The storage itself is only read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from preserva.archive.archive import ArchivalStorage
from preserva.archive.fixity_events import record_check
from preserva.archive.identities import remember
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.recorded_package import commitment
from preserva.archive.store import Store, absence
from preserva.archive.stored_copy import StoredCopy
from preserva.config import Role
from preserva.core.eark.premis_read import read_events
from preserva.core.formats.canonical_json import Value
from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION, EVENT_FOUND, SUCCESS
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Observer, Outcome, Report, ignore
from preserva.core.values.subjects import ObjectInStorage, WholeStorage
from preserva.errors import Damaged, StorageError, UsageError
from preserva.fixity.ocfl_object import CheckedObject, check_object
from preserva.i18n import _


@dataclass(slots=True)
class Receipt:
    """A package that another institution brought: the versions that are new, and if they count."""

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
    observer: Observer = ignore,
) -> list[Receipt]:
    """Read what is new in the storages that we keep for others (all, or one), and record it.

    A package that is not sound, or not what was recorded before, is reported and not acknowledged;
    the others go on. On a dry run nothing is read whole. Raises UsageError for a storage that is
    not kept for others, LedgerError.
    """
    prove_ledger(archive, record=not dry_run)
    receipts = []
    for store in _held(archive, storage):
        try:
            identity = store.check_identity()
            paths = list(store.root.objects())
        except StorageError as error:
            finding = Finding(absence(error), store.id, seen=str(error))
            receipts.append(Receipt("", store.id, Report(WholeStorage(store.id), [finding])))
            continue
        if identity.id is not None and not dry_run:
            remember(archive, store, identity.id)
        for path in paths:
            receipt = _receive(archive, store, path, dry_run, observer)
            if receipt is not None:
                receipts.append(receipt)
    return receipts


def _held(archive: ArchivalStorage, storage: str | None) -> list[Store]:
    if storage is None:
        return [store for store in archive.stores() if store.config.role is Role.HELD]
    store = archive.store(storage)
    if store.config.role is not Role.HELD:
        message = _('{storage} is not kept for others: its role is not "held"')
        raise UsageError(message.format(storage=storage))
    return [store]


def _receive(
    archive: ArchivalStorage, store: Store, path: str, dry_run: bool, observer: Observer
) -> Receipt | None:
    """One package; None if there is nothing new in it."""
    receipt = Receipt("", store.id, Report(ObjectInStorage(path, store.id)))
    try:
        inventory = store.root.read_at(path).inventory
        copy = StoredCopy(archive, store, PackageId.parse(inventory.identifier))
        receipt.package = copy.package.uri
        receipt.report.subject = copy.subject
        if path != copy.path:
            receipt.report.add([Finding(Code.MISPLACED_OBJECT, path, copy.path)])
            return receipt
        known = copy.acknowledged()
        receipt.versions = tuple(name for name in inventory.versions if name not in known)
        logs = dict(_unknown_logs(copy))
        if not receipt.versions and not logs:
            return None
        if dry_run:
            return receipt
        checked = check_object(copy.storage, path, subject=copy.subject, observer=observer)
    except (Damaged, ValueError) as error:
        receipt.report.add([Finding(Code.INVENTORY_INVALID, path, seen=str(error))])
        return receipt
    except StorageError as error:
        receipt.report.add([Finding(Code.UNREADABLE, error.path or path, seen=str(error))])
        return receipt
    receipt.report = checked.report
    receipt.report.add(_otherwise_recorded(copy, checked, known))
    if receipt.report.outcome is Outcome.PASS:
        _acknowledge(copy, checked, receipt.versions)
        vouch(archive, copy.package, logs, [store.id])
        record_check(copy, receipt.report)
        receipt.acknowledged = True
    return receipt


def _otherwise_recorded(
    copy: StoredCopy, checked: CheckedObject, known: set[str]
) -> Iterator[Finding]:
    """Versions never change: what was recorded of one before must still be so."""
    recorded = copy.recorded.inventories()
    for version in sorted(known & recorded.keys()):
        expected, seen = recorded[version], checked.digests.get(version)
        if expected != seen:
            yield Finding(Code.NOT_AS_RECORDED, f"{version}/inventory.json", expected, seen)


def _acknowledge(copy: StoredCopy, checked: CheckedObject, versions: tuple[str, ...]) -> None:
    assert checked.inventory is not None, "what passed has an inventory"
    for version in versions:
        files = checked.inventory.versions[version].files()
        facts = commitment(checked.digests[version], files)
        copy.record(ACCESSION, SUCCESS, version=version, facts=facts)


def _unknown_logs(copy: StoredCopy) -> Iterator[tuple[str, str]]:
    """SHA-256 and event of each record of an event that our ledger does not know yet."""
    known = copy.recorded.log_digests()
    for name in copy.log_names():
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
    """Let the ledger know records of events that it did not write itself, by SHA-256."""
    held: list[Value] = list(storages)
    for digest, event in sorted(logs.items()):
        archive.ledger.append(
            EVENT_FOUND,
            time=archive.now(),
            outcome=SUCCESS,
            package=package.uri,
            facts={"event": event, "premis_sha256": digest, "storages": held},
        )
