"""A few threads that read large files, or large parts of a file, each from beginning to end.

hashlib lets other threads run while it works on a large buffer, and so do the system's calls. This
is the way of working in parallel that suits files: results come as they are ready, an interrupt
ends all threads within a piece, and an error of one is raised where results are taken.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

TICK = 0.25
"""Seconds after which a waiting caller gets control again."""

_AHEAD = 8  # what may wait beyond what the threads are at

Item = TypeVar("Item")
Result = TypeVar("Result")


class ThreadsStoppedError(Exception):
    """Nobody waits for the result any more."""


class Threads(Generic[Item, Result]):
    """Up to `count` threads that do `work`, started as work arrives; to be closed at the end."""

    def __init__(self, work: Callable[[Item], Result], count: int) -> None:
        self._work = work
        self._count = count
        self._items = queue.SimpleQueue[tuple[Item] | None]()
        self._results = queue.SimpleQueue[tuple[Result] | BaseException]()
        self._threads = list[threading.Thread]()
        self._owed = 0
        self._stop = threading.Event()

    def close(self) -> None:
        """End all threads; what has not begun is dropped."""
        self._stop.set()
        for _thread in self._threads:
            self._items.put(None)
        for thread in self._threads:
            thread.join()

    def owes(self) -> bool:
        """Whether a result is still to come."""
        return self._owed > 0

    def has_room(self) -> bool:
        """Whether to hand over more work: memory stays bounded if the caller waits otherwise."""
        return self._owed < self._count + _AHEAD

    def give(self, item: Item) -> None:
        """Hand over something to work on."""
        self._owed += 1
        self._items.put((item,))
        if len(self._threads) < self._count:
            self._threads.append(threading.Thread(target=self._run, name="read", daemon=True))
            self._threads[-1].start()

    def results(self, *, wait: bool = False) -> Iterator[Result]:
        """The results that are ready; with `wait`, waits a moment for the first of them.

        Raises what `work` raised.
        """
        try:
            ready = self._results.get(wait, TICK)
            while True:
                self._owed -= 1
                if isinstance(ready, BaseException):
                    raise ready
                yield ready[0]
                ready = self._results.get_nowait()
        except queue.Empty:
            return

    def refuse_stopped(self) -> None:
        """To be called by `work` after each piece. Raises ThreadsStoppedError if it should end."""
        if self._stop.is_set():
            raise ThreadsStoppedError

    def _run(self) -> None:
        while (item := self._items.get()) is not None:
            if self._stop.is_set():
                continue
            try:
                self._results.put((self._work(*item),))
            except BaseException as error:
                self._results.put(error)
