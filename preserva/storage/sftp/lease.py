"""The lease files of an SFTP storage: see `preserva.storage.lease`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import asyncssh

from preserva.core.formats.layout import LEASES
from preserva.errors import NotFound, StorageError

if TYPE_CHECKING:
    from preserva.storage.sftp.driver import SftpStorage


class SftpLeases:
    """The lease files of an SFTP storage, below `staging/leases/`."""

    def __init__(self, storage: SftpStorage) -> None:
        self._storage = storage
        self.url = storage.url

    def numbers(self) -> list[int]:
        """The numbers of the lease files that are there."""
        try:
            names = [one.path.rpartition("/")[2] for one in self._storage.children(LEASES)]
        except NotFound:
            return []
        return [int(name) for name in names if name.isdecimal()]

    def take(self, number: int, holder: bytes) -> bool:
        """Create a lease file. False if there is one."""
        try:
            self._storage.create(_lease_path(number), [holder])
        except StorageError:
            if self._storage.stat(_lease_path(number)) is None:
                raise
            return False
        return True

    def put(self, number: int, holder: bytes) -> None:
        """Write a lease file anew, which also makes it young."""
        path = _lease_path(number)
        full = self._storage.full(path)

        async def write(client: asyncssh.SFTPClient) -> None:
            flags = asyncssh.FXF_WRITE | asyncssh.FXF_TRUNC
            async with await client.open(full, flags, encoding=None) as file:
                await file.write(holder, 0)

        self._storage.link.run(path, write)

    def holder(self, number: int) -> bytes:
        """What stands in a lease file."""
        with self._storage.open(_lease_path(number)) as reader:
            return reader.read(1000)

    def age(self, number: int) -> float:
        """Seconds since a lease file was written, by the server's clock."""
        probe = f"{LEASES}/probe-{secrets.token_hex(8)}"
        self._storage.create(probe, [])
        try:
            return self._written(probe) - self._written(_lease_path(number))
        finally:
            self._storage.discard(probe)

    def _written(self, path: str) -> float:
        full = self._storage.full(path)
        return float(self._storage.link.run(path, lambda client: client.lstat(full)).mtime or 0)

    def remove(self, number: int) -> None:
        """Remove a lease file, if it is there."""
        self._storage.discard(_lease_path(number))


def _lease_path(number: int) -> str:
    return f"{LEASES}/{number:08}"
