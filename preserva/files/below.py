"""The folders below a folder of this machine, opened part by part so that no link leads out of it.

Anyone who may write to a disk can replace any folder on it by a link, at any moment. So everything
below is done through descriptors (the `openat` family of POSIX.1-2008, with O_NOFOLLOW and
O_DIRECTORY), never by a long path that the system resolves again.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from weakref import WeakSet

from preserva.files.small_file_worker import BELOW, FOLDER

_MOST = 64  # folders that are kept open


class NotAFolderError(OSError):
    """A link, or something else, is where a folder should be; `filename` is its whole path."""

    def __init__(self, below: str, full: str) -> None:
        super().__init__(errno.ENOTDIR, os.strerror(errno.ENOTDIR), full)
        self.below = below


class Descriptor:
    """An open folder, closed when nobody uses it any more: several threads may share it.

    Whoever uses its number keeps it until then: the number alone may soon be that of another file.
    """

    __slots__ = ("__weakref__", "number")

    def __init__(self, number: int) -> None:
        self.number = number

    def close(self, _close: Callable[[int], None] = os.close) -> None:
        """Release it at once."""
        if self.number >= 0:
            number, self.number = self.number, -1
            _close(number)

    __del__ = close


class Below:
    """The folders below `top`, by relative paths with `/`; several threads may use it.

    The top itself may be a link: its place is chosen by whoever configured it. Folders stay open
    and are used again as long as their path still leads to them.
    """

    def __init__(self, top: str) -> None:
        self.top = top
        self._kept: dict[str, tuple[Descriptor, os.stat_result]] = {}
        self._opened = WeakSet[Descriptor]()

    def close(self) -> None:
        """Release all descriptors, so that a disk can be unmounted; the next call opens them again.

        This includes descriptors to which an exception still refers. No other thread may be at
        work.
        """
        self._kept = {}
        for descriptor in list(self._opened):
            descriptor.close()

    def open(self, path: str) -> Descriptor:
        """A folder. Raises OSError, NotAFolderError if a link or a file is in the way."""
        return self._open(path, make=False, durable=False)

    def make(self, path: str, *, durable: bool = False) -> Descriptor:
        """A folder, created with its parents where they do not exist.

        With `durable`, each is made durable in the one above it before the next. Raises OSError.
        """
        return self._open(path, make=True, durable=durable)

    def place(self, path: str) -> tuple[Descriptor, str]:
        """The folder that holds a path, and the name there. Raises OSError."""
        folder, _slash, name = path.rpartition("/")
        return self.open(folder), name or "."

    def _open(self, path: str, *, make: bool, durable: bool) -> Descriptor:
        kept = self._kept.get(path)
        if kept is not None and self._is_there(path, kept[1]):
            return kept[0]
        if make:
            _make_top(self.top, durable=durable)
        descriptor = self._descriptor(os.open(self.top, FOLDER))
        parts = path.split("/") if path else []
        for number, part in enumerate(parts):
            try:
                enter = partial(_make_and_enter, durable=durable) if make else _enter
                below = enter(part, descriptor)
            except NotADirectoryError as error:  # for a link too, if a folder is asked for
                wrong = "/".join(parts[: number + 1])
                raise NotAFolderError(wrong, f"{self.top}/{wrong}") from error
            descriptor = self._descriptor(below)
        if len(self._kept) >= _MOST:
            self._kept = {}
        self._kept[path] = descriptor, os.fstat(descriptor.number)
        return descriptor

    def _descriptor(self, number: int) -> Descriptor:
        descriptor = Descriptor(number)
        self._opened.add(descriptor)
        return descriptor

    def _is_there(self, path: str, then: os.stat_result) -> bool:
        """Whether a path still leads to the folder that was opened, and not to a newer one."""
        try:
            now = os.stat(f"{self.top}/{path}")  # noqa: PTH116 - for each file that is opened
        except OSError:
            return False
        return now.st_ino == then.st_ino and now.st_dev == then.st_dev


def _enter(name: str, above: Descriptor) -> int:
    return os.open(name, BELOW, dir_fd=above.number)


def _make_and_enter(name: str, above: Descriptor, *, durable: bool) -> int:
    try:
        return _enter(name, above)
    except FileNotFoundError:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=above.number)
        if durable:
            os.fsync(above.number)
        return _enter(name, above)


def _make_top(top: str, *, durable: bool) -> None:
    missing = []
    while not os.path.isdir(top):  # noqa: PTH112
        missing.append(top)
        top = os.path.dirname(top) or "."  # noqa: PTH120
    for folder in reversed(missing):
        with suppress(FileExistsError):
            os.mkdir(folder)  # noqa: PTH102
        if durable:
            above = Descriptor(os.open(os.path.dirname(folder) or ".", FOLDER))  # noqa: PTH120
            os.fsync(above.number)


def state_of(name: str, folder: Descriptor) -> os.stat_result:
    """The status of a name in a folder, not following a link. Raises OSError."""
    return os.stat(name, dir_fd=folder.number, follow_symlinks=False)


def is_alone(status: os.stat_result) -> bool:
    """Whether it is a regular file with one name only: a second could be outside."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1
