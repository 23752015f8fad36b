"""Replication: our packages are copied to other storages, and each copy is proved.

What happens to one package is in `replication.pair`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from preserva.archive.archive import ArchivalStorage
from preserva.archive.ledger_replica import copy_ledger
from preserva.archive.store import Store, absence
from preserva.archive.stored_copy import StoredCopy
from preserva.config import Role
from preserva.core.values.codes import Code
from preserva.core.values.entries import END, SUCCESS
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Observer, Report, ignore
from preserva.core.values.subjects import ObjectToStorage, WholeStorage
from preserva.errors import Damaged, StorageError, StorageFull, Unreachable, UsageError
from preserva.i18n import _
from preserva.replication.pair import Pair, Replication, StoppedError
from preserva.storage.wrappers.rate_limit import RateLimit

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
) -> list[Replication]:
    """Bring what is missing of our packages (all, or those named) to the replicas (all, or one).

    All that goes to a replica and is read back from it keeps to `bandwidth` bytes a second; `timer`
    gives seconds that only grow. A package that is damaged, not recorded or diverged is left alone
    and reported; the others go on. Raises Locked, StorageFull, and StorageError if our own storage
    cannot be read.
    """
    source = archive.primary
    targets = _targets(archive, to)
    archive.refuse_outdated(source, *targets)
    done = []
    for replica in targets:
        target = replica
        if bandwidth is not None:
            limited = RateLimit(replica.storage, bandwidth, clock=timer, sleep=sleep)
            target = replace(replica, storage=limited)
        done += list(_to_one(archive, source, target, packages, dry_run, observer))
    return done


def _targets(archive: ArchivalStorage, to: str | None) -> list[Store]:
    source = archive.primary
    if to == source.id:
        raise UsageError(_("{name} is where the packages come from").format(name=to))
    if to is not None:
        target = archive.store(to)
        if target.config.role is not Role.REPLICA:
            message = _("{name} is no replica: its packages are made there, by their owner alone")
            raise UsageError(message.format(name=to))
        return [target]
    return [store for store in archive.stores() if store.config.role is Role.REPLICA]


def _to_one(
    archive: ArchivalStorage,
    source: Store,
    target: Store,
    packages: Sequence[PackageId],
    dry_run: bool,
    observer: Observer,
) -> Iterator[Replication]:
    paths = [source.root.path_of(package.uri) for package in packages]
    paths = paths or _all_paths(archive, source)
    try:
        target.check_identity()
    except StorageError as error:
        finding = Finding(absence(error), target.id, seen=str(error))
        yield Replication("", target.id, Report(WholeStorage(target.id), [finding]))
        return
    if dry_run:
        for path in paths:
            yield _Replicating(archive, source, target, path, observer).run(copy=False)
        return
    with archive.writing(target):
        for path in paths:
            replicating = _Replicating(archive, source, target, path, observer)
            yield replicating.run(copy=True)
            if replicating.cut_off and not target.answers():
                return  # the others would only wait for it one after the other
        try:
            report = copy_ledger(archive, target)
        except Unreachable as error:  # what was acknowledged stays so, and is told
            finding = Finding(Code.STORAGE_UNREACHABLE, target.id, seen=str(error))
            report = Report(WholeStorage(target.id), [finding])
        if report.findings:
            yield Replication("", target.id, report)


def _all_paths(archive: ArchivalStorage, source: Store) -> list[str]:
    """The folders of all packages, also of those that were stored here and are not there."""
    entries = archive.ledger.entries(storage=source.id, types=(END,))
    stored = {entry.package for entry in entries if entry.outcome == SUCCESS and entry.package}
    return sorted({source.root.path_of(uri) for uri in stored} | set(source.root.objects()))


class _Replicating:
    """One object of its owner's storage, as far as it can be brought to another."""

    def __init__(
        self, archive: ArchivalStorage, source: Store, target: Store, path: str, observer: Observer
    ) -> None:
        self.archive = archive
        self.source = source
        self.target = target
        self.path = path
        self.observer = observer
        self.cut_off = False
        self.result = Replication("", target.id, Report(ObjectToStorage(path, target.id)))

    def run(self, *, copy: bool) -> Replication:
        """Find what is missing; with `copy`, bring it and acknowledge what is proved."""
        try:
            pair = self._pair()
            pair.check_original()
            self.result.package = pair.source.package.uri
            pair.find_missing()
            if copy:
                pair.bring_missing()
        except StoppedError as stop:
            self.result.report.add(stop.findings)
        except StorageFull:
            raise
        except Damaged as error:
            finding = Finding(Code.INVENTORY_INVALID, self.path, seen=str(error))
            self.result.report.add([finding])
        except StorageError as error:
            self.cut_off = isinstance(error, Unreachable)
            finding = Finding(Code.UNREADABLE, error.path or self.path, seen=str(error))
            self.result.report.add([finding])
        return self.result

    def _pair(self) -> Pair:
        """The package that the object is, here and there."""
        if self.source.storage.stat(self.path) is None:
            raise StoppedError(Finding(Code.COPY_MISSING, self.path, seen=self.source.id))
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
