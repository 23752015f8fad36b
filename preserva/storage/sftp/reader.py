"""Reading a file of an SFTP server."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any, NamedTuple

import asyncssh

from preserva.errors import StorageError
from preserva.i18n import _
from preserva.storage.base import CHUNK
from preserva.storage.sftp.connection import SftpLink

AHEAD = 4
"""The number of chunks of a file that are requested or sent at the same time."""


class Opened(NamedTuple):
    """A file that was opened, its size then, and its first chunk, which is often all of it.

    `beyond` is what the server sent beyond the stated end of the file.
    """

    file: asyncssh.SFTPClientFile
    size: int
    first: bytes
    beyond: bytes


class SftpReader:
    """An open file of an SFTP server, with its next chunks read ahead.

    It has the size that the server stated when it was opened: a shorter answer, or a byte beyond,
    raises StorageError, because then nothing is known about the file.
    """

    def __init__(self, link: SftpLink, opened: Opened, path: str) -> None:
        self._link = link
        self._file = opened.file
        self._size = opened.size
        self._path = path
        self._asked = min(opened.size, CHUNK)
        self._coming: deque[Future[bytes]] = deque()
        self._lengths: deque[int] = deque()
        self._here = opened.first
        self._expect(len(opened.first) == self._asked and not opened.beyond)

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end of the file, none after it."""
        parts = []
        while size > 0 and (self._here or self._next_chunk()):
            taken, self._here = self._here[:size], self._here[size:]
            size -= len(taken)
            parts.append(taken)
        return b"".join(parts)

    def _next_chunk(self) -> bool:
        """Wait for the next chunk; whether there is one."""
        while len(self._coming) < AHEAD and self._asked < self._size:
            length = min(CHUNK, self._size - self._asked)
            self._coming.append(self._start_reading(self._asked, length))
            self._lengths.append(length)
            self._asked += length
        self._here = self._coming.popleft().result() if self._coming else b""
        if self._lengths:
            self._expect(len(self._here) == self._lengths.popleft())
        return bool(self._here)

    def _expect(self, holds: bool) -> None:
        if not holds:
            self.__exit__()
            message = _(
                "{path}: the storage sent a different number of bytes than it states, {size}"
            )
            raise StorageError(message.format(path=self._path, size=self._size), path=self._path)

    def _start_reading(self, offset: int, length: int) -> Future[bytes]:
        return self._link.start(self._path, lambda client: reading(self._file, length, offset))

    def __enter__(self) -> SftpReader:
        return self

    def __exit__(self, *_: object) -> None:
        settle(self._coming)
        self._link.start(self._path, lambda client: self._file.close())


async def reading(file: asyncssh.SFTPClientFile, size: int, offset: int) -> bytes:
    """At most `size` bytes from an offset."""
    data: bytes = await file.read(size, offset)
    return data


def settle(futures: Iterable[Future[Any]]) -> None:
    """Wait for requests that were sent, and ignore their results."""
    for future in futures:
        future.cancel()
        if not future.cancelled():
            future.exception()


def wait_for(requests: deque[Future[Any]]) -> None:
    """Wait until all were answered. The first error ends the others and is raised."""
    try:
        while requests:
            requests.popleft().result()
    except BaseException:
        settle(requests)
        raise
