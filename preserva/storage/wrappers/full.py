"""A storage with little room left, for drills and tests: its disk is full."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator

from preserva.errors import StorageFull
from preserva.i18n import _, system_reason
from preserva.storage.base import Storage
from preserva.storage.wrappers.forward import Forwarding


class Full(Forwarding):
    """Takes `room` further bytes in files, and then says what a full disk says.

    As on such a disk, what was written before that stays there.
    """

    def __init__(self, inner: Storage, room: int) -> None:
        super().__init__(inner)
        self.room = room

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file, as far as there is room."""
        self.inner.create(path, self._counted(path, chunks))

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Append to a file in staging, as far as there is room."""
        self.inner.extend(path, self._counted(path, chunks))

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file, if there is room."""
        self.inner.replace(path, b"".join(self._counted(path, [data])))

    def _counted(self, path: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if len(chunk) > self.room:
                reason = system_reason(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
                message = _("{path}: {reason}").format(path=f"{self.url}/{path}", reason=reason)
                raise StorageFull(message, path=path)
            self.room -= len(chunk)
            yield chunk
