"""A bag in a storage, read through it: nothing is copied to this machine first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import IO

from preserva.archive.reading import attempt
from preserva.bag.container.compression import packing_of, refuse_foreign
from preserva.bag.container.tar import TarSource
from preserva.bag.source import LIMITS, Limits, Source, as_stream
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Advanced, Finding, Observer
from preserva.errors import NotAFile, NotFound, StorageError
from preserva.files.opening import unreadable
from preserva.files.parallel import bounded_map
from preserva.i18n import _
from preserva.storage.base import Storage, chunks_of

_AT_ONCE = 16  # files that are asked for together: a distant storage answers late


def open_stored_bag(
    storage: Storage, path: str, *, bypass_cache: bool = False, limits: Limits = LIMITS
) -> Source:
    """The bag at a path of a storage: a folder, or a tar, compressed or not.

    Raises NotFound, NotAFile or StorageError.
    """
    entry = storage.stat(path) if path else Entry("", Kind.FOLDER)
    if entry is None:
        raise NotFound(_("{path} is not there").format(path=path), path=path)
    if entry.kind is Kind.FOLDER:
        return StoredFolder(storage, path, bypass_cache=bypass_cache, limits=limits)
    with storage.open(path) as reader:
        head = reader.read(512)
    refuse_foreign(head, path)
    packing = packing_of(head, path)
    if entry.kind is not Kind.FILE or packing is None:
        message = _("{path} is not a bag that can be read there: it is neither a folder nor a tar")
        raise NotAFile(message.format(path=path), path=path)
    container = _StoredContainer(storage, path, bypass_cache=bypass_cache)
    return TarSource(container, packing, limits=limits)


class StoredFolder:
    """A `Source` over a folder of a storage."""

    media_type = None

    def __init__(self, storage: Storage, path: str, *, bypass_cache: bool, limits: Limits) -> None:
        self.name = PurePosixPath(path or storage.url).name
        self._storage = storage
        self._prefix = f"{path}/" if path else ""
        self._bypass_cache = bypass_cache
        self._limits = limits

    def entries(self) -> Iterator[Entry | Finding]:
        """Everything in the folder. Raises StorageError for the top."""
        for entry in self._storage.walk(self._prefix.rstrip("/")):
            path = entry.path.removeprefix(self._prefix)
            if len(path) > self._limits.path:
                yield Finding(Code.LIMIT_REACHED, path[:200], seen=_("path too long"))
            else:
                yield entry._replace(path=path)

    def stream(self, path: str) -> Iterator[bytes]:
        """The content of one file in pieces. Raises StorageError."""
        with self._storage.open(self._prefix + path, bypass_cache=self._bypass_cache) as reader:
            yield from chunks_of(reader)

    def observe(
        self, files: Iterable[Entry], algorithms: frozenset[str], observer: Observer
    ) -> Iterator[Observed | Finding]:
        """The digests of the files, many read at a time."""
        read = partial(self._observe, algorithms)
        for observed in bounded_map(read, files, workers=_AT_ONCE):
            if isinstance(observed, Observed):
                observer(Advanced(observed.size, observed.path))
            yield observed

    def _observe(self, algorithms: frozenset[str], entry: Entry) -> Observed | Finding:
        path = self._prefix + entry.path
        result = attempt(self._storage, path, algorithms, bypass_cache=self._bypass_cache)
        if isinstance(result, StorageError):
            return unreadable(entry.path, result)
        return result._replace(path=entry.path)


class _StoredContainer:
    """A `Container` in a storage: read from its beginning to its end, in one pass."""

    def __init__(self, storage: Storage, path: str, *, bypass_cache: bool) -> None:
        self.name = PurePosixPath(path).name
        self.path = path
        self._storage = storage
        self._bypass_cache = bypass_cache

    def open(self) -> IO[bytes]:
        """Its bytes."""
        return as_stream(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        with self._storage.open(self.path, bypass_cache=self._bypass_cache) as reader:
            yield from chunks_of(reader)

    def state(self, stream: IO[bytes]) -> tuple[int, int]:
        """Its size; a storage reports no more."""
        entry = self._storage.stat(self.path)
        return (entry.size if entry is not None else -1), 0

    def descriptor(self, stream: IO[bytes]) -> int | None:
        """There is none."""
        return None
