"""A bag in a folder of a POSIX file system.

Everything is opened from the folder's descriptor downwards, one name at a time, following no link:
a link or FIFO that is put in the way, even during the run, cannot lead outside or block.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from preserva.bag.hashing import (
    CHUNK,
    Memory,
    observe_files,
    open_nofollow,
    open_regular,
    storage_error,
)
from preserva.bag.source import LIMITS, Limits
from preserva.core.codes import Code
from preserva.core.model import Entry, Kind, Observed
from preserva.core.report import Finding, Observer
from preserva.i18n import _

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_BELOW = _FOLDER | os.O_NOFOLLOW


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
        self._last: tuple[str, int] | None = None  # the folder that was opened last

    def _close(self) -> None:
        if self._last is not None:
            os.close(self._last[1])
            self._last = None

    def __del__(self) -> None:
        self._close()

    def _folder(self, path: str) -> int:
        """A descriptor of a folder in the bag, valid until the next call. Raises OSError."""
        if self._last is not None and self._last[0] == path:
            return self._last[1]
        self._close()
        fd = os.open(self.path, _FOLDER)
        try:
            for part in path.split("/") if path else ():
                below = os.open(part, _BELOW, dir_fd=fd)
                os.close(fd)
                fd = below
        except OSError:
            os.close(fd)
            raise
        self._last = path, fd
        return fd

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
                found = sorted(self._scan(prefix), key=lambda entry: entry.path)
            except OSError as error:
                yield Finding(Code.UNREADABLE, prefix or ".", seen=str(error))
                continue
            for entry in found:
                if len(entry.path) > self._limits.path:
                    yield Finding(Code.LIMIT_REACHED, entry.path[:200], seen=_("path too long"))
                    continue
                yield entry
                if entry.kind is Kind.FOLDER:
                    stack.append(entry.path)

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
        return observe_files(
            files,
            self._open,
            algorithms,
            jobs=self._jobs,
            medium=self._medium,
            memory=self._memory,
            observer=observer,
        )
