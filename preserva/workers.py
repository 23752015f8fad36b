"""Work done by other processes or machines: given out a little ahead, taken back as it comes.

One machine has the ledger and records; workers read and make things, and say what they saw. A
worker may be killed at any moment: its task is given to another, or comes back as an error and is
left to the next run. Nothing that is lost there was recorded here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from preserva.errors import StorageError, Unreachable, UsageError
from preserva.i18n import N_, _
from preserva.version import __version__

SCHEME = "dask://"
TLS_SCHEME = "dask+tls://"
"""The same with certificates on both sides, which Dask's own configuration names."""

_NO_CERTIFICATE = N_(
    "Name the certificates in Dask's configuration: docs/how-to/audit-unattended.md shows how."
)

_PATIENCE = 1.0
"""Seconds after which it is checked whether there is still anyone to wait for."""

_Key = TypeVar("_Key")
_Task = TypeVar("_Task")
_Seen = TypeVar("_Seen")


@dataclass(frozen=True, slots=True)
class Workers:
    """The processes that work for us: an executor, and how many tasks it can do at a time.

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
class WorkerAnswer(Generic[_Seen]):
    """What a worker saw, and its version of preserva: another version may see differently."""

    software: str
    seen: _Seen


def answer_there(do: Callable[[_Task], _Seen], task: _Task) -> WorkerAnswer[_Seen]:
    """On a worker: do a task."""
    return WorkerAnswer(__version__, do(task))


@dataclass(frozen=True, slots=True)
class TaskEnd(Generic[_Key, _Seen]):
    """A task that came back: what was seen, or the error that there is in its place.

    After an error with `lost` no worker can be expected to do anything more.
    """

    key: _Key
    seen: _Seen | None = None
    error: StorageError | None = None
    lost: bool = False


class Tasks(Generic[_Key, _Seen]):
    """The tasks that workers have: twice as many as they can do at a time, so that none waits."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._waiting: dict[Future[WorkerAnswer[_Seen]], _Key] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether one must be taken back before another is given."""
        return len(self._waiting) >= 2 * self._workers.at_once

    def give(self, key: _Key, do: Callable[[_Task], _Seen], task: _Task) -> None:
        """Give a task; `do` is a function of a module, and all of `task` travels.

        Raises Unreachable if the executor takes none.
        """
        try:
            future = self._workers.executor.submit(answer_there, do, task)
        except Exception as error:
            message = _("the cluster accepts no more work: {reason}")
            raise Unreachable(message.format(reason=error)) from error
        self._waiting[future] = key

    def take(self) -> Iterator[TaskEnd[_Key, _Seen]]:
        """Wait for at least one, a while; all that came back meanwhile.

        If nobody is there any more, all that was given comes back as lost.
        """
        done = wait(self._waiting, timeout=_PATIENCE, return_when=FIRST_COMPLETED).done
        if not done and not self._workers.alive():
            done = set(self._waiting)
        for future in done:
            yield _taken(self._waiting.pop(future), future)


def _taken(key: _Key, future: Future[WorkerAnswer[_Seen]]) -> TaskEnd[_Key, _Seen]:
    if not future.done():
        return TaskEnd(key, error=Unreachable(_("the scheduler is gone")), lost=True)
    try:
        answer = future.result()
    except (asyncio.CancelledError, CancelledError):  # whoever knew of it is gone
        return TaskEnd(key, error=Unreachable(_("the scheduler is gone")), lost=True)
    except Exception as error:
        message = _("the worker did not finish: {reason}")
        return TaskEnd(key, error=StorageError(message.format(reason=error)), lost=True)
    software = answer.software if isinstance(answer, WorkerAnswer) else None
    if software != __version__:  # the others may be of ours: they go on
        message = _("a worker runs preserva {theirs}, not {ours}: its results are not used")
        text = message.format(theirs=software or "?", ours=__version__)
        return TaskEnd(key, error=StorageError(text))
    return TaskEnd(key, answer.seen)
