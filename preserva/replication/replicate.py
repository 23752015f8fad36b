"""Copies of packages in other storages, each proved by reading it back before it counts.

Versions never change, so replication only adds versions that are missing. Both sides are compared
with what the ledger recorded when the version was stored: never only with each other.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from preserva.archive import events as history
from preserva.archive.archive import Archive, Store
from preserva.archive.commit import prepare
from preserva.archive.commitments import commitment, recorded
from preserva.archive.ledger_replica import copy_ledger
from preserva.archive.staging import Staging, read_back
from preserva.config import Role
from preserva.core.formats import inventory as formats
from preserva.core.formats import layout
from preserva.core.formats.canonical_json import Value
from preserva.core.values.codes import Code
from preserva.core.values.entries import END, REPLICATION, SUCCESS
from preserva.core.values.model import Kind, Observed, PackageId
from preserva.core.values.report import Ended, Finding, Observer, Report, Started, ignore
from preserva.errors import Damaged, NotFound, StorageError, StorageFull, Unreachable, UsageError
from preserva.files.parallel import bounded_map
from preserva.i18n import _
from preserva.replication.object_log import COPIED, FOUND, ReplicationLog
from preserva.retry import retry
from preserva.storage.base import chunks_of, read_all
from preserva.storage.ocfl import StoredObject
from preserva.storage.wrappers.rate_limit import RateLimit

_RESUMPTIONS = 2
"""How often the sending of a file is resumed after the connection failed."""


@dataclass(slots=True)
class Replication:
    """What was done, or would be, for one package and one storage."""

    package: str
    to: str
    versions: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    files: int = 0
    size: int = 0
    report: Report = field(default_factory=lambda: Report(""))


def replicate(
    archive: Archive,
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
    done = []
    for replica in _targets(archive, to):
        target = replica
        if bandwidth is not None:
            limited = RateLimit(replica.storage, bandwidth, clock=timer, sleep=sleep)
            target = Store(replica.config, limited)
        done += list(_to_one(archive, source, target, packages, dry_run, observer))
    return done


def _targets(archive: Archive, to: str | None) -> list[Store]:
    source = archive.primary
    if to == source.id:
        raise UsageError(_("{name} is where the packages come from").format(name=to))
    if to is not None:
        target = archive.store(to)
        if target.config.role is not Role.REPLICA:
            message = _("{name} is no replica: its packages are made there, by their owner alone")
            raise UsageError(message.format(name=to))
        return [target]
    return [store for store in archive.stores() if store.config.role == "replica"]


def _to_one(
    archive: Archive,
    source: Store,
    target: Store,
    packages: Sequence[PackageId],
    dry_run: bool,
    observer: Observer,
) -> Iterator[Replication]:
    paths = [source.root.path_of(one.uri) for one in packages] or _all_paths(archive, source)
    try:
        target.check_identity()
    except StorageError as error:
        finding = Finding(Code.STORAGE_UNREACHABLE, target.id, seen=str(error))
        yield Replication("", target.id, report=Report(target.id, [finding]))
        return
    if dry_run:
        for path in paths:
            yield _Pair(archive, source, target, path, observer).run(copy=False)
        return
    with archive.writing(target):
        prepare(archive, target)
        for path in paths:
            yield (pair := _Pair(archive, source, target, path, observer)).run(copy=True)
            if pair.cut_off and not target.answers():
                return  # the others would only wait for it one after the other
        try:
            report = copy_ledger(archive, target)
        except Unreachable as error:  # what was acknowledged stays so, and is told
            finding = Finding(Code.STORAGE_UNREACHABLE, target.id, seen=str(error))
            report = Report(target.id, [finding])
        if report.findings:
            yield Replication("", target.id, report=report)


def _all_paths(archive: Archive, source: Store) -> list[str]:
    """Where the packages lie, those too that were stored here once and are not there."""
    entries = archive.ledger.entries(storage=source.id, types=(END,))
    stored = {one.package for one in entries if one.outcome == SUCCESS and one.package is not None}
    return sorted({source.root.path_of(one) for one in stored} | set(source.root.objects()))


class _StoppedError(Exception):
    """This package cannot go on; the finding says why."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__()
        self.findings = findings


