"""A stored file, read once to its end, bypassing the cache where the system allows it."""

from __future__ import annotations

from collections.abc import Iterable

from preserva.core.values.digest import MultiHash
from preserva.core.values.model import Observed
from preserva.errors import StorageError
from preserva.storage.base import Storage, chunks_of


def observe(
    storage: Storage, path: str, algorithms: Iterable[str], *, bypass_cache: bool = True
) -> Observed:
    """The digests and size of a file now. Raises StorageError."""
    hashes = MultiHash(algorithms)
    with storage.open(path, bypass_cache=bypass_cache) as reader:
        for chunk in chunks_of(reader):
            hashes.update(chunk)
    return Observed(path, hashes.size, hashes.digests())


def attempt(
    storage: Storage, path: str, algorithms: Iterable[str], *, bypass_cache: bool = True
) -> Observed | StorageError:
    """The same, or why it cannot be read: for one of many files that are read concurrently."""
    try:
        return observe(storage, path, algorithms, bypass_cache=bypass_cache)
    except StorageError as error:
        return error
