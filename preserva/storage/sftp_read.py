"""A file of an SFTP server that is being read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

import asyncssh

from preserva.storage.base import CHUNK
from preserva.storage.sftp_link import SftpLink

AHEAD = 4
"""Chunks of a file that are on their way at once."""


class SftpReader:
    """An open file of an SFTP server; its next chunks come before they are asked for."""

    def __init__(self, link: SftpLink, file: asyncssh.SFTPClientFile, path: str) -> None:
        self._link = link
        self._file = file
        self._path = path
        self._asked = 0
        self._coming: deque[Future[bytes]] = deque()
        self._here = b""
        self._ended = False

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end of the file, none after it."""
        parts = []
        while size > 0 and (self._here or not self._ended):
            if not self._here:
                self._next_chunk()
            taken, self._here = self._here[:size], self._here[size:]
            size -= len(taken)
            parts.append(taken)
        return b"".join(parts)

    def _next_chunk(self) -> None:
        # the first alone: most files have no second
        ahead = AHEAD if self._asked else 1
        while len(self._coming) < ahead:
            self._coming.append(self._start_reading(self._asked))
            self._asked += CHUNK
        self._here = self._coming.popleft().result()
        self._ended = len(self._here) < CHUNK

    def _start_reading(self, offset: int) -> Future[bytes]:
        return self._link.start(self._path, lambda client: self._file.read(CHUNK, offset))

    def __enter__(self) -> SftpReader:
        return self

    def __exit__(self, *_: object) -> None:
        settle(self._coming)
        self._link.start(self._path, lambda client: self._file.close())


def settle(futures: Iterable[Future[Any]]) -> None:
    """Wait for what is under way; what it says no longer matters."""
    for future in futures:
        future.cancel()
        if not future.cancelled():
            future.exception()
