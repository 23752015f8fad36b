"""A storage on a file system: direct system calls, fsync, rename."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from preserva.core.formats.layout import LOCK, STAGING
from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Entry, Kind, StorageTraits
from preserva.errors import Locked, NotAFile, NotFound, Refused, StorageError, StorageFull
from preserva.files.below import Below, Descriptor, NotAFolderError, is_alone, state_of
from preserva.files.disk import create_file, flush, write_all
from preserva.files.small_file_worker import FILE, FOLDER, forget
from preserva.i18n import _, system_reason
from preserva.storage.lock_holder import holder_for_people
from preserva.storage.paths import contained, refuse_links, refuse_not_aside, refuse_outside

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LOCK_FILE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class _Errors:
    """Turns OSErrors into ours: the message has the full path, the attribute the storage's."""

    __slots__ = ("_full", "_path")

    def __init__(self, path: str, full: str) -> None:
        self._path = path
        self._full = full

    def __enter__(self) -> None: ...

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, OSError):
            raise self._ours(error) from error

    def _ours(self, error: OSError) -> StorageError:
        path, full = self._path, self._full
        if isinstance(error, FileNotFoundError):
            return NotFound(_("{path} is not there").format(path=full), path=path)
        if isinstance(error, NotAFolderError):
            message = _("{path} is not a folder").format(path=error.filename)
            return NotAFile(message, path=error.below)
        message = _("{path}: {reason}").format(path=full, reason=system_reason(error))
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return StorageFull(message, path=path)
        if error.errno == errno.ELOOP:
            return NotAFile(_("{path} is a link").format(path=full), path=path)
        return StorageError(message, path=path)


_PAGE = 4096


