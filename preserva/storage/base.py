"""The Storage protocol: the few operations on which everything is built, and their promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Entry, StorageTraits
from preserva.errors import TooLarge
from preserva.i18n import _

CHUNK = 1 << 20
"""The number of bytes read or written at a time."""


class Reader(Protocol):
    """An open file. It raises nothing but StorageError."""

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end of the file, none after it."""

    def __enter__(self) -> Reader: ...

    def __exit__(self, *_: object) -> None: ...


class Storage(Protocol):
    """A place that keeps files under relative paths, with `/` between their parts.

    Promises of every driver:

    1. It raises nothing but StorageError and its subclasses, each with the path.
    2. Links are never followed, and only regular files are ever opened.
    3. Nothing is overwritten or deleted outside `staging/`, but for `replace`, and nothing leaves
       its place, but for `quarantine`; what two persons decided to remove is moved to
       `staging/removed/` by it, and discarded there.
    4. What `create` wrote is not visible before `publish`, which first makes every byte durable and
       then shows all of them at once. A crash at any instant leaves all of it or nothing.
    5. Several threads may call it at the same time. More than `max_concurrency` gain nothing; for
       calls that only look, or read a few bytes, the number is `max_looks`.

    `limitations` names the promises that a kind of storage cannot keep in full.
    """

    url: str
    max_concurrency: int
    max_looks: int

    def stat(self, path: str) -> Entry | None:
        """The entry at a path, not following a link; None if there is nothing."""

    def children(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name. Raises NotFound if there is no such folder."""

    def walk(self, path: str, likely: Iterable[str] = ()) -> Iterator[Entry]:
        """Everything below a folder, folders included, in no particular order.

        `likely` are folders that are probably among them: a remote storage asks for all of them at
        once.
        """

    def open(self, path: str, *, bypass_cache: bool = False) -> Reader:
        """Open a regular file. `bypass_cache` reads the medium, not a cache."""

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file, with the folders above it. Refuses a path that exists."""

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Append to a file in staging that an interrupted `create` left incomplete.

        Refuses any other path. A storage whose `create` writes all or nothing refuses every path.
        """

    def flush(self, path: str) -> None:
        """Make a file or a whole folder in staging durable, so that it can be read back."""

    def reserve(self, staged: str, final: str) -> None:
        """Announce where a folder below staging will be published.

        Nothing is visible there before `publish`. A storage that cannot rename writes the folder to
        its final place from the start, hidden, so that it need not be copied; others do nothing.
        What an interrupted run left under the same reservation is kept. Refuses a `final` that
        exists.
        """

    def publish(self, staged: str, final: str) -> None:
        """Move a file or folder out of staging, durably and at once. Refuses a path that exists."""

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file, durably and at once."""

    def quarantine(self, path: str, target: str) -> None:
        """Move a file, folder or link to `target`, a path below `quarantine/`, durably.

        What is to be removed goes to a path below `staging/removed/` instead. Refuses a target
        that exists. What a link leads to is neither read nor moved.
        """

    def discard(self, path: str) -> None:
        """Remove a file or folder below `staging/`, if it is there. Refuses any other path."""

    def lock(self, holder: str) -> AbstractContextManager[object]:
        """Be the only writer during the block. Raises Locked, naming the other holder.

        The lock ends with its process, even if that is killed: at once where the operating system
        holds the lock, otherwise when its lease runs out.
        """

    def close(self) -> None:
        """Release open connections; the next call reconnects."""

    def limitations(self) -> tuple[Limitation, ...]:
        """What this storage cannot promise. Raises StorageError."""

    def inspect(self, path: str) -> StorageTraits:
        """What the storage reports about a file in staging and its place. Raises StorageError.

        For testing a storage (`preserva.storage.probe`): it may write beside the file.
        """


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
