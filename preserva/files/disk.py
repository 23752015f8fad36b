"""Writing to a file system so that it lasts: each call either happens, or names its file.

Nothing here follows a link at the end of a path, and only `move` puts a file in the place of an old
one. `create_file`, `write_all` and `flush` leave the system's errors as they are: a local storage
is made of them too, and names its files in its own way.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from preserva.core.formats import layout
from preserva.errors import Locked, Refused, StorageError, StorageFull
from preserva.files.opening import storage_error
from preserva.i18n import _, system_reason

MANY = 64
"""With at least this many files, the whole file system is flushed once before each file is."""

FLUSHES = 16
"""The number of files that are flushed at the same time: the medium takes them together."""


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Turn the system's errors into ours, naming the path."""
    try:
        yield
    except OSError as error:
        shown = os.fspath(path)
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            message = _("no space is left to write {path}").format(path=shown)
            raise StorageFull(message, path=shown) from error
        if error.errno == errno.EEXIST:
            message = _("{path} exists already; it was not touched").format(path=shown)
            raise Refused(message) from error
        message = _("could not write {path}: {reason}")
        reason = system_reason(error)
        raise StorageError(message.format(path=shown, reason=reason), path=shown) from error


def create_file(path: Path | str, mode: int = 0o666, *, dir_fd: int | None = None) -> int:
    """A descriptor of a new file, open for writing. The path must not exist. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, mode, dir_fd=dir_fd)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte: one call of the system may take fewer. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_file(path: Path, data: bytes) -> None:
    """Write a new small file and make its content durable."""
    with writing(path):
        descriptor = create_file(path)
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def flush(path: Path | str, *, dir_fd: int | None = None) -> None:
    """Make the content of a file, or the names in a folder, durable. Raises OSError."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, dir_fd=dir_fd)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def synchronise(path: Path | str) -> None:
    """The same. Raises StorageError."""
    with writing(path):
        flush(path)


def synchronise_all(root: Path, files: Iterable[str], folders: Iterable[str]) -> None:
    """Make files and then folders, all named relative to the root, durable.

    Where there are many, one flush of the file system carries them all, and the flush of each then
    costs little, less still if many are asked for at once. It is still asked for, because only it
    reports that file's own errors.
    """
    paths = (os.path.join(root, name) for name in files)  # noqa: PTH118 - a million of them
    batches = iter(lambda: list(islice(paths, MANY)), [])
    first = next(batches, [])
    _synchronise_each(first)
    if len(first) == MANY:
        _flush_file_system(root)
        with ThreadPoolExecutor(FLUSHES, "flush") as pool:
            while batch := list(islice(batches, FLUSHES)):
                list(pool.map(_synchronise_each, batch))
    for folder in sorted(folders, reverse=True):
        synchronise(root / folder)
    synchronise(root)


def _synchronise_each(paths: list[str]) -> None:
    for path in paths:
        synchronise(path)


def _flush_file_system(root: Path) -> None:
    """Ask for everything on the file system to be written; only a help, so it may be missing."""
    import ctypes  # seldom needed, and slow to import

    syncfs = getattr(ctypes.CDLL(None), "syncfs", None)
    if syncfs is None:
        return
    descriptor = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
    try:
        syncfs(descriptor)
    finally:
        os.close(descriptor)


_KEPT = ("0=ocfl_", layout.IDENTITY, "bagit.txt")


def refuse_kept(path: Path) -> None:
    """Refuse a place inside a storage, an OCFL root or object, or a bag: a new file would spoil it.

    Raises Refused.
    """
    place = path.parent.resolve()
    for folder in (place, *place.parents):
        try:
            names = [entry.name for entry in os.scandir(folder) if entry.name.startswith(_KEPT)]
        except OSError:
            continue  # not there yet, or not to be read; then it cannot be written to either
        if names:
            message = _(
                "{path} lies in {folder}, which must stay as it is ({name}); choose another"
            )
            raise Refused(message.format(path=path, folder=folder, name=names[0]))


def publish(staged: Path, final: Path, *, durable: bool = True) -> None:
    """Give a staged folder its name, at once and durably. Nothing is ever replaced.

    The system refuses to put a folder in the place of a file, a link or a folder that holds
    anything; an empty folder that appears in the last moment is all that could be lost.
    """
    if os.path.lexists(final):
        raise Refused(_("{path} exists already; it was not touched").format(path=final))
    move(staged, final, durable=durable)


def move(source: Path, target: Path, *, durable: bool = True) -> None:
    """Rename, and make it durable on both sides. A file at the target is replaced."""
    with writing(target):
        os.rename(source, target)  # noqa: PTH104 - one name for the fault tests to hold on to
    if not durable:
        return
    synchronise(target.parent)
    if source.parent != target.parent:
        synchronise(source.parent)


def discard(folder: Path) -> None:
    """Remove a staging folder of ours with everything in it, if it is there."""
    if os.path.lexists(folder):
        with writing(folder):
            shutil.rmtree(folder)
        synchronise(folder.parent)


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """A folder of ours, created if necessary, in which only this process works during the block.

    Raises Locked if another process does. The lock goes with its process, however that ends.
    """
    with writing(folder), suppress(FileExistsError):
        os.mkdir(folder)  # noqa: PTH102
    with writing(folder):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """An empty folder of ours beside its destination, while this block lasts.

    Leftovers of a killed run are removed. When the block ends, the folder is removed unless it has
    been renamed. Raises Locked.
    """
    with locked_folder(folder):
        with writing(folder), os.scandir(folder) as left:
            for entry in left:
                _remove(entry)
        try:
            yield folder
        finally:
            with suppress(StorageError):
                discard(folder)


def _remove(entry: os.DirEntry[str]) -> None:
    if entry.is_dir(follow_symlinks=False):
        shutil.rmtree(entry.path)
    else:
        os.unlink(entry.path)  # noqa: PTH108


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine = os.path.samestat(os.fstat(descriptor), os.stat(folder))  # noqa: PTH116
    except (BlockingIOError, FileNotFoundError):
        mine = False
    if not mine:
        raise Locked(_("another process is writing in {path}").format(path=folder))


def read_file(path: Path, limit: int) -> bytes:
    """The content of a small file. Raises StorageError, also if it holds more than `limit`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
            data = file.read(limit + 1)
    except OSError as error:
        raise storage_error(os.fspath(path), error) from error
    if len(data) > limit:
        message = _("{path} is larger than {limit} bytes, so it was not read")
        raise StorageError(message.format(path=path, limit=limit), path=os.fspath(path))
    return data


def staging_for(final: Path) -> Path:
    """The folder, beside the destination, where a bag is built until it is whole."""
    return final.parent / f".{final.name}.preserva-unfinished"
