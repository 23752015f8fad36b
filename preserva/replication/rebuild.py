"""What was lost is made anew from what is left: a storage from the others, the ledger from all.

A ledger comes back from the longest copy of it that replication left. What was done since, and all
of it where there is no copy, is a new beginning: it says what the storages hold today, and where
copies contradict each other nothing is written down, and a person must decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import takewhile

from preserva.archive.archive import Archive, Clock, Identifiers, is_made, make_storage
from preserva.archive.commitments import (
    commitment,
    log_digest,
    log_names,
    recorded,
    recorded_logs,
    recorded_versions,
)
from preserva.archive.fixity_events import note
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.ledger_replica import copied_entries
from preserva.archive.store import Store
from preserva.config import Config, Role
from preserva.core.formats.canonical_json import Value
from preserva.core.formats.inventory import Inventory
from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION, END, REPLICATION, SUCCESS
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Observer, Outcome, Report, ignore
from preserva.core.values.subjects import CopyInStorage, ObjectInStorage
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
    archive: Archive, storage: str, *, dry_run: bool = False, observer: Observer = ignore
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
    packages = [PackageId.parse(one) for one in archive.ledger.copies.packages(storage)]
    if not packages:
        return []
    prove_ledger(archive, record=not dry_run)
    if dry_run and not is_made(store):  # what is not there is empty
        store = Store(store.config, open_storage(f"memory://{archive.identifiers()}"))
    if not is_made(store):
        make_storage(store, archive.config)
    return repair_in(
        archive, store, packages, apply=not dry_run, limit=len(packages), observer=observer
    )


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy as it was read: the digest of the inventory of each version."""

    store: Store
    path: str
    inventory: Inventory | None
    digests: dict[str, str]
    report: Report


def rebuild_ledger(
    config: Config, *, clock: Clock, identifiers: Identifiers, observer: Observer = ignore
) -> list[Report]:
    """Make the ledger anew from the storages: every copy is read whole; a report for each.

    It goes on from the longest copy of it in a storage. Noted is besides what all sound copies
    agree on. The ledger appears when it is complete. Raises Refused if there is one, StorageError
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
    with Archive(
        replace(config, ledger=unfinished), clock=clock, identifiers=identifiers
    ) as archive:
        names: list[Value] = [store.id for store in archive.stores()]
        facts: dict[str, Value] = {"storages": names, "restored": _restore(archive)}
        archive.ledger.append(REBUILT, time=archive.now(), outcome=SUCCESS, facts=facts)
        copies = defaultdict(list)
        reports = []
        for store in archive.stores():
            for copy in _copies(store, observer):
                reports.append(copy.report)
                if copy.inventory is not None:
                    copies[copy.inventory.identifier].append(copy)
        for identifier in sorted(copies):
            _note_package(archive, PackageId.parse(identifier), copies[identifier])
    config.ledger.unlink(missing_ok=True)  # it is empty
    publish(unfinished, config.ledger)
    return reports


def _restore(archive: Archive) -> int:
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


def _copies(store: Store, observer: Observer) -> Iterator[_Copy]:
    """Every copy in a storage, read whole."""
    for path in store.root.objects():
        checked = check_object(
            store.storage, path, subject=ObjectInStorage(path, store.id), observer=observer
        )
        inventory = checked.inventory
        if inventory is not None:
            checked.report.subject = ObjectInStorage(inventory.identifier, store.id)
            if store.root.path_of(inventory.identifier) != path:
                checked.report.add([Finding(Code.MISPLACED_OBJECT, path)])
            try:
                package = PackageId.parse(inventory.identifier)
                checked.report.subject = CopyInStorage(package, store.id)
            except ValueError:
                checked.report.add([Finding(Code.INVENTORY_INVALID, path, seen="id")])
                inventory = None
        yield _Copy(store, path, inventory, checked.digests, checked.report)


def _note_package(archive: Archive, package: PackageId, copies: list[_Copy]) -> None:
    """Note each version on which the sound copies agree, in the storages that have the package."""
    for one in copies:
        _hold_against_restored(archive, package, one)
    sound = [one for one in copies if one.report.outcome is Outcome.PASS]
    if not sound:
        return
    longest = max(sound, key=lambda one: len(one.digests))
    agreed = list(takewhile(lambda version: _agreed(version, sound), longest.digests))
    for version in agreed:
        assert longest.inventory is not None, "what is sound has an inventory"
        files = longest.inventory.versions[version].files()
        facts = {**commitment(longest.digests[version], files), "rebuilt": len(sound)}
        for store, type_ in _arrivals(archive, package, copies, version):
            if version in recorded_versions(archive, store, package):
                continue
            archive.ledger.append(
                type_,
                time=archive.now(),
                outcome=SUCCESS,
                package=package.uri,
                storage=store.id,
                version=version,
                facts=facts,
            )
    if len(agreed) < len(longest.digests):
        version = f"v{len(agreed) + 1}"
        for one in sound:
            one.report.add([Finding(Code.DIVERGED, version, seen=one.digests.get(version))])
        return
    _note_logs(archive, package, sound)
    for one in copies:
        note(archive, one.store, package, one.report)


def _hold_against_restored(archive: Archive, package: PackageId, copy: _Copy) -> None:
    """Where a copy of the lost ledger tells what a version must be, no other one is sound."""
    for version, digest in copy.digests.items():
        facts = recorded(archive, package, version)
        if facts is not None and facts["inventory"] != digest:
            where, expected = f"{version}/inventory.json", str(facts["inventory"])
            copy.report.add([Finding(Code.NOT_AS_RECORDED, where, expected, digest)])


def _agreed(version: str, copies: list[_Copy]) -> bool:
    return len({one.digests[version] for one in copies if version in one.digests}) == 1


def _arrivals(
    archive: Archive, package: PackageId, copies: list[_Copy], version: str
) -> Iterator[tuple[Store, str]]:
    """Where a version is, or was before damage; ours is noted in our own storage even if lost."""
    ours = package.institution == archive.config.institution.id
    if ours:
        yield archive.primary, END
    for one in copies:
        role = one.store.config.role
        held = version in one.digests or one.report.outcome is not Outcome.PASS
        if held and role is not Role.PRIMARY:
            yield one.store, REPLICATION if role is Role.REPLICA and ours else ACCESSION


def _note_logs(archive: Archive, package: PackageId, sound: list[_Copy]) -> None:
    """The records of events in all sound copies, and in which of them each is."""
    known = {str(one.facts["premis_sha256"]) for one in recorded_logs(archive, package)}
    events: dict[str, str] = {}
    places: dict[str, list[str]] = defaultdict(list)
    for one in sound:
        for name in log_names(one.store, one.path):
            event = event_of(one.store, one.path, name)
            if event is not None:
                digest = log_digest(one.store, one.path, name)
                events[digest] = event
                places[digest].append(one.store.id)
    for digest in sorted(events.keys() - known):
        vouch(archive, package, {digest: events[digest]}, places[digest])
