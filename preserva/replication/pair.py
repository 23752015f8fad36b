"""The copy of a package at its owner, and the one in another storage that must match it.

Versions never change, so only missing ones are copied; each is read back before it counts. Both
copies are compared with what the ledger recorded, never only with each other.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from preserva.archive import events as history
from preserva.archive.fixity_events import record_seen
from preserva.archive.recorded_package import tag_manifests
from preserva.archive.staging import Staging, read_back
from preserva.archive.stored_copy import StoredCopy
from preserva.core.formats import inventory as formats
from preserva.core.formats import layout
from preserva.core.values.codes import Code
from preserva.core.values.entries import REPLICATION, SUCCESS
from preserva.core.values.facts import Arrival
from preserva.core.values.model import Kind, Observed
from preserva.core.values.report import Ended, Finding, Observer, Outcome, Report, Started
from preserva.core.values.subjects import WholePackage
from preserva.errors import Damaged, NotFound, Unreachable
from preserva.files.parallel import bounded_map
from preserva.replication.in_place import clear_place, unlisted
from preserva.replication.object_log import COPIED, FOUND, ReplicationLog
from preserva.retry import retry
from preserva.storage.base import chunks_of
from preserva.storage.ocfl import StoredObject

_RESUMPTIONS = 2
"""How often the sending of a file is resumed after the connection failed."""


@dataclass(slots=True)
class Replication:
    """What was done, or would be, for one package and one storage.

    `package` is the identifier as a URN; "" where the report is about the storage itself: it is
    away, something lies in it that nobody of ours put there, or the copy of the ledger is at fault.
    `versions` are to be brought, `acknowledged` were; `files` and `size` (bytes) are what was sent.
    """

    package: str
    to: str
    report: Report
    versions: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    files: int = 0
    size: int = 0

    @property
    def outcome(self) -> Outcome:
        """That of the report."""
        return self.report.outcome


class StoppedError(Exception):
    """This package cannot be processed; the findings say why, and are `about` a copy, if any."""

    def __init__(self, *findings: Finding, about: StoredCopy | None = None) -> None:
        super().__init__()
        self.findings = findings
        self.about = about


class Pair:
    """A package at its owner, as `original` read it, and its copy in another storage.

    Every method raises StoppedError, Damaged, StorageError.
    """

    def __init__(
        self,
        source: StoredCopy,
        target: StoredCopy,
        original: StoredObject,
        result: Replication,
        observer: Observer,
    ) -> None:
        self.source = source
        self.target = target
        self.original = original
        self.path = original.path
        self.result = result
        self.observer = observer
        self.log = ReplicationLog(source, target)
        self.lost: list[Finding] = []
        self.suspect: StoredCopy | None = None

    def check_original(self) -> None:
        """The package at its owner must agree with the ledger in every version."""
        source, original = self.source, self.original
        if self.path != source.path:
            raise StoppedError(Finding(Code.MISPLACED_OBJECT, self.path, source.path))
        for version in original.inventory.versions:
            where = f"{self.path}/{version}"
            recorded = source.recorded.commitment(version)
            if recorded is None:
                raise StoppedError(Finding(Code.NOT_RECORDED, where), about=source)
            sealed = source.store.root.read_version(self.path, version)
            _must_equal(where, recorded.inventory, sealed.digest, source)
            if version == original.inventory.head:
                _must_equal(self.path, recorded.inventory, original.digest, source)
            seen = tag_manifests(sealed.inventory.versions[version].files())
            _must_equal(where, recorded.tag_manifests, seen, source)

    def find_missing(self) -> None:
        """Find the versions that the target lacks. A version that its owner never made stops us."""
        copy = None
        if self.target.is_there():
            self.target.store.root.recover(self.path)
            copy = self._in_place()
        held: Iterable[str] = ()
        if copy is not None:
            for problem in formats.differences(copy.inventory, self.original.inventory):
                finding = Finding(Code.DIVERGED, self.path, seen=problem)
                raise StoppedError(finding, about=self.target)
            held = copy.inventory.versions
        versions = self.original.inventory.versions
        self.result.versions = [version for version in versions if version not in held]
        self._find_lost(whole=not held)
        for version in self.result.versions:
            files = self._files_of(version)
            self.result.files += len(files)
            for path in files:
                entry = self.source.storage.stat(f"{self.path}/{path}")
                self.result.size += entry.size if entry else 0

    def _in_place(self) -> StoredObject | None:
        """The object in the target; None if there is none, or if it was never acknowledged."""
        try:
            return self.target.store.root.read_at(self.path)
        except NotFound as error:
            if self.target.acknowledged() and self.target.is_there():
                where = error.path or self.path
                finding = Finding(Code.OBJECT_FILE_MISSING, where)
                raise StoppedError(finding, about=self.target) from error
            return None
        except Damaged:
            if self.target.acknowledged():
                raise
            return None

    def _find_lost(self, *, whole: bool) -> None:
        """Report versions acknowledged in the target that are missing: lost or removed there."""
        acknowledged = self.target.acknowledged()
        lost = [version for version in self.result.versions if version in acknowledged]
        places = [self.target.store.id] if whole and lost else lost
        self.lost = [Finding(Code.COPY_MISSING, place) for place in places]
        if self.lost:
            self.result.report.subject = self.target.subject
            self.result.report.add(self.lost)

    def bring_missing(self) -> None:
        """Copy the versions that the target lacks, and acknowledge those that are proved.

        A loss there is an incident, and is recorded before anything is copied again.
        """
        if self.lost:
            record_seen(self.target, Report(self.target.subject, self.lost))
        subject = WholePackage(self.source.package)
        staged = f"{layout.STAGING}/replicate-{self.source.package.portable}"
        self.observer(Started("replicate", subject, self.result.files, self.result.size))
        for version in self.original.inventory.versions:
            if version not in self.result.versions and not self._is_acknowledged(version):
                self._prove(version)
            if version in self.result.versions:
                self.result.report.add(clear_place(self.target, version))
                self._copy(version, staged)
        if self.lost:
            self._bring_logs()
        self.target.storage.discard(staged)  # left by a crash
        self.observer(Ended("replicate", subject))

    def _bring_logs(self) -> None:
        """The records of events that a lost copy had, taken from the copy at its owner."""
        workers = self.target.storage.max_concurrency
        names = self.target.log_names()
        present = set(bounded_map(self.target.log_digest, names, workers=workers))
        expected = self.target.expected_logs()
        for name in self.source.log_names():
            data = self.source.read_log(name)
            digest = hashlib.sha256(data).hexdigest()
            if digest in expected and digest not in present:
                event = expected[digest].log.event
                self.log.keep(self.target, history.LogRecord(f"{history.LOGS}/{name}", data, event))

    def _copy(self, version: str, staged: str) -> None:
        """One version: stream, hash, make durable, read back, publish, record."""
        root, storage = self.target.store.root, self.target.storage
        sealed = self.source.store.root.read_version(self.path, version)
        algorithm = self.original.inventory.algorithm
        staging = Staging(storage, staged, [algorithm], self.observer)
        files = self._files_of(version)
        root.begin(staged, self.path, version)
        left = self._left_by_an_earlier_run(staged, version, files)
        wrong = self._bring(staging, files, left)
        if wrong and all(finding.path in left for finding in wrong):  # what a power cut left
            wrong = self._bring(staging, {path: files[path] for path in left}, left)
        if wrong:
            raise StoppedError(*self._in_object(wrong), about=self.suspect)
        root.write_inventory(staged, sealed)
        inventory = f"{version}/{formats.NAME}"
        storage.flush(f"{staged}/{inventory}")
        if wrong := self._read_back(staged, {inventory: sealed.digest}, algorithm):
            raise StoppedError(*self._in_object(wrong))
        carried = self._carry_log(version, staged)
        log = self.log.new(version, COPIED)
        if version == "v1":
            storage.create(f"{staged}/{log.path}", [log.data])
        root.publish(staged, sealed)
        self._record(version, log, in_target=version != "v1", carried=carried)

    def _left_by_an_earlier_run(self, staged: str, version: str, files: dict[str, str]) -> set[str]:
        """What an interrupted run copied of these files, wholly or partly; all else is removed."""
        storage = self.target.storage
        own = storage.stat(staged)
        if own is None or own.kind is not Kind.FOLDER:
            storage.discard(staged)
            return set()
        for entry in storage.children(staged):
            if entry.path != f"{staged}/{version}" or entry.kind is not Kind.FOLDER:
                storage.discard(entry.path)
        try:
            below = list(storage.walk(f"{staged}/{version}"))
        except NotFound:  # an object store shows a reserved folder before anything is in it
            return set()
        left = set()
        for entry in below:
            path = entry.path.removeprefix(f"{staged}/")
            if entry.kind is Kind.FILE and path in files:
                left.add(path)
            elif entry.kind is not Kind.FOLDER:  # links above all: somebody put them there
                storage.discard(entry.path)
        return left

    def _bring(self, staging: Staging, files: dict[str, str], left: set[str]) -> list[Finding]:
        """Stream files, many at once, make them durable and read them back.

        Of files `left` by an earlier run, only the rest is sent. The findings name files that
        differ from what was recorded; these do not stay in staging.
        """
        storage = self.target.storage
        stream = partial(self._stream, staging, left)
        streams = bounded_map(stream, files.items(), workers=storage.max_concurrency)
        wrong = [finding for finding in streams if finding is not None]
        self.suspect = self.source if wrong else None
        if not wrong:  # and what is not read back as it was sent is no copy yet
            storage.flush(staging.folder)
            (algorithm,) = staging.algorithms
            wrong = self._read_back(staging.folder, files, algorithm)
        for finding in wrong:
            storage.discard(f"{staging.folder}/{finding.path}")
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
                send, Unreachable, attempts=_RESUMPTIONS, delay=lambda *_: 0.0, sleep=time.sleep
            )

    def _send(self, staging: Staging, item: tuple[str, str], *, resume: bool) -> Finding | None:
        path, expected = item
        source = f"{self.path}/{path}"
        entry = self.source.storage.stat(source)
        if entry is None:
            return Finding(Code.OBJECT_FILE_MISSING, path)
        there = self.target.storage.stat(f"{staging.folder}/{path}") if resume else None
        if there is not None and there.size >= entry.size:
            return None  # only reading it back tells
        with self.source.storage.open(source) as reader:
            have = there.size if there else None
            observed = staging.copy(path, chunks_of(reader), entry.size, have=have)
        (digest,) = observed.digests.values()
        if digest == expected:
            return None
        return Finding(Code.OBJECT_DIGEST_MISMATCH, path, expected, digest)

    def _carry_log(self, version: str, staged: str) -> tuple[str, ...]:
        """Copy the record of the version's ingestion, so that it is kept twice; its digest."""
        recorded = self.source.recorded.commitment(version)
        if recorded is None or recorded.log is None:
            return ()
        for name in self.source.log_names():
            if recorded.log.event in name:
                data = self.source.read_log(name)
                if (digest := hashlib.sha256(data).hexdigest()) == recorded.log.sha256:
                    self.target.storage.create(f"{staged}/{history.LOGS}/{name}", [data])
                    return (digest,)
        return ()

    def _read_back(
        self, folder: str, files: dict[str, str], algorithm: str, code: Code = Code.WRITE_LOST
    ) -> list[Finding]:
        expected = (
            (f"{folder}/{path}", Observed(path, 0, {algorithm: digest}))
            for path, digest in files.items()
        )
        return [
            Finding(code, name, files[name], seen)
            for path, seen in read_back(self.target.storage, expected, self.observer)
            for name in (path.removeprefix(f"{folder}/"),)
        ]

    def _prove(self, version: str) -> None:
        """Read back a version that is in place but was never acknowledged, and acknowledge it.

        An object of which nothing was acknowledged and that is not ours goes aside: then all
        versions are missing.
        """
        wrong = self._disproved(version)
        if not wrong:
            log = self.log.left(version) or self.log.new(version, FOUND)
            self._record(version, log, in_target=True)
        elif self.target.acknowledged():
            raise StoppedError(*wrong, about=self.target)
        else:
            self.result.versions = list(self.original.inventory.versions)

    def _disproved(self, version: str) -> list[Finding]:
        """How a version in place differs from what its owner recorded."""
        sealed = self.source.store.root.read_version(self.path, version)
        where = f"{self.path}/{version}"
        try:
            copy = self.target.store.root.read_version(self.path, version)
        except (NotFound, Damaged) as error:
            return [Finding(Code.NOT_AS_RECORDED, where, sealed.digest, str(error))]
        if sealed.digest != copy.digest:
            return [Finding(Code.NOT_AS_RECORDED, where, sealed.digest, copy.digest)]
        if missing := unlisted(self.target, version, self._files_of(version)):
            return [Finding(Code.OBJECT_FILE_MISSING, path) for path in missing]
        algorithm, files = self.original.inventory.algorithm, self._files_of(version)
        code = Code.OBJECT_DIGEST_MISMATCH
        return self._in_object(self._read_back(self.path, files, algorithm, code))

    def _is_acknowledged(self, version: str) -> bool:
        entries = self.target.archive.ledger.entries(
            package=self.target.package.uri, storage=self.target.store.id, types=(REPLICATION,)
        )
        return any(entry.version == version for entry in entries)

    def _record(
        self,
        version: str,
        log: history.LogRecord,
        *,
        in_target: bool,
        carried: tuple[str, ...] = (),
    ) -> None:
        """Write the record into both objects' logs, then into the ledger: then the copy counts."""
        for copy in (self.source, self.target) if in_target else (self.source,):
            self.log.keep(copy, log)
        recorded = self.source.recorded.commitment(version)
        assert recorded is not None, "an original that is not recorded stops before this"
        self.target.record(
            REPLICATION,
            SUCCESS,
            version=version,
            facts=Arrival(
                inventory=recorded.inventory,
                source=self.source.store.id,
                carried=carried,
                event=log.event,
                sha256=log.sha256,
            ),
        )
        self.result.acknowledged.append(version)

    def _files_of(self, version: str) -> dict[str, str]:
        """Digest by content path, for the files that came with one version."""
        return {
            path: digest
            for path, digest in sorted(self.original.inventory.content().items())
            if path.startswith(f"{version}/")
        }

    def _in_object(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings with paths in the storage."""
        return [replace(finding, path=f"{self.path}/{finding.path}") for finding in findings]


def _must_equal(path: str, expected: object, seen: object, about: StoredCopy) -> None:
    if expected != seen:
        finding = Finding(Code.NOT_AS_RECORDED, path, str(expected), str(seen))
        raise StoppedError(finding, about=about)
