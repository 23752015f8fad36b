"""The files of a stored object, each read once from its medium, many at a time."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import chain

from preserva.archive.reading import observe
from preserva.core.values.model import Entry, Observed
from preserva.errors import StorageError
from preserva.files.hashing import SMALL
from preserva.files.parallel import bounded_map
from preserva.files.small_file_pool import SmallFiles
from preserva.files.small_file_worker import BELOW
from preserva.storage.base import Storage
from preserva.storage.local import LocalStorage

_JOBS = 4
_BATCH_FILES = 32
_BATCH_SIZE = 1 << 20

Read = tuple[str, Observed | StorageError]
"""The path of a file in its object, and what it is, or why that cannot be told."""


def read_files(
    storage: Storage, path: str, entries: Iterable[Entry], algorithms: set[str]
) -> Generator[Read]:
    """Each file below the folder `path`, in no promised order; their own paths are relative to it.

    To be closed by whoever stops before the end.
    """
    left = []
    for file in _small(storage, path, list(entries), algorithms):
        if isinstance(file, Observed):
            yield file.path, file
        else:
            left.append(file)
    if left:
        read = partial(_attempt_all, storage, path, algorithms)
        yield from chain.from_iterable(bounded_map(read, _batches(left), workers=_JOBS))


def _small(
    storage: Storage, path: str, entries: list[Entry], algorithms: set[str]
) -> Iterator[Observed | Entry]:
    """On a disk of this machine, what is beyond doubt of its small files; the rest as it is.

    Several processes read them, as they do those of a bag (docs/adr/0008-small-files.md).
    """
    small = [entry for entry in entries if entry.size <= SMALL]
    if type(storage) is not LocalStorage or not small:
        yield from entries
        return
    yield from (entry for entry in entries if entry.size > SMALL)
    try:
        top = os.open(storage.root / path, BELOW)
    except OSError:
        yield from small
        return
    try:
        with closing(SmallFiles(top, algorithms, None, medium=True)) as reader:
            yield from reader.read(small)
    finally:
        os.close(top)


def _batches(entries: Iterable[Entry]) -> Iterator[list[str]]:
    """Small files go together: handing over each alone would take longer than reading it."""
    batch: list[str] = []
    size = 0
    for entry in entries:
        batch.append(entry.path)
        size += entry.size
        if size >= _BATCH_SIZE or len(batch) == _BATCH_FILES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _attempt_all(
    storage: Storage, folder: str, algorithms: set[str], paths: list[str]
) -> list[Read]:
    return [(path, _attempt(storage, folder, algorithms, path)) for path in paths]


def _attempt(
    storage: Storage, folder: str, algorithms: set[str], path: str
) -> Observed | StorageError:
    try:
        name = f"{folder}/{path}" if folder else path
        return observe(storage, name, algorithms)._replace(path=path)
    except StorageError as error:
        return error
