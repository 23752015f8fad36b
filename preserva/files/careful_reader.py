"""Files read with care, one at a time or several large ones at once, and copied in the same read.

All findings about files on a disk of this machine are made here, in `_read_opened`: a file that is
not regular, cannot be read, or changed while it was read is never taken for whole.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import Generic, Protocol, TypeVar

from preserva.core.values.codes import Code
from preserva.core.values.digest import Digests, MultiHash, digest_bytes
from preserva.core.values.model import Observed
from preserva.core.values.report import Advanced, Finding, Observer, ignore
from preserva.errors import StorageError
from preserva.files.opening import CHUNK, SMALL, storage_error, unreadable
from preserva.files.small_file_worker import forget
from preserva.files.streams import StreamDigester
from preserva.files.threads import Threads

_AHEAD = 8  # pieces that the digests of a single large file may lag behind its reading


class ListedFile(Protocol):
    """A file as it was listed: a relative path with `/`, a size in bytes."""

    @property
    def path(self) -> str: ...

    @property
    def size(self) -> int: ...


File = TypeVar("File", bound=ListedFile)
Input = TypeVar("Input", contravariant=True)


class Memory(Protocol):
    """What an interrupted run had already read: see `preserva.bag.checkpoint`."""

    def recall(self, path: str, now: os.stat_result) -> Digests | None:
        """The digests of the file if it was read before and has not been touched since."""

    def remember(self, observed: Observed, now: os.stat_result) -> None:
        """Keep what was read."""


class Output(Protocol):
    """A second receiver of the bytes of one file. Raises StorageError if it cannot take them."""

    def write(self, piece: bytes | memoryview) -> None:
        """Accept the next bytes; the buffer is reused when this returns."""

    def finish(self) -> None:
        """The file was read to its end and did not change meanwhile."""

    def close(self) -> None:
        """No more bytes follow, whether the file was whole or not."""


class Copier(Protocol[Input]):
    """Copies what is read. Several threads may use it."""

    def begin(self, file: Input, now: os.stat_result) -> Output | None:
        """Where a file is copied to; None if it is no longer the file that was listed."""


class CarefulReader(Generic[File]):
    """Reads files to their ends; made for one `read`.

    `opened` gives a descriptor, as `open_nofollow` does, or raises StorageError; several threads
    call it. `jobs` are the threads for large files (all processors by default). `bypass_cache`
    drops each file from the system's cache before and after, so that the medium itself is read.
    Files that `memory` recalls are not read again. Everything read also goes to `copier`.
    """

    def __init__(
        self,
        opened: Callable[[str], int],
        algorithms: Iterable[str],
        *,
        jobs: int | None = None,
        bypass_cache: bool = False,
        memory: Memory | None = None,
        copier: Copier[File] | None = None,
    ) -> None:
        self._opened = opened
        self._algorithms = sorted(algorithms)
        self._jobs = jobs or os.cpu_count() or 1
        self._bypass_cache = bypass_cache
        self._memory = memory
        self._copier = copier
        self._threads = Threads(self._read_large, self._jobs)
        self._lock = Lock()
        self._unreported = 0  # bytes of large files

    def read(
        self, files: Iterable[File], observer: Observer = ignore
    ) -> Iterator[Observed | Finding]:
        """For each file, in any order, what was read to its end, or why it could not be read.

        Large files are read by threads while the caller reads small ones; with one job they come
        after the small ones, so that a hard disk does one thing at a time. Raises only what the
        copier raises. On an interrupt all threads end within a piece.
        """
        large = deque[File]()
        several = False
        try:
            for file in files:
                if file.size <= SMALL:
                    yield self._read_small(file, observer)
                    continue
                large.append(file)
                several = several or len(large) > 1
                if several and self._jobs > 1:
                    yield from self._hand_over(large, observer)
            yield from self._hand_over(large, observer, split=not several and self._jobs > 1)
            while self._threads.owes():
                yield from self._finished(observer)
        finally:
            self._threads.close()

    def _hand_over(
        self, large: deque[File], observer: Observer, *, split: bool = False
    ) -> Iterator[Observed | Finding]:
        while large:
            while not self._threads.has_room():
                yield from self._finished(observer)
            self._threads.give((large.popleft(), split))

    def _finished(self, observer: Observer) -> Iterator[Observed | Finding]:
        """The results available after a short wait."""
        for result in self._threads.results(wait=True):
            self._report(observer)
            observer(Advanced(0, result.path))
            yield result
        self._report(observer)

    def _report(self, observer: Observer) -> None:
        with self._lock:
            count, self._unreported = self._unreported, 0
        if count:
            observer(Advanced(count))

    def _read_small(self, file: File, observer: Observer) -> Observed | Finding:
        result = self._read(file)
        if isinstance(result, Observed) and observer is not ignore:
            observer(Advanced(result.size, file.path))
        return result

    def _read_large(self, task: tuple[File, bool]) -> Observed | Finding:
        file, split = task
        return self._read(file, split=split)

    def _read(self, file: File, *, split: bool = False) -> Observed | Finding:
        try:
            fd = self._opened(file.path)
        except StorageError as error:
            return unreadable(file.path, error)
        try:
            return self._read_opened(fd, file, split)
        except OSError as error:
            return unreadable(file.path, storage_error(file.path, error))
        finally:
            os.close(fd)

    def _read_opened(self, fd: int, file: File, split: bool) -> Observed | Finding:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            return Finding(Code.NOT_REGULAR, file.path)
        if self._memory is not None:
            with self._lock:
                known = self._memory.recall(file.path, before)
            if known is not None and known.keys() >= set(self._algorithms):
                return Observed(file.path, before.st_size, known)
        if self._bypass_cache:
            os.fdatasync(fd)  # only clean pages can be dropped
            forget(fd)
        if self._copier is None:
            size, digests = self._digest(fd, before.st_size, split, None)
            return self._confirm(fd, file, before, Observed(file.path, size, digests))
        output = self._copier.begin(file, before)
        if output is None:
            return Finding(Code.CHANGED_WHILE_READ, file.path)
        try:
            size, digests = self._digest(fd, before.st_size, split, output.write)
            result = self._confirm(fd, file, before, Observed(file.path, size, digests))
            if isinstance(result, Observed):
                output.finish()
            return result
        finally:
            output.close()

    def _confirm(
        self, fd: int, file: File, before: os.stat_result, observed: Observed
    ) -> Observed | Finding:
        """What was read, unless the file changed meanwhile."""
        now = os.fstat(fd)
        if self._bypass_cache:
            forget(fd)
        is_same_size = before.st_size == now.st_size == observed.size
        if not is_same_size or before.st_mtime_ns != now.st_mtime_ns:
            return Finding(Code.CHANGED_WHILE_READ, file.path)
        if self._memory is not None:
            with self._lock:
                self._memory.remember(observed, now)
        return observed

    def _digest(
        self, fd: int, size: int, split: bool, write: Callable[[bytes | memoryview], None] | None
    ) -> tuple[int, Digests]:
        if size <= SMALL:
            data = _read_whole(fd, size)
            if write is not None:
                write(data)
            return len(data), digest_bytes(data, self._algorithms)
        if split:
            return self._digest_split(fd, write)
        hashes = MultiHash(self._algorithms)
        buffer = memoryview(bytearray(CHUNK))
        while count := os.readv(fd, [buffer]):
            piece = buffer[:count]
            if write is not None:
                write(piece)
            hashes.update(piece)
            self._advance(count)
        return hashes.size, hashes.digests()

    def _digest_split(
        self, fd: int, write: Callable[[bytes | memoryview], None] | None
    ) -> tuple[int, Digests]:
        """A thread for each algorithm, beside the one that reads and writes."""
        with StreamDigester(len(self._algorithms), ahead=_AHEAD) as digester:
            passing = digester.begin("", self._algorithms)
            while piece := os.read(fd, CHUNK):
                passing.update(piece)
                if write is not None:
                    write(piece)
                self._advance(len(piece))
            passing.end()
        (observed,) = digester.done()
        return observed.size, observed.digests

    def _advance(self, count: int) -> None:
        with self._lock:
            self._unreported += count
        self._threads.refuse_stopped()


def _read_whole(fd: int, size: int) -> bytes:
    # A buffer far larger than the file would cost more than reading it.
    data = os.read(fd, size + 1)
    while len(data) < size and (more := os.read(fd, size)):
        data += more
    return data
