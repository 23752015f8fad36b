"""Small files read by several processes: which process reads which batch, and the results.

Python runs one thread at a time, and with small files Python itself takes most of the time, so only
a second process can use a second processor. It is started when there is work for it, receives
places and returns digests through pipes that never block this side, and may die at any moment: its
unfinished batches are read by others.
"""

from __future__ import annotations

import fcntl
import marshal
import os
import select
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar, cast

from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.model import Entry, Observed
from preserva.files import small_file_worker
from preserva.files.small_file_worker import (
    BYPASSING,
    FILES,
    RANGES,
    Files,
    Folders,
    Ranges,
    frame,
    read_files,
    read_ranges,
)

_FILES, _BYTES = 128, 1 << 22  # most of one batch
_WORTH = 8  # the batch with which other processes are started
_MOST = 8  # processes, this one among them
_AHEAD, _FAR_AHEAD = 2, 64  # batches that a process has: while we read too, and while we list
_PIPE = 1 << 20  # bytes that may wait in a pipe

Batch = TypeVar("Batch")
BatchAnswer = tuple[Batch, list[bytes | None]]


class SmallFiles:
    """Reads small files below a folder, of which `top` is a descriptor; to be closed at the end.

    `jobs` is the number of processes, by default that of the processors. With `bypass_cache` the
    bytes come from the medium and not from a cache.
    """

    def __init__(
        self, top: int, algorithms: Iterable[str], jobs: int | None, *, bypass_cache: bool = False
    ) -> None:
        self._bypass_cache = bypass_cache
        self.algorithms = frozenset(algorithms)
        self._cuts = _Cuts(self.algorithms)
        self._folders = Folders(top)
        self._helpers = _Helpers[_Batch](
            BYPASSING if bypass_cache else FILES, top, self._cuts.hashlib, jobs
        )
        self._listed = _Batch(early=True)
        self._early = dict[str, bytes]()

    def close(self) -> None:
        """Stop the other processes, whatever they are doing."""
        self._folders.close()
        self._helpers.close()

    def read_early(self, entries: Iterable[Entry]) -> None:
        """Have files read while the listing goes on, as far as other processes have time for it.

        A sixth is left over, so that this process has its share when the listing has ended.
        """
        for entry in entries:
            self._listed.add(entry)
            if self._listed.is_full:
                batch, self._listed = self._listed, _Batch(early=True)
                self._settled()
                helper = self._helpers.free(_FAR_AHEAD)
                if helper is not None and self._helpers.batches % 6:
                    helper.give(batch, batch.asked())

    def read(self, files: Iterable[Entry]) -> Iterator[Observed | Entry]:
        """Each file as it was read, or as it was given where there is any doubt about it."""
        begun = {entry.path for owed in self._helpers.owed() for entry in owed.files}
        later, batch = list[Entry](), _Batch()
        for entry in files:
            if entry.path in begun:
                later.append(entry)
            elif entry.path in self._early:
                yield self._read_early(entry)
            else:
                batch.add(entry)
                if batch.is_full:
                    yield from self._spread(batch)
                    batch = _Batch()
        yield from self._digested(batch, self._read_here(batch))
        while self._helpers.is_owed():
            yield from self._settled(wait=True)
        for entry in later:
            yield self._read_early(entry)
        for owed in self._helpers.owed():
            yield from [] if owed.early else owed.files

    def _read_early(self, entry: Entry) -> Observed | Entry:
        digests = self._early.pop(entry.path, None)
        return entry if digests is None else self._observed(entry, digests)

    def _spread(self, batch: _Batch) -> Iterator[Observed | Entry]:
        """The results so far, and the batch itself if no other process could take it."""
        yield from self._settled()
        helper = self._helpers.free(_AHEAD)
        if helper is not None:
            helper.give(batch, batch.asked())
        else:
            yield from self._digested(batch, self._read_here(batch))

    def _read_here(self, batch: _Batch) -> list[bytes | None]:
        return read_files(
            self._folders, batch.asked(), self._cuts.hashlib, bypass_cache=self._bypass_cache
        )

    def _settled(self, *, wait: bool = False) -> list[Observed | Entry]:
        """The requested files that the other processes have read; early results are kept."""
        results = list[Observed | Entry]()
        for batch, answers in self._helpers.answers(wait=wait):
            if batch.early:
                pairs = zip(batch.files, answers, strict=True)
                self._early.update(
                    (entry.path, digests) for entry, digests in pairs if digests is not None
                )
            else:
                results.extend(self._digested(batch, answers))
        return results

    def _digested(self, batch: _Batch, answers: list[bytes | None]) -> Iterator[Observed | Entry]:
        for entry, digests in zip(batch.files, answers, strict=True):
            yield entry if digests is None else self._observed(entry, digests)

    def _observed(self, entry: Entry, digests: bytes) -> Observed:
        return Observed(entry.path, entry.size, self._cuts.digests(digests))


