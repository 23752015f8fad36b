"""A storage that passes every call to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager

from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Entry, StorageTraits
from preserva.storage.base import Reader, Storage


class Forwarding:
    """All of `preserva.storage.base.Storage`, done by `inner`."""

    def __init__(self, inner: Storage) -> None:
        self.inner = inner
        self.url = inner.url
        self.max_concurrency = inner.max_concurrency
        self.max_looks = inner.max_looks

    def stat(self, path: str) -> Entry | None:
        """The entry at a path, not following a link; None if there is nothing."""
        return self.inner.stat(path)

    def children(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name. Raises NotFound if there is no such folder."""
        return self.inner.children(path)

    def walk(self, path: str, likely: Iterable[str] = ()) -> Iterator[Entry]:
        """Everything below a folder, folders included, in no particular order."""
        return self.inner.walk(path, likely)

    def open(self, path: str, *, bypass_cache: bool = False) -> Reader:
        """Open a regular file. `bypass_cache` reads the medium, not a cache."""
        return self.inner.open(path, bypass_cache=bypass_cache)

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file, with the folders above it. Refuses a path that exists."""
        self.inner.create(path, chunks)

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Append to a file in staging that an interrupted `create` left incomplete."""
        self.inner.extend(path, chunks)

    def flush(self, path: str) -> None:
        """Make a file or a whole folder in staging durable, so that it can be read back."""
        self.inner.flush(path)

    def reserve(self, staged: str, final: str) -> None:
        """Announce where a folder below staging will be published."""
        self.inner.reserve(staged, final)

    def publish(self, staged: str, final: str) -> None:
        """Move a file or folder out of staging, durably and at once. Refuses a path that exists."""
        self.inner.publish(staged, final)

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file, durably and at once."""
        self.inner.replace(path, data)

    def quarantine(self, path: str, target: str) -> None:
        """Move what is at a path to one below `quarantine/`, durably and at once."""
        self.inner.quarantine(path, target)

    def discard(self, path: str) -> None:
        """Remove a file or folder below `staging/`, if it is there. Refuses any other path."""
        self.inner.discard(path)

    def lock(self, holder: str) -> AbstractContextManager[object]:
        """Be the only writer."""
        return self.inner.lock(holder)

    def close(self) -> None:
        """Release open connections; the next call reconnects."""
        self.inner.close()

    def limitations(self) -> tuple[Limitation, ...]:
        """What this storage cannot promise."""
        return self.inner.limitations()

    def inspect(self, path: str) -> StorageTraits:
        """What the storage reports about a file in staging and its place."""
        return self.inner.inspect(path)
