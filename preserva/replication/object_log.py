"""The records of replications in the `logs/` of both copies, found again after an interruption."""

from __future__ import annotations

import io
from collections.abc import Iterator

from preserva.archive import events as history
from preserva.archive.acting import Actor
from preserva.archive.stored_copy import StoredCopy
from preserva.core.eark.person import person_of
from preserva.core.eark.premis import Event
from preserva.core.eark.premis_read import read_events
from preserva.core.eark.vocabulary import EventType
from preserva.errors import TooLarge

COPIED = "copied, read back and compared"
FOUND = "found in place, read back and compared"


class ReplicationLog:
    """The records of copying one package from a storage to another."""

    def __init__(self, source: StoredCopy, target: StoredCopy) -> None:
        self._source = source
        self._target = target

    def new(self, version: str, how: str) -> history.LogRecord:
        """The record that a version was copied now."""
        archive = self._source.archive
        detail = self._detail(version, how)
        return self._record(archive.identifiers(), archive.now(), detail, archive.actor)

    def left(self, version: str) -> history.LogRecord | None:
        """The record that an interrupted run left with a copy but not yet in the ledger.

        It must be, byte for byte, what we would have written. Raises StorageError.
        """
        details = {self._detail(version, how) for how in (COPIED, FOUND)}
        for happened in self._unknown():
            if happened.detail in details:
                institution = self._source.archive.config.institution
                record = self._record(
                    happened.identifier.value,
                    happened.when,
                    happened.detail,
                    Actor(institution, person_of(happened)),
                )
                if any(_holds(copy, record) for copy in (self._source, self._target)):
                    return record
        return None

    def keep(self, copy: StoredCopy, record: history.LogRecord) -> None:
        """Put a record into the `logs/` of a copy, if it is not there. Raises StorageError."""
        # the target's lock is held, and that of the source is not needed for this
        copy.keep_log(record, self._target.store.id)

    def _detail(self, version: str, how: str) -> str:
        return f"{version} from {self._source.store.id} to {self._target.store.id}, {how}"

    def _record(self, identifier: str, time: str, detail: str, actor: Actor) -> history.LogRecord:
        happened = history.event(
            EventType.REPLICATION,
            identifier=identifier,
            time=time,
            actor=actor,
            detail=detail,
            package=self._source.package,
        )
        return history.log_record(happened, actor, self._source.package)

    def _unknown(self) -> Iterator[Event]:
        """The replications in the logs of both copies that the ledger does not know."""
        known = [event.log.event for event in self._source.recorded.logged()]
        for copy in (self._source, self._target):
            for name in copy.log_names():
                if "-replication-" not in name or any(event in name for event in known):
                    continue
                try:
                    yield from read_events(io.BytesIO(copy.read_log(name)))
                except (TooLarge, ValueError):  # none of ours: validation names it
                    continue


def _holds(copy: StoredCopy, record: history.LogRecord) -> bool:
    name = record.path.rpartition("/")[2]
    return name in copy.log_names() and copy.read_log(name) == record.data
