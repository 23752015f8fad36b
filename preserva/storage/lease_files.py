"""Lease files in a storage of folders and files: see `preserva.storage.lease`."""

from __future__ import annotations

import secrets
from typing import Protocol

from preserva.core.formats.layout import LEASES
from preserva.core.values.model import Entry, StorageTraits
from preserva.errors import NotFound, StorageError, Unreachable
from preserva.storage.base import Reader

_ATTEMPTS = 9
_FUTURE = 5.0  # seconds: a server may round some times and not others


class LeasedStorage(Protocol):
    """What a driver must do to keep lease files. All raise StorageError."""

    url: str

    def stat(self, path: str) -> Entry | None:
        """What stands at a path; None if there is nothing."""

    def children(self, path: str) -> list[Entry]:
        """What a folder holds. Raises NotFound."""

    def open(self, path: str) -> Reader:
        """Open a regular file."""

    def create(self, path: str, chunks: list[bytes]) -> None:
        """Write a new file. Refuses a path that exists: of two callers, only one succeeds."""

    def discard(self, path: str) -> None:
        """Remove a file below `staging/`, if it is there."""

    def overwrite(self, path: str, data: bytes) -> None:
        """Overwrite an existing file, without a rename."""

    def inspect(self, path: str) -> StorageTraits:
        """When a file was last written, by the storage's own clock, among other things."""


class FolderLeases:
    """The lease files of a storage, below `staging/leases/`: a `LeaseFiles`."""

    def __init__(self, storage: LeasedStorage) -> None:
        self._storage = storage
        self.url = storage.url

    def numbers(self) -> list[int]:
        """The numbers of the lease files that are there."""
        try:
            names = [entry.path.rpartition("/")[2] for entry in self._storage.children(LEASES)]
        except NotFound:
            return []
        return [int(name) for name in names if name.isdecimal()]

    def take(self, number: int, holder: bytes) -> bool:
        """Create a lease file. False if there is one."""
        try:
            self._storage.create(lease_path(number), [holder])
        except StorageError:
            if self._storage.stat(lease_path(number)) is None:
                raise
            return False
        return True

    def put(self, number: int, holder: bytes) -> None:
        """Rewrite a lease file, which also renews it."""
        self._storage.overwrite(lease_path(number), holder)

    def holder(self, number: int) -> bytes:
        """The content of a lease file, which may be overwritten at this moment.

        Then its size differs from a moment before, and it is read once more.
        """
        for _attempt in range(_ATTEMPTS):
            try:
                return self._read(number)
            except (NotFound, Unreachable):
                raise
            except StorageError:
                continue
        return self._read(number)

    def _read(self, number: int) -> bytes:
        with self._storage.open(lease_path(number)) as reader:
            return reader.read(1000)

    def age(self, number: int) -> float | None:
        """Seconds since a lease file was written, by the storage's own clock.

        None if it has no times, or a lease from the future.
        """
        probe = f"{LEASES}/probe-{secrets.token_hex(8)}"
        self._storage.create(probe, [b"?"])  # an empty file is none on some file systems
        try:
            now = self._storage.inspect(probe).modified
            then = self._storage.inspect(lease_path(number)).modified
        finally:
            self._storage.discard(probe)
        if not now or not then or now < then - _FUTURE:
            return None
        return now - then

    def remove(self, number: int) -> None:
        """Remove a lease file, if it is there."""
        self._storage.discard(lease_path(number))


def lease_path(number: int) -> str:
    """Where the lease file of a number lies."""
    return f"{LEASES}/{number:08}"
