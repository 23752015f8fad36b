"""A storage in the memory of this process, `memory://name`: for tests and programs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO

from preserva.core.formats.layout import STAGING
from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Entry, Kind, StorageTraits
from preserva.errors import Locked, NotAFile, NotFound, Refused, StorageError
from preserva.i18n import _
from preserva.storage.paths import above, contained, refuse_not_aside, refuse_outside


class _Shared:
    """The content that all storages of one name share. A folder exists while files are in it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.guard = threading.Lock()
        self.holder: str | None = None


_NAMED: dict[str, _Shared] = {}
_NAMING = threading.Lock()


class MemoryStorage:
    """See `preserva.storage.base.Storage` for its promises; it ends with its process."""

    max_concurrency = 1
    max_looks = 1

    def __init__(self, url: str) -> None:
        self.url = url
        with _NAMING:
            self._shared = _NAMED.setdefault(url.rstrip("/"), _Shared())

    def close(self) -> None:
        """Nothing is held open."""

    def limitations(self) -> tuple[Limitation, ...]:
        """What memory cannot promise."""
        return (Limitation.VOLATILE,)

    def inspect(self, path: str) -> StorageTraits:
        """Nothing: memory keeps neither times nor rights."""
        return StorageTraits()

    def stat(self, path: str) -> Entry | None:
        """What is at a path; None if there is nothing."""
        contained(path)
        with self._shared.guard:
            return self._stat(path)

    def _stat(self, path: str) -> Entry | None:
        if path in self._shared.files:
            return Entry(path, Kind.FILE, len(self._shared.files[path]))
        prefix = f"{path}/" if path else ""
        below = any(name.startswith(prefix) for name in self._shared.files)
        return Entry(path, Kind.FOLDER) if below else None

    def _below(self, path: str) -> list[str]:
        """The files at and below a path."""
        prefix = f"{path}/" if path else ""
        return [name for name in self._shared.files if name == path or name.startswith(prefix)]

    def children(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name. Raises NotFound if there is no such folder."""
        contained(path)
        prefix = f"{path}/" if path else ""
        with self._shared.guard:
            tops = {
                name[: end if (end := name.find("/", len(prefix))) > 0 else None]
                for name in self._shared.files
                if name.startswith(prefix)
            }
            if path and not tops:
                raise NotFound(_("{path} is not there").format(path=path), path=path)
            files = self._shared.files
            return [
                Entry(top, Kind.FILE, len(files[top])) if top in files else Entry(top, Kind.FOLDER)
                for top in sorted(tops)
            ]

    def walk(self, path: str, likely: Iterable[str] = ()) -> Iterator[Entry]:
        """Everything below a folder, folders included, in no particular order."""
        contained(path)
        prefix = f"{path}/" if path else ""
        with self._shared.guard:
            names = [name for name in self._shared.files if name.startswith(prefix)]
            if path and not names:
                raise NotFound(_("{path} is not there").format(path=path), path=path)
            folders = {
                folder for name in names for folder in above(name) if folder.startswith(prefix)
            }
            entries = [Entry(folder, Kind.FOLDER) for folder in folders if folder != path]
            entries += [Entry(name, Kind.FILE, len(self._shared.files[name])) for name in names]
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
                raise NotAFile(_("{path} is not a folder").format(path=folder), path=folder)
        self._shared.files[path] = data

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Refused: `create` leaves all of a file or nothing."""
        refuse_outside(path, STAGING)
        self.flush(path)
        raise Refused(_("{path} is complete: it cannot be extended").format(path=path))

    def flush(self, path: str) -> None:
        """Nothing is left to do."""
        if self.stat(path) is None:
            raise NotFound(_("{path} is not there").format(path=path), path=path)

    def reserve(self, staged: str, final: str) -> None:
        """Nothing to prepare: a folder is renamed."""

    def publish(self, staged: str, final: str) -> None:
        """Move a file or folder out of staging, at once. Refuses a path that exists."""
        refuse_outside(staged, STAGING)
        self._move(staged, final)

    def quarantine(self, path: str, target: str) -> None:
        """Move what is at a path aside: below `quarantine/` or `staging/removed/`."""
        refuse_not_aside(target)
        self._move(path, target)

    def _move(self, path: str, final: str) -> None:
        contained(path)
        contained(final)
        with self._shared.guard:
            if self._stat(final) is not None:
                raise Refused(_("{path} exists already; it was not touched").format(path=final))
            names = self._below(path)
            if not names:
                raise NotFound(_("{path} is not there").format(path=path), path=path)
            if taken := [folder for folder in above(final) if folder in self._shared.files]:
                raise NotAFile(_("{path} is not a folder").format(path=taken[0]), path=taken[0])
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
