"""A storage in the memory of this process, `memory://name`: for tests and programs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO

from preserva.core.formats.layout import QUARANTINE, STAGING
from preserva.core.values.model import Entry, Kind
from preserva.errors import Locked, NotAFile, NotFound, Refused, StorageError
from preserva.i18n import _
from preserva.storage.paths import above, contained, parent, refuse_outside


class _Shared:
    """What all storages of one name have in common. Folders are what has files in it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.guard = threading.Lock()
        self.holder: str | None = None


_NAMED: dict[str, _Shared] = {}
_NAMING = threading.Lock()


class MemoryStorage:
    """See `preserva.storage.base.Storage` for what it promises; it ends with its process."""

    at_once = 1

    def __init__(self, url: str) -> None:
        self.url = url
        with _NAMING:
            self._shared = _NAMED.setdefault(url.rstrip("/"), _Shared())

    def close(self) -> None:
        """Nothing is held open."""

    def lacks(self) -> tuple[str, ...]:
        """What memory cannot promise."""
        return (_("Everything is gone when this process ends."),)

    def stat(self, path: str) -> Entry | None:
        """What stands at a path; None if there is nothing."""
        contained(path)
        with self._shared.guard:
            return self._stat(path)

    def _stat(self, path: str) -> Entry | None:
        if path in self._shared.files:
            return Entry(path, Kind.FILE, len(self._shared.files[path]))
        return Entry(path, Kind.FOLDER) if self._below(path) else None

    def _below(self, path: str) -> list[str]:
        """The files at and below a path."""
        prefix = f"{path}/" if path else ""
        return [one for one in self._shared.files if one == path or one.startswith(prefix)]

    def children(self, path: str) -> list[Entry]:
        """What a folder holds, sorted by name. Raises NotFound if there is no such folder."""
        return sorted(
            (one for one in self.walk(path) if parent(one.path) == path), key=lambda one: one.path
        )

    def walk(self, path: str) -> Iterator[Entry]:
        """Everything below a folder, the folders themselves included, in no promised order."""
        contained(path)
        prefix = f"{path}/" if path else ""
        with self._shared.guard:
            names = [one for one in self._shared.files if one.startswith(prefix)]
            if path and not names:
                raise NotFound(_("{path} is not there").format(path=path), path=path)
            folders = {one for name in names for one in above(name) if one.startswith(prefix)}
            entries = [Entry(one, Kind.FOLDER) for one in folders if one != path]
            entries += [Entry(one, Kind.FILE, len(self._shared.files[one])) for one in names]
        return iter(entries)

    def open(self, path: str, *, bypass_cache: bool = False) -> BytesIO:
        """Open a file. Memory has no other medium."""
        with self._shared.guard:
            entry = self._stat(contained(path))
            if entry is None:
                raise NotFound(_("{path} is not there").format(path=path), path=path)
            if entry.kind is not Kind.FILE:
                raise NotAFile(_("{path} is not a regular file").format(path=path), path=path)
            return BytesIO(self._shared.files[path])

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file, all or nothing. Refuses a path that exists."""
        contained(path)
        data = b"".join(chunks)
        with self._shared.guard:
            if self._stat(path) is not None:
                message = _("{path} exists already; it was not touched")
                raise StorageError(message.format(path=path), path=path)
            self._put(path, data)

    def _put(self, path: str, data: bytes) -> None:
        for folder in above(path):
            if folder in self._shared.files:
                raise NotAFile(_("{path} is no folder").format(path=folder), path=folder)
        self._shared.files[path] = data

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Refused: `create` leaves all of a file or nothing."""
        refuse_outside(path, STAGING)
        self.flush(path)
        raise Refused(_("{path} is whole: it cannot be gone on with").format(path=path))

    def flush(self, path: str) -> None:
        """Nothing is left to do."""
        if self.stat(path) is None:
            raise NotFound(_("{path} is not there").format(path=path), path=path)

    def aim(self, staged: str, final: str) -> None:
        """Nothing to prepare: a folder is renamed."""

    def publish(self, staged: str, final: str) -> None:
        """Move a file or folder out of staging, at once. Refuses a path that exists."""
        refuse_outside(staged, STAGING)
        self._move(staged, final)

    def set_aside(self, path: str, aside: str) -> None:
        """Move what stands at a path to one below `quarantine/`, at once."""
        refuse_outside(aside, QUARANTINE)
        self._move(path, aside)

    def _move(self, path: str, final: str) -> None:
        contained(path)
        contained(final)
        with self._shared.guard:
            if self._stat(final) is not None:
                raise Refused(_("{path} exists already; it was not touched").format(path=final))
            names = self._below(path)
            if not names:
                raise NotFound(_("{path} is not there").format(path=path), path=path)
            if taken := [one for one in above(final) if one in self._shared.files]:
                raise NotAFile(_("{path} is no folder").format(path=taken[0]), path=taken[0])
            for name in names:
                self._put(final + name.removeprefix(path), self._shared.files.pop(name))

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file, at once."""
        contained(path)
        with self._shared.guard:
            self._put(path, data)

    def discard(self, path: str) -> None:
        """Remove a file or folder below `staging/`, if it is there. Refuses any other path."""
        refuse_outside(contained(path), STAGING)
        with self._shared.guard:
            for name in self._below(path):
                del self._shared.files[name]

    @contextmanager
    def lock(self, holder: str) -> Iterator[None]:
        """Be the only writer in this process."""
        with self._shared.guard:
            if self._shared.holder is not None:
                message = _("another process is writing to {url}: {holder}")
                raise Locked(message.format(url=self.url, holder=self._shared.holder))
            self._shared.holder = holder
        try:
            yield
        finally:
            self._shared.holder = None
