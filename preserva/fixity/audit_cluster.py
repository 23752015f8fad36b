"""An audit on many machines: workers read the storages where they are, one machine records.

Only the machine that runs the audit has the ledger. A worker gets the folder of a copy and the
digests that were recorded, reads, and gives back what it saw, which the machine of the ledger
compares and records, one copy at a time: a worker, or all of them, may be killed at any moment and
nothing is lost or recorded twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.config import StorageConfig
from preserva.core.formats.inventory import Inventory
from preserva.core.policy.audit import Due
from preserva.core.values.report import Report
from preserva.core.values.subjects import CopyInStorage
from preserva.errors import StorageError, Unreachable
from preserva.fixity.audit_run import CLUSTER, Reading, Run, Step
from preserva.fixity.check_copy import compared, locate, unreachable
from preserva.fixity.ocfl_object import CheckedObject, check_object
from preserva.information_package.official_schemas import load_schemas
from preserva.storage.open import open_storage
from preserva.storage.wrappers.rate_limit import RateLimit
from preserva.workers import TaskEnd, Tasks, Workers

CopySeen = CheckedObject | StorageError
"""What a worker saw of a copy, or why it could not read it."""


@dataclass(frozen=True, slots=True)
class CopyTask:
    """The task of a worker: which folder of which storage, and what was recorded of both."""

    storage: StorageConfig
    identity: str | None
    path: str
    subject: CopyInStorage
    known: dict[str, str]
    xsd: Path | None
    bandwidth: float | None


def task_of(
    copy: StoredCopy, folder: str, known: dict[str, str], xsd: Path | None, bandwidth: float | None
) -> CopyTask:
    """The task of reading a copy that is in a folder; see `check_object` for `known`."""
    store = copy.store
    return CopyTask(store.config, store.remembered(), folder, copy.subject, known, xsd, bandwidth)


def read_elsewhere(run: Run, due: Iterator[Due], workers: Workers) -> None:
    """Let workers read these as long as the budget lasts, and wait for what they have begun."""
    _Round(run, workers).read(due)


class _Round:
    def __init__(self, run: Run, workers: Workers) -> None:
        self.run = run
        self.workers = workers
        self.tasks: Tasks[tuple[Due, Reading], CopySeen] = Tasks(workers)
        self.broken: str | None = None
        self.refused: str | None = None

    def read(self, due: Iterator[Due]) -> None:
        for due_copy in due:
            while self.tasks.is_full:
                self._take()
            away = due_copy.copy.storage in self.run.audit.unreachable
            if away or self.broken or self.run.spent() or not self._give(due_copy):
                self.run.audit.leave([due_copy])
        while self.tasks:
            self._take()
        if reason := self.broken or self.refused:
            self.run.audit.unreachable[CLUSTER] = reason

    def _give(self, due_copy: Due) -> bool:
        reading = self.run.begin(due_copy.copy)
        if reading is None:
            return False
        located = locate(reading.copy)
        if isinstance(located, str):
            return self._submit(due_copy, reading, located)
        assert located is not None, "it is recorded as stored, so its absence is a finding"
        reading.first = located  # nothing is read, so nothing can be misread
        return self.run.conclude(reading, located) is Step.DONE

    def _submit(self, due_copy: Due, reading: Reading, folder: str) -> bool:
        copy, bandwidth = reading.copy, self.run.budget.bandwidth
        each = None if bandwidth is None else bandwidth / self.workers.at_once
        xsd = self.run.archive.config.xsd
        task = task_of(copy, folder, copy.recorded.inventories(), xsd, each)
        try:
            self.tasks.give((due_copy, reading), read_there, task)
        except Unreachable as error:
            self.broken = str(error)
            return False
        return True

    def _take(self) -> None:
        """Wait for at least one copy, and record what was seen."""
        for taken in self.tasks.take():
            due_copy, reading = taken.key
            step = self._conclude(taken, reading)
            again = step is Step.AGAIN and self._give_again(due_copy, reading)
            if step is not Step.DONE and not again:
                self.run.audit.leave([due_copy])

    def _give_again(self, due_copy: Due, reading: Reading) -> bool:
        folder = locate(reading.copy)
        return isinstance(folder, str) and self._submit(due_copy, reading, folder)

    def _conclude(self, taken: TaskEnd[tuple[Due, Reading], CopySeen], reading: Reading) -> Step:
        if taken.error is not None and taken.lost:
            self.broken = self.broken or str(taken.error)
            return Step.LEFT
        if taken.error is not None:
            self.refused = str(taken.error)
            return Step.LEFT
        assert taken.seen is not None, "it is seen, or there is an error"
        report = report_on(reading.copy, taken.seen)
        self.run.audit.bytes_read += report.bytes_read
        return self.run.conclude(reading, report)


def report_on(copy: StoredCopy, seen: CopySeen) -> Report:
    """What a worker saw of a copy, compared with what was recorded."""
    if isinstance(seen, StorageError):
        return unreachable(copy, seen)
    try:
        return compared(copy, seen)
    except StorageError as error:
        return unreachable(copy, error)


def read_there(task: CopyTask) -> CopySeen:
    """On a worker: read a copy. Returns what it sees, or why it cannot read it."""
    storage = open_storage(task.storage.url, read_only=True)
    try:
        Store(task.storage, storage, lambda: task.identity).check_identity()
        if task.bandwidth is not None:
            storage = RateLimit(storage, task.bandwidth, clock=time.monotonic, sleep=time.sleep)
        checked = check_object(
            storage,
            task.path,
            subject=task.subject,
            official=None if task.xsd is None else load_schemas(task.xsd),
            known=task.known,
        )
    except StorageError as error:
        return error
    finally:
        storage.close()
    if checked.inventory is not None:  # a hundred thousand names need not travel
        checked.inventory = _without_files(checked.inventory)
    return checked


def _without_files(inventory: Inventory) -> Inventory:
    versions = {name: replace(version, state={}) for name, version in inventory.versions.items()}
    return replace(inventory, manifest={}, versions=versions)
