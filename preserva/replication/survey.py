"""What a copy of a package holds, compared with what was recorded of it before any damage.

Two copies cannot vote: what a file must be is only what the ledger recorded, and the inventories
that have the digests that were recorded.
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from preserva.archive.events import LOGS
from preserva.archive.reading import observe
from preserva.archive.stored_copy import StoredCopy
from preserva.core.formats import inventory as formats
from preserva.core.formats.inventory import Inventory, InventoryError
from preserva.core.policy.repair import Committed, commitments
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind
from preserva.core.values.report import Advanced, Finding, Observer
from preserva.errors import NotAFile, NotFound, StorageError, Unreachable
from preserva.files.parallel import bounded_map
from preserva.i18n import _
from preserva.information_package.pages import ObjectPages, PageOf, no_page, with_pages
from preserva.storage.base import read_all

_ALGORITHMS = {128: "sha512", 64: "sha256"}
_VERSION = re.compile(r"v[1-9][0-9]*")


@dataclass(slots=True)
class Survey:
    """What was seen of the copy in the folder `path`.

    `committed` is every file that it must have, `page_of` which page of the book one is, `wrong`
    what was seen in the place of those that it has not, `good` the copies that have them, `others`
    the copies in other storages that could be reached. `lost` are the files that no copy has. With
    any of the `findings` a repair cannot be sure of itself: then nothing may be moved.
    """

    path: str
    others: list[StoredCopy]
    entries: dict[str, Entry] = field(default_factory=dict)
    committed: dict[str, Committed] = field(default_factory=dict)
    page_of: PageOf = no_page
    wrong: dict[str, str] = field(default_factory=dict)
    good: dict[str, list[StoredCopy]] = field(default_factory=dict)
    lost: list[Finding] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> set[str]:
        """The files that were read and are as they were recorded."""
        return self.committed.keys() - self.wrong.keys()


def survey_copy(copy: StoredCopy, observer: Observer) -> Survey | None:
    """Read a copy, and from others what it lacks; None if there should be no copy.

    Raises StorageError if the copy's own storage cannot be reached.
    """
    return _Surveyor(copy, observer).run() if copy.acknowledged() else None


class _Surveyor:
    def __init__(self, copy: StoredCopy, observer: Observer) -> None:
        self.copy = copy
        self.observer = observer
        self.path = copy.path
        self.recorded = copy.recorded.inventories()
        self.unreachable = False
        elsewhere = [
            StoredCopy(copy.archive, store, copy.package)
            for store in copy.archive.stores()
            if store.id != copy.store.id
        ]
        self.others = [other for other in elsewhere if self._is_kept(other)]
        self.survey = Survey(self.path, self.others)

    def _is_kept(self, other: StoredCopy) -> bool:
        """Whether another storage has a copy too, and can be reached."""
        if not other.acknowledged():
            return False
        try:
            return other.is_there()
        except StorageError:
            self.unreachable = True
            return False

    def run(self) -> Survey:
        if (obstacle := self.copy.obstacle()) is not None:
            self.survey.findings.append(Finding(Code.ROOT_LINK, obstacle))
            return self.survey
        self._list()
        digests = self._digests()
        if not digests:
            return self.survey
        inventories = self._inventories(digests)
        newest = list(digests)[-1]
        if newest not in inventories:
            name = f"{newest}/{formats.NAME}"
            self.survey.findings.append(Finding(self._no_copy(), name, digests[newest]))
            return self.survey
        head = formats.parse(inventories[newest])
        self._diverged(head)
        self.survey.committed = commitments(head, digests, inventories)
        storages = [copy.storage for copy in (self.copy, *self.others)]
        self.survey.page_of = ObjectPages(storages, self.path, head)
        self._read()
        self._logs()
        for path in self.survey.wrong:
            self._ask(path)
        self.survey.lost = with_pages(self.survey.lost, self.survey.page_of)
        return self.survey

    def _list(self) -> None:
        if self.copy.storage.stat(self.path) is None:
            return
        for entry in self.copy.storage.walk(self.path):
            name = entry.path[len(self.path) + 1 :]
            self.survey.entries[name] = Entry(name, entry.kind, entry.size)

    def _digests(self) -> dict[str, str]:
        """The recorded digest of the inventory of each version that this copy must have.

        Those that were acknowledged here, and a later one that was not acknowledged any more.
        """
        acknowledged = self.copy.acknowledged()
        stored = list(self.recorded)
        if not acknowledged <= set(stored):
            version = min(acknowledged - set(stored))
            self.survey.findings.append(Finding(Code.NOT_RECORDED, version))
            return {}
        last = max(
            place
            for place, version in enumerate(stored)
            if version in acknowledged or f"{version}/{formats.NAME}" in self.survey.entries
        )
        return {version: self.recorded[version] for version in stored[: last + 1]}

    def _inventories(self, digests: Mapping[str, str]) -> dict[str, bytes]:
        """The bytes that have the recorded digests, from whichever copy has them."""
        inventories: dict[str, bytes] = {}
        newest = list(digests)[-1]
        for version, digest in digests.items():
            for copy in (self.copy, *self.others):
                data = self._bytes(copy, f"{self.path}/{version}/{formats.NAME}", digest)
                if data is None and version == newest:
                    data = self._bytes(copy, f"{self.path}/{formats.NAME}", digest)
                if data is not None:
                    inventories[version] = data
                    break
        return inventories

    def _bytes(self, copy: StoredCopy, path: str, digest: str) -> bytes | None:
        try:
            data = read_all(copy.storage, path, formats.LARGEST)
        except StorageError as error:
            self._note_unreachable(error)
            return None
        algorithm = _ALGORITHMS.get(len(digest))
        if algorithm is None:
            return None
        return data if hashlib.new(algorithm, data).hexdigest() == digest else None

    def _note_unreachable(self, error: StorageError) -> None:
        if not isinstance(error, NotFound | NotAFile):
            self.unreachable = True

    def _no_copy(self) -> Code:
        return Code.NO_COPY_SEEN if self.unreachable else Code.NO_GOOD_COPY

    def _diverged(self, head: Inventory) -> None:
        """A further version that continues ours: its maker intended it, so a person must look."""
        tops = {path.split("/")[0] for path in self.survey.entries}
        unknown = {top for top in tops if _VERSION.fullmatch(top)} - self.recorded.keys()
        for version in sorted(unknown):
            try:
                path = f"{self.path}/{version}/{formats.NAME}"
                other = formats.parse(read_all(self.copy.storage, path, formats.LARGEST))
            except (StorageError, InventoryError):
                continue
            if not any(formats.differences(head, other)):
                self.survey.findings.append(Finding(Code.DIVERGED, version))

    def _read(self) -> None:
        entries = self.survey.entries
        look = partial(_look, self.copy, self.path, entries)
        committed = self.survey.committed.values()
        for file, seen in bounded_map(look, committed, workers=self.copy.storage.max_concurrency):
            if isinstance(seen, StorageError):  # what stands there may be sound: nothing is moved
                self.survey.findings.append(Finding(Code.UNREADABLE, file.path, seen=str(seen)))
            size = entries[file.path].size if file.path in entries else 0
            self.observer(Advanced(size, file.path))
            if seen is not None:
                self.survey.wrong[file.path] = str(seen)

    def _logs(self) -> None:
        """The records of events that this copy must have, under names that other copies know."""
        places = [(copy, name) for copy in (self.copy, *self.others) for name in _names(copy)]
        digests = {(copy.store.id, name): _digest(copy, name) for copy, name in places}
        for digest, event in sorted(self.copy.expected_logs().items()):
            holders = [
                (copy, name)
                for copy, name in places
                if event.is_record(name, digests[copy.store.id, name] or "")
            ]
            if not holders:
                expected = f"{event.entry.type} ({event.entry.time}): sha256 {digest}"
                self.survey.lost.append(Finding(Code.LOG_MISSING, LOGS, expected))
                continue
            first, name = holders[0]
            path = f"{LOGS}/{name}"
            self.survey.committed[path] = Committed(path, "sha256", digest)
            if first is not self.copy:
                own = digests.get((self.copy.store.id, name))
                self.survey.wrong[path] = own or "-"
                self.survey.good[path] = [copy for copy, _name in holders]

    def _ask(self, path: str) -> None:
        """Which copies have a file that this one lacks; without any, it is lost."""
        file = self.survey.committed[path]
        if path not in self.survey.good:
            self.survey.good[path] = [copy for copy in self.others if self._holds(copy, file)]
        if not self.survey.good[path] and file.data is None:
            seen = self.survey.wrong[path]
            self.survey.lost.append(Finding(self._no_copy(), path, file.digest, seen))

    def _holds(self, copy: StoredCopy, file: Committed) -> bool:
        try:
            seen = observe(copy.storage, f"{self.path}/{file.path}", [file.algorithm])
        except StorageError as error:
            self._note_unreachable(error)
            return False
        return seen.digests[file.algorithm] == file.digest


def _look(
    copy: StoredCopy, path: str, entries: Mapping[str, Entry], file: Committed
) -> tuple[Committed, str | StorageError | None]:
    """What is in the place of a file, if it is not what was recorded; read twice to be sure.

    The error of a storage that refuses to give it; that of a medium is damage.
    """
    entry = entries.get(file.path)
    if entry is None:
        return file, "-"
    if entry.kind is not Kind.FILE:
        return file, entry.kind.value
    seen: str | StorageError = ""
    for _reading in range(2):
        try:
            observed = observe(copy.storage, f"{path}/{file.path}", [file.algorithm])
        except Unreachable:
            raise
        except StorageError as error:
            broken = isinstance(error, NotFound | NotAFile) or _is_of_medium(error)
            seen = str(error) if broken else error
            continue
        seen = observed.digests[file.algorithm]
        if seen == file.digest:
            return file, None
        if observed.size != entry.size:
            message = _(
                "{path}: the storage sent a different number of bytes than it states, {size}"
            )
            seen = StorageError(message.format(path=file.path, size=entry.size), path=file.path)
    return file, seen


def _is_of_medium(error: StorageError) -> bool:
    """Whether a disk's medium could not be read: then the file is gone, whatever is tried."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EIO


def _names(copy: StoredCopy) -> list[str]:
    try:
        return copy.log_names()
    except StorageError:
        return []


def _digest(copy: StoredCopy, name: str) -> str | None:
    try:
        return copy.log_digest(name)
    except StorageError:
        return None
