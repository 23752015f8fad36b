"""An audit on many machines: workers read the storages where they are, one machine records.

Only the machine that runs the audit has the ledger. A worker gets the folder of a copy and the
digests that were recorded, reads, and gives back what it saw, which the machine of the ledger
compares and records, one copy at a time: a worker, or all of them, may be killed at any moment and
nothing is lost or recorded twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.config import StorageConfig
from preserva.core.formats.inventory import Inventory
from preserva.core.policy.audit import Due
from preserva.core.values.report import Report
from preserva.core.values.subjects import CopyInStorage
from preserva.errors import StorageError, UsageError
from preserva.fixity.audit_run import CLUSTER, Reading, Run, Step
from preserva.fixity.check_copy import compared, locate, unreachable
from preserva.fixity.ocfl_object import CheckedObject, check_object
from preserva.i18n import N_, _
from preserva.information_package.official_schemas import load_schemas
from preserva.storage.open import open_storage
from preserva.storage.wrappers.rate_limit import RateLimit
from preserva.version import __version__

SCHEME = "dask://"
TLS_SCHEME = "dask+tls://"
"""The same with certificates on both sides, which Dask's own configuration names."""

_NO_CERTIFICATE = N_(
    "Name the certificates in Dask's configuration: docs/how-to/audit-unattended.md shows how."
)

_PATIENCE = 1.0
"""Seconds after which it is checked whether there is still anyone to wait for."""


@dataclass(frozen=True, slots=True)
class Workers:
    """The processes that read for us: an executor, and how many copies it can read at a time.

    `alive` says whether it can still be reached: a scheduler that is gone may never answer.
    """

    executor: Executor
    at_once: int
    alive: Callable[[], bool] = lambda: True


@contextmanager
def connect(url: str) -> Iterator[Workers]:
    """The workers of a Dask cluster at `dask://HOST:PORT`, or `dask+tls://HOST:PORT`.

    Raises UsageError, StorageError.
    """
    scheme, separator, place = url.partition("://")
    if f"{scheme}{separator}" not in {SCHEME, TLS_SCHEME}:
        message = _("{url} is not a cluster: give dask://HOST:PORT or dask+tls://HOST:PORT")
        raise UsageError(message.format(url=url))
    encrypted = scheme.endswith("+tls")
    try:
        from distributed import Client, Security
    except ModuleNotFoundError as error:
        raise UsageError(
            _("a cluster needs distributed, which is not installed"),
            hint=_("Install it with: pip install 'preserva[dask]'"),
        ) from error
    try:
        client = Client(
            f"{'tls' if encrypted else 'tcp'}://{place}",
            timeout=10,
            set_as_default=False,
            security=Security(require_encryption=encrypted),
        )
    except (TypeError, ValueError) as error:  # a certificate is not named, or cannot be read
        message = _("no TLS connection to the cluster at {url} is possible: {reason}")
        raise UsageError(message.format(url=url, reason=error), hint=_NO_CERTIFICATE) from error
    except OSError as error:
        message = _("the cluster at {url} does not answer: {reason}")
        raise StorageError(message.format(url=url, reason=error)) from error
    with client:
        at_once = max(1, sum(client.nthreads().values()))
        yield Workers(client.get_executor(), at_once, lambda: bool(client.status == "running"))


@dataclass(frozen=True, slots=True)
class _Task:
    """The task of a worker: which folder of which storage, and what was recorded of both."""

    storage: StorageConfig
    identity: str | None
    path: str
    subject: CopyInStorage
    known: dict[str, str]
    xsd: Path | None
    bandwidth: float | None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a worker saw, and its version of preserva: another version may see differently."""

    software: str
    seen: CheckedObject | StorageError


def read_elsewhere(run: Run, due: Iterator[Due], workers: Workers) -> None:
    """Let workers read these as long as the budget lasts, and wait for what they have begun."""
    _Round(run, workers).read(due)


class _Round:
    def __init__(self, run: Run, workers: Workers) -> None:
        self.run = run
        self.workers = workers
        self.ahead = 2 * workers.at_once  # so that none waits for us
        self.waiting: dict[Future[_Answer], tuple[Due, Reading]] = {}
        self.broken: str | None = None
        self.refused: str | None = None

    def read(self, due: Iterator[Due]) -> None:
        for due_copy in due:
            while len(self.waiting) >= self.ahead:
                self._take()
            away = due_copy.copy.storage in self.run.audit.unreachable
            if away or self.broken or self.run.spent() or not self._give(due_copy):
                self.run.audit.leave([due_copy])
        while self.waiting:
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
        task = _Task(
            copy.store.config,
            copy.store.remembered(),
            folder,
            copy.subject,
            copy.recorded.inventories(),
            self.run.archive.config.xsd,
            None if bandwidth is None else bandwidth / self.workers.at_once,
        )
        try:
            future = self.workers.executor.submit(read_there, task)
        except Exception as error:
            self.broken = repr(error)
            return False
        self.waiting[future] = (due_copy, reading)
        return True

    def _take(self) -> None:
        """Wait for at least one copy, and record what was seen."""
        done = wait(self.waiting, timeout=_PATIENCE, return_when=FIRST_COMPLETED).done
        if not done and not self.workers.alive():
            self.broken = self.broken or _("the scheduler is gone")
            self.run.audit.leave(due_copy for due_copy, _reading in self.waiting.values())
            self.waiting.clear()
        for future in done:
            due_copy, reading = self.waiting.pop(future)
            step = self._conclude(future, reading)
            again = step is Step.AGAIN and self._give_again(due_copy, reading)
            if step is not Step.DONE and not again:
                self.run.audit.leave([due_copy])

    def _give_again(self, due_copy: Due, reading: Reading) -> bool:
        folder = locate(reading.copy)
        return isinstance(folder, str) and self._submit(due_copy, reading, folder)

    def _conclude(self, future: Future[_Answer], reading: Reading) -> Step:
        copy = reading.copy
        try:
            answer = future.result()
        except BaseException as error:
            self.broken = repr(error)
            return Step.LEFT
        software = answer.software if isinstance(answer, _Answer) else None
        if software != __version__:  # the others may be of ours: they go on
            message = _("a worker runs preserva {theirs}, not {ours}: its results are not used")
            self.refused = message.format(theirs=software or "?", ours=__version__)
            return Step.LEFT
        report = _report(copy, answer.seen)
        self.run.audit.bytes_read += report.bytes_read
        return self.run.conclude(reading, report)


def _report(copy: StoredCopy, seen: CheckedObject | StorageError) -> Report:
    if isinstance(seen, StorageError):
        return unreachable(copy, seen)
    try:
        return compared(copy, seen)
    except StorageError as error:
        return unreachable(copy, error)


def read_there(task: _Task) -> _Answer:
    """On a worker: read a copy. Returns what it sees, or why it cannot read it."""
    return _Answer(__version__, _read(task))


def _read(task: _Task) -> CheckedObject | StorageError:
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
