"""The lease files of a storage in an object store: see `preserva.storage.lease`."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from datetime import datetime

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError
from obstore.store import S3Store

from preserva.core.formats.layout import LEASES
from preserva.errors import Unfit
from preserva.i18n import _
from preserva.storage.lease_files import lease_path
from preserva.storage.s3.bucket import errors, listed


class S3Leases:
    """Lease files below `staging/leases/`, created by conditional writes: one writer succeeds."""

    def __init__(self, store: S3Store, url: str) -> None:
        self._store = store
        self.url = url

    def _errors(self) -> AbstractContextManager[None]:
        return errors(LEASES, self.url)

    def numbers(self) -> list[int]:
        """The numbers of the lease files that are there."""
        with self._errors():
            names = [meta["path"].rpartition("/")[2] for meta in listed(self._store, LEASES)]
        return [int(name) for name in names if name.isdecimal()]

    def take(self, number: int, holder: bytes) -> bool:
        """Create a lease file. False if there is one.

        Raises Unfit where that could succeed twice: then two processes could write at once.
        """
        if not self._create(number, holder):
            return False
        if self._create(number, holder):
            self.remove(number)
            message = _(
                "{url}: the object store ignores If-None-Match: two processes could write at once"
            )
            raise Unfit(message.format(url=self.url))
        return True

    def _create(self, number: int, holder: bytes) -> bool:
        with self._errors():
            try:
                obstore.put(self._store, lease_path(number), holder, mode="create")
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    def put(self, number: int, holder: bytes) -> None:
        """Rewrite a lease file, which also renews it."""
        with self._errors():
            obstore.put(self._store, lease_path(number), holder)

    def holder(self, number: int) -> bytes:
        """The content of a lease file."""
        with self._errors():
            return bytes(obstore.get(self._store, lease_path(number)).bytes())

    def age(self, number: int) -> float | None:
        """Seconds since a lease file was written, by the server's clock."""
        probe = f"{LEASES}/probe-{secrets.token_hex(8)}"
        with self._errors():
            obstore.put(self._store, probe, b"")
            try:
                return (self._written(probe) - self._written(lease_path(number))).total_seconds()
            finally:
                obstore.delete(self._store, probe)

    def _written(self, path: str) -> datetime:
        return obstore.head(self._store, path)["last_modified"]

    def remove(self, number: int) -> None:
        """Remove a lease file, if it is there."""
        with self._errors():
            obstore.delete(self._store, lease_path(number))
