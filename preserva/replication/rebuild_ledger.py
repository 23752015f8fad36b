"""Rebuilds a lost ledger from our own storages; where they differ, a person decides.

It continues the copy that replication left in a replica, if that is a whole chain and nothing
contradicts it. After that, or from the start if there is no copy, it records what our own storages
hold today. Storages that are held for others never testify for ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Set
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from preserva.archive.archive import ArchivalStorage, Clock, Identifiers
from preserva.archive.identities import storage_id
from preserva.archive.ledger_mark import read_mark, take_over
from preserva.archive.ledger_replica import copied_entries
from preserva.archive.stated_removal import restore_removals
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.config import Config, Role
from preserva.core.formats import layout
from preserva.core.policy.ledger_choice import Anchor
from preserva.core.values.codes import Code
from preserva.core.values.entries import REBUILT, SUCCESS
from preserva.core.values.facts import Rebuilt
from preserva.core.values.model import Kind, PackageId
from preserva.core.values.report import Finding, Observer, Report, counted, ignore, unheard
from preserva.core.values.subjects import ObjectInStorage, WholeStorage
from preserva.errors import Damaged, Refused, StorageError, UsageError
from preserva.files.disk import publish
from preserva.fixity.ocfl_object import check_object
from preserva.i18n import _, joined
from preserva.ledger import Ledger
from preserva.replication.ledger_copies import (
    Choice,
    LedgerChoice,
    choose_copy,
    refuse_unseen,
)
from preserva.replication.lone_claims import refuse_lone_claims
from preserva.replication.rebuilt_package import ReadCopy, record_missing, record_package

_NAMED = 20
"""How many contradictions a refusal names; the first one is usually enough."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of a rebuilt ledger: the copy in a storage, how many entries, the newest's digest.

    Without a copy there is neither storage nor digest.
    """

    storage: str | None
    entries: int
    digest: str | None


@dataclass(frozen=True, slots=True)
class _Storages:
    """The storages that are there: our own, whose word counts, and all; the others are `lost`."""

    own: list[Store]
    there: list[Store]
    lost: list[Store] = field(default_factory=list)


def rebuild_ledger(
    config: Config,
    *,
    source: str | None = None,
    anchor: Anchor | None = None,
    clock: Clock,
    identifiers: Identifiers,
    person: str | None = None,
    observer: Observer = ignore,
    each: Callable[[Report], object] = unheard,
) -> list[Report]:
    """Rebuild the ledger from the storages: every copy is read whole; a report for each.

    It continues the copy in a replica; what our own copies agree on is added, and damage is
    recorded as a failed check. `source` is the storage of ours whose word counts where they
    contradict each other, `anchor` an entry of the lost ledger that is known from elsewhere. The
    ledger appears when it is complete. `each` is handed every report as it comes; the comparison of
    all copies, at the end, may add findings to it.

    Raises Refused if there is one, if copies of it contradict each other or our primary storage,
    and nobody decided, or if nothing is left to make it from; UsageError for a `source` that is not
    ours; StorageError if a storage cannot be reached.
    """
    if config.ledger.exists() and config.ledger.stat().st_size:
        message = _("there is a ledger at {path}; it was not touched")
        raise Refused(
            message.format(path=config.ledger),
            hint=_("If it is damaged, keep it as evidence under another name first."),
        )
    _refuse_source(config, source)
    unfinished = config.ledger.with_name(f"{config.ledger.name}.rebuilding")
    _remove(unfinished)  # left by a run that was interrupted
    Ledger(unfinished).close()
    try:
        with ArchivalStorage(
            replace(config, ledger=unfinished),
            clock=clock,
            identifiers=identifiers,
            person=person,
            rebuilding=True,
        ) as archive:
            reports = _rebuild(archive, LedgerChoice(source, anchor), observer, each)
    except BaseException:
        _remove(unfinished)
        raise
    config.ledger.unlink(missing_ok=True)  # it is empty
    publish(unfinished, config.ledger)
    return reports


def origin_of(config: Config) -> Origin:
    """From what the ledger of a configuration was last rebuilt. Raises LedgerError."""
    with closing(Ledger(config.ledger)) as ledger:
        entry = ledger.newest(REBUILT)
        if entry is None:
            return Origin(None, 0, None)
        facts = entry.facts_as(Rebuilt)
        return Origin(facts.source, facts.restored, facts.newest)


def _remove(ledger: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        ledger.with_name(ledger.name + ending).unlink(missing_ok=True)


def _refuse_source(config: Config, source: str | None) -> None:
    own = [store.id for store in config.storages.values() if _is_own(config, store.id)]
    if source is not None and source not in own:
        message = _("{storage} is not a storage of ours; ours are: {known}")
        raise UsageError(message.format(storage=source, known=", ".join(own)))


def _is_own(config: Config, storage: str) -> bool:
    """Whether it is our primary storage or a replica of it."""
    return storage not in config.custody.held


def _rebuild(
    archive: ArchivalStorage,
    decision: LedgerChoice,
    observer: Observer,
    each: Callable[[Report], object],
) -> list[Report]:
    storages = _find(archive)
    reports = [
        Report(WholeStorage(store.id), [Finding(Code.STORAGE_EMPTY, store.config.url)])
        for store in storages.lost
    ]
    choice = choose_copy(storages.own, archive.config.institution.id, decision)
    reports += choice.reports
    reports += _leave_out(archive, storages, choice.strange)
    _take_over(archive, choice)
    _refuse_contradicted(archive, storages, choice, decision)
    refuse_unseen(choice, archive.ledger)
    reports += _leave_out_foreign(archive, storages)
    primary = archive.primary if archive.primary in storages.there else None
    if primary is None and decision.source is None:
        refuse_lone_claims(archive, storages.own)
    _record_rebuilt(archive, storages, choice)
    restore_removals(archive, storages.own)
    for report in reports:
        each(report)
    objects = _Objects()
    for store in storages.there:
        paths = list(store.root.objects())
        for path in counted("rebuild", WholeStorage(store.id), paths, len(paths), observer):
            reports.append(objects.read(archive, store, path))
            each(reports[-1])
    for package in objects.packages(archive, storages.there):
        copies = objects.copies(archive, storages.there, package)
        record_package(archive, package, copies, primary, decision.source)
        for report in record_missing(archive, storages.there, package, copies):
            reports.append(report)
            each(report)
    take_over(archive, storages.own)
    return reports


def _leave_out(
    archive: ArchivalStorage, storages: _Storages, strange: frozenset[str]
) -> list[Report]:
    """Storages of another ledger do not testify and are not written to; a report on each.

    Raises Refused if our primary storage is one of them.
    """
    primary = archive.primary
    if primary.id in strange:
        message = _("{storage} belongs to another ledger than the storage named with --from")
        raise Refused(
            message.format(storage=primary.id),
            hint=_("Put the right disk in its place. If ours is lost, leave its place empty."),
        )
    storages.own[:] = [store for store in storages.own if store.id not in strange]
    storages.there[:] = [store for store in storages.there if store.id not in strange]
    finding = Finding(Code.STORAGE_WRONG)
    return [Report(WholeStorage(name), [finding]) for name in sorted(strange)]


def _leave_out_foreign(archive: ArchivalStorage, storages: _Storages) -> list[Report]:
    """Held storages with another id than the ledger knew are not received from; a report on each.

    Ours tell by what they saw of the ledger, which those of others never saw.
    """
    foreign = [
        store
        for store in storages.there
        if store not in storages.own
        and storage_id(archive.ledger, store.id) not in {None, store.read_identity().id}
    ]
    for store in foreign:
        storages.there.remove(store)
    return [Report(WholeStorage(store.id), [Finding(Code.STORAGE_WRONG)]) for store in foreign]


class _Objects:
    """The objects of all storages as they were read: those that are copies, and the unreadable."""

    def __init__(self) -> None:
        self._copies: dict[str, list[ReadCopy]] = defaultdict(list)
        self._unreadable: dict[tuple[str, str], Report] = {}

    def read(self, archive: ArchivalStorage, store: Store, path: str) -> Report:
        """Read one whole; the report on it."""
        subject = ObjectInStorage(path, store.id)
        checked = check_object(store.storage, path, subject=subject)
        report, inventory = checked.report, checked.inventory
        if inventory is None:
            self._unreadable[store.id, path] = report
            return report
        try:
            copy = StoredCopy(archive, store, PackageId.parse(inventory.identifier))
        except ValueError:
            report.subject = ObjectInStorage(inventory.identifier, store.id)
            report.add([Finding(Code.INVENTORY_INVALID, path, seen="id")])
            return report
        report.subject = copy.subject
        if not copy.belongs:
            intruder = archive.config.custody.intruder(copy.package, store.id)
            report.add([Finding(intruder, path, seen=copy.package.institution)])
        elif copy.path != path:
            report.add([Finding(Code.MISPLACED_OBJECT, path, copy.path)])
        else:
            read = ReadCopy(copy, inventory, checked.digests, report)
            self._copies[copy.package.uri].append(read)
        return report

    def packages(self, archive: ArchivalStorage, stores: list[Store]) -> list[PackageId]:
        """Those that were read, and those that the ledger acknowledged in a storage."""
        known = {uri for store in stores for uri in archive.ledger.copies.packages(store.id)}
        return [PackageId.parse(uri) for uri in sorted(known | self._copies.keys())]

    def copies(
        self, archive: ArchivalStorage, stores: list[Store], package: PackageId
    ) -> list[ReadCopy]:
        """The copies of a package, and whatever is in the place of one and cannot be read."""
        copies = list(self._copies.get(package.uri, ()))
        for store in stores:
            copy = StoredCopy(archive, store, package)
            report = self._unreadable.get((store.id, copy.path))
            if report is not None and copy.belongs:
                report.subject = copy.subject
                copies.append(ReadCopy(copy, None, {}, report))
        return copies


def _find(archive: ArchivalStorage) -> _Storages:
    """Which storages are there. Raises Refused if none of ours is, StorageError."""
    found, ledgers = _Storages([], []), _ledgers_of_replicas(archive)
    for store in archive.stores():
        if _is_lost(store, ledgers):
            found.lost.append(store)
            continue
        store.check_identity()
        found.there.append(store)
        if _is_own(archive.config, store.id):
            found.own.append(store)
    if not found.own:
        raise Refused(
            _("none of our own storages is there, so there is nothing to make a ledger from"),
            hint=_("Are the disks mounted? `preserva init` makes a new, empty archive."),
        )
    return found


def _is_lost(store: Store, ledgers: Set[str]) -> bool:
    """Whether there is nothing in its place, or a new, empty storage.

    A storage that belongs to one of the other storages' `ledgers` is not new: it was emptied.
    """
    storage = store.storage
    if storage.stat("") is None or not storage.children(""):
        return True
    if storage.stat(layout.IDENTITY) is None or store.config.role is not Role.PRIMARY:
        return False
    mark = read_mark(store)
    if mark is not None and mark.ledger in ledgers:
        return False
    root = storage.stat(layout.ROOT)
    return (
        root is not None and root.kind is Kind.FOLDER and next(store.root.objects(), None) is None
    )


def _ledgers_of_replicas(archive: ArchivalStorage) -> set[str]:
    """The ids of the ledgers that our replicas belong to."""
    replicas = (store for store in archive.stores() if store.config.role is Role.REPLICA)
    marks = (read_mark(store) for store in replicas if store.storage.stat("") is not None)
    return {mark.ledger for mark in marks if mark is not None}


def _take_over(archive: ArchivalStorage, choice: Choice) -> None:
    if choice.chain is not None:
        own = archive.config.institution.id
        archive.ledger.adopt(copied_entries(archive.store(choice.chain.storage), own))


def _refuse_contradicted(
    archive: ArchivalStorage, storages: _Storages, choice: Choice, decision: LedgerChoice
) -> None:
    """Refuse a copy of the ledger that contradicts our primary storage.

    What an anchor proves is true: then the storage is the damaged one.
    """
    primary = archive.primary
    if choice.chain is None or decision.source is not None or primary not in storages.there:
        return
    problems = []
    for path in primary.root.objects():
        try:
            inventory = primary.root.read_at(path).inventory
            copy = StoredCopy(archive, primary, PackageId.parse(inventory.identifier))
            first = copy.recorded.testimony().first
            for version in inventory.versions:
                seen = primary.root.read_version(path, version).digest
                stated = first.get(version)
                if stated and stated.inventory != seen and stated.entry > choice.proved:
                    problems.append(f"{copy.package.portable} {version}")
        except (Damaged, StorageError, ValueError):
            continue  # what cannot be read contradicts nothing; it is reported when it is read
    if problems:
        message = _("the copy of the ledger in {copy} contradicts our own storage {primary}:")
        first_line = message.format(copy=choice.chain.storage, primary=primary.id)
        raise Refused(
            joined("\n  ", [first_line, *problems[:_NAMED]]),
            hint=_(
                "Either may be the forged one. A digest of an entry that was kept on paper or in an"
                " export proves the copy: --anchor. Or say with --from whose word counts:"
                " --from {copy} or --from {primary}."
            ).format(copy=choice.chain.storage, primary=primary.id),
        )


def _record_rebuilt(archive: ArchivalStorage, storages: _Storages, choice: Choice) -> None:
    chain = choice.chain
    facts = Rebuilt(
        tuple(store.id for store in storages.there),
        archive.ledger.size,
        None if chain is None else chain.storage,
        None if chain is None else chain.digests[-1],
        tuple(store.id for store in storages.lost),
    )
    archive.ledger.append(REBUILT, time=archive.now(), outcome=SUCCESS, facts=facts)
