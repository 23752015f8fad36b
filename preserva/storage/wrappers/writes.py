"""A storage whose errors say whether it was being written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from preserva.errors import StorageError
from preserva.storage.wrappers.forward import Forwarding


class Writes(Forwarding):
    """Sets `writing` on every StorageError of a call that writes.

    An error of the source of the chunks is not an error of writing.
    """

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file, with the folders above it. Refuses a path that exists."""
        source = _Source(chunks)
        with _writing(source):
            self.inner.create(path, source)

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Append to a file in staging that an interrupted `create` left incomplete."""
        source = _Source(chunks)
        with _writing(source):
            self.inner.extend(path, source)

    def flush(self, path: str) -> None:
        """Make a file or a whole folder in staging durable, so that it can be read back."""
        with _writing():
            self.inner.flush(path)

    def reserve(self, staged: str, final: str) -> None:
        """Announce where a folder below staging will be published."""
        with _writing():
            self.inner.reserve(staged, final)

    def publish(self, staged: str, final: str) -> None:
        """Move a file or folder out of staging, durably and at once. Refuses a path that exists."""
        with _writing():
            self.inner.publish(staged, final)

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file, durably and at once."""
        with _writing():
            self.inner.replace(path, data)

    def quarantine(self, path: str, target: str) -> None:
        """Move a file, folder or link to `target`, a path below `quarantine/`, durably."""
        with _writing():
            self.inner.quarantine(path, target)

    def discard(self, path: str) -> None:
        """Remove a file or folder below `staging/`, if it is there. Refuses any other path."""
        with _writing():
            self.inner.discard(path)


class _Source:
    """Chunks, and the error that ended them."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.error: StorageError | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._chunks
        except StorageError as error:
            self.error = error
            raise


@contextmanager
def _writing(source: _Source | None = None) -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        error.writing = source is None or error is not source.error
        raise
