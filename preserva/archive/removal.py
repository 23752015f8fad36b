"""The bytes of a withdrawn package are removed: a decision of two persons, after a grace period.

Each institution decides for its own storages. In each of them, with the writer's lock held:

1. the ledger records `removal start`: what will go, by which digests, by whose decision;
2. the object, and what repairs set aside of it, moves to `staging/removed/`: it is visible no more;
3. its inventories, its PREMIS and the records of its events move to `tombstones/`, and stay, with
   what a ledger that is rebuilt must know of it (`archive.stated_removal`);
4. the rest is discarded, and the ledger records `deletion`.

Whatever interrupts it, the same call goes on from there: what the ledger says has begun is ended,
and no view and no verb brings a copy back from the first step on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from preserva.archive import events as history
from preserva.archive.acting import Actor, needed
from preserva.archive.archive import ArchivalStorage
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.stated_removal import STATED, StatedRemoval, is_ours
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.two_persons import decided, finish, note_done
from preserva.archive.withdrawal import tombstones
from preserva.core.eark.vocabulary import EventType
from preserva.core.formats import layout
from preserva.core.policy.two_persons import (
    REMOVAL,
    JointDecision,
    Matter,
)
from preserva.core.values import entries
from preserva.core.values.codes import Code
from preserva.core.values.facts import Removal
from preserva.core.values.model import Entry, Kind, PackageId
from preserva.core.values.report import Finding, Outcome, Report
from preserva.errors import NotFound, Refused, StorageError, UsageError
from preserva.i18n import _
from preserva.ledger import LedgerEntry
from preserva.storage.base import Storage
from preserva.storage.published import publish, quarantine

_OBJECT = "object"

_PREMIS = "/metadata/preservation/"
"""In the path of a file of a version: it says what happened to the package."""


@dataclass(frozen=True, slots=True)
class CopyRemoval:
    """What came of one copy: whether it is `ours` to remove, and is `removed`.

    `files` and `size` (bytes) went; what stays of it is in the folder `tombstone` of its storage.
    """

    report: Report
    storage: str
    ours: bool
    removed: bool = False
    files: int = 0
    size: int = 0
    tombstone: str | None = None

    @property
    def outcome(self) -> Outcome:
        """That of the report."""
        return self.report.outcome


def remove_bytes(
    archive: ArchivalStorage, package: PackageId, reason: str | None = None
) -> list[CopyRemoval]:
    """Remove the copies of a withdrawn package from our own storages, once two persons decided it.

    The same call, made again, goes on. A copy that another institution holds is not touched, and
    one that its storage does not let go is reported: W384, E385.

    Raises AwaitsConfirmation until a second person confirmed it, Refused during the grace period;
    UsageError for a package that is not withdrawn, without a reason or a person; Locked,
    LedgerError, and StorageError if the primary storage cannot be used.
    """
    needed(archive.actor)
    prove_ledger(archive)
    tombstone = tombstones(archive.ledger).get(package.uri)
    if tombstone is None:
        message = _("{id} is not withdrawn: only what is withdrawn can be removed")
        raise UsageError(message.format(id=package))
    copies = [StoredCopy(archive, store, package) for store in archive.stores()]
    kept = [copy for copy in copies if copy.acknowledged()]
    ours = [copy for copy in kept if is_ours(copy.archive, copy.store)]
    gone = {copy.storage for copy in tombstone.removed if copy.done}
    with archive.writing(archive.primary):
        if {copy.store.id for copy in ours} <= gone:
            finish(archive, Matter(REMOVAL, package.uri))  # interrupted after the last copy
            decision = None
        else:
            matter = Matter(REMOVAL, package.uri)
            decision = decided(archive, matter, reason, since=tombstone.entry)
    removals = [_removed(copy, decision) for copy in kept]
    if decision is not None and all(removal.removed for removal in removals if removal.ours):
        note_done(archive, decision)
    return removals


def _removed(copy: StoredCopy, decision: JointDecision | None) -> CopyRemoval:
    """Remove a copy if it is ours, and is there."""
    report, storage = Report(copy.subject), copy.store.id
    if not is_ours(copy.archive, copy.store):
        report.add([Finding(Code.NOT_OURS_TO_REMOVE, storage, seen=copy.store.config.institution)])
        return CopyRemoval(report, storage, ours=False)
    last = copy.last(entries.REMOVAL_START, entries.REMOVAL)
    if decision is not None and (last is None or last.type != entries.REMOVAL):
        try:
            with copy.archive.writing(copy.store):
                begun = last or _begin(copy, decision)
                last = _go_on(copy, begun)
        except (StorageError, Refused) as error:
            path = error.path if isinstance(error, StorageError) else None
            report.add([Finding(Code.NOT_REMOVED, path or copy.path, seen=str(error))])
            return CopyRemoval(report, storage, ours=True)
    assert last is not None, "it was removed, now or before"
    facts = last.facts_as(Removal)
    return CopyRemoval(report, storage, True, True, facts.files, facts.size, facts.tombstone)


def _begin(copy: StoredCopy, decision: JointDecision) -> LedgerEntry:
    """Into the ledger, before anything moves: what will go, and why."""
    files = list(_files(copy.storage, copy.path))
    event = copy.archive.identifiers()
    facts = Removal(
        event=event,
        decision=decision.number,
        tombstone=f"{layout.TOMBSTONES}/{copy.package.portable}/{event}",
        inventories=copy.recorded.inventories(),
        files=len(files),
        size=sum(entry.size for entry in files),
    )
    return copy.record(entries.REMOVAL_START, entries.SUCCESS, facts=facts)


def _go_on(copy: StoredCopy, begun: LedgerEntry) -> LedgerEntry:
    """Remove what is still there of a copy whose removal has begun; the entry that says so."""
    facts, storage = begun.facts_as(Removal), copy.storage
    staged = f"{layout.REMOVED}/{copy.package.portable}"
    _move(storage, copy.path, f"{staged}/{_OBJECT}")
    _move(storage, _emptied(storage, copy.path), f"{staged}/folders")
    _move(storage, f"{layout.QUARANTINE}/{copy.package.portable}", f"{staged}/quarantine")
    for entry in _children(storage, staged):
        if entry.path.startswith(f"{staged}/{_OBJECT}"):
            _keep_evidence(storage, entry.path, facts.tombstone)
    log = _log(copy, begun, facts)
    done = replace(facts, event=log.event, sha256=log.sha256)
    _keep(storage, log.data, f"{facts.tombstone}/{log.path}")
    tombstone = tombstones(copy.archive.ledger)[copy.package.uri]
    stated = StatedRemoval.of(tombstone, copy.store.id, begun.time, done)
    _keep(storage, stated.written(), f"{facts.tombstone}/{STATED}")
    storage.discard(staged)
    if not _children(storage, layout.REMOVED):
        storage.discard(layout.REMOVED)
    return copy.record(entries.REMOVAL, entries.SUCCESS, facts=done)


def _emptied(storage: Storage, path: str) -> str:
    """The topmost folder with nothing in it now: a root has no empty ones (OCFL 1.1, E073)."""
    while True:
        parent = path.rpartition("/")[0]
        if "/" not in parent or [each.path for each in _children(storage, parent)] not in (
            [],
            [path],
        ):
            return path
        path = parent


def _move(storage: Storage, path: str, staged: str) -> None:
    """Move what is there out of sight; beside what an interrupted run has moved before."""
    if storage.stat(path) is not None:
        places = (f"{staged}-{number}" for number in count(1))
        quarantine(storage, path, next(place for place in places if storage.stat(place) is None))


def _keep_evidence(storage: Storage, staged: str, tombstone: str) -> None:
    """What says what the package was, and what happened to it, stays: all but the content."""
    for entry in _files(storage, staged):
        name = entry.path[len(staged) + 1 :]
        if _is_evidence(name) and storage.stat(f"{tombstone}/{name}") is None:
            publish(storage, entry.path, f"{tombstone}/{name}")


def _is_evidence(name: str) -> bool:
    """Whether a file of an object is an inventory, the record of an event, or its PREMIS."""
    _version, _slash, below = name.partition("/")
    return not below.startswith("content/") or _PREMIS in name


def _log(copy: StoredCopy, begun: LedgerEntry, facts: Removal) -> history.LogRecord:
    """The event of the removal; the same, whichever run makes it."""
    assert facts.event is not None, "each removal has one"
    actor = Actor(copy.archive.config.institution, begun.person)
    happened = history.event(
        EventType.DELETION,
        identifier=facts.event,
        time=begun.time,
        actor=actor,
        detail=f"removed from {copy.store.id} by decision {facts.decision} of two persons",
        package=copy.package,
    )
    return history.log_record(happened, actor, copy.package)


def _keep(storage: Storage, data: bytes, final: str) -> None:
    """Put a small file into a tombstone, unless a run before has put it there."""
    if storage.stat(final) is None:
        staged = f"{layout.STAGING}/removal-{final.rpartition('/')[2]}"
        storage.discard(staged)
        storage.create(staged, [data])
        publish(storage, staged, final)


def _files(storage: Storage, folder: str) -> Iterator[Entry]:
    """The files in a folder; of anything else, and of nothing, none."""
    top = storage.stat(folder)
    if top is not None and top.kind is Kind.FOLDER:
        yield from (entry for entry in list(storage.walk(folder)) if entry.kind is Kind.FILE)


def _children(storage: Storage, folder: str) -> list[Entry]:
    try:
        return storage.children(folder)
    except NotFound:
        return []
