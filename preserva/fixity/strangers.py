"""Strangers: what lies in a storage that nobody of ours, and nobody it is held for, put there.

Only folders and inventories are read. A storage that another institution can write to may hold
anything; what is not named would count as kept one day.
"""

from __future__ import annotations

from collections.abc import Iterator

from preserva.archive.archive import ArchivalStorage
from preserva.archive.events import LOGS
from preserva.archive.fixity_events import record_check
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.config import Role
from preserva.core.formats import layout
from preserva.core.values.codes import Code
from preserva.core.values.entries import FAIL, FIXITY_CHECK
from preserva.core.values.model import Kind, PackageId
from preserva.core.values.report import Finding, Report
from preserva.core.values.subjects import CopyInStorage, ObjectInStorage, WholeStorage
from preserva.errors import Damaged, StorageError
from preserva.storage.ocfl import StoredObject

_MOST_INCIDENTS = 20
"""Strangers of one storage that one audit records as incidents; it names all of them."""


def objects_of(
    store: Store, known: frozenset[str] = frozenset()
) -> tuple[list[str], list[Finding]]:
    """The folders of the objects in a storage that are not `known`, and what else is in it.

    An empty folder is nothing: an interrupted publication leaves some. Raises StorageError.
    """
    store.check_identity()
    root = store.storage.stat(layout.ROOT)
    if root is None or root.kind is not Kind.FOLDER:
        return [], [Finding(Code.ROOT_LINK, layout.ROOT, seen=root.kind.value if root else None)]
    paths, strange = [], []
    for item in store.root.survey(layout.ROOT, known):
        if isinstance(item, str):
            paths.append(item)
        elif item.code is not Code.ROOT_EMPTY_FOLDER:
            strange.append(item)
    return paths, strange


def strangers(archive: ArchivalStorage, *storages: str) -> list[Report]:
    """What is strange in replicas and held storages (all, or those named): a report for each.

    Of a storage with nothing strange there is none, nor of one that cannot be reached, which the
    checks of its copies report.
    """
    reports = []
    for store in archive.stores():
        if not storages or store.id in storages:
            reports += strangers_in(archive, store)
    return reports


def strangers_in(archive: ArchivalStorage, store: Store) -> list[Report]:
    """The same of one storage: first what is no package, then each package that is strange."""
    if store.config.role is Role.PRIMARY or _is_held_for_nobody(store):
        return []
    known = {store.root.path_of(uri): uri for uri in _expected(archive, store)}
    try:
        paths, strange = objects_of(store, frozenset(known))
    except StorageError:
        return []
    reports = [Report(WholeStorage(store.id), strange)] if strange else []
    for path in paths:
        report = _stranger(archive, store, path)
        if report is not None:
            reports.append(report)
    return reports


def strangers_of(archive: ArchivalStorage, package: PackageId) -> list[Report]:
    """What is strange under the identifier of one package: copies and records of events."""
    reports = []
    for store in archive.stores():
        copy = StoredCopy(archive, store, package)
        try:
            findings = list(_strange(copy))
        except StorageError:
            continue  # the state of the copy says so
        if findings:
            reports.append(Report(copy.subject, findings))
    return reports


def _strange(copy: StoredCopy) -> Iterator[Finding]:
    if copy.belongs:
        yield from strange_logs(copy)
    elif copy.is_there():
        intruder = copy.archive.config.custody.intruder(copy.package, copy.store.id)
        yield Finding(intruder, copy.path, seen=copy.package.institution)


def strange_logs(copy: StoredCopy) -> list[Finding]:
    """The records of events in a copy that, by their names, the ledger knows nothing of."""
    if not copy.is_there():
        return []
    events = [str(entry.facts["event"]) for entry in copy.recorded.logged()]
    return [
        Finding(Code.LOG_UNKNOWN, f"{LOGS}/{name}")
        for name in copy.log_names()
        if not any(event in name for event in events)
    ]


def record_strangers(archive: ArchivalStorage, store: Store) -> list[Report]:
    """The same, and each package that is strange becomes an incident, once; those gone are closed.

    Raises LedgerError.
    """
    reports = strangers_in(archive, store)
    there = {
        report.subject.package.uri: report
        for report in reports
        if isinstance(report.subject, CopyInStorage)
    }
    for uri, report in list(there.items())[:_MOST_INCIDENTS]:
        copy = StoredCopy(archive, store, PackageId.parse(uri))
        last = copy.last(FIXITY_CHECK)
        if last is None or last.outcome != FAIL:
            record_check(copy, report)
    for uri, storage in archive.ledger.totals.troubled():
        copy = StoredCopy(archive, store, PackageId.parse(uri))
        gone = storage == store.id and uri not in there and not copy.acknowledged()
        if gone and store.answers() and not copy.is_there():
            record_check(copy, Report(copy.subject))
    return reports


def _is_held_for_nobody(store: Store) -> bool:
    return store.config.role is Role.HELD and store.config.held_for is None


def _expected(archive: ArchivalStorage, store: Store) -> Iterator[str]:
    """The packages that the ledger acknowledged in a storage, where they belong."""
    custody = archive.config.custody
    for uri in archive.ledger.copies.packages(store.id):
        if custody.belongs(PackageId.parse(uri), store.id):
            yield uri


def _stranger(archive: ArchivalStorage, store: Store, path: str) -> Report | None:
    """The report on an object that the ledger did not acknowledge here; None if it may be here."""
    held = store.config.role is Role.HELD
    try:
        stored = store.root.read_at(path)
        copy = StoredCopy(archive, store, PackageId.parse(stored.inventory.identifier))
    except (Damaged, StorageError, ValueError) as error:
        code = Code.INVENTORY_INVALID if held else Code.NOT_PUT_HERE
        return Report(ObjectInStorage(path, store.id), [Finding(code, path, seen=str(error))])
    if not copy.belongs:
        intruder = archive.config.custody.intruder(copy.package, store.id)
        return Report(copy.subject, [Finding(intruder, path, seen=copy.package.institution)])
    if path != copy.path:
        return Report(copy.subject, [Finding(Code.MISPLACED_OBJECT, path, copy.path)])
    if held or _is_ours(copy, stored):
        return None  # it waits for `receive`, or for the next `replicate`, which proves it
    return Report(copy.subject, [Finding(Code.NOT_PUT_HERE, path, seen=copy.package.uri)])


def _is_ours(copy: StoredCopy, stored: StoredObject) -> bool:
    """Whether it is the package that was recorded: an interrupted replication published it."""
    recorded = copy.recorded.inventories()
    return recorded.get(stored.inventory.head) == stored.digest
