"""What another institution brought into a storage of ours: read whole, then noted in our ledger.

From then on our ledger knows what the copy must be, whatever becomes of the other one: it is
audited here as our own packages are. The storage itself is only read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from preserva.archive.archive import Archive
from preserva.archive.commitments import (
    commitment,
    log_digest,
    log_names,
    recorded,
    recorded_logs,
    recorded_versions,
)
from preserva.archive.events import LARGEST_LOG, LOGS
from preserva.archive.fixity_events import note
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.store import Store
from preserva.config import Role
from preserva.core.eark.premis_read import read_events
from preserva.core.formats.canonical_json import Value
from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION, EVENT_FOUND, SUCCESS
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Observer, Outcome, Report, ignore
from preserva.core.values.subjects import CopyInStorage, ObjectInStorage, WholeStorage
from preserva.errors import Damaged, StorageError, UsageError
from preserva.fixity.ocfl_object import CheckedObject, check_object
from preserva.i18n import _
from preserva.storage.base import read_all


@dataclass(slots=True)
class Receipt:
    """A package that another institution brought: the versions that are new, and if they count."""

    package: str
    storage: str
    report: Report
    versions: tuple[str, ...] = ()
    acknowledged: bool = False


def receive(
    archive: Archive,
    storage: str | None = None,
    *,
    dry_run: bool = False,
    observer: Observer = ignore,
) -> list[Receipt]:
    """Read what is new in the storages that we keep for others (all, or one), and note what it is.

    A package that is not sound, or not what was noted before, is reported and not acknowledged; the
    others go on. On a dry run nothing is read whole. Raises UsageError for a storage that is not
    kept for others, LedgerError.
    """
    prove_ledger(archive, record=not dry_run)
    done = []
    for store in _held(archive, storage):
        try:
            store.check_identity()
            paths = list(store.root.objects())
        except StorageError as error:
            finding = Finding(Code.STORAGE_UNREACHABLE, store.id, seen=str(error))
            done.append(Receipt("", store.id, Report(WholeStorage(store.id), [finding])))
            continue
        receipts = (_receive(archive, store, path, dry_run, observer) for path in paths)
        done += [one for one in receipts if one is not None]
    return done


def _held(archive: Archive, storage: str | None) -> list[Store]:
    if storage is None:
        return [one for one in archive.stores() if one.config.role is Role.HELD]
    store = archive.store(storage)
    if store.config.role is not Role.HELD:
        message = _('{storage} is not kept for others: its role is not "held"')
        raise UsageError(message.format(storage=storage))
    return [store]


def _receive(
    archive: Archive, store: Store, path: str, dry_run: bool, observer: Observer
) -> Receipt | None:
    """One package; None if there is nothing new in it."""
    receipt = Receipt("", store.id, Report(ObjectInStorage(path, store.id)))
    try:
        found = store.root.read_at(path)
        package = PackageId.parse(found.inventory.identifier)
        receipt.package = package.uri
        receipt.report.subject = CopyInStorage(package, store.id)
        known = recorded_versions(archive, store, package)
        receipt.versions = tuple(one for one in found.inventory.versions if one not in known)
        logs = dict(_unknown_logs(archive, store, package, path))
        if not receipt.versions and not logs:
            return None
        if dry_run:
            return receipt
        checked = check_object(
            store.storage, path, subject=receipt.report.subject, observer=observer
        )
    except (Damaged, ValueError) as error:
        receipt.report.add([Finding(Code.INVENTORY_INVALID, path, seen=str(error))])
        return receipt
    except StorageError as error:
        receipt.report.add([Finding(Code.UNREADABLE, error.path or path, seen=str(error))])
        return receipt
    receipt.report = checked.report
    receipt.report.add(_otherwise_recorded(archive, package, checked, known))
    if receipt.report.outcome is Outcome.PASS:
        _acknowledge(archive, store, package, checked, receipt.versions)
        vouch(archive, package, logs, [store.id])
        note(archive, store, package, receipt.report)
        receipt.acknowledged = True
    return receipt


def _otherwise_recorded(
    archive: Archive, package: PackageId, checked: CheckedObject, known: set[str]
) -> Iterator[Finding]:
    """Versions never change: what was noted of one before must still be so."""
    for version in sorted(known):
        facts = recorded(archive, package, version)
        seen = checked.digests.get(version)
        if facts is not None and facts["inventory"] != seen:
            where = f"{version}/inventory.json"
            yield Finding(Code.NOT_AS_RECORDED, where, str(facts["inventory"]), seen)


def _acknowledge(
    archive: Archive,
    store: Store,
    package: PackageId,
    checked: CheckedObject,
    versions: tuple[str, ...],
) -> None:
    assert checked.inventory is not None, "what passed has an inventory"
    for version in versions:
        files = checked.inventory.versions[version].files()
        archive.ledger.append(
            ACCESSION,
            time=archive.now(),
            outcome=SUCCESS,
            package=package.uri,
            storage=store.id,
            version=version,
            facts=commitment(checked.digests[version], files),
        )


def _unknown_logs(
    archive: Archive, store: Store, package: PackageId, path: str
) -> Iterator[tuple[str, str]]:
    """SHA-256 and event of each record of an event that our ledger does not know yet."""
    known = {str(one.facts["premis_sha256"]) for one in recorded_logs(archive, package)}
    for name in log_names(store, path):
        digest = log_digest(store, path, name)
        if digest not in known and (event := event_of(store, path, name)) is not None:
            yield digest, event


def event_of(store: Store, path: str, name: str) -> str | None:
    """The identifier of the event that a file of `logs/` records, if its name says so too.

    Raises StorageError.
    """
    data = read_all(store.storage, f"{path}/{LOGS}/{name}", LARGEST_LOG)
    try:
        (event,) = read_events(io.BytesIO(data))
    except ValueError:
        return None
    return event.identifier.value if event.identifier.value in name else None


def vouch(
    archive: Archive, package: PackageId, logs: Mapping[str, str], storages: list[str]
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