class SmallRanges:
    """Digests small parts of one open file; to be closed at the end."""

    def __init__(self, fd: int, algorithms: Iterable[str], jobs: int) -> None:
        self.algorithms = frozenset(algorithms)
        self._fd = fd
        self._cuts = _Cuts(self.algorithms)
        self._helpers = _Helpers[_Parts](RANGES, fd, self._cuts.hashlib, jobs)
        self._batch = _Parts()
        self._done = deque[Observed]()

    def close(self) -> None:
        """Stop the other processes, whatever they are doing."""
        self._helpers.close()

    def add(self, path: str, start: int, size: int) -> None:
        """Add a part, identified by its path."""
        self._batch.add(path, start, size)
        if self._batch.is_full:
            batch, self._batch = self._batch, _Parts()
            self._settle()
            helper = self._helpers.free(_AHEAD)
            if helper is not None:
                helper.give(batch, batch.ranges)
            else:
                self._read_here(batch)

    def finish(self) -> None:
        """Wait for everything that was added."""
        self._read_here(self._batch)
        self._batch = _Parts()
        while self._helpers.is_owed():
            self._settle(wait=True)
        for batch in self._helpers.owed():
            self._read_here(batch)

    def done(self) -> Iterator[Observed]:
        """The parts that have been read; a missing part will never come."""
        while self._done:
            yield self._done.popleft()

    def _read_here(self, batch: _Parts) -> None:
        self._enter(batch, read_ranges(self._fd, batch.ranges, self._cuts.hashlib))

    def _settle(self, *, wait: bool = False) -> None:
        for batch, answers in self._helpers.answers(wait=wait):
            self._enter(batch, answers)

    def _enter(self, batch: _Parts, answers: list[bytes | None]) -> None:
        for path, (_start, size), digests in zip(batch.paths, batch.ranges, answers, strict=True):
            if digests is not None:
                self._done.append(Observed(path, size, self._cuts.digests(digests)))


class _Batch:
    """Files that are read together; early ones before anybody asked for them."""

    def __init__(self, *, early: bool = False) -> None:
        self.files = list[Entry]()
        self.early = early
        self._size = 0

    def add(self, entry: Entry) -> None:
        self.files.append(entry)
        self._size += entry.size

    @property
    def is_full(self) -> bool:
        return len(self.files) == _FILES or self._size > _BYTES

    def asked(self) -> Files:
        return [(os.fsencode(entry.path), entry.size) for entry in self.files]


class _Parts:
    """Parts of a file that are read together."""

    def __init__(self) -> None:
        self.paths = list[str]()
        self.ranges: Ranges = []
        self._size = 0

    def add(self, path: str, start: int, size: int) -> None:
        self.paths.append(path)
        self.ranges.append((start, size))
        self._size += size

    @property
    def is_full(self) -> bool:
        return len(self.paths) == _FILES or self._size > _BYTES


