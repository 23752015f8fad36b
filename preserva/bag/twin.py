"""A second process for many small files: it reads every second batch of them.

Threads do not help there, because Python runs one at a time and a small file gives it little to
wait for. The process is forked, so it starts at once and knows what this one knows; it opens
files, sends back what they were, and touches nothing else. Where it cannot be had, or dies, this
process reads everything itself.
"""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH = 256


def in_batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items in lists of BATCH, the last one shorter."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def with_twin(
    items: Iterator[Item], work: Callable[[Item], Result]
) -> Iterator[tuple[Item, Result]]:
    """Each item with what `work` makes of it, in their order, done by two processes in turns.

    Only in a process that has no other threads: a fork would copy their locks, but not them.
    """
    if threading.active_count() > 1:
        yield from ((item, work(item)) for item in items)
        return
    with _Twin(items, work) as twin:
        for number, batch in enumerate(in_batches(items)):
            done = twin.take() if number % 2 else None
            yield from zip(batch, done or map(work, batch), strict=True)


class _Twin(Generic[Item, Result]):
    """The second process, as a context manager; it ends when its pipe is closed."""

    def __init__(self, items: Iterator[Item], work: Callable[[Item], Result]) -> None:
        reading, writing = os.pipe()
        self._process = os.fork()
        if not self._process:
            _serve(items, work, reading, writing)
        os.close(writing)
        self._results: IO[bytes] = os.fdopen(reading, "rb")

    def __enter__(self) -> _Twin[Item, Result]:
        return self

    def __exit__(self, *_unused: object) -> None:
        self._results.close()
        os.waitpid(self._process, 0)

    def take(self) -> list[Result] | None:
        """The results of its next batch; None if it died."""
        try:
            found: list[Result] = pickle.load(self._results)
        except (EOFError, OSError, pickle.UnpicklingError):
            return None
        return found


def _serve(
    items: Iterator[Item], work: Callable[[Item], Result], reading: int, writing: int
) -> None:
    """The second process. It never returns: what is open belongs to the first."""
    try:
        os.close(reading)
        with os.fdopen(writing, "wb") as stream:
            for number, batch in enumerate(in_batches(items)):
                if number % 2:
                    pickle.dump([work(item) for item in batch], stream)
                    stream.flush()
    finally:
        os._exit(0)