class LocalStorage:
    """The files below one folder. See `preserva.storage.base.Storage` for what it promises."""

    max_concurrency = 8  # each waits for the medium, not for the processor
    max_looks = 8

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = str(root)
        self._folders = Below(self.url)
        self._one_at_a_time = Lock()
        self._durable: set[str] = set()  # files in staging that need no second fsync

    def _errors(self, path: str) -> _Errors:
        return _Errors(path, f"{self.url}/{contained(path)}" if path else self.url)

    def stat(self, path: str) -> Entry | None:
        """The entry at a path, not following a link; None if there is nothing."""
        try:
            with self._errors(path):
                folder, name = self._folders.place(path)
                return _entry(path, state_of(name, folder))
        except NotFound:
            return None

    def folder(self, path: str) -> int:
        """A new descriptor of a folder. Raises StorageError."""
        with self._errors(path):
            folder = self._folders.open(path)  # named, so that it stays open until it was used
            return os.open(".", FOLDER, dir_fd=folder.number)

    def children(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name. Raises NotFound if there is no such folder."""
        prefix = f"{path}/" if path else ""
        descriptor = self.folder(path)
        try:
            with self._errors(path), os.scandir(descriptor) as listing:
                entries = [
                    _entry(prefix + item.name, item.stat(follow_symlinks=False)) for item in listing
                ]
        finally:
            os.close(descriptor)
        return sorted(entries, key=lambda entry: entry.path)

    def walk(self, path: str, likely: Iterable[str] = ()) -> Iterator[Entry]:
        """Everything below a folder, folders included, in no particular order."""
        waiting = [path]
        while waiting:
            for entry in self.children(waiting.pop()):
                if entry.kind is Kind.FOLDER:
                    waiting.append(entry.path)
                yield entry

    def open(self, path: str, *, bypass_cache: bool = False) -> LocalReader:
        """Open a regular file. `bypass_cache` reads the medium, not a cache."""
        errors = self._errors(path)
        with errors:
            folder, name = self._folders.place(path)
            descriptor = os.open(name, FILE, dir_fd=folder.number)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise NotAFile(_("{path} is not a regular file").format(path=path), path=path)
        return LocalReader(descriptor, status.st_size, errors, bypass_cache=bypass_cache)

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file, with the folders above it. Refuses a path that exists."""
        errors = self._errors(path)
        above, _slash, name = path.rpartition("/")
        # one at a time: otherwise two threads may make the same folder, and threads that create
        # names in one folder keep the processors busy with waiting
        with errors, self._one_at_a_time:
            folder = self._folders.make(above)
            descriptor = create_file(name, 0o644, dir_fd=folder.number)
        self._fill(descriptor, errors, chunks)

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Append to a file in staging that an interrupted `create` left incomplete."""
        refuse_outside(path, STAGING)
        with self._errors(path):
            folder, name = self._folders.place(path)
            descriptor = os.open(name, _APPEND, dir_fd=folder.number)
        self._refuse_shared(descriptor, path)
        self._durable.discard(path)
        self._fill(descriptor, self._errors(path), chunks)

    def _refuse_shared(self, descriptor: int, path: str) -> None:
        """Close a file and raise NotAFile if it has a second name, which could be elsewhere."""
        if not is_alone(os.fstat(descriptor)):
            os.close(descriptor)
            message = _("{path} is a hard link: the file has another name elsewhere")
            raise NotAFile(message.format(path=f"{self.url}/{path}"), path=path)

    def _fill(self, descriptor: int, errors: _Errors, chunks: Iterable[bytes]) -> None:
        """Write, and close in every case. An error of the chunks' own source passes as it is."""
        try:
            for chunk in chunks:
                with errors:
                    write_all(descriptor, chunk)
        finally:
            with errors:
                os.close(descriptor)

    def reserve(self, staged: str, final: str) -> None:
        """Nothing to prepare: a folder is renamed."""

    def publish(self, staged: str, final: str) -> None:
        """Move a file or folder out of staging, durably and at once. Refuses a path that exists."""
        refuse_outside(staged, STAGING)
        self.flush(staged)
        self._move(staged, final)
        self._durable.clear()

    def quarantine(self, path: str, target: str) -> None:
        """Move what is at a path aside: below `quarantine/` or `staging/removed/`."""
        refuse_not_aside(target)
        self._move(path, target)

    def _move(self, path: str, final: str) -> None:
        with self._errors(path):
            source, name = self._folders.place(path)
            state_of(name, source)
        with self._errors(final):
            above, _slash, new = final.rpartition("/")
            target = self._folders.make(above, durable=True)
            if _is_taken(new, target):  # only the holder of the lock moves anything
                raise Refused(_("{path} exists already; it was not touched").format(path=final))
            os.rename(name, new, src_dir_fd=source.number, dst_dir_fd=target.number)
            os.fsync(target.number)
            os.fsync(source.number)

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file, durably and at once."""
        staged = f"{STAGING}/replace-{os.path.basename(path)}"  # noqa: PTH119
        self.discard(staged)
        self.create(staged, [data])
        with self._errors(path):
            source, name = self._folders.place(staged)
            flush(name, dir_fd=source.number)
            target, new = self._folders.place(path)
            os.rename(name, new, src_dir_fd=source.number, dst_dir_fd=target.number)
            os.fsync(target.number)

    def discard(self, path: str) -> None:
        """Remove a file or folder below `staging/`, if it is there. Refuses any other path."""
        refuse_outside(path, STAGING)
        entry = self.stat(path)
        if entry is None:
            return
        self._durable.clear()
        below = list(self.walk(path)) if entry.kind is Kind.FOLDER else []
        below.sort(key=lambda each: each.path, reverse=True)
        for each in [*below, entry]:
            with self._errors(each.path):
                folder, name = self._folders.place(each.path)
                remove = os.rmdir if each.kind is Kind.FOLDER else os.unlink
                remove(name, dir_fd=folder.number)

    @contextmanager
    def lock(self, holder: str) -> Iterator[None]:
        """Be the only writer, until the end of this block or of the process."""
        with self._errors(LOCK):
            folder = self._folders.make(STAGING)
            name = LOCK.rpartition("/")[2]
            descriptor = os.open(name, _LOCK_FILE, 0o644, dir_fd=folder.number)
        self._refuse_shared(descriptor, LOCK)
        try:
            with self._errors(LOCK):
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    who = _holder(descriptor)
                    message = _("another process is writing to {url}: {holder}")
                    raise Locked(message.format(url=self.url, holder=who)) from None
                words = holder.encode() + b"\n"
                os.pwrite(descriptor, words, 0)  # first, so that there is always a name to read
                os.ftruncate(descriptor, len(words))
            yield
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Close the folders kept open; the next call opens them again."""
        self._folders.close()

    def limitations(self) -> tuple[Limitation, ...]:
        """None: a file system keeps every promise."""
        return ()

    def inspect(self, path: str) -> StorageTraits:
        """When a file was written, who may read it, and how much space is left for us."""
        with self._errors(path):
            folder, name = self._folders.place(path)
            status = state_of(name, folder)
            space = os.fstatvfs(folder.number)
        free = space.f_bavail * space.f_frsize
        return StorageTraits(status.st_mtime, stat.S_IMODE(status.st_mode), free)

    def flush(self, path: str) -> None:
        """Make a file, or everything in a folder and then the folder, durable."""
        entry = self.stat(path)
        if entry is None:
            raise NotFound(_("{path} is not there").format(path=path), path=path)
        below = [*self.walk(path), entry] if entry.kind is Kind.FOLDER else [entry]
        refuse_links(below)
        files = [
            file.path for file in below if file.kind is Kind.FILE and file.path not in self._durable
        ]
        with ThreadPoolExecutor(self.max_concurrency) as pool:
            for _done in pool.map(self._flush_once, files):
                pass
        for folder in below:
            if folder.kind is Kind.FOLDER:
                with self._errors(folder.path):
                    opened = self._folders.open(folder.path)
                    os.fsync(opened.number)

    def _flush_once(self, path: str) -> None:
        with self._errors(path):
            folder, name = self._folders.place(path)
            flush(name, dir_fd=folder.number)
        self._durable.add(path)


class LocalReader:
    """An open file of a file system."""

    def __init__(self, descriptor: int, size: int, errors: _Errors, *, bypass_cache: bool) -> None:
        self._descriptor = descriptor
        self._left = size
        self._errors = errors
        self._bypass_cache = bypass_cache
        self._forget()

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        with self._errors:
            # a buffer far larger than what is left costs more than filling it
            data = os.read(self._descriptor, min(size, self._left or _PAGE))
        self._left = max(0, self._left - len(data))
        return data

    def _forget(self) -> None:
        if self._bypass_cache:
            forget(self._descriptor)

    def __enter__(self) -> LocalReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()
        os.close(self._descriptor)


def _entry(path: str, status: os.stat_result) -> Entry:
    if stat.S_ISREG(status.st_mode):
        return Entry(path, Kind.FILE, status.st_size)
    if stat.S_ISDIR(status.st_mode):
        return Entry(path, Kind.FOLDER)
    return Entry(path, Kind.LINK if stat.S_ISLNK(status.st_mode) else Kind.OTHER)


def _is_taken(name: str, folder: Descriptor) -> bool:
    try:
        state_of(name, folder)
    except FileNotFoundError:
        return False
    return True


def _holder(descriptor: int) -> str:
    """Who holds the lock; the name may appear a moment after the lock itself."""
    for _try in range(100):
        if words := os.pread(descriptor, 600, 0).partition(b"\n")[0]:
            return holder_for_people(words.decode("utf-8", "replace").strip())
        time.sleep(0.02)
    return _("it gave no name")
