"""A storage that fails on purpose, for tests of what comes after."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from preserva.storage.base import Storage
from preserva.storage.wrappers.forward import Forwarding


class Failing(Forwarding):
    """Raises `error` instead of the n-th call that writes, counted from 1, and of all after it.

    `calls` are the names and paths of those that were made or asked for, in order.
    """

    def __init__(self, inner: Storage, at: int, error: Exception) -> None:
        super().__init__(inner)
        self.calls: list[tuple[str, str]] = []
        self._at = at
        self._error = error
        self._numbers = count(1)

    def _count(self, verb: str, path: str) -> None:
        self.calls.append((verb, path))
        if next(self._numbers) >= self._at:
            raise self._error

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file, or fail before it."""
        self._count("create", path)
        self.inner.create(path, chunks)

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Append to a file, or fail before that."""
        self._count("extend", path)
        self.inner.extend(path, chunks)

    def flush(self, path: str) -> None:
        """Make something durable, or fail before that."""
        self._count("flush", path)
        self.inner.flush(path)

    def reserve(self, staged: str, final: str) -> None:
        """Announce where a folder will be published, or fail before that."""
        self._count("reserve", final)
        self.inner.reserve(staged, final)

    def publish(self, staged: str, final: str) -> None:
        """Move something out of staging, or fail before that."""
        self._count("publish", final)
        self.inner.publish(staged, final)

    def replace(self, path: str, data: bytes) -> None:
        """Replace a small file, or fail before that."""
        self._count("replace", path)
        self.inner.replace(path, data)

    def quarantine(self, path: str, target: str) -> None:
        """Move something to quarantine, or fail before that."""
        self._count("quarantine", path)
        self.inner.quarantine(path, target)

    def discard(self, path: str) -> None:
        """Remove something from staging, or fail before that."""
        self._count("discard", path)
        self.inner.discard(path)
