"""A storage at any URL of PyFilesystem, `fs+NAME://...`; the only module that imports it.

PyFilesystem promises neither atomic renames nor durable writes: see `limitations`. How a folder
still appears in one step: `preserva.storage.publication_marks`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, BinaryIO

from preserva.core.formats.layout import LEASES, PUBLISHING, STAGING
from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Entry, Kind, StorageTraits
from preserva.errors import NotAFile, NotFound, Refused, StorageError, StorageFull, Unreachable
from preserva.i18n import _
from preserva.storage.base import CHUNK
from preserva.storage.lease import LEASE, Lease
from preserva.storage.lease_files import FolderLeases
from preserva.storage.paths import (
    above,
    contained,
    parent,
    refuse_links,
    refuse_not_aside,
    refuse_outside,
)
from preserva.storage.pkg_resources_stand_in import stand_in_for_pkg_resources
from preserva.storage.publication_marks import Mark, below_any, hidden_by, marks_last

with stand_in_for_pkg_resources():
    import fs
    import fs.errors
    import fs.opener

if TYPE_CHECKING:
    from fs.base import FS
    from fs.info import Info

_NAMESPACES = ("basic", "details", "link")
_LEASES = frozenset([LEASES])


@contextmanager
def _errors(path: str, url: str) -> Iterator[None]:
    where = f"{url.rstrip('/')}/{path}"
    try:
        yield
    except fs.errors.ResourceNotFound as error:
        raise NotFound(_("{path} is not there").format(path=where), path=path) from error
    except fs.errors.FileExists as error:
        message = _("{path} exists already; it was not touched").format(path=where)
        raise StorageError(message, path=path) from error
    except (fs.errors.FileExpected, fs.errors.DirectoryExpected) as error:
        raise NotAFile(_("{path} is not a regular file").format(path=where), path=path) from error
    except fs.errors.InsufficientStorage as error:
        raise StorageFull(_("{path}: no space left").format(path=where), path=path) from error
    except (fs.errors.RemoteConnectionError, fs.errors.OperationTimeout) as error:
        message = _("{path}: the connection failed: {reason}").format(path=where, reason=error)
        raise Unreachable(message, path=path) from error
    except (fs.errors.FSError, OSError, ValueError) as error:
        message = _("{path}: {reason}").format(path=where, reason=error)
        raise StorageError(message, path=path) from error


class PyFilesystemStorage:
    """The files of a PyFilesystem. See `preserva.storage.base.Storage`, and `limitations`."""

    max_concurrency = 1  # not every PyFilesystem is thread-safe
    max_looks = 1

    def __init__(self, url: str, *, lease: float = LEASE) -> None:
        self.url = url
        self._opened: FS | None = None
        self._folders: set[str] = set()  # seen to be folders, not links
        self._guard = threading.RLock()
        self._lease = Lease(FolderLeases(self), lease, fenced=False)

    @contextmanager
    def files(self, path: str) -> Iterator[FS]:
        """The PyFilesystem, for one call by one thread."""
        with self._guard, _errors(contained(path), self.url):
            if self._opened is None:
                try:
                    self._opened = fs.open_fs(self.url.removeprefix("fs+"), create=True)
                except fs.opener.errors.OpenerError as error:
                    message = _("{url} cannot be opened: {reason}")
                    raise StorageError(message.format(url=self.url, reason=error)) from error
            yield self._opened

    def close(self) -> None:
        """Close the PyFilesystem; the next call opens it again."""
        with self._guard:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def limitations(self) -> tuple[Limitation, ...]:
        """What PyFilesystem cannot promise."""
        return (
            Limitation.UNSYNCED_WRITES,
            Limitation.CACHED_READS,
            Limitation.COPIED_ON_PUBLISH,
            Limitation.REPLACE_NOT_ATOMIC,
            Limitation.LINKS_LOOKED_AT_FIRST,
            Limitation.NO_FENCE,
        )

    def stat(self, path: str) -> Entry | None:
        """The entry at a path, not following a link; None if there is nothing."""
        try:
            with self.files(path) as files:
                self._refuse_links_above(path, files)
                entry = _entry(path, files.getinfo(path or "/", _NAMESPACES))
        except NotFound:
            return None
        return None if below_any(path, self._hidden()) else entry

    def children(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name. Raises NotFound if there is no such folder."""
        hidden = self._hidden()
        if below_any(path, hidden):
            raise NotFound(_("{path} is not there").format(path=path), path=path)
        return [entry for entry in self._listed(path) if entry.path not in hidden]

    def _listed(self, path: str) -> list[Entry]:
        prefix = f"{path}/" if path else ""
        with self.files(path) as files:
            self._refuse_links_above(f"{path}/" if path else "", files)
            listing = files.scandir(path or "/", _NAMESPACES)
            entries = [_entry(prefix + info.name, info) for info in listing]
        return sorted(entries, key=lambda entry: entry.path)

    def walk(self, path: str, likely: Iterable[str] = ()) -> Iterator[Entry]:
        """Everything below a folder, folders included, in no particular order."""
        waiting = [path]
        while waiting:
            for entry in self.children(waiting.pop()):
                if entry.kind is Kind.FOLDER:
                    waiting.append(entry.path)
                yield entry

    def _hidden(self) -> frozenset[str]:
        try:
            return hidden_by(mark.path for mark in self._listed(PUBLISHING))
        except NotFound:
            return frozenset()

    def open(self, path: str, *, bypass_cache: bool = False) -> PyfsReader:
        """Open a regular file. `bypass_cache` has no effect: see `limitations`."""
        with self.files(path) as files:
            self._refuse_links_above(path, files)
            if _entry(path, files.getinfo(path or "/", _NAMESPACES)).kind is not Kind.FILE:
                raise NotAFile(_("{path} is not a regular file").format(path=path), path=path)
            return PyfsReader(self, files.openbin(path, "r"), path)

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file, with the folders above it. Refuses a path that exists."""
        self._check_lease(path)
        with self.files(path) as files:
            self._make_folder(parent(path), files)
            out = files.openbin(path, "x")
        self._fill(out, path, chunks)

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Append to a file in staging that an interrupted `create` left incomplete."""
        refuse_outside(path, STAGING)
        self._lease.check()
        entry = self.stat(path)
        if entry is None:
            raise NotFound(_("{path} is not there").format(path=path), path=path)
        refuse_links([entry])
        with self.files(path) as files:
            out = files.openbin(path, "a")
        self._fill(out, path, chunks)

    def _fill(self, out: BinaryIO, path: str, chunks: Iterable[bytes]) -> None:
        """Write, and always close. An error of the source of the chunks is not changed."""
        try:
            for chunk in chunks:
                with self.files(path):
                    out.write(chunk)
        finally:
            with self.files(path):
                out.close()

    def flush(self, path: str) -> None:
        """Does nothing: PyFilesystem has no way to do it. Raises NotFound."""
        if self.stat(path) is None:
            raise NotFound(_("{path} is not there").format(path=path), path=path)

    def reserve(self, staged: str, final: str) -> None:
        """Nothing to prepare: every file is copied."""

    def publish(self, staged: str, final: str) -> None:
        """Move a file or folder out of staging. Refuses a path that exists."""
        refuse_outside(staged, STAGING)
        self._move(staged, final)

    def quarantine(self, path: str, target: str) -> None:
        """Move what is at a path aside: below `quarantine/` or `staging/removed/`."""
        refuse_not_aside(target)
        self._move(path, target)

    def _move(self, path: str, final: str) -> None:
        """Copy, show, and only then remove. An interrupted move can be repeated."""
        self._lease.check(ask=True)
        if self.stat(final) is not None:
            raise Refused(_("{path} exists already; it was not touched").format(path=final))
        entry = self.stat(path)
        if entry is None:
            raise NotFound(_("{path} is not there").format(path=path), path=path)
        below = [entry, *(self.walk(path) if entry.kind is Kind.FOLDER else ())]
        refuse_links(below)  # a link would be followed by the copy
        self.replace(Mark(final).path, b"")
        self._remove(final)  # half of a publication whose writer died
        paths = [each.path for each in below if each.kind is not Kind.FOLDER]
        for source in (source for group in marks_last(paths) for source in group):
            target = final + source.removeprefix(path)
            with self.files(target) as files:
                self._make_folder(parent(target), files)
                files.copy(source, target)
        self._lease.check(ask=True)
        self._remove(Mark(final).path)  # this makes it visible
        self._remove(path)

    def _remove(self, path: str) -> None:
        """Remove what is at a path. A link's target is kept; PyFilesystem would follow the link."""
        with self.files(path) as files:
            self._refuse_links_above(path, files)
            if not files.exists(path):
                return
            self._folders.clear()
            waiting = [_entry(path, files.getinfo(path, _NAMESPACES))]
            folders = []
            while waiting:
                entry = waiting.pop()
                if entry.kind is Kind.FOLDER:
                    folders.append(entry.path)
                    waiting += self._listed(entry.path)
                else:
                    files.remove(entry.path)
            for folder in reversed(folders):
                files.removedir(folder)

    def _make_folder(self, folder: str, files: FS) -> None:
        self._refuse_links_above(f"{folder}/" if folder else "", files)
        files.makedirs(folder or "/", recreate=True)

    def _refuse_links_above(self, path: str, files: FS) -> None:
        """Raise NotAFile if a folder on the way is a link: it could lead out of the storage."""
        for folder in above(path):
            if folder in self._folders:
                continue
            try:
                kind = _entry(folder, files.getinfo(folder, _NAMESPACES)).kind
            except fs.errors.ResourceNotFound:
                return
            if kind is not Kind.FOLDER:
                raise NotAFile(_("{path} is not a folder").format(path=folder), path=folder)
            self._folders.add(folder)

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file."""
        refuse_links(filter(None, [self.stat(path)]))
        self._lease.check(ask=True)
        self._overwrite(path, data)

    def _overwrite(self, path: str, data: bytes) -> None:
        with self.files(path) as files:
            self._make_folder(parent(path), files)
            files.writebytes(path, data)

    def overwrite(self, path: str, data: bytes) -> None:
        """Write over a file, without a rename: for lease files."""
        self._overwrite(path, data)

    def inspect(self, path: str) -> StorageTraits:
        """When a file was written, and who may read it, as far as this PyFilesystem knows."""
        with self.files(path) as files:
            info = files.getinfo(path, ["details", "access"])
        rights = info.permissions if info.has_namespace("access") else None
        return StorageTraits(
            None if info.modified is None else float(info.modified.timestamp()),
            None if rights is None else rights.mode & 0o777,
        )

    def discard(self, path: str) -> None:
        """Remove a file or folder below `staging/`, if it is there. Refuses any other path."""
        refuse_outside(contained(path), STAGING)
        self._check_lease(path)
        self._remove(path)

    def _check_lease(self, path: str) -> None:
        """Whether we may still write; the files of the lease itself are written regardless."""
        if not below_any(path, _LEASES):
            self._lease.check()

    def lock(self, holder: str) -> AbstractContextManager[object]:
        """Be the only writer. After a kill the lock is free when its lease has run out."""
        return self._lease.held(holder)


class PyfsReader:
    """An open file of a PyFilesystem."""

    def __init__(self, storage: PyFilesystemStorage, file: BinaryIO, path: str) -> None:
        self._storage = storage
        self._file = file
        self._path = path

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        with self._storage.files(self._path):
            return self._file.read(min(size, CHUNK))

    def __enter__(self) -> PyfsReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _entry(path: str, info: Info) -> Entry:
    if info.has_namespace("link") and info.target is not None:
        return Entry(path, Kind.LINK)
    if info.is_dir:
        return Entry(path, Kind.FOLDER)
    special = info.has_namespace("details") and info.type not in {0, 2}
    return Entry(path, Kind.OTHER if special else Kind.FILE, info.size)
