"""Digests of files that come one after the other in one stream, computed beside the reading.

Each digest of a file runs in one of a few threads, so the next file is read and digested while the
last one is still being worked on. Small files are done at once, in the calling thread.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from preserva.bag.hashing import SMALL, new_hash

if TYPE_CHECKING:
    from hashlib import _Hash

_DEPTH = 32  # pieces that may wait in a lane: with pieces of 1 MiB, the memory of a lane in MiB
_Work = tuple["_Member", str, "_Hash", bytes | None]


class _Member:
    """A file that is being digested."""

    def __init__(self, path: str, algorithms: Iterable[str]) -> None:
        self.path = path
        self.size = 0
        self.digests: dict[str, bytes] = {}
        self.hashes = {name: new_hash(name) for name in sorted(algorithms)}
        self.lanes: dict[str, queue.Queue[_Work | None]] = {}


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
        self._lock = threading.Lock()
        self._stop = False
        self._turn = 0

    def __enter__(self) -> Lanes:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: object, *_unused: object) -> None:
        self._stop = kind is not None
        for one in self._queues:
            one.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, work: queue.Queue[_Work | None]) -> None:
        while (item := work.get()) is not None:
            member, name, running, data = item
            if self._stop:
                continue
            if data is not None:
                running.update(data)
                continue
            with self._lock:
                member.digests[name] = running.digest()
                if len(member.digests) == len(member.hashes):
                    self._done.append(member)

    def _free_lane(self) -> queue.Queue[_Work | None]:
        """The lane with the least work; among equals each in its turn."""
        self._turn += 1
        order = self._queues[self._turn % len(self._queues) :] + self._queues
        return min(order, key=lambda one: one.qsize())

    def digest(self, path: str, pieces: Iterable[bytes], algorithms: Iterable[str]) -> None:
        """Take a file in; its digests come out of `done`, at the latest after the context ends."""
        member = _Member(path, algorithms)
        for piece in pieces:
            if not member.size and len(piece) > SMALL:
                member.lanes = {name: self._free_lane() for name in member.hashes}
            member.size += len(piece)
            for name, running in member.hashes.items():
                if member.lanes:
                    member.lanes[name].put((member, name, running, piece))
                else:
                    running.update(piece)
        for name, running in member.hashes.items():
            if member.lanes:
                member.lanes[name].put((member, name, running, None))
            else:
                member.digests[name] = running.digest()
        if not member.lanes:
            self._done.append(member)

    def done(self) -> Iterator[tuple[str, int, dict[str, bytes]]]:
        """Path, size and digests of the files that are finished by now."""
        while self._done:
            member = self._done.popleft()
            yield member.path, member.size, member.digests
