"""What a copy of a package holds, beside what was recorded of it before any damage.

Two copies cannot vote: what a file must be is only what the ledger recorded, and the inventories
that have the digests that stand there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from preserva.archive.archive import Archive, Store
from preserva.archive.commitments import (
    all_versions,
    is_log,
    log_digest,
    log_names,
    logs_of_copy,
    recorded,
    recorded_versions,
)
from preserva.archive.events import LOGS
from preserva.archive.reading import observe
from preserva.core.formats import inventory as formats
from preserva.core.formats.inventory import Inventory, InventoryError
from preserva.core.policy.repair import Committed, commitments
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind, PackageId
from preserva.core.values.report import Advanced, Finding, Observer
from preserva.errors import NotAFile, NotFound, StorageError, Unreachable
from preserva.files.parallel import bounded_map
from preserva.storage.base import read_all

_ALGORITHMS = {128: "sha512", 64: "sha256"}
_VERSION = re.compile(r"v[1-9][0-9]*")


@dataclass(slots=True)
class Evidence:
    """A copy of a package.

    `committed` is every file that it must have, `wrong` what was seen in the place of those that it
    has not, `good` the storages that have them, `others` those that keep the package and could be
    reached. `findings` are what keeps a repair from being sure
    of itself: with any, nothing may be moved.
    """

    path: str
    others: list[Store]
    entries: dict[str, Entry] = field(default_factory=dict)
    committed: dict[str, Committed] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    good: dict[str, list[Store]] = field(default_factory=dict)
    lost: list[Finding] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> set[str]:
        """The files that were read and are as they were recorded."""
        return self.committed.keys() - self.wrong.keys()


def gather(
    archive: Archive, store: Store, package: PackageId, observer: Observer
) -> Evidence | None:
    """Read a copy, and of the others what it lacks; None if there should be none.

    Raises StorageError if the copy's own storage cannot be reached.
    """
    if not recorded_versions(archive, store, package):
        return None
    return _Gathering(archive, store, package, observer).run()


class _Gathering:
    def __init__(
        self, archive: Archive, store: Store, package: PackageId, observer: Observer
    ) -> None:
        self.archive = archive
        self.store = store
        self.package = package
        self.observer = observer
        self.path = store.root.path_of(package.uri)
        self.unreachable = False
        self.others = [one for one in archive.stores() if one.id != store.id and self._keeps(one)]
        self.evidence = Evidence(self.path, self.others)

    def _keeps(self, other: Store) -> bool:
        """Whether another storage has a copy too, and can be reached."""
        if not recorded_versions(self.archive, other, self.package):
            return False
        try:
            return other.root.holds(self.package.uri)
        except StorageError:
            self.unreachable = True
            return False

    def run(self) -> Evidence:
        if (link := self._not_a_folder()) is not None:
            self.evidence.findings.append(Finding(Code.ROOT_LINK, link))
            return self.evidence
        self._list()
        digests = self._digests()
        if not digests:
            return self.evidence
        found = self._inventories(digests)
        newest = list(digests)[-1]
        if newest not in found:
            name = f"{newest}/{formats.NAME}"
            self.evidence.findings.append(Finding(self._no_copy(), name, digests[newest]))
            return self.evidence
        head = formats.parse(found[newest])
        self._diverged(head, digests)
        self.evidence.committed = commitments(head, digests, found)
        self._read()
        self._logs()
        for path in self.evidence.wrong:
            self._ask(path)
        return self.evidence

    def _not_a_folder(self) -> str | None:
        """A link or file on the way to the object: what lies behind it is not in this storage."""
        parts = self.path.split("/")
        for depth in range(1, len(parts) + 1):
            entry = self.store.storage.stat("/".join(parts[:depth]))
            if entry is not None and entry.kind is not Kind.FOLDER:
                return entry.path
        return None

    def _list(self) -> None:
        if self.store.storage.stat(self.path) is None:
            return
        for entry in self.store.storage.walk(self.path):
            name = entry.path[len(self.path) + 1 :]
            self.evidence.entries[name] = Entry(name, entry.kind, entry.size)

    def _digests(self) -> dict[str, str]:
        """The recorded digest of the inventory of each version that this copy must have.

        Those that were acknowledged here, and one that came after them and was not any more.
        """
        acknowledged = recorded_versions(self.archive, self.store, self.package)
        stored = all_versions(self.archive, self.package)
        if not acknowledged <= set(stored):
            version = min(acknowledged - set(stored))
            self.evidence.findings.append(Finding(Code.NOT_RECORDED, version))
            return {}
        there = [
            place
            for place, version in enumerate(stored)
            if version in acknowledged or f"{version}/{formats.NAME}" in self.evidence.entries
        ]
        digests = {}
        for version in stored[: max(there) + 1]:
            facts = recorded(self.archive, self.package, version)
            assert facts is not None, "all_versions names recorded ones only"
            digests[version] = str(facts["inventory"])
        return digests

    def _inventories(self, digests: Mapping[str, str]) -> dict[str, bytes]:
        """The bytes that have the recorded digests, from whichever storage has them."""
        found: dict[str, bytes] = {}
        for version, digest in digests.items():
            for store in (self.store, *self.others):
                data = self._bytes(store, f"{self.path}/{version}/{formats.NAME}", digest)
                if data is None and version == list(digests)[-1]:
                    data = self._bytes(store, f"{self.path}/{formats.NAME}", digest)
                if data is not None:
                    found[version] = data
                    break
        return found

    def _bytes(self, store: Store, path: str, digest: str) -> bytes | None:
        try:
            data = read_all(store.storage, path, formats.LARGEST)
        except StorageError as error:
            self._note_unreachable(error)
            return None
        algorithm = _ALGORITHMS[len(digest)]
        return data if hashlib.new(algorithm, data).hexdigest() == digest else None

    def _note_unreachable(self, error: StorageError) -> None:
        if not isinstance(error, NotFound | NotAFile):
            self.unreachable = True

    def _no_copy(self) -> Code:
        return Code.NO_COPY_SEEN if self.unreachable else Code.NO_GOOD_COPY

    def _diverged(self, head: Inventory, digests: Iterable[str]) -> None:
        """A further version that goes on from ours: its maker meant it, so a person must look."""
        known = {*digests, *all_versions(self.archive, self.package)}
        tops = {path.split("/")[0] for path in self.evidence.entries}
        for name in sorted(one for one in tops - known if _VERSION.fullmatch(one)):
            try:
                path = f"{self.path}/{name}/{formats.NAME}"
                other = formats.parse(read_all(self.store.storage, path, formats.LARGEST))
            except (StorageError, InventoryError):
                continue
            if not any(formats.differences(head, other)):
                self.evidence.findings.append(Finding(Code.DIVERGED, name))

    def _read(self) -> None:
        look = partial(_look, self.store, self.path, self.evidence.entries)
        committed = self.evidence.committed.values()
        for one, seen in bounded_map(look, committed, workers=self.store.storage.max_concurrency):
            size = self.evidence.entries[one.path].size if one.path in self.evidence.entries else 0
            self.observer(Advanced(size, one.path))
            if seen is not None:
                self.evidence.wrong[one.path] = seen

    def _logs(self) -> None:
        """The records of events that this copy must have, under names that other copies know."""
        places = [
            (store, name)
            for store in (self.store, *self.others)
            for name in _names(store, self.path)
        ]
        digests = {(store.id, name): _digest(store, self.path, name) for store, name in places}
        for digest, entry in sorted(logs_of_copy(self.archive, self.store, self.package).items()):
            holders = [
                (store, name)
                for store, name in places
                if is_log(entry, name, digests[store.id, name] or "")
            ]
            if not holders:
                said = f"{entry.type} ({entry.time}): sha256 {digest}"
                self.evidence.lost.append(Finding(Code.LOG_MISSING, LOGS, said))
                continue
            path = f"{LOGS}/{holders[0][1]}"
            self.evidence.committed[path] = Committed(path, "sha256", digest)
            if holders[0][0] is not self.store:
                own = digests.get((self.store.id, holders[0][1]))
                self.evidence.wrong[path] = own or "-"
                self.evidence.good[path] = [store for store, _name in holders]

    def _ask(self, path: str) -> None:
        """Which storages have a file that this copy lacks; without any, it is lost."""
        one = self.evidence.committed[path]
        if path not in self.evidence.good:
            self.evidence.good[path] = [store for store in self.others if self._holds(store, one)]
        if not self.evidence.good[path] and one.data is None:
            seen = self.evidence.wrong[path]
            self.evidence.lost.append(Finding(self._no_copy(), path, one.digest, seen))

    def _holds(self, store: Store, one: Committed) -> bool:
        try:
            found = observe(store.storage, f"{self.path}/{one.path}", [one.algorithm])
        except StorageError as error:
            self._note_unreachable(error)
            return False
        return found.digests[one.algorithm] == one.digest


def _look(
    store: Store, path: str, entries: Mapping[str, Entry], one: Committed
) -> tuple[Committed, str | None]:
    """What stands in the place of a file, if it is not what was recorded; read twice to be sure."""
    entry = entries.get(one.path)
    if entry is None:
        return one, "-"
    if entry.kind is not Kind.FILE:
        return one, entry.kind.value
    seen = ""
    for _reading in range(2):
        try:
            found = observe(store.storage, f"{path}/{one.path}", [one.algorithm])
        except Unreachable:
            raise
        except StorageError as error:
            seen = str(error)
            continue
        seen = found.digests[one.algorithm]
        if seen == one.digest:
            return one, None
    return one, seen


def _names(store: Store, path: str) -> list[str]:
    try:
        return log_names(store, path)
    except StorageError:
        return []


def _digest(store: Store, path: str, name: str) -> str | None:
    try:
        return log_digest(store, path, name)
    except StorageError:
        return None
