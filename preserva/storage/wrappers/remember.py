"""A storage whose small files are kept in memory once they have been read."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress

from preserva.errors import StorageError
from preserva.files.parallel import bounded_map
from preserva.storage.base import Reader, Storage, chunks_of
from preserva.storage.wrappers.forward import Forwarding

_LARGEST = 1 << 20
_ALL = 64 << 20
"""Bytes of one file, and of all files, that are kept."""


class Remembering(Forwarding):
    """For one check of one object: every step sees the same bytes, and they are read once."""

    def __init__(self, inner: Storage) -> None:
        super().__init__(inner)
        self._kept: dict[str, bytes] = {}
        self._room = _ALL
        self._guard = threading.Lock()

    def open(self, path: str, *, bypass_cache: bool = False) -> Reader:
        """Open a regular file, or what was read of it."""
        kept = self._kept.get(path)
        if kept is not None:
            return _Kept(kept)
        return _Keeping(self.inner.open(path, bypass_cache=bypass_cache), self, path)

    def fetch(self, paths: Iterable[str]) -> None:
        """Read some small files, all at once. What cannot be read is asked for again later."""
        for _done in bounded_map(self._fetch, paths, workers=self.max_concurrency):
            pass

    def _fetch(self, path: str) -> None:
        with suppress(StorageError), self.open(path) as reader:
            for _chunk in chunks_of(reader):
                pass

    def keep(self, path: str, data: bytes) -> None:
        """Keep the content of a file, if there is room for it."""
        with self._guard:
            if path not in self._kept and len(data) <= self._room:
                self._kept[path] = data
                self._room -= len(data)


class _Keeping:
    """An open file whose content is kept once it was read to its end."""

    def __init__(self, inner: Reader, storage: Remembering, path: str) -> None:
        self._inner = inner
        self._storage = storage
        self._path = path
        self._parts: list[bytes] | None = []
        self._size = 0

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        data = self._inner.read(size)
        if self._parts is not None:
            self._parts.append(data)
            self._size += len(data)
            if self._size > _LARGEST:
                self._parts = None
            elif size and not data:
                self._storage.keep(self._path, b"".join(self._parts))
        return data

    def __enter__(self) -> _Keeping:
        return self

    def __exit__(self, *error: object) -> None:
        self._inner.__exit__(*error)


class _Kept:
    """The content of a file that was read before."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        part = self._data[self._at : self._at + size]
        self._at += len(part)
        return part

    def __enter__(self) -> _Kept:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""
