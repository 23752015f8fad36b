"""Copies files into a new bag and hashes them in the same read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path

from preserva.bag.create.source_folder import FolderFile
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Finding, Observer
from preserva.files.careful_reader import CarefulReader
from preserva.files.disk import create_file, write_all, writing
from preserva.files.folder_reader import FolderReader
from preserva.files.opening import SMALL, Folder

BEHIND = 1 << 23  # after this many bytes, writing to the medium is started


class _Copier:
    """Copies files into a folder that already has all subfolders."""

    def __init__(self, target: Path, *, durable: bool) -> None:
        self._target = os.fspath(target)
        self._durable = durable

    def begin(self, file: FolderFile, now: os.stat_result) -> _Copy | None:
        """The new file; None if the source has changed since it was listed."""
        if not file.is_still(now):
            return None
        return _Copy(f"{self._target}/{file.path}", file.modified_ns, durable=self._durable)


class _Copy:
    """A new file with the modification time of its source."""

    def __init__(self, path: str, modified_ns: int, *, durable: bool) -> None:
        self._path = path
        self._modified_ns = modified_ns
        self._durable = durable
        self._size = 0
        with writing(path):
            self._descriptor = create_file(path)

    def write(self, piece: bytes | memoryview) -> None:
        """Write the next bytes. Raises StorageError."""
        with writing(self._path):
            write_all(self._descriptor, piece)
            self._size += len(piece)
            if self._durable and self._size % BEHIND == 0:
                # start writing to the medium what will be flushed at the end
                os.posix_fadvise(
                    self._descriptor, self._size - BEHIND, BEHIND, os.POSIX_FADV_DONTNEED
                )

    def finish(self) -> None:
        """Set the time. Raises StorageError."""
        with writing(self._path):
            os.utime(self._descriptor, ns=(self._modified_ns, self._modified_ns))

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def copy_files(
    source: Path,
    target: Path,
    files: Sequence[FolderFile],
    algorithms: frozenset[str],
    *,
    jobs: int,
    durable: bool,
    observer: Observer,
) -> Iterator[Observed | Finding]:
    """For each file, in any order, what was copied or why it was not.

    The folders must exist. Content is not made durable yet; if it will be (`durable`), writing to
    the medium starts early. Raises StorageError if the copy cannot be written.
    """
    # The largest first, so that no thread is left alone with one at the end.
    large = sorted((file for file in files if file.size > SMALL), key=lambda file: -file.size)
    small = (file for file in files if file.size <= SMALL)
    with closing(Folder(source)) as folder:
        copier = _Copier(target, durable=durable)
        reader = CarefulReader(folder.open, algorithms, jobs=jobs, copier=copier)
        yield from reader.read(chain(large, small), observer)


def read_files(
    folder: Path,
    files: Sequence[FolderFile],
    algorithms: frozenset[str],
    *,
    jobs: int,
    bypass_cache: bool,
    observer: Observer,
) -> Iterator[Observed | Finding]:
    """For each file, in any order, its present state, read in place."""
    entries = (Entry(file.path, Kind.FILE, file.size) for file in files)
    with closing(Folder(folder)) as opened:
        reader = FolderReader(opened, algorithms, jobs=jobs, bypass_cache=bypass_cache)
        yield from reader.read(entries, observer)