class _Cuts:
    """How the digests of several algorithms are concatenated."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        self.hashlib = list[str]()
        self._named = list[tuple[str, slice]]()
        end = 0
        for algorithm in (ALGORITHMS[name] for name in sorted(algorithms)):
            start, end = end, end + algorithm.size
            self.hashlib.append(algorithm.hashlib_name)
            self._named.append((algorithm.name, slice(start, end)))

    def digests(self, joined: bytes) -> dict[str, str]:
        """The digests of one file, taken apart."""
        return {name: joined[cut].hex() for name, cut in self._named}


class _Helpers(Generic[Batch]):
    """The other processes, started when there are enough batches for them."""

    def __init__(self, what: str, fd: int, hashlib_names: list[str], jobs: int | None) -> None:
        self.batches = 0
        self._arguments = [what, str(fd), *hashlib_names]
        self._fd = fd
        self._others = min(jobs or os.cpu_count() or 1, _MOST) - 1 if sys.executable else 0
        self._started = list[_Helper[Batch]]()

    def close(self) -> None:
        while self._started:
            self._started.pop().close()

    def free(self, ahead: int) -> _Helper[Batch] | None:
        """A process that can take one more batch. Call this once for each batch."""
        self.batches += 1
        if self.batches == _WORTH:
            self._started = [_Helper(self._arguments, self._fd) for _ in range(self._others)]
        return next((helper for helper in self._started if helper.has_room(ahead)), None)

    def answers(self, *, wait: bool = False) -> Iterator[BatchAnswer[Batch]]:
        """The results so far; with `wait`, at least one answer from each process that owes one."""
        for helper in self._started:
            yield from helper.answers(wait=wait)

    def is_owed(self) -> bool:
        """Whether an answer is still to come."""
        return any(helper.owes() for helper in self._started)

    def owed(self) -> Iterator[Batch]:
        """The batches without an answer."""
        for helper in self._started:
            yield from helper.owed


class _Helper(Generic[Batch]):
    """A process that reads batches. It gets no signals from the terminal and ends when we do."""

    def __init__(self, arguments: list[str], fd: int) -> None:
        import subprocess  # takes as long to import as hundreds of files to read

        self.owed = deque[Batch]()
        self._out, self._in = bytearray(), bytearray()
        self._alive = True
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", small_file_worker.__file__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pass_fds=[fd],
            process_group=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        for pipe in (self._to, self._from):
            os.set_blocking(pipe, False)
            with suppress(AttributeError, OSError):  # only Linux has it, and not for everybody
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)

    def close(self) -> None:
        """Stop it, whatever it is doing: it only reads."""
        self._process.kill()
        self._process.communicate()

    def has_room(self, ahead: int) -> bool:
        """Whether it can take another batch."""
        return self._alive and len(self.owed) < ahead

    def owes(self) -> bool:
        """Whether an answer is still to come."""
        return self._alive and bool(self.owed)

    def give(self, batch: Batch, asked: Files | Ranges) -> None:
        """Let it read a batch."""
        self.owed.append(batch)
        self._out += frame(asked)
        self._write()

    def answers(self, *, wait: bool = False) -> Iterator[BatchAnswer[Batch]]:
        """The batches that it has read so far, in the order in which they were given.

        After reading everything available, at most the beginning of an answer remains, so waiting
        is safe.
        """
        if wait and self.owes():
            ready = select.poll()
            ready.register(self._from, select.POLLIN)
            if self._out:
                ready.register(self._to, select.POLLOUT)
            ready.poll()
        self._write()
        self._read()
        while len(self._in) >= 4:
            end = 4 + int.from_bytes(self._in[:4], "big")
            if len(self._in) < end:
                break
            digests = cast("list[bytes | None]", marshal.loads(self._in[4:end]))
            del self._in[:end]
            yield self.owed.popleft(), digests

    def _write(self) -> None:
        with suppress(BlockingIOError, BrokenPipeError):
            if self._out:
                del self._out[: os.write(self._to, self._out)]

    def _read(self) -> None:
        """Everything readable without waiting; the end of the pipe is the end of the process."""
        with suppress(BlockingIOError):
            while piece := os.read(self._from, 1 << 16):
                self._in += piece
            self._alive = False
