"""A stored file, read once from its medium."""

from __future__ import annotations

from collections.abc import Iterable

from preserva.core.values.digest import MultiHash
from preserva.core.values.model import Observed
from preserva.storage.base import Storage, chunks_of


def observe(storage: Storage, path: str, algorithms: Iterable[str]) -> Observed:
    """What a file is now, past the cache where the system allows it. Raises StorageError."""
    hashes = MultiHash(algorithms)
    with storage.open(path, medium=True) as reader:
        for chunk in chunks_of(reader):
            hashes.update(chunk)
    return Observed(path, hashes.size, hashes.digests())
