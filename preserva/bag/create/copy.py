"""Copying files and computing their digests in the same read.

Large files are spread over threads, because hashlib and the system's calls let other threads run;
a single large file gets a thread for each algorithm. Small files are copied one after the other
in the calling thread, where handing them over would cost more than it saves.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from preserva.bag.create.source_folder import SourceFile
from preserva.core.values.codes import Code
from preserva.core.values.digest import Digests
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Advanced, Finding, Observer
from preserva.errors import StorageError
from preserva.files.disk import create_file, write_all, writing
from preserva.files.hashing import digest_stream, new_hash, observe_files, open_regular, unreadable
from preserva.i18n import _

SMALL = 1 << 18
CHUNK = 1 << 19  # what one thread reads, hashes and writes at a time: it stays in its cache
BEHIND = 1 << 23  # after so many bytes the medium is asked to begin with them
_WAITING = 8  # large files handed over ahead of the threads
_TICK = 0.25  # seconds between two signs of life


class _Copier:
    """Copies files from one folder to another; safe to use from several threads."""

    def __init__(
        self, source: Path, target: Path, algorithms: frozenset[str], durable: bool
    ) -> None:
        self.durable = durable
        self.source = os.fspath(source)
        self.target = os.fspath(target)
        self.algorithms = algorithms
        self.stop = threading.Event()
        self._copied = 0
        self._lock = threading.Lock()

    def copy(self, file: SourceFile, *, split: bool = False) -> Observed | Finding:
        """Copy one file. What could not be read is a finding; what cannot be written is raised."""
        try:
            descriptor = open_regular(f"{self.source}/{file.path}", path=file.path)
        except StorageError as error:
            return unreadable(file.path, error)
        try:
            return self._copy(descriptor, file, split)
        finally:
            os.close(descriptor)

    def _copy(self, descriptor: int, file: SourceFile, split: bool) -> Observed | Finding:
        if not file.is_still(os.fstat(descriptor)):
            return Finding(Code.CHANGED_WHILE_READ, file.path)
        path = f"{self.target}/{file.path}"
        with writing(path):
            output = create_file(path)
        try:
            size, digests = self._stream(descriptor, output, file, path, split)
            if size != file.size or not file.is_still(os.fstat(descriptor)):
                return Finding(Code.CHANGED_WHILE_READ, file.path)
            os.utime(output, ns=(file.modified_ns, file.modified_ns))
        except _ReadError as error:
            return Finding(Code.UNREADABLE, file.path, seen=str(error))
        finally:
            os.close(output)
        return Observed(file.path, size, digests)

    def _stream(
        self, source: int, output: int, file: SourceFile, path: str, split: bool
    ) -> tuple[int, Digests]:
        if file.size <= SMALL:
            data = _read(source, file.size + 1)
            with writing(path):
                write_all(output, data)
            return len(data), {name: new_hash(name, data).hexdigest() for name in self.algorithms}
        if split:
            with open(source, "rb", buffering=0, closefd=False) as stream:
                return digest_stream(
                    stream, self.algorithms, sink=lambda piece: self._put(output, piece, path)
                )
        hashes = {name: new_hash(name) for name in self.algorithms}
        buffer = memoryview(bytearray(CHUNK))
        total = 0
        while count := _readv(source, buffer):
            piece = buffer[:count]
            self._put(output, piece, path)
            for one in hashes.values():
                one.update(piece)
            total += count
        return total, {name: one.hexdigest() for name, one in hashes.items()}

    def _put(self, output: int, piece: memoryview, path: str) -> None:
        if self.stop.is_set():
            raise StorageError(_("stopped while writing {path}").format(path=path), path=path)
        with writing(path):
            write_all(output, piece)
            end = os.lseek(output, 0, os.SEEK_CUR)
            if self.durable and end % BEHIND == 0:
                # the medium begins to write what will be flushed at the end
                os.posix_fadvise(output, end - BEHIND, BEHIND, os.POSIX_FADV_DONTNEED)
        with self._lock:
            self._copied += len(piece)

    def taken(self) -> int:
        """The bytes of large files copied since the last call."""
        with self._lock:
            count, self._copied = self._copied, 0
        return count


class _ReadError(Exception):
    """The source could not be read to its end."""


def _read(descriptor: int, size: int) -> bytes:
    try:
        return os.read(descriptor, size)
    except OSError as error:
        raise _ReadError(error.strerror) from error


def _readv(descriptor: int, buffer: memoryview) -> int:
    try:
        return os.readv(descriptor, [buffer])
    except OSError as error:
        raise _ReadError(error.strerror) from error


def copy_files(
    source: Path,
    target: Path,
    files: Sequence[SourceFile],
    algorithms: frozenset[str],
    *,
    jobs: int,
    durable: bool,
    observer: Observer,
) -> Iterator[Observed | Finding]:
    """For each file what was copied, or why it was not; order not kept.

    The folders must be there. Content is not made durable yet; if it will be (`durable`), the
    medium begins early. Raises StorageError if the copy
    cannot be written. On an interrupt all threads end within a piece.
    """
    copier = _Copier(source, target, algorithms, durable)
    large = sorted((file for file in files if file.size > SMALL), key=lambda file: -file.size)
    pool = ThreadPoolExecutor(jobs, "copy")
    pending: set[Future[Observed | Finding]] = set()
    try:
        for file in large:
            if len(pending) >= jobs + _WAITING:
                yield from _done(pending, copier, observer)
            pending.add(pool.submit(copier.copy, file, split=len(large) == 1 and jobs > 1))
        for file in files:
            if file.size <= SMALL:
                observed = copier.copy(file)
                observer(Advanced(file.size, file.path))
                yield observed
        while pending:
            yield from _done(pending, copier, observer)
    finally:
        copier.stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _done(
    pending: set[Future[Observed | Finding]], copier: _Copier, observer: Observer
) -> Iterator[Observed | Finding]:
    done, _rest = wait(pending, timeout=_TICK, return_when=FIRST_COMPLETED)
    if count := copier.taken():
        observer(Advanced(count))
    for one in done:
        pending.discard(one)
        found = one.result()
        observer(Advanced(0, found.path))
        yield found


def observe(
    folder: Path,
    files: Sequence[SourceFile],
    algorithms: frozenset[str],
    *,
    jobs: int,
    medium: bool,
    observer: Observer,
) -> Iterator[Observed | Finding]:
    """For each file what it is now, read where it lies; order not kept."""
    entries = (Entry(file.path, Kind.FILE, file.size) for file in files)
    opened = lambda path: open_regular(f"{folder}/{path}", path=path)  # noqa: E731
    return observe_files(entries, opened, algorithms, jobs=jobs, medium=medium, observer=observer)
