"""The records of replications in the `logs/` of both copies, found again after an interruption."""

from __future__ import annotations

import io
from collections.abc import Iterator

from preserva.archive import events as history
from preserva.archive.archive import Archive
from preserva.archive.commitments import log_names, recorded_logs
from preserva.archive.store import Store
from preserva.core.eark.premis import Event
from preserva.core.eark.premis_read import read_events
from preserva.core.eark.vocabulary import EventType
from preserva.core.values.model import PackageId
from preserva.errors import TooLarge
from preserva.storage.base import read_all

COPIED = "copied, read back and compared"
FOUND = "found in place, read back and compared"


class ReplicationLog:
    """The records of bringing one package from a storage to another."""

    def __init__(self, archive: Archive, source: Store, target: Store, package: PackageId) -> None:
        self._archive = archive
        self._stores = (source, target)
        self._package = package

    def new(self, version: str, how: str) -> history.LogRecord:
        """The record that a version was brought now."""
        return self._record(
            self._archive.identifiers(), self._archive.now(), self._detail(version, how)
        )

    def left(self, version: str) -> history.LogRecord | None:
        """The record that an interrupted run kept with a copy, and not yet in the ledger.

        Only one that is, byte for byte, what we would have written. Raises StorageError.
        """
        details = {self._detail(version, how) for how in (COPIED, FOUND)}
        for happened in self._unknown():
            if happened.detail in details:
                record = self._record(happened.identifier.value, happened.when, happened.detail)
                if any(self._kept(store, record) for store in self._stores):
                    return record
        return None

    def keep(self, store: Store, record: history.LogRecord) -> None:
        """Put a record into the `logs/` of a copy, if it is not there. Raises StorageError."""
        path = store.root.path_of(self._package.uri)
        if store.storage.stat(f"{path}/{record.path}") is None:
            # the target's lock is held, and that of the source is not needed for this
            history.keep_log(store.storage, path, record, self._stores[1].id)

    def _detail(self, version: str, how: str) -> str:
        source, target = self._stores
        return f"{version} from {source.id} to {target.id}, {how}"

    def _record(self, identifier: str, time: str, detail: str) -> history.LogRecord:
        institution = self._archive.config.institution
        happened = history.event(
            EventType.REPLICATION,
            identifier=identifier,
            time=time,
            institution=institution,
            detail=detail,
            package=self._package,
        )
        return history.log_record(happened, institution, self._package)

    def _unknown(self) -> Iterator[Event]:
        """The replications in the logs of both copies of which the ledger knows nothing."""
        known = [str(one.facts["event"]) for one in recorded_logs(self._archive, self._package)]
        for store in self._stores:
            path = store.root.path_of(self._package.uri)
            for name in log_names(store, path):
                if "-replication-" not in name or any(one in name for one in known):
                    continue
                try:
                    data = read_all(
                        store.storage, f"{path}/{history.LOGS}/{name}", history.LARGEST_LOG
                    )
                    yield from read_events(io.BytesIO(data))
                except (TooLarge, ValueError):  # none of ours: validation names it
                    continue

    def _kept(self, store: Store, record: history.LogRecord) -> bool:
        path = f"{store.root.path_of(self._package.uri)}/{record.path}"
        if store.storage.stat(path) is None:
            return False
        return read_all(store.storage, path, history.LARGEST_LOG) == record.data
