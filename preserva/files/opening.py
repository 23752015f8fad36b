"""Opening files of this machine with care, and the finding for a file that cannot be read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from threading import Lock

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.errors import NotAFile, NotFound, StorageError
from preserva.files.small_file_worker import FILE, FOLDER, Folders
from preserva.i18n import _, system_reason

CHUNK = 1 << 20
"""The number of bytes read at a time."""

SMALL = 1 << 18
"""Bytes up to which a file is read in one piece. Threads do not pay for these."""


def storage_error(path: str, error: OSError) -> StorageError:
    """The same failure as one of preserva's errors, with the file's name."""
    reason = system_reason(error)
    if isinstance(error, FileNotFoundError):
        return NotFound(_("{path} is not there").format(path=path), path=path)
    # A link, a file in the place of a folder, a socket.
    if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.ENXIO}:
        return _not_regular(path)
    return StorageError(
        _("could not read {path}: {reason}").format(path=path, reason=reason), path=path
    )


def _not_regular(path: str) -> NotAFile:
    return NotAFile(_("{path} is not a regular file").format(path=path), path=path)


def unreadable(path: str, error: StorageError) -> Finding:
    """The finding for a file that could not be read."""
    if isinstance(error, NotAFile):
        return Finding(Code.NOT_REGULAR, path)
    return Finding(Code.UNREADABLE, path, seen=str(error.__cause__ or error))


def open_nofollow(name: str, *, dir_fd: int | None = None, path: str | None = None) -> int:
    """A descriptor of whatever has this name; never follows a link, never waits for a FIFO.

    Raises NotFound, NotAFile or StorageError.
    """
    try:
        return os.open(name, FILE, dir_fd=dir_fd)
    except OSError as error:
        raise storage_error(path or name, error) from error


def open_regular(name: str, *, dir_fd: int | None = None, path: str | None = None) -> int:
    """The same for a regular file only: for a FIFO, device or folder it raises NotAFile."""
    fd = open_nofollow(name, dir_fd=dir_fd, path=path)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise _not_regular(path or name)
    return fd


def read_pieces(fd: int, path: str) -> Iterator[bytes]:
    """The bytes of an open file, which is closed at the end. Raises StorageError."""
    try:
        while piece := os.read(fd, CHUNK):
            yield piece
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        os.close(fd)


class Folder:
    """A folder in which everything is opened from its descriptor downwards, following no link.

    A link or FIFO that is put in the way, even during the run, cannot lead outside or block. The
    folder is opened when it is first needed. Several threads may use it.
    """

    def __init__(self, path: Path, opened: Callable[[], int] | None = None) -> None:
        """`opened` gives a descriptor of the folder, where its path may not simply be followed."""
        self.path = path
        self._open_top = opened or partial(os.open, path, FOLDER)
        self._lock = Lock()
        self._opened: Folders | None = None

    def close(self) -> None:
        """Release the descriptors; the next call opens the folder again."""
        if self._opened is not None:
            self._opened.close()
            os.close(self._opened.top)
            self._opened = None

    def __del__(self) -> None:
        self.close()

    def _below(self) -> Folders:
        if self._opened is None:
            self._opened = Folders(self._open_top())
        return self._opened

    def open_top(self) -> int:
        """The folder's own descriptor. Raises OSError if it cannot be opened."""
        return self._below().top

    def is_there(self) -> bool:
        """Whether the folder can be opened."""
        try:
            self.open_top()
        except (OSError, StorageError):
            return False
        return True

    def open(self, path: str) -> int:
        """A descriptor of the entry at a relative path. Raises NotFound, NotAFile, StorageError."""
        parent, _slash, name = path.rpartition("/")
        with self._lock:
            try:
                folder = self._below().open(os.fsencode(parent))
            except OSError as error:
                raise storage_error(path, error) from error
            return open_nofollow(name, dir_fd=folder, path=path)

    def open_regular(self, path: str) -> int:
        """The same for a regular file only: for a FIFO, device or folder it raises NotAFile."""
        fd = self.open(path)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise _not_regular(path)
        return fd

    def state(self, path: str) -> os.stat_result:
        """The status of a relative path; a link is not followed. Raises OSError."""
        parent, _slash, name = path.rpartition("/")
        with self._lock:
            folder = self._below().open(os.fsencode(parent))
            return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def scan(self, path: str) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        """What a folder at a relative path holds, `""` for this one. Raises OSError."""
        with self._lock:
            return os.scandir(self._below().open(os.fsencode(path)))
