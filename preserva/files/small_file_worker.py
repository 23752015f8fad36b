"""Small files, many at a time, in a folder or in another file.

Most of the time goes into the overhead for each file, and threads do not help. A batch is read in
this process or in another one, which runs this file as a program: so nothing but the standard
library is imported here. Only files beyond doubt are answered. A file that is not as it was listed,
that cannot be read, or that was written to a moment ago gets no digest, and is read again with all
care by `careful_reader`.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import stat
import sys
import time
from collections.abc import Iterable, Sequence

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
BELOW = FOLDER | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK

Files = list[tuple[bytes, int]]
"""Paths below the folder, as the system has them, with the sizes that were listed."""

Ranges = list[tuple[int, int]]
"""Where each part begins in a file, and its size."""

FILES, BYPASSING, RANGES = "files", "bypassing", "ranges"
"""What is read: files, files past the cache as far as the system allows it, parts of a file."""

_RECENT = 2_000_000_000  # nanoseconds: clocks of file systems are coarse


class Folders:
    """Folders below one that is open, by their paths; no link is followed on the way."""

    def __init__(self, top: int) -> None:
        self.top = top
        self._last: tuple[bytes, int] | None = None

    def close(self) -> None:
        """Close all but the top."""
        if self._last is not None:
            os.close(self._last[1])
            self._last = None

    def open(self, path: bytes) -> int:
        """A descriptor of the folder, valid until the next call. Raises OSError."""
        if not path:
            return self.top
        if self._last is not None and self._last[0] == path:
            return self._last[1]
        self.close()
        fd = self.top
        for part in path.split(b"/"):
            above = fd
            try:
                fd = os.open(part, BELOW, dir_fd=above)
            finally:
                if above != self.top:
                    os.close(above)
        self._last = path, fd
        return fd


def read_files(
    folders: Folders, files: Files, algorithms: Sequence[str], *, bypass_cache: bool = False
) -> list[bytes | None]:
    """For each file its concatenated digests, or None where there is any doubt.

    `algorithms` are hashlib's names. With `bypass_cache` the bytes come from the medium,
    and none stay in the cache.
    """
    makers = [getattr(hashlib, name) for name in algorithms]
    old = time.time_ns() - _RECENT
    digests: list[bytes | None] = []
    for fd, (_path, size) in zip(
        _opened(folders, files, bypass_cache=bypass_cache), files, strict=True
    ):
        if fd is None:
            digests.append(None)
            continue
        try:
            data = os.read(fd, size + 1)
            state = os.fstat(fd)
            if bypass_cache:
                forget(fd)
        except OSError:
            digests.append(None)
            continue
        finally:
            os.close(fd)
        sound = len(data) == size == state.st_size and state.st_mtime_ns < old
        if sound and stat.S_ISREG(state.st_mode):
            found = [make(data, usedforsecurity=False).digest() for make in makers]
            digests.append(b"".join(found))
        else:
            digests.append(None)
    return digests


def _opened(folders: Folders, files: Files, *, bypass_cache: bool) -> Iterable[int | None]:
    """A descriptor of each file, None where it cannot be opened.

    When reading from the medium, all are requested before the first is read, so that the medium
    need not wait for us.
    """
    opened = (_open(folders, path) for path, _size in files)
    if not bypass_cache:
        return opened
    ready = list(opened)
    for fd in ready:
        if fd is not None:
            forget(fd)
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_WILLNEED)
    return ready


def _open(folders: Folders, path: bytes) -> int | None:
    parent, _slash, name = path.rpartition(b"/")
    try:
        return os.open(name, FILE, dir_fd=folders.open(parent))
    except OSError:
        return None


def forget(fd: int) -> None:
    """Drop a file from the system's cache, where the system can do that."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)


def read_ranges(fd: int, ranges: Ranges, algorithms: Sequence[str]) -> list[bytes | None]:
    """The same for parts of an open file. None where it cannot be read, or ends before."""
    makers = [getattr(hashlib, name) for name in algorithms]
    digests: list[bytes | None] = []
    for start, size in ranges:
        try:
            data = os.pread(fd, size, start)
        except OSError:
            data = b""
        if len(data) == size:
            found = [make(data, usedforsecurity=False).digest() for make in makers]
            digests.append(b"".join(found))
        else:
            digests.append(None)
    return digests


def frame(message: Files | Ranges | list[bytes | None]) -> bytes:
    """A message as it goes through a pipe."""
    data = marshal.dumps(message)
    return len(data).to_bytes(4, "big") + data


def _serve(what: str, fd: int, algorithms: Sequence[str]) -> None:
    """Answer batches from standard input until it ends."""
    folders = Folders(fd)
    while head := sys.stdin.buffer.read(4):
        batch = marshal.loads(sys.stdin.buffer.read(int.from_bytes(head, "big")))
        if what == RANGES:
            digests = read_ranges(fd, batch, algorithms)
        else:
            digests = read_files(folders, batch, algorithms, bypass_cache=what == BYPASSING)
        sys.stdout.buffer.write(frame(digests))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
