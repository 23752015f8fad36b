"""Replication: our packages are copied to other storages, and each copy is proved.

What happens to one package is in `replication.pair`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

from preserva.archive.archive import ArchivalStorage
from preserva.archive.fixity_events import record_seen, record_storage
from preserva.archive.guide import renew_guide
from preserva.archive.ledger_replica import copy_ledger
from preserva.archive.retirement import refuse_retired, retired
from preserva.archive.runs import note_success
from preserva.archive.store import Store, absence
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.unrecorded import RootListing, listed, unrecorded, unrecorded_logs
from preserva.archive.withdrawal import refuse_withdrawn, tombstones
from preserva.config import Role
from preserva.core.policy.health import Job
from preserva.core.values.codes import Code
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
from preserva.core.values.subjects import ObjectToStorage, WholeStorage
from preserva.errors import (
    Damaged,
    Locked,
    LockLost,
    NotInPlace,
    Refused,
    StorageError,
    StorageFull,
    Unfit,
    Unreachable,
    UsageError,
    WrongStorage,
)
from preserva.i18n import _
from preserva.information_package.pages import ObjectPages, PageOf, no_page, with_pages
from preserva.replication.alike import Alike
from preserva.replication.kept_names import names_not_kept
from preserva.replication.pair import Pair, Replication, StoppedError
from preserva.storage.wrappers.rate_limit import RateLimit
from preserva.storage.wrappers.writes import Writes

__all__ = ["Replication", "replicate"]


def replicate(
    archive: ArchivalStorage,
    packages: Sequence[PackageId] = (),
    *,
    to: str | None = None,
    bandwidth: int | None = None,
    dry_run: bool = False,
    timer: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
    observer: Observer = ignore,
    each: Callable[[Replication], object] = unheard,
) -> list[Replication]:
    """Copy what is missing of our packages (all, or those named) to the replicas (all, or one).

    All that goes to a replica and is read back from it keeps to `bandwidth` bytes a second; `timer`
    gives seconds that only grow, `each` is handed every result as it comes. A package that is
    damaged, not recorded or diverged is left alone and reported; the others go on, and so do the
    other replicas where one is locked, full or cannot be written. Raises Locked if all are,
    LockLost, and StorageError if our own storage cannot be read.
    """
    source = archive.primary
    targets = _targets(archive, to)
    archive.refuse_outdated(source, *targets)
    if not dry_run:
        archive.renew_guides()  # first: what they add to the ledger is copied, too
    done: list[Replication] = []
    locked: list[Locked] = []

    def note(result: Replication) -> None:
        done.append(result)
        each(result)

    for replica in targets:
        storage = replica.storage
        if bandwidth is not None:
            storage = RateLimit(storage, bandwidth, clock=timer, sleep=sleep)
        target = replace(replica, storage=Writes(storage))
        results = _to_one(archive, source, target, packages, dry_run, observer)
        locked += _as_they_come(results, target, note)
    if locked and len(locked) == len(targets):
        raise locked[0]
    if not (packages or to or dry_run) and all(map(_is_complete, done)):
        note_success(archive.config, Job.REPLICATE, archive.clock())
    return done


def _as_they_come(
    results: Iterator[Replication], target: Store, note: Callable[[Replication], None]
) -> list[Locked]:
    """Note each result; what keeps one storage from its copies is its own trouble.

    The value has the error of who is writing there, if somebody is.
    """
    try:
        for result in results:
            note(result)
    except LockLost:
        raise
    except Locked as error:
        note(_failed(target, Finding(Code.STORAGE_LOCKED, target.id, seen=str(error))))
        return [error]
    except StorageFull as error:
        if error.path is None:  # it is the ledger that has no room, and that concerns all
            raise
        note(_failed(target, Finding(Code.NOT_WRITTEN, error.path, seen=str(error))))
    return []


def _is_complete(done: Replication) -> bool:
    """Whether all that could be brought was; what is damaged is an incident, and not unfinished."""
    return all(
        finding.code is Code.NOT_RECORDED or Outcome.of([finding]) is not Outcome.UNKNOWN
        for finding in done.report.findings
    )


def _targets(archive: ArchivalStorage, to: str | None) -> list[Store]:
    source = archive.primary
    if to == source.id:
        raise UsageError(_("{name} is where the packages come from").format(name=to))
    if to is not None:
        target = archive.store(to)
        if target.config.role is not Role.REPLICA:
            message = _("{name} is not a replica: packages are made there, and only by their owner")
            raise UsageError(message.format(name=to))
        refuse_retired(archive, to)
        return [target]
    gone = retired(archive.ledger).storages
    replicas = (store for store in archive.stores() if store.config.role is Role.REPLICA)
    return [store for store in replicas if store.id not in gone]


def _to_one(
    archive: ArchivalStorage,
    source: Store,
    target: Store,
    packages: Sequence[PackageId],
    dry_run: bool,
    observer: Observer,
) -> Iterator[Replication]:
    wanted = _packages(archive, source, packages, target)
    reason = _reason_to_stop(archive, target, dry_run)
    if reason is not None:
        yield _unreachable(target, reason)
        return
    reported: list[Replication] = []
    there = None if packages else listed(archive, target)
    if dry_run:
        alike = Alike(archive, source, target, wanted)
        for path in wanted:
            replicating = _Replicating(archive, source, target, path, None, observer)
            reported.append(alike.result(path) or replicating.run())
            yield reported[-1]
        yield from _strangers(archive, target, there, reported)
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(archive.writing(target))
        except StorageFull:
            raise
        except StorageError as error:  # the other targets have no part in it
            yield _not_begun(target, error)
            return
        alike = Alike(archive, source, target, wanted)
        whole = WholeStorage(target.id)
        for path, package in counted("replicate", whole, wanted.items(), len(wanted), observer):
            replicating = _Replicating(archive, source, target, path, package, observer)
            reported.append(alike.result(path) or replicating.run(copy=True))
            yield reported[-1]
            if replicating.cut_off and record_storage(archive, target) is not None:
                return  # the others would only wait for it one after the other
        yield from _strangers(archive, target, there, reported)
        renew_guide(archive, target)  # first: the copy of the ledger has its digests
        try:
            report = copy_ledger(archive, target)
        except Unreachable as error:  # what was acknowledged stays so, and is told
            yield _unreachable(target, error)
            return
        if report.findings:
            yield Replication("", target.id, report)


def _strangers(
    archive: ArchivalStorage,
    target: Store,
    there: RootListing | None,
    reported: list[Replication],
) -> Iterator[Replication]:
    """Things in a replica that we did not put there: they are reported and left there."""
    waiting = {done.package for done in reported if done.package}
    for stranger in () if there is None else unrecorded(archive, target, there):
        if stranger.package is None or stranger.package.uri not in waiting:
            yield Replication("", target.id, stranger.report)


def _reason_to_stop(archive: ArchivalStorage, target: Store, dry_run: bool) -> StorageError | None:
    """Why nothing can be copied to a storage now; a real run records that it is unavailable."""
    if not dry_run:
        return record_storage(archive, target)
    try:
        target.check_identity()
    except StorageError as error:
        return error
    return None


def _unreachable(target: Store, error: StorageError) -> Replication:
    return _failed(target, Finding(absence(error), target.id, seen=str(error)))


def _failed(target: Store, finding: Finding) -> Replication:
    """What kept a whole storage from its copies."""
    return Replication("", target.id, Report(WholeStorage(target.id), [finding]))


def _not_begun(target: Store, error: StorageError) -> Replication:
    """The result that nothing was copied because the lock failed, though nobody else writes."""
    if isinstance(error, Unreachable | Unfit | WrongStorage):
        return _unreachable(target, error)
    return _failed(target, Finding(Code.NOT_WRITTEN, error.path, seen=str(error)))


def _packages(
    archive: ArchivalStorage, source: Store, packages: Sequence[PackageId], target: Store
) -> dict[str, PackageId | None]:
    """The packages that a storage wants, by their folders; all if none are named, with those that
    were lost.

    Objects unknown to the ledger are included.
    """
    unwanted = retired(archive.ledger).copies.get(target.id, frozenset())
    withdrawn = tombstones(archive.ledger)
    for package in packages:
        refuse_withdrawn(archive, package)
    gone = {source.root.path_of(uri) for uri in withdrawn.keys() | unwanted}
    if packages:
        named = {source.root.path_of(package.uri): package for package in packages}
        return {path: package for path, package in named.items() if path not in gone}
    known = map(PackageId.parse, archive.ledger.copies.packages(source.id))
    stored = {source.root.path_of(package.uri): package for package in known}
    paths = sorted(stored.keys() | set(source.root.objects()))
    return {path: stored.get(path) for path in paths if path not in gone}


def _code_of(error: StorageError) -> Code:
    """What it means for the package being copied."""
    if isinstance(error, NotInPlace):
        return Code.NOT_IN_PLACE
    return Code.NOT_WRITTEN if error.writing else Code.UNREADABLE


def _refuse_names(pair: Pair) -> None:
    """Raise StoppedError, before anything is sent, for names that the target does not keep."""
    content = pair.original.inventory.content()
    missing = [path for path in content if path.partition("/")[0] in pair.result.versions]
    for finding in names_not_kept(pair.target.storage, missing):
        raise StoppedError(replace(finding, path=f"{pair.path}/{finding.path}"))


class _Replicating:
    """One object of its owner's storage, as far as it can be copied to another."""

    def __init__(
        self,
        archive: ArchivalStorage,
        source: Store,
        target: Store,
        path: str,
        package: PackageId | None,
        observer: Observer,
    ) -> None:
        self.archive = archive
        self.source = source
        self.target = target
        self.path = path
        self.original = None if package is None else StoredCopy(archive, source, package)
        self.observer = observer
        self.cut_off = False
        self.page_of: PageOf = no_page
        self.result = Replication("", target.id, Report(ObjectToStorage(path, target.id)))

    def run(self, *, copy: bool = False) -> Replication:
        """Find what is missing; with `copy`, send it, acknowledge what is proved, record the rest.

        A fault in a copy is an incident, as if an audit had found it.
        """
        about = self.original
        try:
            pair = self._pair()
            about = pair.source
            storages = [pair.source.storage, pair.target.storage]
            self.page_of = ObjectPages(storages, pair.path, pair.original.inventory)
            pair.check_original()
            self.result.package = pair.source.package.uri
            about = pair.target
            pair.find_missing()
            about = None
            if copy:
                _refuse_names(pair)
                pair.bring_missing()
            self.result.report.add(unrecorded_logs(pair.target))
        except StoppedError as stop:
            self._stop(stop.findings, stop.about, copy)
        except StorageFull:
            raise
        except Damaged as error:
            finding = Finding(Code.INVENTORY_INVALID, self.path, seen=str(error))
            self._stop([finding], about, copy)
        except Refused as error:
            self._stop([Finding(Code.IN_THE_WAY, self.path, seen=str(error))], None, copy)
        except StorageError as error:
            self.cut_off = isinstance(error, Unreachable)
            finding = Finding(_code_of(error), error.path or self.path, seen=str(error))
            self._stop([finding], None if self.cut_off else about, copy)
        return self.result

    def _stop(self, findings: Sequence[Finding], about: StoredCopy | None, record: bool) -> None:
        findings = with_pages(findings, self.page_of)
        self.result.report.add(findings)
        if about is not None:
            self.result.report.subject = about.subject
            if record:
                record_seen(about, Report(about.subject, findings))

    def _pair(self) -> Pair:
        """The package that the object is, here and there."""
        if self.source.storage.stat(self.path) is None:
            finding = Finding(Code.COPY_MISSING, self.path, seen=self.source.id)
            raise StoppedError(finding, about=self.original)
        original = self.source.root.read_at(self.path)
        try:
            package = PackageId.parse(original.inventory.identifier)
        except ValueError as error:
            finding = Finding(Code.INVENTORY_INVALID, self.path, seen=str(error))
            raise StoppedError(finding) from error
        return Pair(
            StoredCopy(self.archive, self.source, package),
            StoredCopy(self.archive, self.target, package),
            original,
            self.result,
            self.observer,
        )
