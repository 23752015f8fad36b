"""What was lost is made anew from what is left: a storage from the others, the ledger from all.

A ledger comes back from the longest copy of it that replication left. What was done since, and all
of it where there is no copy, is a new beginning: it says what the storages hold today, and where
copies contradict each other nothing is written down, and a person must decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import takewhile

from preserva.archive.archive import (
    ArchivalStorage,
    Clock,
    Identifiers,
    is_made,
    make_place,
    make_storage,
)
from preserva.archive.fixity_events import record_check
from preserva.archive.ledger_mark import take_over
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.ledger_replica import copied_entries
from preserva.archive.recorded_package import RecordedPackage, commitment
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.config import Config, Role
from preserva.core.formats.canonical_json import Value
from preserva.core.formats.inventory import Inventory
from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION, END, REPLICATION, SUCCESS
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Observer, Outcome, Report, ignore
from preserva.core.values.subjects import ObjectInStorage
from preserva.errors import LedgerError, Refused, UsageError
from preserva.files.disk import publish
from preserva.fixity.ocfl_object import check_object
from preserva.i18n import _
from preserva.ledger import Ledger
from preserva.replication.accession import event_of, vouch
from preserva.replication.repair import Repair, repair_in
from preserva.storage.open import open_storage

REBUILT = "ledger rebuilt"


def rebuild_storage(
    archive: ArchivalStorage, storage: str, *, dry_run: bool = False, observer: Observer = ignore
) -> list[Repair]:
    """Bring back every copy that the ledger acknowledged in a storage, each proved.

    The storage is a new, empty place, or one in which something is left. Raises Refused for a place
    that holds something else, UsageError for a storage that another institution writes, and what
    `repair` raises.
    """
    store = archive.store(storage)
    if store.config.role is Role.HELD:
        message = _("{storage} is kept here for another institution, which alone rebuilds it")
        raise UsageError(message.format(storage=storage))
    packages = [PackageId.parse(uri) for uri in archive.ledger.copies.packages(storage)]
    prove_ledger(archive, record=not dry_run)
    if dry_run and not is_made(store):  # what is not there is empty
        store = Store(store.config, open_storage(f"memory://{archive.identifiers()}"))
        make_place(store, archive.config, archive.identifiers())
    if not is_made(store):
        make_storage(archive, store)
    return repair_in(
        archive, store, packages, apply=not dry_run, limit=len(packages), observer=observer
    )


@dataclass(frozen=True, slots=True)
class _ReadCopy:
    """A copy as it was read: the digest of the inventory of each version."""

    copy: StoredCopy
    inventory: Inventory
    digests: dict[str, str]
    report: Report


def rebuild_ledger(
    config: Config, *, clock: Clock, identifiers: Identifiers, observer: Observer = ignore
) -> list[Report]:
    """Make the ledger anew from the storages: every copy is read whole; a report for each.

    It goes on from the longest copy of it in a storage; what all sound copies agree on is recorded
    besides. The ledger appears when it is complete. Raises Refused if there is one, StorageError
    if a storage cannot be reached.
    """
    if config.ledger.exists() and config.ledger.stat().st_size:
        message = _("there is a ledger at {path}; it was not touched")
        raise Refused(
            message.format(path=config.ledger),
            hint=_("If it is damaged, keep it as evidence under another name first."),
        )
    unfinished = config.ledger.with_name(f"{config.ledger.name}.rebuilding")
    for ending in ("", "-wal", "-shm"):  # left by a run that was interrupted
        unfinished.with_name(unfinished.name + ending).unlink(missing_ok=True)
    Ledger(unfinished).close()
    with ArchivalStorage(
        replace(config, ledger=unfinished), clock=clock, identifiers=identifiers, rebuilding=True
    ) as archive:
        names: list[Value] = [store.id for store in archive.stores()]
        facts: dict[str, Value] = {"storages": names, "restored": _restore(archive)}
        archive.ledger.append(REBUILT, time=archive.now(), outcome=SUCCESS, facts=facts)
        copies = defaultdict(list)
        reports = []
        for store in archive.stores():
            for path in store.root.objects():
                report, read = _read(archive, store, path, observer)
                reports.append(report)
                if read is not None:
                    copies[read.copy.package.uri].append(read)
        for identifier in sorted(copies):
            _record_package(archive, PackageId.parse(identifier), copies[identifier])
        take_over(archive)
    config.ledger.unlink(missing_ok=True)  # it is empty
    publish(unfinished, config.ledger)
    return reports


def _restore(archive: ArchivalStorage) -> int:
    """Take over the longest whole copy of the lost ledger; how many entries it had."""
    own = archive.config.institution.id
    lengths = {}
    for store in archive.stores():
        try:
            lengths[store.id] = sum(1 for _entry in copied_entries(store, own))
        except LedgerError:
            continue
    for name in sorted(lengths, key=lambda name: -lengths[name]):
        with suppress(LedgerError):
            archive.ledger.adopt(copied_entries(archive.store(name), own))
            return archive.ledger.size
    return 0


def _read(
    archive: ArchivalStorage, store: Store, path: str, observer: Observer
) -> tuple[Report, _ReadCopy | None]:
    """An object of a storage, read whole: the report, and the copy that it is if it is one."""
    subject = ObjectInStorage(path, store.id)
    checked = check_object(store.storage, path, subject=subject, observer=observer)
    report, inventory = checked.report, checked.inventory
    if inventory is None:
        return report, None
    report.subject = ObjectInStorage(inventory.identifier, store.id)
    if store.root.path_of(inventory.identifier) != path:
        report.add([Finding(Code.MISPLACED_OBJECT, path)])
    try:
        copy = StoredCopy(archive, store, PackageId.parse(inventory.identifier))
    except ValueError:
        report.add([Finding(Code.INVENTORY_INVALID, path, seen="id")])
        return report, None
    report.subject = copy.subject
    return report, _ReadCopy(copy, inventory, checked.digests, report)


def _record_package(archive: ArchivalStorage, package: PackageId, copies: list[_ReadCopy]) -> None:
    """Record each version on which the sound copies agree, where the package is."""
    restored = RecordedPackage(archive.ledger, package).inventories()
    for read in copies:
        _hold_to_restored(restored, read)
    sound = [read for read in copies if read.report.outcome is Outcome.PASS]
    if not sound:
        return
    longest = max(sound, key=lambda read: len(read.digests))
    agreed = list(takewhile(lambda version: _agreed(version, sound), longest.digests))
    for version in agreed:
        files = longest.inventory.versions[version].files()
        facts = {**commitment(longest.digests[version], files), "rebuilt": len(sound)}
        for copy, type_ in _arrivals(archive, package, copies, version):
            if version not in copy.acknowledged():
                copy.record(type_, SUCCESS, version=version, facts=facts)
    if len(agreed) < len(longest.digests):
        version = f"v{len(agreed) + 1}"
        for read in sound:
            read.report.add([Finding(Code.DIVERGED, version, seen=read.digests.get(version))])
        return
    _record_logs(archive, package, sound)
    for read in copies:
        record_check(read.copy, read.report)


def _hold_to_restored(restored: Mapping[str, str], read: _ReadCopy) -> None:
    """Where a copy of the lost ledger tells what a version must be, no other one is sound."""
    for version, digest in read.digests.items():
        expected = restored.get(version)
        if expected is not None and expected != digest:
            where = f"{version}/inventory.json"
            read.report.add([Finding(Code.NOT_AS_RECORDED, where, expected, digest)])


def _agreed(version: str, copies: list[_ReadCopy]) -> bool:
    return len({read.digests[version] for read in copies if version in read.digests}) == 1


def _arrivals(
    archive: ArchivalStorage, package: PackageId, copies: list[_ReadCopy], version: str
) -> Iterator[tuple[StoredCopy, str]]:
    """Where a version is, or was before damage; in our own storage it was even if it is lost."""
    ours = package.institution == archive.config.institution.id
    if ours:
        yield StoredCopy(archive, archive.primary, package), END
    for read in copies:
        role = read.copy.store.config.role
        held = version in read.digests or read.report.outcome is not Outcome.PASS
        if held and role is not Role.PRIMARY:
            yield read.copy, REPLICATION if role is Role.REPLICA and ours else ACCESSION


def _record_logs(archive: ArchivalStorage, package: PackageId, sound: list[_ReadCopy]) -> None:
    """The records of events in all sound copies, and in which of them each is."""
    known = RecordedPackage(archive.ledger, package).log_digests()
    events: dict[str, str] = {}
    places: dict[str, list[str]] = defaultdict(list)
    for read in sound:
        copy = read.copy
        for name in copy.log_names():
            event = event_of(copy, name)
            if event is not None:
                digest = copy.log_digest(name)
                events[digest] = event
                places[digest].append(copy.store.id)
    for digest in sorted(events.keys() - known):
        vouch(archive, package, {digest: events[digest]}, places[digest])
