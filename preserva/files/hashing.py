"""The hashing engine: every digest of every file in one read, on all processors, in little memory.

hashlib lets other threads run while it works on a large buffer. So large files are spread over
threads, and a single large file gets one thread for each algorithm. Small files are read one after
the other: threads make them slower. Many of them in a folder go over processes: see `batches`.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TYPE_CHECKING, Protocol

from preserva.core.values.codes import Code
from preserva.core.values.digest import ALGORITHMS, Digests
from preserva.core.values.model import Entry, Observed
from preserva.core.values.report import Advanced, Finding, Observer, ignore
from preserva.errors import NotAFile, NotFound, StorageError
from preserva.i18n import _

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor
    from hashlib import _Hash

CHUNK = 1 << 20
SPLIT_CHUNK = 1 << 22  # a thread for each algorithm pays only when they seldom meet
SMALL = 1 << 18
_TICK = 0.25  # seconds between two signs of life while large files are read

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class Memory(Protocol):
    """What an interrupted run had already read: see `checkpoint`."""

    def recall(self, path: str, now: os.stat_result) -> Digests | None:
        """The digests of the file if it was read before and has not been touched since."""

    def remember(self, observed: Observed, now: os.stat_result) -> None:
        """Keep what was read."""


def new_hash(algorithm: str, data: bytes = b"") -> _Hash:
    """A running hash, by its BagIt name. The constructors are faster than hashlib.new."""
    return _maker(algorithm)(data, usedforsecurity=False)


def _maker(algorithm: str) -> Callable[..., _Hash]:
    made: Callable[..., _Hash] = getattr(hashlib, ALGORITHMS[algorithm].hashlib_name)
    return made


def _threads(count: int, name: str) -> ThreadPoolExecutor:
    """Threads; importing them takes as long as reading a thousand small files, so it waits."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(count, name)


