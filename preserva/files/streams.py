"""Digests of files that follow each other in one stream, computed while the stream is read.

Each digest of a file runs in one of a few threads, so the next piece or the next file is read while
the previous one is still being digested. Small files are digested at once, in the calling thread.
Files stored uncompressed in another file (in a plain tar) need not pass through the stream:
processes read small ones, threads read large ones.
"""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from preserva.core.values.digest import MultiHash, new_hash
from preserva.core.values.model import Observed
from preserva.files.opening import CHUNK, SMALL
from preserva.files.small_file_pool import SmallRanges
from preserva.files.threads import Threads

_AHEAD = 32
"""Pieces that may wait for a thread: with pieces of 1 MiB, the memory for it in MiB."""

_Task = Callable[[], object]
_Range = tuple[str, int, int, int, frozenset[str]]


class StreamDigester:
    """A context manager with up to `jobs` threads; `ahead` bounds the number of unprocessed pieces.

    Leaving it waits for all digests, or after an exception drops them, within a piece.
    """

    def __init__(self, jobs: int, *, ahead: int = _AHEAD) -> None:
        self._jobs = max(1, jobs)
        self._ahead = ahead
        self._lanes: list[_Lane] = []
        self._turn = 0
        self._finished = deque[Observed]()
        self._small: SmallRanges | None = None
        self._large: Threads[_Range, Observed | None] | None = None

    def __enter__(self) -> StreamDigester:
        return self

    def __exit__(self, kind: object, *_unused: object) -> None:
        try:
            if kind is None:
                self._finish_ranges()
        finally:
            if self._small is not None:
                self._small.close()
            if self._large is not None:
                self._large.close()
            for lane in self._lanes:
                lane.close(drop=kind is not None)

    def done(self) -> Iterator[Observed]:
        """The files that are finished by now; each is given once."""
        while self._finished:
            yield self._finished.popleft()

    def begin(self, path: str, algorithms: Iterable[str]) -> PassingFile:
        """A file in the stream: its pieces go to `update`; after the last one, `end` is called.

        `done` returns it, at the latest when the context has ended.
        """
        return PassingFile(path, sorted(algorithms), self._next_lane, self._finished)

    def digest(self, path: str, pieces: Iterable[bytes], algorithms: Iterable[str]) -> None:
        """Accept a whole file, piece by piece."""
        passing = self.begin(path, algorithms)
        for piece in pieces:
            passing.update(piece)
        passing.end()

    def digest_range(
        self, path: str, fd: int, start: int, size: int, algorithms: Iterable[str]
    ) -> None:
        """Accept a file that is stored inside another one, without reading it here.

        The descriptor must stay open until the context ends. If the other file ends too early or
        cannot be read, there is no result.
        """
        wanted = frozenset(algorithms)
        if size > SMALL:
            self._large_ranges().give((path, fd, start, size, wanted))
            while not self._large_ranges().has_room():
                self._take_large(wait=True)
            self._take_large()
            return
        if self._small is None or self._small.algorithms != wanted:
            self._finish_small()
            self._small = SmallRanges(fd, wanted, self._jobs)
        self._small.add(path, start, size)
        self._finished.extend(self._small.done())

    def _next_lane(self) -> _Lane:
        """The thread with the least work; among equals each in its turn."""
        if len(self._lanes) < self._jobs:
            self._lanes.append(_Lane(self._ahead))
            return self._lanes[-1]
        self._turn += 1
        order = self._lanes[self._turn % len(self._lanes) :] + self._lanes
        return min(order, key=lambda lane: lane.waiting())

    def _large_ranges(self) -> Threads[_Range, Observed | None]:
        if self._large is None:
            self._large = Threads(self._read_range, self._jobs)
        return self._large

    def _read_range(self, place: _Range) -> Observed | None:
        path, fd, start, size, algorithms = place
        buffer, position, end = memoryview(bytearray(CHUNK)), start, start + size
        hashes = MultiHash(sorted(algorithms))
        while position < end:
            self._large_ranges().refuse_stopped()
            try:
                count = os.preadv(fd, [buffer[: end - position]], position)
            except OSError:
                return None
            if not count:
                return None
            hashes.update(buffer[:count])
            position += count
        return Observed(path, size, hashes.digests())

    def _take_large(self, *, wait: bool = False) -> None:
        if self._large is not None:
            finished = self._large.results(wait=wait)
            self._finished.extend(observed for observed in finished if observed is not None)

    def _finish_small(self) -> None:
        if self._small is not None:
            self._small.finish()
            self._finished.extend(self._small.done())
            self._small.close()
            self._small = None

    def _finish_ranges(self) -> None:
        self._finish_small()
        while self._large is not None and self._large.owes():
            self._take_large(wait=True)


class PassingFile:
    """A file whose bytes pass once. The pieces must not be modified."""

    def __init__(
        self,
        path: str,
        algorithms: list[str],
        next_lane: Callable[[], _Lane],
        finished: deque[Observed],
    ) -> None:
        self.path = path
        self.size = 0
        self._hashes = {name: new_hash(name) for name in algorithms}
        self._next_lane = next_lane
        self._lanes: dict[str, _Lane] = {}
        self._finished = finished
        self._lock = threading.Lock()
        self._unfinished = len(algorithms)

    def update(self, piece: bytes) -> None:
        """Accept the next bytes. If the first piece is not a small one, threads do the work."""
        if not self.size and len(piece) > SMALL:
            self._lanes = {name: self._next_lane() for name in self._hashes}
        self.size += len(piece)
        for name, running in self._hashes.items():
            if self._lanes:
                self._lanes[name].put(partial(running.update, piece))
            else:
                running.update(piece)

    def end(self) -> None:
        """Mark the end of the file."""
        if not self._lanes:
            self._give()
        for lane in self._lanes.values():
            lane.put(self._end_one)

    def _end_one(self) -> None:
        with self._lock:
            self._unfinished -= 1
            is_last = not self._unfinished
        if is_last:
            self._give()

    def _give(self) -> None:
        digests = {name: running.hexdigest() for name, running in self._hashes.items()}
        self._finished.append(Observed(self.path, self.size, digests))


class _Lane:
    """A thread that works off a queue."""

    def __init__(self, ahead: int) -> None:
        self._tasks = queue.Queue[_Task | None](ahead)
        self._drop = False
        self._thread = threading.Thread(target=self._work, name="digest", daemon=True)
        self._thread.start()

    def put(self, task: _Task) -> None:
        """Queue the next piece of work; waits while the queue is full."""
        self._tasks.put(task)

    def waiting(self) -> int:
        """The approximate length of the queue."""
        return self._tasks.qsize()

    def close(self, *, drop: bool) -> None:
        """Wait until the queue is empty, or drop work that has not begun."""
        self._drop = drop
        self._tasks.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            if not self._drop:
                task()
