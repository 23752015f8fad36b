"""A bag in a folder of a POSIX file system.

Everything is opened from the folder's descriptor downwards, one name at a time, following no link:
a link or FIFO that is put in the way, even during the run, cannot lead outside or block.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from operator import attrgetter
from pathlib import Path

from preserva.bag.source import LIMITS, Limits
from preserva.core.formats.bagit import manifest_algorithm
from preserva.core.values.codes import Code
from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Advanced, Finding, Observer, ignore
from preserva.files.hashing import (
    CHUNK,
    SMALL,
    Memory,
    observe_files,
    open_nofollow,
    open_regular,
    storage_error,
)
from preserva.files.small_file_pool import SmallFiles
from preserva.files.small_file_worker import FOLDER, Folders
from preserva.i18n import _

_PATH = attrgetter("path")


class FolderSource:
    """A `Source` over a folder. `jobs`, `medium` and `memory` are those of `observe_files`."""

    media_type = None

    def __init__(
        self,
        path: Path,
        *,
        jobs: int | None = None,
        medium: bool = False,
        memory: Memory | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self.path = path
        self.name = path.resolve().name
        self._jobs = jobs
        self._medium = medium
        self._memory = memory
        self._limits = limits
        self._folders: Folders | None = None
        self._reader: SmallFiles | None = None
        self._reads_early = False

    def __del__(self) -> None:
        self._end_reader()
        if self._folders is not None:
            self._folders.close()
            os.close(self._folders.top)

    def _end_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def read_early(self) -> None:
        """Begin to read small files while they are listed: everything will be asked for."""
        self._reads_early = self._memory is None and not self._medium

    def _below(self) -> Folders:
        """The folders of the bag. Raises OSError."""
        if self._folders is None:
            self._folders = Folders(os.open(self.path, FOLDER))
        return self._folders

    def _folder(self, path: str) -> int:
        """A descriptor of a folder in the bag, valid until the next call. Raises OSError."""
        return self._below().open(os.fsencode(path))

    def entries(self) -> Iterator[Entry | Finding]:
        """Everything in the folder, sorted within each folder. Raises StorageError for the top."""
        try:
            self._folder("")
        except OSError as error:
            raise storage_error(str(self.path), error) from error
        stack = [""]
        while stack:
            prefix = stack.pop()
            try:
                found = sorted(self._scan(prefix), key=_PATH)
            except OSError as error:
                yield Finding(Code.UNREADABLE, prefix or ".", seen=str(error))
                continue
            if self._reads_early and not prefix:
                self._begin_early(found)
            if self._reader is not None and f"{prefix}/".startswith("data/"):
                self._reader.read_early(
                    one for one in found if one.kind is Kind.FILE and one.size <= SMALL
                )
            for entry in found:
                if len(entry.path) > self._limits.path:
                    yield Finding(Code.LIMIT_REACHED, entry.path[:200], seen=_("path too long"))
                    continue
                yield entry
                if entry.kind is Kind.FOLDER:
                    stack.append(entry.path)

    def _begin_early(self, top: Iterable[Entry]) -> None:
        """Guess from what lies at the top with which digests everything below will be wanted."""
        names = [manifest_algorithm(entry.path) for entry in top]
        found = [name[1] for name in names if name is not None and name[0] == "manifest"]
        if found and ALGORITHMS.keys() >= set(found):
            self._reader = SmallFiles(self._below().top, found, self._jobs)

    def _scan(self, prefix: str) -> Iterator[Entry]:
        start = f"{prefix}/" if prefix else ""
        with os.scandir(self._folder(prefix)) as names:
            for one in names:
                path = start + one.name
                if one.is_file(follow_symlinks=False):
                    yield Entry(path, Kind.FILE, one.stat(follow_symlinks=False).st_size)
                elif one.is_dir(follow_symlinks=False):
                    yield Entry(path, Kind.FOLDER)
                else:
                    yield Entry(path, Kind.LINK if one.is_symlink() else Kind.OTHER)

    def _open(self, path: str) -> int:
        parent, _slash, name = path.rpartition("/")
        return open_nofollow(name, dir_fd=self._parent(parent, path), path=path)

    def _parent(self, parent: str, path: str) -> int:
        try:
            return self._folder(parent)
        except OSError as error:
            raise storage_error(path, error) from error

    def stream(self, path: str) -> Iterator[bytes]:
        """The content of one file in pieces. Raises NotFound, NotAFile or StorageError."""
        parent, _slash, name = path.rpartition("/")
        fd = open_regular(name, dir_fd=self._parent(parent, path), path=path)
        try:
            while piece := os.read(fd, CHUNK):
                yield piece
        except OSError as error:
            raise storage_error(path, error) from error
        finally:
            os.close(fd)

    def observe(
        self, files: Iterable[Entry], algorithms: frozenset[str], observer: Observer
    ) -> Iterator[Observed | Finding]:
        """What the files are when read; see `observe_files`."""
        if self._memory is None and not self._medium:
            files = yield from self._small(files, algorithms, observer)
        yield from observe_files(
            files,
            self._open,
            algorithms,
            jobs=self._jobs,
            medium=self._medium,
            memory=self._memory,
            observer=observer,
        )

    def _small(
        self, files: Iterable[Entry], algorithms: frozenset[str], observer: Observer
    ) -> Generator[Observed, None, list[Entry]]:
        """Small files that raise no doubt; returns the others."""
        if self._reader is None or self._reader.algorithms != algorithms:
            self._end_reader()
            self._reader = SmallFiles(self._below().top, algorithms, self._jobs)
        others = list[Entry]()
        try:
            for found in self._reader.read(_without_large(files, others)):
                if isinstance(found, Entry):
                    others.append(found)
                    continue
                if observer is not ignore:
                    observer(Advanced(found.size, found.path))
                yield found
        finally:
            self._end_reader()
        return others


def _without_large(files: Iterable[Entry], large: list[Entry]) -> Iterator[Entry]:
    for one in files:
        if one.size > SMALL:
            large.append(one)
        else:
            yield one