class _Pair:
    """One package on its way from its owner's storage to another."""

    def __init__(
        self, archive: Archive, source: Store, target: Store, path: str, observer: Observer
    ) -> None:
        self.archive = archive
        self.source = source
        self.target = target
        self.path = path
        self.observer = observer
        self.cut_off = False
        self.result = Replication("", target.id, report=Report(f"{path} -> {target.id}"))

    def run(self, *, copy: bool) -> Replication:
        """Find what is missing; with `copy`, bring it and acknowledge what is proved."""
        try:
            original = self._original()
            self.result.package = original.inventory.identifier
            self._compare(original)
            if copy:
                self._copy_missing(original)
        except _StoppedError as stop:
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

    def _original(self) -> StoredObject:
        """The package at its owner, agreeing with the ledger in every version."""
        if self.source.storage.stat(self.path) is None:
            raise _StoppedError(Finding(Code.COPY_MISSING, self.path, seen=self.source.id))
        original = self.source.root.read_at(self.path)
        package = PackageId.parse(original.inventory.identifier)
        for version in original.inventory.versions:
            where = f"{self.path}/{version}"
            facts = recorded(self.archive, package, version)
            if facts is None:
                raise _StoppedError(Finding(Code.NOT_RECORDED, where))
            found = self.source.root.read_version(self.path, version)
            _must_equal(where, facts["inventory"], found.digest)
            if version == original.inventory.head:
                _must_equal(self.path, facts["inventory"], original.digest)
            seen = commitment(found.digest, found.inventory.versions[version].files())
            _must_equal(where, facts["tag_manifests"], seen["tag_manifests"])
        return original

    def _compare(self, original: StoredObject) -> None:
        """Find the versions that the target lacks. A version that its owner never made stops us."""
        self.target.root.recover(self.path)
        try:
            copy = self.target.root.read_at(self.path)
        except NotFound:
            held: Iterable[str] = ()
        else:
            for problem in formats.differences(copy.inventory, original.inventory):
                raise _StoppedError(Finding(Code.DIVERGED, self.path, seen=problem))
            held = copy.inventory.versions
        self.result.versions = [one for one in original.inventory.versions if one not in held]
        for version in self.result.versions:
            files = _files_of(original, version)
            self.result.files += len(files)
            for path in files:
                entry = self.source.storage.stat(f"{self.path}/{path}")
                self.result.size += entry.size if entry else 0

    def _copy_missing(self, original: StoredObject) -> None:
        name = PackageId.parse(original.inventory.identifier).portable
        self.observer(Started("replicate", name, self.result.files, self.result.size))
        for version in original.inventory.versions:
            if version in self.result.versions:
                self._copy(original, version, f"{layout.STAGING}/replicate-{name}")
            elif not self._acknowledged(original, version):
                self._prove(original, version)
                logs = self._log(original)
                log = logs.left(version) or logs.new(version, FOUND)
                self._record(original, version, log, in_target=True)
        self.target.storage.discard(f"{layout.STAGING}/replicate-{name}")  # left by a crash
        self.observer(Ended("replicate", name))

    def _copy(self, original: StoredObject, version: str, staged: str) -> None:
        """One version: stream, hash, make durable, read back, publish, record."""
        sealed = self.source.root.read_version(self.path, version)
        algorithm = original.inventory.algorithm
        staging = Staging(self.target.storage, staged, [algorithm], self.observer)
        files = _files_of(original, version)
        self.target.root.begin(staged, self.path, version)
        left = self._left_by_an_earlier_run(staged, version, files)
        wrong = self._bring(staging, files, left)
        if wrong and all(one.path in left for one in wrong):  # what a power cut left of them
            wrong = self._bring(staging, {path: files[path] for path in left}, left)
        if wrong:
            raise _StoppedError(*(replace(one, path=f"{self.path}/{one.path}") for one in wrong))
        self.target.root.write_inventory(staged, sealed)
        inventory = f"{version}/{formats.NAME}"
        self.target.storage.flush(f"{staged}/{inventory}")
        if wrong := self._read_back(staged, {inventory: sealed.digest}, algorithm):
            raise _StoppedError(*wrong)
        carried = self._carry_log(original, version, staged)
        log = self._log(original).new(version, COPIED)
        if version == "v1":
            self.target.storage.create(f"{staged}/{log.path}", [log.data])
        self.target.root.publish(staged, sealed)
        self._record(original, version, log, in_target=version != "v1", carried=carried)

    def _left_by_an_earlier_run(self, staged: str, version: str, files: dict[str, str]) -> set[str]:
        """What an interrupted run copied of these files, whole or in part; all else goes."""
        storage = self.target.storage
        if storage.stat(staged) is None:
            return set()
        for entry in storage.children(staged):
            if entry.path != f"{staged}/{version}":
                storage.discard(entry.path)
        if storage.stat(f"{staged}/{version}") is not None:
            for entry in storage.children(f"{staged}/{version}"):
                if entry.kind is not Kind.FOLDER:
                    storage.discard(entry.path)
        return {path for path in files if storage.stat(f"{staged}/{path}") is not None}

    def _bring(self, staging: Staging, files: dict[str, str], left: set[str]) -> list[Finding]:
        """Stream files, many at once, make them durable and read them back.

        Of those `left` by an earlier run, only the rest goes over. The findings name those that
        are not what was recorded; they do not stay in staging.
        """
        storage = self.target.storage
        stream = partial(self._stream, staging, left)
        streams = bounded_map(stream, files.items(), workers=storage.max_concurrency)
        wrong = [finding for finding in streams if finding is not None]
        if not wrong:
            storage.flush(staging.folder)
            (algorithm,) = staging.algorithms
            wrong = self._read_back(staging.folder, files, algorithm)
        for one in wrong:
            storage.discard(f"{staging.folder}/{one.path}")
        return wrong

    def _stream(self, staging: Staging, left: set[str], item: tuple[str, str]) -> Finding | None:
        """Copy what is missing of one file; a finding if the original has changed.

        After the connection failed, the file is resumed. The storage itself waits until it can be
        reached again.
        """
        try:
            return self._send(staging, item, resume=item[0] in left)
        except Unreachable:
            send = partial(self._send, staging, item, resume=True)
            return retry(
                send,
                Unreachable,
                attempts=_RESUMPTIONS,
                delay=lambda _failed, _error: 0.0,
                sleep=time.sleep,
            )

    def _send(self, staging: Staging, item: tuple[str, str], *, resume: bool) -> Finding | None:
        path, digest = item
        source = f"{self.path}/{path}"
        entry = self.source.storage.stat(source)
        if entry is None:
            return Finding(Code.OBJECT_FILE_MISSING, path)
        there = self.target.storage.stat(f"{staging.folder}/{path}") if resume else None
        if there is not None and there.size >= entry.size:
            return None  # only reading it back tells
        with self.source.storage.open(source) as reader:
            have = there.size if there else None
            seen = staging.copy(path, chunks_of(reader), entry.size, have=have)
        (found,) = seen.digests.values()
        if found == digest:
            return None
        return Finding(Code.OBJECT_DIGEST_MISMATCH, path, digest, found)

    def _carry_log(self, original: StoredObject, version: str, staged: str) -> list[Value]:
        """Copy the record of the version's ingestion, so that it is kept twice; its digest."""
        facts = recorded(self.archive, PackageId.parse(original.inventory.identifier), version)
        storage, folder = self.source.storage, f"{self.path}/{history.LOGS}"
        if facts is None or storage.stat(folder) is None:
            return []
        for entry in storage.children(folder):
            if entry.kind is Kind.FILE and str(facts.get("event")) in entry.path:
                data = read_all(storage, entry.path, history.LARGEST_LOG)
                if (digest := hashlib.sha256(data).hexdigest()) == facts["premis_sha256"]:
                    name = entry.path.rpartition("/")[2]
                    self.target.storage.create(f"{staged}/{history.LOGS}/{name}", [data])
                    return [digest]
        return []

    def _read_back(self, folder: str, files: dict[str, str], algorithm: str) -> list[Finding]:
        expected = (
            (f"{folder}/{path}", Observed(path, 0, {algorithm: digest}))
            for path, digest in files.items()
        )
        return [
            Finding(Code.OBJECT_DIGEST_MISMATCH, name, files[name], seen)
            for path, seen in read_back(self.target.storage, expected, self.observer)
            for name in (path.removeprefix(f"{folder}/"),)
        ]

    def _prove(self, original: StoredObject, version: str) -> None:
        """Read back a version that is in place but was never acknowledged."""
        sealed = self.source.root.read_version(self.path, version)
        copy = self.target.root.read_version(self.path, version)
        _must_equal(f"{self.path}/{version}", sealed.digest, copy.digest)
        files = _files_of(original, version)
        if wrong := self._read_back(self.path, files, original.inventory.algorithm):
            raise _StoppedError(*(replace(one, path=f"{self.path}/{one.path}") for one in wrong))

    def _acknowledged(self, original: StoredObject, version: str) -> bool:
        entries = self.archive.ledger.entries(
            package=original.inventory.identifier, storage=self.target.id, types=(REPLICATION,)
        )
        return any(entry.version == version for entry in entries)

    def _log(self, original: StoredObject) -> ReplicationLog:
        package = PackageId.parse(original.inventory.identifier)
        return ReplicationLog(self.archive, self.source, self.target, package)

    def _record(
        self,
        original: StoredObject,
        version: str,
        log: history.LogRecord,
        *,
        in_target: bool,
        carried: Sequence[Value] = (),
    ) -> None:
        """Into both objects' logs, then into the ledger: with that the copy counts."""
        for store in (self.source, self.target) if in_target else (self.source,):
            self._log(original).keep(store, log)
        facts = recorded(self.archive, PackageId.parse(original.inventory.identifier), version)
        assert facts is not None, "an original that is not recorded stops before this"
        self.archive.ledger.append(
            REPLICATION,
            time=self.archive.now(),
            outcome=SUCCESS,
            package=original.inventory.identifier,
            storage=self.target.id,
            version=version,
            facts={
                "from": self.source.id,
                "inventory": facts["inventory"],
                "logs": list(carried),
                **log.facts,
            },
        )
        self.result.acknowledged.append(version)


def _files_of(original: StoredObject, version: str) -> dict[str, str]:
    """Digest by content path, for the files that came with one version."""
    return {
        path: digest
        for path, digest in sorted(original.inventory.content().items())
        if path.startswith(f"{version}/")
    }


def _must_equal(path: str, expected: object, seen: object) -> None:
    if expected != seen:
        raise _StoppedError(Finding(Code.NOT_AS_RECORDED, path, str(expected), str(seen)))
