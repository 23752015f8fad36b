"""Small files over several processes: who reads which batch, and what came back.

Python runs one thread at a time, and with small files it is Python that takes the time, so a
second processor is of use only to a second process. It is started when there is work for it, gets
paths and gives digests through pipes that never block this side, and may die at any moment: what
it owed is read by the caller.
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
from typing import NamedTuple, cast

from preserva.bag import smallfiles
from preserva.bag.smallfiles import Folders, frame, read_batch
from preserva.core.digest import ALGORITHMS
from preserva.core.model import Entry, Observed

_FILES, _BYTES = 128, 1 << 22  # of one batch
_WORTH = 8  # the batch with which other processes are started
_MOST = 8  # processes, this one among them
_AHEAD, _FAR_AHEAD = 2, 64  # batches that a process has: while we read too, and while we list
_PIPE = 1 << 20  # bytes that may wait in a pipe


class _Batch(NamedTuple):
    """Files that are read together; early ones before anybody asked for them."""

    files: list[Entry]
    early: bool


class SmallFiles:
    """Reads small files below a folder, of which `top` is a descriptor; to be closed at the end.

    `jobs` is the number of processes, by default that of the processors.
    """

    def __init__(self, top: int, algorithms: Iterable[str], jobs: int | None) -> None:
        self.algorithms = frozenset(algorithms)
        found = [ALGORITHMS[name] for name in sorted(self.algorithms)]
        self._hashlib = [one.hashlib_name for one in found]
        ends = [sum(one.size for one in found[: n + 1]) for n in range(len(found))]
        self._cuts = [
            (one.name, slice(end - one.size, end)) for one, end in zip(found, ends, strict=True)
        ]
        self._jobs = min(jobs or os.cpu_count() or 1, _MOST) if sys.executable else 1
        self._folders = Folders(top)
        self._helpers = list[_Helper]()
        self._batches = 0
        self._listed = list[Entry]()
        self._early = dict[str, bytes]()

    def close(self) -> None:
        """End the other processes, whatever they are at."""
        self._folders.close()
        while self._helpers:
            self._helpers.pop().close()

    def read_early(self, entries: Iterable[Entry]) -> None:
        """Have files read while the listing goes on, as far as other processes have time for it.

        A third is left, so that this process has its share when the listing has ended.
        """
        for entry in entries:
            self._listed.append(entry)
            if len(self._listed) == _FILES:
                files, self._listed = self._listed, []
                self._settled()
                helper = self._free(_FAR_AHEAD)
                if helper is not None and self._batches % 3:
                    helper.give(_Batch(files, early=True))

    def read(self, files: Iterable[Entry]) -> Iterator[Observed | Entry]:
        """Each file as it was read, or as it was given where there is any doubt about it."""
        given = {entry.path for one in self._helpers for owed in one.given for entry in owed.files}
        later, batch, size = list[Entry](), list[Entry](), 0
        for entry in files:
            if entry.path in given:
                later.append(entry)
            elif entry.path in self._early:
                yield self._read_early(entry)
            else:
                batch.append(entry)
                size += entry.size
                if len(batch) == _FILES or size > _BYTES:
                    yield from self._spread(_Batch(batch, early=False))
                    batch, size = [], 0
        yield from self._digested(batch, self._read_here(batch))
        while any(one.owes() for one in self._helpers):
            yield from self._settled(wait=True)
        for entry in later:
            yield self._read_early(entry)
        for one in self._helpers:
            for owed in one.given:
                yield from [] if owed.early else owed.files

    def _read_early(self, entry: Entry) -> Observed | Entry:
        found = self._early.pop(entry.path, None)
        return entry if found is None else self._observed(entry, found)

    def _free(self, ahead: int) -> _Helper | None:
        """A process that can take a batch. With enough batches, processes are started."""
        self._batches += 1
        if self._batches == _WORTH:
            start = self._folders.top, self._hashlib
            self._helpers = [_Helper(*start) for _ in range(self._jobs - 1)]
        return next((one for one in self._helpers if one.has_room(ahead)), None)

    def _spread(self, batch: _Batch) -> Iterator[Observed | Entry]:
        """What has been read by now, and the batch if nobody else could take it."""
        yield from self._settled()
        helper = self._free(_AHEAD)
        if helper is not None:
            helper.give(batch)
        else:
            yield from self._digested(batch.files, self._read_here(batch.files))

    def _read_here(self, files: list[Entry]) -> list[bytes | None]:
        return read_batch(self._folders, _asked(files), self._hashlib)

    def _settled(self, *, wait: bool = False) -> list[Observed | Entry]:
        """What the other processes have read of what was asked for; the early is kept."""
        found = list[Observed | Entry]()
        for helper in self._helpers:
            for batch, digests in helper.answers(wait=wait):
                if batch.early:
                    pairs = zip(batch.files, digests, strict=True)
                    self._early.update((entry.path, one) for entry, one in pairs if one is not None)
                else:
                    found.extend(self._digested(batch.files, digests))
        return found

    def _digested(
        self, files: list[Entry], digests: list[bytes | None]
    ) -> Iterator[Observed | Entry]:
        for entry, found in zip(files, digests, strict=True):
            yield entry if found is None else self._observed(entry, found)

    def _observed(self, entry: Entry, found: bytes) -> Observed:
        digests = {name: found[cut].hex() for name, cut in self._cuts}
        return Observed(entry.path, entry.size, digests)


def _asked(files: list[Entry]) -> smallfiles.Batch:
    return [(os.fsencode(entry.path), entry.size) for entry in files]


class _Helper:
    """A process that reads batches. It gets no signal from the terminal, and ends when we do."""

    def __init__(self, top: int, hashlib_names: list[str]) -> None:
        import subprocess  # takes as long to import as hundreds of files to read

        self.given = deque[_Batch]()
        self._out, self._in = bytearray(), bytearray()
        self._alive = True
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", smallfiles.__file__, str(top), *hashlib_names],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pass_fds=[top],
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
        """End it, whatever it is at: it only reads."""
        self._process.kill()
        self._process.communicate()

    def has_room(self, ahead: int) -> bool:
        """Whether it can take another batch."""
        return self._alive and len(self.given) < ahead

    def owes(self) -> bool:
        """Whether an answer is still to come."""
        return self._alive and bool(self.given)

    def give(self, batch: _Batch) -> None:
        """Let it read a batch."""
        self.given.append(batch)
        self._out += frame(_asked(batch.files))
        self._write()

    def answers(self, *, wait: bool = False) -> Iterator[tuple[_Batch, list[bytes | None]]]:
        """The batches that it has read by now, in the order in which they were given.

        Read to the end, it leaves nothing but the beginning of an answer, so waiting is safe.
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
            yield self.given.popleft(), digests

    def _write(self) -> None:
        with suppress(BlockingIOError, BrokenPipeError):
            if self._out:
                del self._out[: os.write(self._to, self._out)]

    def _read(self) -> None:
        """What there is to read without waiting; its end is the end of the process."""
        with suppress(BlockingIOError):
            while piece := os.read(self._from, 1 << 16):
                self._in += piece
            self._alive = False
