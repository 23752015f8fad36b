"""A storage that repeats calls that failed with the connection, where repeating is harmless."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TypeVar

from preserva.core.formats.layout import STAGING
from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Entry
from preserva.errors import Unreachable
from preserva.retry import retry
from preserva.storage.base import CHUNK, Reader, Storage
from preserva.storage.wrappers.forward import Forwarding

T = TypeVar("T")

_ATTEMPTS = 5
_DELAY = 1.0
_PATIENCE = 60.0
"""Seconds after the first failure within which further attempts begin."""


class Retry(Forwarding):
    """Calls that end in Unreachable are made up to `attempts` times.

    Before the second attempt it waits `delay` seconds, and twice as long before each later one. A
    minute after the first failure no further attempt begins: some take minutes to fail.

    A storage that has not answered yet, or did not answer at the last attempt, is asked once: only
    a connection that has worked is expected to come back, and nobody waits for each package of a
    storage that is gone.

    - Reads, `flush`, `reserve`, `replace` and `discard` may be made twice: they are repeated.
    - `create` is repeated for a file in staging of at most CHUNK bytes, after what the failed
      attempt left of it is discarded. The chunks of a longer one are gone: the caller, who has the
      source, resumes it.
    - `publish` and `quarantine` are repeated only if nothing is at the new place yet.
    - `extend` and `lock` are not repeated.
    """

    def __init__(
        self,
        inner: Storage,
        *,
        sleep: Callable[[float], object],
        clock: Callable[[], float] = time.monotonic,
        attempts: int | None = None,
        delay: float | None = None,
    ) -> None:
        super().__init__(inner)
        self._sleep = sleep
        self._clock = clock
        self._attempts = _ATTEMPTS if attempts is None else attempts
        self._delay = _DELAY if delay is None else delay
        self._answering = False

    def again(self, act: Callable[[], T]) -> T:
        """What `act` returns, as often as it must be called."""
        attempts = self._attempts if self._answering else 1
        end: float | None = None

        def pause(failed: int, error: Unreachable) -> float | None:
            nonlocal end
            now = self._clock()
            end = now + _PATIENCE if end is None else end
            return float(self._delay * 2 ** (failed - 1)) if now < end else None

        try:
            result = retry(act, Unreachable, attempts=attempts, delay=pause, sleep=self._sleep)
        except Unreachable:
            self._answering = False
            raise
        self._answering = True
        return result

    def stat(self, path: str) -> Entry | None:
        """The entry at a path, not following a link; None if there is nothing."""
        return self.again(lambda: self.inner.stat(path))

    def children(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name. Raises NotFound if there is no such folder."""
        return self.again(lambda: self.inner.children(path))

    def walk(self, path: str, likely: Iterable[str] = ()) -> Iterator[Entry]:
        """Everything below a folder, folders included, in no particular order.

        After a failure the walk starts again, leaving out what was seen before.
        """
        seen: set[str] = set()
        walking: Iterator[Entry] | None = None

        def step() -> Entry | None:
            nonlocal walking
            if walking is None:
                walking = iter(self.inner.walk(path, likely))
            try:
                return next((entry for entry in walking if entry.path not in seen), None)
            except Unreachable:
                walking = None
                raise

        while (entry := self.again(step)) is not None:
            seen.add(entry.path)
            yield entry

    def open(self, path: str, *, bypass_cache: bool = False) -> Reader:
        """Open a regular file. After a failure it is opened again and read up to the same byte."""
        return _RetryReader(self, path, bypass_cache=bypass_cache)

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file, with the folders above it. Refuses a path that exists."""
        source = iter(chunks)
        start: list[bytes] = []
        size = 0
        for chunk in source:
            start.append(chunk)
            size += len(chunk)
            if size > CHUNK:
                break
        if size > CHUNK or not path.startswith(f"{STAGING}/"):
            self.inner.create(path, chain(start, source))
            return
        failed = False

        def act() -> None:
            nonlocal failed
            if failed:
                self.inner.discard(path)
            failed = True
            self.inner.create(path, start)

        self.again(act)

    def flush(self, path: str) -> None:
        """Make a file or a whole folder in staging durable, so that it can be read back."""
        self.again(lambda: self.inner.flush(path))

    def reserve(self, staged: str, final: str) -> None:
        """Announce where a folder below staging will be published."""
        self.again(lambda: self.inner.reserve(staged, final))

    def publish(self, staged: str, final: str) -> None:
        """Move a file or folder out of staging, durably and at once. Refuses a path that exists."""
        self._move(lambda: self.inner.publish(staged, final), final)

    def quarantine(self, path: str, target: str) -> None:
        """Move what is at a path to one below `quarantine/`, durably and at once."""
        self._move(lambda: self.inner.quarantine(path, target), target)

    def _move(self, move: Callable[[], None], final: str) -> None:
        failure: Unreachable | None = None

        def act() -> None:
            nonlocal failure
            if failure is not None and self.inner.stat(final) is not None:
                return
            try:
                move()
            except Unreachable as error:
                failure = error
                raise
            failure = None

        self.again(act)
        if failure is not None:  # it is there, but perhaps not durable
            raise failure

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file, durably and at once."""
        self.again(lambda: self.inner.replace(path, data))

    def discard(self, path: str) -> None:
        """Remove a file or folder below `staging/`, if it is there. Refuses any other path."""
        self.again(lambda: self.inner.discard(path))

    def limitations(self) -> tuple[Limitation, ...]:
        """What this storage cannot promise."""
        return self.again(self.inner.limitations)


class _RetryReader:
    """An open file that is opened again after the connection failed."""

    def __init__(self, storage: Retry, path: str, *, bypass_cache: bool) -> None:
        self._storage = storage
        self._path = path
        self._bypass_cache = bypass_cache
        self._position = 0
        self._open: Reader | None = storage.again(self._opened)

    def _opened(self) -> Reader:
        reader = self._storage.inner.open(self._path, bypass_cache=self._bypass_cache)
        left = self._position
        while left > 0 and (passed := len(reader.read(min(CHUNK, left)))):
            left -= passed
        return reader

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        data = self._storage.again(lambda: self._read(size))
        self._position += len(data)
        return data

    def _read(self, size: int) -> bytes:
        if self._open is None:
            self._open = self._opened()
        try:
            return self._open.read(size)
        except Unreachable:
            self.__exit__()
            raise

    def __enter__(self) -> _RetryReader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            self._open.__exit__(None, None, None)
            self._open = None
