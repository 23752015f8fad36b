"""The files of a stored object, each read once from its medium, many at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import chain

from preserva.archive.reading import attempt
from preserva.core.values.model import Entry, Observed
from preserva.errors import StorageError
from preserva.files.folder_reader import FolderReader
from preserva.files.opening import Folder
from preserva.files.parallel import bounded_map
from preserva.storage.base import Storage
from preserva.storage.local import LocalStorage

_JOBS = 4
_BATCH_FILES = 32
_BATCH_SIZE = 1 << 20

ReadResult = tuple[str, Observed | StorageError]
"""The path of a file in its object, and its digests, or why it cannot be read."""


def read_files(
    storage: Storage, path: str, entries: Iterable[Entry], algorithms: set[str]
) -> Generator[ReadResult]:
    """Each file below the folder `path`, in no particular order; their paths are relative to it.

    A caller that stops before the end must close it.
    """
    left = []
    for result in _beyond_doubt(storage, path, list(entries), algorithms):
        if isinstance(result, Observed):
            yield result.path, result
        else:
            left.append(result)
    if left:
        read = partial(_attempt_all, storage, path, algorithms)
        near = type(storage) is LocalStorage
        batches = _batches(left) if near else ([entry.path] for entry in left)
        workers = _JOBS if near else storage.max_concurrency  # each waits for the line
        yield from chain.from_iterable(bounded_map(read, batches, workers=workers))


def _beyond_doubt(
    storage: Storage, path: str, entries: list[Entry], algorithms: set[str]
) -> Iterator[Observed | Entry]:
    """On a local disk, the small files that are beyond doubt; the rest unread.

    Several processes read them, as they do those of a bag (docs/adr/0008-small-files.md).
    """
    if type(storage) is not LocalStorage:
        yield from entries
        return
    with (
        closing(Folder(storage.root / path, partial(storage.folder, path))) as folder,
        closing(FolderReader(folder, algorithms, bypass_cache=True)) as reader,
    ):
        yield from reader.read_beyond_doubt(entries) if folder.is_there() else entries


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
) -> list[ReadResult]:
    return [(path, _attempt(storage, folder, algorithms, path)) for path in paths]


def _attempt(
    storage: Storage, folder: str, algorithms: set[str], path: str
) -> Observed | StorageError:
    result = attempt(storage, f"{folder}/{path}" if folder else path, algorithms)
    return result._replace(path=path) if isinstance(result, Observed) else result
