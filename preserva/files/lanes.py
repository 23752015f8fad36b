"""Digests of files that come one after the other in one stream, computed beside the reading.

Each digest of a file runs in one of a few threads, so the next file is read and digested while the
last one is still being worked on. Small files are done at once, in the calling thread, or over
processes if they lie in a file as they are.
"""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from preserva.files.hashing import CHUNK, SMALL, new_hash
from preserva.files.small_file_pool import SmallRanges

_DEPTH = 32  # pieces that may wait in a lane: with pieces of 1 MiB, the memory of a lane in MiB
_Work = Callable[[], object]


class _Member:
    """A file that is being digested."""

    def __init__(self, path: str, algorithms: Iterable[str], size: int = 0) -> None:
        self.path = path
        self.size = size
        self.digests: dict[str, bytes] = {}
        self.hashes = {name: new_hash(name) for name in sorted(algorithms)}


class Lanes:
    """A context manager with `jobs` threads."""

    def __init__(self, jobs: int) -> None:
        self._queues: list[queue.Queue[_Work | None]] = [
            queue.Queue(_DEPTH) for _ in range(max(1, jobs))
        ]
        self._threads = [
            threading.Thread(target=self._work, args=(one,), daemon=True) for one in self._queues
        ]
        self._done: deque[_Member] = deque()
        self._small: SmallRanges | None = None
        self._ranges = deque[tuple[str, int, dict[str, bytes]]]()
        self._jobs = jobs
        self._lock = threading.Lock()
        self._stop = False
        self._turn = 0

    def __enter__(self) -> Lanes:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: object, *_unused: object) -> None:
        self._stop = kind is not None
        self._end_small()
        for one in self._queues:
            one.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, waiting: queue.Queue[_Work | None]) -> None:
        while (work := waiting.get()) is not None:
            if not self._stop:
                work()

    def _free_lane(self) -> queue.Queue[_Work | None]:
        """The lane with the least work; among equals each in its turn."""
        self._turn += 1
        order = self._queues[self._turn % len(self._queues) :] + self._queues
        return min(order, key=lambda one: one.qsize())

    def digest(self, path: str, pieces: Iterable[bytes], algorithms: Iterable[str]) -> None:
        """Take a file in; its digests come out of `done`, at the latest after the context ends."""
        member = _Member(path, algorithms)
        lanes: dict[str, queue.Queue[_Work | None]] = {}
        for piece in pieces:
            if not member.size and len(piece) > SMALL:
                lanes = {name: self._free_lane() for name in member.hashes}
            member.size += len(piece)
            for name, running in member.hashes.items():
                if lanes:
                    lanes[name].put(partial(running.update, piece))
                else:
                    running.update(piece)
        for name in member.hashes:
            if lanes:
                lanes[name].put(partial(self._finish, member, name))
            else:
                self._finish(member, name)
        if not member.hashes:
            self._done.append(member)

    def digest_range(
        self, path: str, fd: int, start: int, size: int, algorithms: Iterable[str]
    ) -> None:
        """Take in a file that lies somewhere in another, without reading it here.

        The descriptor must stay open until the context ends. Where the other file ends too early,
        or cannot be read, nothing comes out.
        """
        if size <= SMALL:
            self._small_range(path, fd, start, size, frozenset(algorithms))
            return
        member = _Member(path, algorithms, size)
        self._free_lane().put(partial(self._read_range, member, fd, start))

    def _small_range(
        self, path: str, fd: int, start: int, size: int, algorithms: frozenset[str]
    ) -> None:
        if self._small is None or self._small.algorithms != algorithms:
            self._end_small()
            self._small = SmallRanges(fd, algorithms, self._jobs)
        self._small.add(path, start, size)
        self._ranges.extend(self._small.done())

    def _end_small(self) -> None:
        if self._small is not None:
            if not self._stop:
                self._small.finish()
            self._ranges.extend(self._small.done())
            self._small.close()
            self._small = None

    def _read_range(self, member: _Member, fd: int, start: int) -> None:
        buffer, place, end = memoryview(bytearray(CHUNK)), start, start + member.size
        while place < end and not self._stop:
            try:
                count = os.preadv(fd, [buffer[: end - place]], place)
            except OSError:
                return
            if not count:
                return
            for running in member.hashes.values():
                running.update(buffer[:count])
            place += count
        for name in member.hashes:
            self._finish(member, name)

    def _finish(self, member: _Member, name: str) -> None:
        with self._lock:
            member.digests[name] = member.hashes[name].digest()
            if len(member.digests) == len(member.hashes):
                self._done.append(member)

    def done(self) -> Iterator[tuple[str, int, dict[str, bytes]]]:
        """Path, size and digests of the files that are finished by now."""
        while self._ranges:
            yield self._ranges.popleft()
        while self._done:
            member = self._done.popleft()
            yield member.path, member.size, member.digests
