"""A reproducible tar of a bag: the same bag gives the same bytes. POSIX.1-2001 (PAX).

Members are sorted by path; owner 0, mode 0644, one time for all; no folders but empty ones.
"""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from preserva.errors import NotAFile, StorageError
from preserva.files.opening import open_regular, read_pieces, storage_error
from preserva.i18n import _

CHUNK = 1 << 20

TarWritten = tuple[str, int, Iterable[bytes]]
"""Path with `/`, size in bytes, content (gone through once, when its turn comes).

An empty folder is a path that ends in `/`.
"""


def write_tar(
    members: Iterable[TarWritten], stream: IO[bytes], *, top: str, mtime: int
) -> tuple[int, int]:
    """Write the members below the folder `top`; returns how many, and the bytes of the tar.

    `mtime` is in seconds since 1970. Raises StorageError if a member does not have the size stated:
    then the tar is not usable.
    """
    count = 0
    written = 0
    for path, size, content in sorted(members, key=lambda member: member[0]):
        header = _header(f"{top}/{path}", size, mtime)
        stream.write(header)
        written += len(header) + _write(path, size, content, stream)
        count += 1
    end = 2 * tarfile.BLOCKSIZE
    end += -(written + end) % tarfile.RECORDSIZE
    stream.write(bytes(end))
    return count, written + end


def folder_members(folder: Path) -> Iterator[TarWritten]:
    """The members of a tar of a folder. Raises NotAFile for a link or device, StorageError."""
    waiting = [""]
    while waiting:
        parent = waiting.pop()
        try:
            with os.scandir(folder / parent) as listing:
                entries = [(entry.name, entry.stat(follow_symlinks=False)) for entry in listing]
        except OSError as error:
            raise storage_error(parent or str(folder), error) from error
        if not entries and parent:
            yield parent, 0, ()
        for name, state in entries:
            path = parent + name
            if stat.S_ISDIR(state.st_mode):
                waiting.append(f"{path}/")
            elif stat.S_ISREG(state.st_mode):
                yield path, state.st_size, _content(folder, path)
            else:
                raise NotAFile(_("{path} is not a regular file").format(path=path), path=path)


def _content(folder: Path, path: str) -> Iterator[bytes]:
    yield from read_pieces(open_regular(str(folder / path), path=path), path)


def _header(name: str, size: int, mtime: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mtime = mtime
    member.mode = 0o644
    if name.endswith("/"):
        member.type = tarfile.DIRTYPE
        member.mode = 0o755
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _write(path: str, size: int, content: Iterable[bytes], stream: IO[bytes]) -> int:
    left = size
    for chunk in content:
        left -= len(chunk)
        if left < 0:
            break
        stream.write(chunk)
    if left:
        message = _("the size of {path} has changed since the tar was begun")
        raise StorageError(message.format(path=path), path=path)
    padding = -size % tarfile.BLOCKSIZE
    stream.write(bytes(padding))
    return size + padding
