"""The Storage protocol: the few operations that everything is built on, and what they promise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from preserva.core.values.model import Entry
from preserva.errors import TooLarge
from preserva.i18n import _

CHUNK = 1 << 20
"""Bytes that are moved at a time."""


class Reader(Protocol):
    """An open file. Every error comes out as a StorageError."""

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end of the file, none after it."""

    def __enter__(self) -> Reader: ...

    def __exit__(self, *_: object) -> None: ...


class Storage(Protocol):
    """A place that keeps files under relative paths with `/`.

    Promises of every driver:

    1. Only subclasses of StorageError leave it, each naming the path.
    2. Links are never followed, and only regular files are ever opened.
    3. Nothing is overwritten or deleted outside `staging/`, but for `replace`, and nothing leaves
       its place, but for `set_aside`.
    4. What `create` wrote counts for nothing until `publish` returned: `publish` makes every byte
       durable first and visible after, at once. A crash at any instant leaves all of it or nothing.
    5. Several threads may call it at once; `at_once` is how many are worth it.
    """

    url: str
    at_once: int

    def stat(self, path: str) -> Entry | None:
        """What stands at a path, not following a link; None if there is nothing."""

    def children(self, path: str) -> list[Entry]:
        """What a folder holds, sorted by name. Raises NotFound if there is no such folder."""

    def walk(self, path: str) -> Iterator[Entry]:
        """Everything below a folder, the folders themselves included, in no promised order."""

    def open(self, path: str, *, bypass_cache: bool = False) -> Reader:
        """Open a regular file. `bypass_cache` reads the medium, not a cache."""

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file, with the folders above it. Refuses a path that exists."""

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Go on with a file in staging that an interrupted `create` left shorter than it is to be.

        Refuses any other path. Where a `create` leaves all or nothing, there is none to go on with.
        """

    def flush(self, path: str) -> None:
        """Make a file or a whole folder in staging durable, so that it can be read back."""

    def aim(self, staged: str, final: str) -> None:
        """Say beforehand where a folder below staging is going to be published.

        Nothing is there before `publish`. A storage that cannot rename writes it there at once,
        hidden, and need not copy it; every other one has nothing to do. What an interrupted run
        left of the same is kept. Refuses a `final` that exists.
        """

    def publish(self, staged: str, final: str) -> None:
        """Move a file or folder out of staging, durably and at once. Refuses a path that exists."""

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file, durably and at once."""

    def set_aside(self, path: str, aside: str) -> None:
        """Move a file, folder or link, whatever it is, to a path below `quarantine/`, durably.

        Refuses a path there that exists. What a link leads to is neither read nor moved.
        """

    def discard(self, path: str) -> None:
        """Remove a file or folder below `staging/`, if it is there. Refuses any other path."""

    def lock(self, holder: str) -> AbstractContextManager[None]:
        """Be the only writer. Raises Locked, with the holder's words, if there is another.

        The lock ends with its process, however that ends: at once where the system knows, else
        when its lease was not renewed.
        """

    def close(self) -> None:
        """Give back what the storage holds open. A call after it opens that anew."""

    def lacks(self) -> tuple[str, ...]:
        """What this storage cannot promise, a sentence each. Raises StorageError."""


def read_all(storage: Storage, path: str, limit: int) -> bytes:
    """The content of a small file. Raises TooLarge above `limit` bytes, StorageError."""
    with storage.open(path) as reader:
        parts = []
        size = 0
        while chunk := reader.read(CHUNK):
            size += len(chunk)
            if size > limit:
                message = _("{path} is larger than {limit} bytes, so it was not read")
                raise TooLarge(message.format(path=path, limit=limit), path=path)
            parts.append(chunk)
    return b"".join(parts)


def chunks_of(reader: Reader) -> Iterator[bytes]:
    """The bytes of an open file, a chunk at a time."""
    while chunk := reader.read(CHUNK):
        yield chunk
