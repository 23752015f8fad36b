"""Requests to an SFTP server, and what its answers mean."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import TypeVar

import asyncssh
from asyncssh.sftp import SFTPName

from preserva.core.formats.layout import STAGING
from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Entry, Kind, StorageTraits
from preserva.errors import StorageError, Unfit
from preserva.i18n import N_, _
from preserva.storage.base import CHUNK
from preserva.storage.paths import contained

T = TypeVar("T")
_NO_FOLDERS = (
    asyncssh.SFTPFailure,
    asyncssh.SFTPFileIsADirectory,
    asyncssh.SFTPOpUnsupported,
    asyncssh.SFTPPermissionDenied,
)
_SAYS_TOO_LITTLE = N_(
    "Nothing is wrong with what is stored, but this server cannot be used as a storage."
)
SMALL = (32 << 10) - 1
"""Bytes of a file in one request: the size that every server must support."""

_LISTED_AHEAD = 2
_NOT_AT_ONCE = (asyncssh.SFTPFailure, asyncssh.SFTPBadMessage)
_CLOSING: set[asyncio.Future[object]] = set()
Act = Callable[[asyncssh.SFTPClient], Coroutine[None, None, T]]


def kind_of(attributes: asyncssh.SFTPAttrs) -> Kind:
    """The kind of entry with these attributes. Raises StorageError if the server does not say."""
    if not stat.S_IFMT(attributes.permissions or 0):
        raise StorageError(
            _("the server does not say what is a file and what is a folder"), hint=_SAYS_TOO_LITTLE
        )
    mode = attributes.permissions or 0
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISDIR(mode):
        return Kind.FOLDER
    return Kind.LINK if stat.S_ISLNK(mode) else Kind.OTHER


def size_of(path: str, attributes: asyncssh.SFTPAttrs) -> int:
    """The size of a file in bytes. Raises StorageError if the server does not say."""
    if attributes.size is None:
        message = _("{path}: the server does not say how large it is").format(path=path)
        raise StorageError(message, path=path, hint=_SAYS_TOO_LITTLE)
    return attributes.size


def entry_of(path: str, attributes: asyncssh.SFTPAttrs) -> Entry:
    """The entry of a path with these attributes. Raises StorageError."""
    kind = kind_of(attributes)
    return Entry(path, kind, size_of(path, attributes) if kind is Kind.FILE else 0)


async def limitations_of(client: asyncssh.SFTPClient, root: bytes) -> tuple[Limitation, ...]:
    """What a server cannot promise.

    Found by trying, because asyncssh does not publish which extensions a server announced.
    """
    limitations = [Limitation.CACHED_READS, Limitation.LINKS_LOOKED_AT_FIRST]
    if await _is_read_only(client, root):
        limitations.append(Limitation.READ_ONLY)
    elif not await _renames(client, root):
        limitations.append(Limitation.NO_POSIX_RENAME)
    try:
        async with await client.open(root, asyncssh.FXF_READ, encoding=None) as folder:
            try:
                await folder.fsync()
            except asyncssh.SFTPOpUnsupported:
                limitations.append(Limitation.NO_FSYNC)
    except _NO_FOLDERS:
        limitations.append(Limitation.NO_FOLDER_SYNC)
    if not (await client.lstat(root)).mtime:
        limitations.append(Limitation.NO_TIMES)
    return tuple(limitations)


async def inspecting(client: asyncssh.SFTPClient, full: bytes) -> StorageTraits:
    """What a server reports about a file and the free space; few report the latter."""
    attributes = await client.lstat(full)
    time, mode = attributes.mtime, attributes.permissions
    try:
        space = await client.statvfs(full)
        free = space.bavail * space.frsize
    except asyncssh.SFTPError:
        free = None
    return StorageTraits(
        None if time is None else float(time), None if mode is None else mode & 0o7777, free
    )


async def _renames(client: asyncssh.SFTPClient, root: bytes) -> bool:
    """Whether the server has posix-rename@openssh.com. The path it is tried on does not exist."""
    absent = root.rstrip(b"/") + b"/" + os.fsencode(f"{STAGING}/no-such-file")
    try:
        await client.posix_rename(absent, absent)
    except asyncssh.SFTPOpUnsupported:
        return False
    except asyncssh.SFTPError:  # it looked for it, so it has the extension
        return True
    return True


async def _is_read_only(client: asyncssh.SFTPClient, root: bytes) -> bool:
    """Whether the server is read-only, tried by a request that creates nothing."""
    nowhere = root.rstrip(b"/") + b"/" + os.fsencode(f"{STAGING}/no-such-folder/folder")
    try:
        await client.mkdir(nowhere)
    except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect):
        return True
    except asyncssh.SFTPError:
        return False
    await client.rmdir(nowhere)  # it makes the folders above too
    await client.rmdir(nowhere.rpartition(b"/")[0])
    return False


async def refuse_unfit(client: asyncssh.SFTPClient, root: bytes, url: str) -> None:
    """Raise Unfit for a server on which nothing could be published."""
    if await _is_read_only(client, root):
        raise Unfit(_("{url}: the server lets us read, but not write").format(url=url))
    if not await _renames(client, root):
        message = _("{url}: the server lacks posix-rename@openssh.com")
        raise Unfit(message.format(url=url))


def plain_name(name: str) -> str:
    """The name of a file as the server sent it. Raises StorageError if it is a path."""
    if "/" in name:
        raise StorageError(_("{path} is not a path inside a storage").format(path=name), path=name)
    return contained(name)


def syncing(full: bytes) -> Act[None]:
    """Make a file durable, through a new handle."""

    async def sync(client: asyncssh.SFTPClient) -> None:
        await finish(await client.open(full, asyncssh.FXF_READ, encoding=None))

    return sync


def syncing_folder(full: bytes) -> Act[None]:
    """The same for a folder, where the server opens folders; `limitations` names those that do not.

    A folder that cannot be opened is not an error: only OpenSSH on POSIX systems opens folders.
    """

    async def sync(client: asyncssh.SFTPClient) -> None:
        try:
            folder = await client.open(full, asyncssh.FXF_READ, encoding=None)
        except _NO_FOLDERS:
            return
        await finish(folder)

    return sync


def mkdir(full: bytes) -> Act[bool]:
    """What makes a folder. It returns False if anything is there already."""

    async def make(client: asyncssh.SFTPClient) -> bool:
        try:
            await client.mkdir(full)
        except (asyncssh.SFTPFailure, asyncssh.SFTPFileAlreadyExists):
            if not await client.exists(full) and not await client.islink(full):
                raise
            return False
        return True

    return make


def making_folder(full: bytes) -> Act[bool]:
    """The same for a folder that may be there; anything else in its place is an error."""

    async def make(client: asyncssh.SFTPClient) -> bool:
        try:
            if kind_of(await client.lstat(full)) is Kind.FOLDER:
                return False
        except asyncssh.SFTPNoSuchFile:
            pass
        await client.mkdir(full)
        return True

    return make


async def names_in(client: asyncssh.SFTPClient, full: bytes) -> list[SFTPName]:
    """What a folder holds. Its end is asked for together with its names.

    A server that cannot answer two requests for one folder at a time is asked one by one.
    """
    handler = client._handler
    handle = await handler.opendir(full)
    names: list[SFTPName] = []
    try:
        while True:
            asked = [handler.readdir(handle) for _request in range(_LISTED_AHEAD)]
            for answer in await asyncio.gather(*asked, return_exceptions=True):
                if isinstance(answer, asyncssh.SFTPEOFError):
                    return names
                if isinstance(answer, BaseException):
                    raise answer
                names += answer[0]
    except _NOT_AT_ONCE:
        return [name async for name in client.scandir(full)]
    finally:
        _not_waiting(handler.close(handle))


def _not_waiting(request: Coroutine[None, None, object]) -> None:
    """Send a request whose answer does not matter."""
    task = asyncio.ensure_future(request)
    _CLOSING.add(task)
    task.add_done_callback(_CLOSING.discard)


async def write_small(file: asyncssh.SFTPClientFile, data: bytes) -> None:
    """Write a whole new file, make it durable and close it, in one round trip.

    The file was opened with `block_size=None`, so each of these is sent at once.
    """
    await _all(file.write(data, 0), _fsync(file), file.close())


async def read_small(file: asyncssh.SFTPClientFile, size: int) -> tuple[bytes, bytes]:
    """A whole file of this size, and what the server sends beyond that, which should be nothing.

    The file was opened with `block_size=None`.
    """
    data: bytes = await file.read(size + 1, 0)
    while len(data) < size:
        more: bytes = await file.read(size + 1 - len(data), len(data))
        if not more:
            break
        data += more
    return data[:size], data[size:]


async def finish(file: asyncssh.SFTPClientFile) -> None:
    """Make a written file durable and close it, in one round trip."""
    await _all(_fsync(file), file.close())


async def _all(*acts: Coroutine[None, None, object]) -> None:
    """Send requests about one file in this order, and wait until all were answered.

    A server must keep their order (draft-ietf-secsh-filexfer-02, section 4.1).
    """
    for answer in await asyncio.gather(*acts, return_exceptions=True):
        if isinstance(answer, BaseException):
            raise answer


async def _fsync(file: asyncssh.SFTPClientFile) -> None:
    try:
        await file.fsync()
    except asyncssh.SFTPOpUnsupported:  # `limitations` names it
        return


def in_chunks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of about CHUNK bytes, so that each is worth a call."""
    waiting: list[bytes] = []
    size = 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    if size:
        yield b"".join(waiting)


def after(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    """The first chunk, and then the others."""
    yield first
    yield from others


def looking(full: bytes) -> Act[asyncssh.SFTPAttrs]:
    """Ask what is at a path, not following a link."""
    return lambda client: client.lstat(full)
