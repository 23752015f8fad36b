"""The copy of a package in one storage: where it is, what it must be, what happened to it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from preserva.archive.archive import ArchivalStorage
from preserva.archive.events import LARGEST_LOG, LOGS, LogRecord
from preserva.archive.recorded_package import LoggedEvent, RecordedPackage
from preserva.archive.retirement import retired
from preserva.archive.store import Store
from preserva.core.formats.layout import STAGING
from preserva.core.values.entries import ARRIVALS, SUCCESS
from preserva.core.values.fact import Facts
from preserva.core.values.facts import Arrival
from preserva.core.values.model import Kind, PackageId
from preserva.core.values.subjects import CopyInStorage
from preserva.errors import Damaged, NotAFile, NotFound, StorageError, TooLarge
from preserva.i18n import _
from preserva.ledger import LedgerEntry
from preserva.storage.base import Storage, read_all
from preserva.storage.glance import GlancedObject, glance_by_id
from preserva.storage.ocfl import StoredObject
from preserva.storage.published import publish


@dataclass(frozen=True)
class StoredCopy:
    """The copy of a package in a storage, whether it is there or should be.

    Every method that looks into the storage raises StorageError, also if it is the wrong storage.
    """

    archive: ArchivalStorage
    store: Store
    package: PackageId

    @property
    def subject(self) -> CopyInStorage:
        """What a report on this copy is about."""
        return CopyInStorage(self.package, self.store.id)

    @property
    def recorded(self) -> RecordedPackage:
        """What was recorded of the package, in this storage or another."""
        return RecordedPackage(self.archive.ledger, self.package, self.archive.config.custody)

    @property
    def belongs(self) -> bool:
        """Whether a copy of this package may be in this storage at all."""
        return self.archive.config.custody.belongs(self.package, self.store.id)

    @property
    def storage(self) -> Storage:
        """The files of its storage."""
        return self.store.storage

    @property
    def path(self) -> str:
        """The folder of its OCFL object in the storage."""
        return self.store.root.path_of(self.package.uri)

    def is_there(self) -> bool:
        """Whether there is anything in its place, or in the way to it: `obstacle` names that."""
        try:
            return self.store.root.holds(self.package.uri)
        except NotAFile:
            return True

    def obstacle(self) -> str | None:
        """A link or a file on the way to it: anything behind that is not in this storage."""
        try:
            entry = self.storage.stat(self.path)
        except NotAFile:
            pass  # it is above
        else:
            return None if entry is None or entry.kind is Kind.FOLDER else entry.path
        parts = self.path.split("/")
        for depth in range(1, len(parts) + 1):
            entry = self.storage.stat("/".join(parts[:depth]))
            if entry is not None and entry.kind is not Kind.FOLDER:
                return entry.path
        return None

    def read(self) -> StoredObject:
        """Its inventory. Raises NotFound, or Damaged if the inventory cannot be trusted."""
        return self.store.root.read(self.package.uri)

    def glance(self) -> GlancedObject:
        """What a list needs of its inventory; memory does not grow with files. Raises as `read`."""
        return glance_by_id(self.store.root, self.package.uri)

    def read_recorded(self) -> StoredObject:
        """Its inventory, which is the one that the ledger recorded.

        Raises NotFound; Damaged if it is another one; StorageError if none was recorded.
        """
        stored = self.read()
        head = stored.inventory.head
        digest = self.recorded.inventories().get(head)
        if digest is None:
            message = _("{id}: the ledger has no record of {version} in {storage} to compare with")
            raise StorageError(message.format(id=self.package, version=head, storage=self.store.id))
        if digest != stored.digest:
            message = _("{id} in {storage} is not the package that was recorded when it was stored")
            raise Damaged(message.format(id=self.package, storage=self.store.id))
        return stored

    def acknowledged(self) -> set[str]:
        """The versions that the ledger acknowledged in this storage; none if none belongs here."""
        if not self.belongs:
            return set()
        entries = self.archive.ledger.entries(
            package=self.package.uri, storage=self.store.id, types=ARRIVALS
        )
        return {
            entry.version
            for entry in entries
            if entry.outcome == SUCCESS and entry.version is not None
        }

    def last(self, *types: str) -> LedgerEntry | None:
        """The newest entry of the ledger about this copy that is of one of these types."""
        return self.archive.ledger.last(
            package=self.package.uri, storage=self.store.id, types=types
        )

    def record(
        self,
        type_: str,
        outcome: str,
        *,
        version: str | None = None,
        facts: Facts | None = None,
        time: str | None = None,
    ) -> LedgerEntry:
        """Append an entry about this copy to the ledger; `time` is now if not given.

        Raises LedgerError.
        """
        return self.archive.ledger.append(
            type_,
            time=time or self.archive.now(),
            outcome=outcome,
            package=self.package.uri,
            storage=self.store.id,
            version=version,
            facts=facts,
        )

    def expected_logs(self) -> dict[str, LoggedEvent]:
        """The event by the SHA-256 of its record, for each that its `logs/` must have.

        Those that happened to it or were copied from it, and those that came along with a version;
        without those that were given up, and those about a copy that was retired: it had one of
        the two records.
        """
        given_up, gone = self.recorded.given_up(), retired(self.archive.ledger)
        logged = [
            event
            for event in self.recorded.logged()
            if event.log.sha256 not in given_up
            and not gone.has(self.package.uri, event.entry.storage or "")
        ]
        carried = {
            digest
            for event in logged
            if event.entry.storage == self.store.id and isinstance(event.facts, Arrival)
            for digest in event.facts.carried or ()
        }
        return {
            event.log.sha256: event
            for event in logged
            if self.store.id in event.storages or event.log.sha256 in carried
        }

    def log_names(self) -> list[str]:
        """The files in its `logs/`; the check of the object names what is no file."""
        try:
            entries = self.storage.children(f"{self.path}/{LOGS}")
        except (NotFound, NotAFile):  # there is none, or a link
            return []
        return [entry.path.rpartition("/")[2] for entry in entries if entry.kind is Kind.FILE]

    def read_log(self, name: str) -> bytes:
        """A file in its `logs/`. Raises TooLarge for one that cannot be ours."""
        return read_all(self.storage, f"{self.path}/{LOGS}/{name}", LARGEST_LOG)

    def log_digest(self, name: str) -> str:
        """The SHA-256 of a file in its `logs/`; "" if it is too large to be one of ours."""
        try:
            return hashlib.sha256(self.read_log(name)).hexdigest()
        except TooLarge:
            return ""

    def keep_log(self, log: LogRecord, by: str) -> None:
        """Put the record of an event into its `logs/`, unless an earlier run has done so.

        `by` makes its name in staging ours alone, so that no lock of the storage is needed. Raises
        StorageError, also if another record is there under its name.
        """
        name = log.path.rpartition("/")[2]
        if name in self.log_names() and self.log_digest(name) == log.sha256:
            return
        staged = f"{STAGING}/replicate-log-{by}.xml"
        self.storage.discard(staged)
        self.storage.create(staged, [log.data])
        publish(self.storage, staged, f"{self.path}/{log.path}")