class ThreadedHash:
    """Several digests of one stream, each in its own thread: a context manager.

    `update` returns at once; the buffer must stay as it is until the next call returns.
    """

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._hashes = {name: new_hash(name) for name in sorted(algorithms)}
        self._pool = _threads(max(1, len(self._hashes)), "digest")
        self._pending: list[Future[None]] = []
        self.size = 0

    def __enter__(self) -> ThreadedHash:
        return self

    def __exit__(self, *_unused: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _settle(self) -> None:
        for one in self._pending:
            one.result()
        self._pending = []

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Feed the next bytes."""
        self._settle()
        self._pending = [self._pool.submit(one.update, data) for one in self._hashes.values()]
        self.size += len(data)

    def digests(self) -> Digests:
        """The digests of everything fed so far."""
        self._settle()
        return {name: one.hexdigest() for name, one in self._hashes.items()}


def digest_stream(
    stream: IO[bytes],
    algorithms: Iterable[str],
    *,
    sink: Callable[[memoryview], object] | None = None,
    chunk: int = SPLIT_CHUNK,
) -> tuple[int, Digests]:
    """Size and digests of a binary stream, read once to its end, a thread for each algorithm.

    `stream` needs `readinto` (files, pipes, `io.BytesIO`); read it unbuffered for speed. `sink`
    gets every piece as well, to copy it: it must use the memory before it returns.
    """
    buffers = [memoryview(bytearray(chunk)), memoryview(bytearray(chunk))]
    readinto: Callable[[memoryview], int | None] = stream.readinto  # type: ignore[attr-defined]
    with ThreadedHash(algorithms) as hashes:
        turn = 0
        while count := readinto(buffers[turn]):
            piece = buffers[turn][:count]
            hashes.update(piece)
            if sink is not None:
                sink(piece)
            turn = 1 - turn
        return hashes.size, hashes.digests()


def storage_error(path: str, error: OSError) -> StorageError:
    """The same failure as one of preserva's errors, with the file's name."""
    reason = error.strerror or str(error)
    if isinstance(error, FileNotFoundError):
        return NotFound(_("{path} is not there").format(path=path), path=path)
    # A link, a file in the place of a folder, a socket.
    if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.ENXIO}:
        return _not_regular(path)
    return StorageError(
        _("could not read {path}: {reason}").format(path=path, reason=reason), path=path
    )


def open_nofollow(name: str, *, dir_fd: int | None = None, path: str | None = None) -> int:
    """A descriptor of what the name stands for; never follows a link, never waits for a FIFO.

    Raises NotFound, NotAFile or StorageError.
    """
    try:
        return os.open(name, _FLAGS, dir_fd=dir_fd)
    except OSError as error:
        raise storage_error(path or name, error) from error


def open_regular(name: str, *, dir_fd: int | None = None, path: str | None = None) -> int:
    """The same for a regular file only: for a FIFO, device or folder it raises NotAFile."""
    fd = open_nofollow(name, dir_fd=dir_fd, path=path)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise _not_regular(path or name)
    return fd


def _not_regular(path: str) -> NotAFile:
    return NotAFile(_("{path} is not a regular file").format(path=path), path=path)


class _Reader:
    """Reads one file at a time to its end; large ones in any thread."""

    def __init__(self, algorithms: frozenset[str], *, medium: bool, memory: Memory | None) -> None:
        self.algorithms = algorithms
        self.makers = [(name, _maker(name)) for name in sorted(algorithms)]
        self.medium = medium
        self.memory = memory
        self.stop = threading.Event()
        self.read = 0  # bytes of files that are still being read
        self._lock = threading.Lock()

    def start(self, fd: int, path: str) -> os.stat_result | Digests:
        """The file's state before it is read, or what the memory knows of it."""
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            raise _not_regular(path)
        if self.memory is not None:
            with self._lock:
                known = self.memory.recall(path, before)
            if known is not None and self.algorithms <= known.keys():
                return known
        if self.medium:
            os.fdatasync(fd)  # only clean pages can be dropped
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        return before

    def end(
        self, fd: int, path: str, before: os.stat_result, count: int, digests: Digests
    ) -> Observed | Finding:
        """What was read, unless the file changed meanwhile."""
        after = os.fstat(fd)
        if self.medium:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        same = before.st_mtime_ns == after.st_mtime_ns and before.st_size == after.st_size == count
        if not same:
            return Finding(Code.CHANGED_WHILE_READ, path)
        observed = Observed(path, count, digests)
        if self.memory is not None:
            with self._lock:
                self.memory.remember(observed, after)
        return observed

    def small(self, fd: int, path: str) -> Observed | Finding:
        """A file that fits in one read."""
        before = self.start(fd, path)
        if not isinstance(before, os.stat_result):
            return Observed(path, os.fstat(fd).st_size, before)
        # A buffer far larger than the file would cost more than reading it.
        size = min(before.st_size, SMALL)
        data = os.read(fd, size + 1)
        while len(data) < size and (more := os.read(fd, SMALL)):
            data += more
        digests = {
            name: make(data, usedforsecurity=False).hexdigest() for name, make in self.makers
        }
        return self.end(fd, path, before, len(data), digests)

    def large(self, fd: int, path: str, split: bool) -> Observed | Finding:
        """A file that is read in pieces. It owns the descriptor."""
        try:
            before = self.start(fd, path)
            if not isinstance(before, os.stat_result):
                return Observed(path, os.fstat(fd).st_size, before)
            return self.end(fd, path, before, *self._digest(fd, split))
        except (OSError, NotAFile) as error:
            return _failed(path, error)
        finally:
            os.close(fd)

    def _digest(self, fd: int, split: bool) -> tuple[int, Digests]:
        if split:
            with open(fd, "rb", buffering=0, closefd=False) as stream:
                return digest_stream(stream, self.algorithms, sink=self._went)
        hashes = {name: new_hash(name) for name in self.algorithms}
        buffer = memoryview(bytearray(CHUNK))
        total = 0
        while count := os.readv(fd, [buffer]):
            for one in hashes.values():
                one.update(buffer[:count])
            total += count
            self._went(buffer[:count])
        return total, {name: one.hexdigest() for name, one in hashes.items()}

    def _went(self, piece: memoryview) -> None:
        with self._lock:
            self.read += len(piece)
        if self.stop.is_set():
            raise OSError(_("stopped"))

    def taken(self) -> int:
        """The bytes read since the last call."""
        with self._lock:
            count, self.read = self.read, 0
        return count


def unreadable(path: str, error: StorageError) -> Finding:
    """The finding for a file that could not be read."""
    if isinstance(error, NotAFile):
        return Finding(Code.NOT_REGULAR, path)
    return Finding(Code.UNREADABLE, path, seen=str(error.__cause__ or error))


def _failed(path: str, error: OSError | NotAFile) -> Finding:
    return unreadable(path, storage_error(path, error) if isinstance(error, OSError) else error)


def observe_files(
    files: Iterable[Entry],
    opened: Callable[[str], int],
    algorithms: frozenset[str],
    *,
    jobs: int | None = None,
    medium: bool = False,
    memory: Memory | None = None,
    observer: Observer = ignore,
) -> Iterator[Observed | Finding]:
    """For each file what it was when read to its end, or why it could not be; order not kept.

    `opened` gives a descriptor, as `open_nofollow` does, or raises StorageError. `jobs` are the
    threads for large files (all processors by default). `medium` drops the page cache of each file
    before and after, so that the medium itself is read. On an interrupt all threads end within a
    piece.
    """
    jobs = jobs or os.cpu_count() or 1
    reader = _Reader(algorithms, medium=medium, memory=memory)
    large: list[Entry] = []
    for entry in files:
        if entry.size > SMALL:
            large.append(entry)
            continue
        found = _inline(reader, opened, entry.path)
        if isinstance(found, Observed) and observer is not ignore:
            observer(Advanced(found.size, entry.path))
        yield found
    if large:
        yield from _observe_large(large, opened, reader, jobs, observer)


def _inline(reader: _Reader, opened: Callable[[str], int], path: str) -> Observed | Finding:
    try:
        fd = opened(path)
    except StorageError as error:
        return unreadable(path, error)
    try:
        return reader.small(fd, path)
    except (OSError, NotAFile) as error:
        return _failed(path, error)
    finally:
        os.close(fd)


def _observe_large(
    files: Iterable[Entry],
    opened: Callable[[str], int],
    reader: _Reader,
    jobs: int,
    observer: Observer,
) -> Iterator[Observed | Finding]:
    pool = _threads(jobs, "read")
    pending: dict[Future[Observed | Finding], int] = {}
    held: tuple[int, str] | None = None  # the last file, if alone, gets all processors
    try:
        for entry in files:
            try:
                fd = opened(entry.path)
            except StorageError as error:
                yield unreadable(entry.path, error)
                continue
            ready, held = held, (fd, entry.path)
            if ready is not None:
                pending[pool.submit(reader.large, *ready, False)] = ready[0]
            while len(pending) >= 2 * jobs:
                yield from _done(pending, reader, observer)
        if held is not None:
            pending[pool.submit(reader.large, *held, not pending and jobs > 1)] = held[0]
            held = None
        while pending:
            yield from _done(pending, reader, observer)
    finally:
        reader.stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        unread = [fd for one, fd in pending.items() if one.cancelled()]
        for fd in unread if held is None else [*unread, held[0]]:
            os.close(fd)


def _done(
    pending: dict[Future[Observed | Finding], int], reader: _Reader, observer: Observer
) -> Iterator[Observed | Finding]:
    """The results that are there after a moment; takes them out of `pending`."""
    from concurrent.futures import FIRST_COMPLETED, wait

    done, _rest = wait(pending, timeout=_TICK, return_when=FIRST_COMPLETED)
    if count := reader.taken():
        observer(Advanced(count))
    for one in done:
        del pending[one]
        found = one.result()
        observer(Advanced(0, found.path))
        yield found
