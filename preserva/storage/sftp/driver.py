"""A storage on an SFTP server: many requests on their way at once over one connection."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress

import asyncssh

from preserva.core.formats.layout import LEASES, QUARANTINE, STAGING
from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Entry, Kind, StorageTraits
from preserva.errors import NotAFile, NotFound, Refused, StorageError
from preserva.i18n import _
from preserva.storage.base import CHUNK
from preserva.storage.lease import LEASE, Lease
from preserva.storage.lease_files import FolderLeases
from preserva.storage.paths import above, contained, parent, refuse_links, refuse_outside
from preserva.storage.publication_marks import below_any
from preserva.storage.published import not_in_place
from preserva.storage.sftp.connection import TIMEOUT, SftpLink
from preserva.storage.sftp.fence import placed, room_of, takeover
from preserva.storage.sftp.reader import AHEAD, Opened, SftpReader, reading, settle, wait_for
from preserva.storage.sftp.requests import (
    after,
    entry_of,
    finish,
    in_chunks,
    inspecting,
    kind_of,
    limitations_of,
    looking,
    making_folder,
    plain_name,
    refuse_unfit,
    size_of,
    syncing,
    syncing_folder,
)

_WRITE_NEW = asyncssh.FXF_WRITE | asyncssh.FXF_CREAT | asyncssh.FXF_EXCL
_MOST_SEEN = 10_000  # folders
_LEASES = frozenset([LEASES])
_MODE = asyncssh.SFTPAttrs(permissions=0o644)


class SftpStorage:
    """The files below one folder of an SFTP server, `sftp://user@host/folder`.

    See `preserva.storage.base.Storage` for what it promises, `limitations` for what it cannot.
    """

    max_concurrency = 64  # each waits for the line

    def __init__(self, url: str, *, lease: float = LEASE, timeout: float = TIMEOUT) -> None:
        """Connects at the first call. `timeout` is for each answer, in seconds."""
        self.link = SftpLink(url, timeout)
        self.url = url
        self._lease = Lease(FolderLeases(self), lease)
        self._durable: set[str] = set()  # files in staging that were synced as they were written
        self._folders: set[str] = set()  # seen to be folders, not links
        self._room: str | None = None  # while we hold the lock

    def close(self) -> None:
        """Close the connection; the next call reconnects."""
        self.link.close()

    def limitations(self) -> tuple[Limitation, ...]:
        """What this server cannot promise. Raises StorageError."""
        return self.link.run("", lambda client: limitations_of(client, self.link.root))

    def overwrite(self, path: str, data: bytes) -> None:
        """Write over a file that is there, without a rename: for lease files."""
        full = self.full(path)
        self._refuse_links_above(path)

        async def write(client: asyncssh.SFTPClient) -> None:
            if kind_of(await client.lstat(full)) is not Kind.FILE:
                raise NotAFile(_("{path} is not a regular file").format(path=path), path=path)
            flags = asyncssh.FXF_WRITE | asyncssh.FXF_TRUNC
            async with await client.open(full, flags, encoding=None) as file:
                await file.write(data, 0)

        self.link.run(path, write)

    def inspect(self, path: str) -> StorageTraits:
        """When a file was written, by the server's clock; who may read it; the free space."""
        return self.link.run(path, lambda client: inspecting(client, self.full(path)))

    def full(self, path: str) -> bytes:
        """The path on the server, where staging is that of the lock's holder."""
        name = os.fsencode(placed(contained(path), self._room))
        return self.link.root.rstrip(b"/") + b"/" + name if name else self.link.root

    def stat(self, path: str) -> Entry | None:
        """What is at a path, not following a link; None if there is nothing."""
        full = self.full(path)
        try:
            self._refuse_links_above(path)
            return entry_of(path, self.link.run(path, lambda client: client.lstat(full)))
        except NotFound:
            return None

    def children(self, path: str) -> list[Entry]:
        """What a folder holds, sorted by name. Raises NotFound if there is no such folder."""
        self._refuse_links_above(f"{path}/" if path else "")
        return self.link.run(path, lambda client: self._list(client, path))

    async def _list(self, client: asyncssh.SFTPClient, path: str) -> list[Entry]:
        prefix = f"{path}/" if path else ""
        entries = []
        async for item in client.scandir(self.full(path)):
            name = os.fsdecode(item.filename)
            if name not in {".", ".."}:
                entries.append(entry_of(prefix + plain_name(name), item.attrs))
        return sorted(entries, key=lambda entry: entry.path)

    def walk(self, path: str) -> Iterator[Entry]:
        """Everything below a folder, the folders themselves included, in no promised order."""
        self._refuse_links_above(f"{path}/" if path else "")
        waiting = [path]
        while waiting:
            batch, waiting = waiting[: self.max_concurrency], waiting[self.max_concurrency :]
            listings = [self._start_listing(folder) for folder in batch]
            for listing in listings:
                for entry in listing.result():
                    if entry.kind is Kind.FOLDER:
                        waiting.append(entry.path)
                    yield entry

    def _start_listing(self, folder: str) -> Future[list[Entry]]:
        return self.link.start(folder, lambda client: self._list(client, folder))

    def open(self, path: str, *, bypass_cache: bool = False) -> SftpReader:
        """Open a regular file. `bypass_cache` has no effect: see `limitations`."""
        full = self.full(path)
        self._refuse_links_above(path)

        async def begin(client: asyncssh.SFTPClient) -> Opened | None:
            # before it is opened: opening a FIFO would block the server, and every call with it
            attributes = await client.lstat(full)
            if kind_of(attributes) is not Kind.FILE:
                return None
            size = size_of(path, attributes)
            file = await client.open(full, asyncssh.FXF_READ, encoding=None)
            first, beyond = await asyncio.gather(
                reading(file, min(size, CHUNK), 0), reading(file, 1, size)
            )
            return Opened(file, size, first, beyond)

        with self._in_our_room():
            opened = self.link.run(path, begin)
        if opened is None:
            raise NotAFile(_("{path} is not a regular file").format(path=path), path=path)
        return SftpReader(self.link, opened, path)

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file, with the folders above it. Refuses a path that exists."""
        if not below_any(path, _LEASES):
            self._lease.check()
        full = self.full(path)
        self._make_folder(parent(path))
        source = in_chunks(chunks)
        first = next(source, b"")
        second = next(source, None)

        async def begin(client: asyncssh.SFTPClient) -> asyncssh.SFTPClientFile:
            try:
                file = await client.open(full, _WRITE_NEW, _MODE, encoding=None)
            except asyncssh.SFTPFailure:
                if await client.exists(full) or await client.islink(full):
                    message = _("{path} exists already; it was not touched")
                    raise StorageError(message.format(path=path), path=path) from None
                raise
            await file.write(first, 0)
            if second is None:
                await finish(file)
            return file

        with self._in_our_room():
            file = self.link.run(path, begin)
        if second is not None:
            self._fill(file, path, len(first), after(second, source))
        self._durable.add(path)

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Append to a file in staging that an interrupted `create` left incomplete."""
        refuse_outside(path, STAGING)
        self._lease.check()
        full = self.full(path)
        self._refuse_links_above(path)

        async def begin(
            client: asyncssh.SFTPClient,
        ) -> tuple[asyncssh.SFTPClientFile | None, int]:
            attributes = await client.lstat(full)
            if kind_of(attributes) is not Kind.FILE:
                return None, 0
            file = await client.open(full, asyncssh.FXF_WRITE, encoding=None)
            return file, attributes.size or 0

        with self._in_our_room():
            file, size = self.link.run(path, begin)
        if file is None:
            raise NotAFile(_("{path} is not a regular file").format(path=path), path=path)
        self._durable.discard(path)
        self._fill(file, path, size, in_chunks(chunks))
        self._durable.add(path)

    def _fill(
        self, file: asyncssh.SFTPClientFile, path: str, offset: int, chunks: Iterable[bytes]
    ) -> None:
        """Write, several chunks on their way at once; sync through the handle that wrote."""
        under_way: deque[Future[int]] = deque()
        try:
            for chunk in chunks:
                under_way.append(self._start_writing(file, path, chunk, offset))
                offset += len(chunk)
                if len(under_way) == AHEAD:
                    under_way.popleft().result()
            while under_way:
                under_way.popleft().result()
            self.link.run(path, lambda client: finish(file))
        except BaseException:
            settle(under_way)
            self.link.start(path, lambda client: file.close())
            raise

    def _start_writing(
        self, file: asyncssh.SFTPClientFile, path: str, chunk: bytes, offset: int
    ) -> Future[int]:
        return self.link.start(path, lambda client: file.write(chunk, offset))

    def flush(self, path: str) -> None:
        """Make a file, or everything in a folder and then the folder, durable."""
        entry = self.stat(path)
        if entry is None:
            self._lease.check(ask=True)
            raise NotFound(_("{path} is not there").format(path=path), path=path)
        below = [*self.walk(path), entry] if entry.kind is Kind.FOLDER else [entry]
        refuse_links(below)
        unsynced = sorted({each.path for each in below if each.kind is Kind.FILE} - self._durable)
        self._sync([each.path for each in below if each.kind is Kind.FOLDER], unsynced)

    def _sync(self, folders: Iterable[str], files: Iterable[str] = ()) -> None:
        """Sync folders and files, all at once: an OpenSSH server opens a folder for that too."""
        acts = [*((path, syncing_folder) for path in folders), *((path, syncing) for path in files)]
        wait_for(deque(self.link.start(path, act(self.full(path))) for path, act in acts))

    def reserve(self, staged: str, final: str) -> None:
        """Nothing to prepare: a folder is renamed."""

    def publish(self, staged: str, final: str) -> None:
        """Move a file or folder out of staging, durably and at once. Refuses a path that exists."""
        refuse_outside(staged, STAGING)
        contained(final)
        self._refuse_links_above(final)
        self.flush(staged)
        self._move(staged, final)

    def quarantine(self, path: str, target: str) -> None:
        """Move what is at a path to one below `quarantine/`, durably and at once."""
        refuse_outside(target, QUARANTINE)
        for place in (path, target):
            self._refuse_links_above(contained(place))
        self._move(path, target)

    def _move(self, path: str, final: str) -> None:
        self._make_folder(parent(final), durable=True)
        if self.stat(final) is not None:
            raise Refused(_("{path} exists already; it was not touched").format(path=final))
        self._lease.check(ask=True)
        self._rename(path, final)
        self._sync([parent(final), parent(path)])

    def _rename(self, path: str, final: str) -> None:
        source, target = self.full(path), self.full(final)
        self._durable.clear()
        self._folders.clear()
        with self._in_our_room():
            self.link.run(final, lambda client: client.posix_rename(source, target))

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file, durably and at once."""
        self._refuse_links_above(contained(path))
        staged = f"{STAGING}/replace-{path.rpartition('/')[2]}"
        self.discard(staged)
        self.create(staged, [data])
        self._lease.check(ask=True)
        self._rename(staged, path)
        self._sync([parent(path)])

    def discard(self, path: str) -> None:
        """Remove a file or folder below `staging/`, if it is there. Refuses any other path."""
        refuse_outside(path, STAGING)
        if not below_any(path, _LEASES):
            self._lease.check()
        if (entry := self.stat(path)) is None:
            return
        self._refuse_links_above(path)
        self._durable.clear()
        below = [*self.walk(path), entry] if entry.kind is Kind.FOLDER else [entry]
        files = [self.full(each.path) for each in below if each.kind is not Kind.FOLDER]
        folders = sorted((each.path for each in below if each.kind is Kind.FOLDER), reverse=True)

        async def remove(client: asyncssh.SFTPClient) -> None:
            for start in range(0, len(files), self.max_concurrency):
                batch = files[start : start + self.max_concurrency]
                await asyncio.gather(*map(client.remove, batch))
            for folder in folders:
                await client.rmdir(self.full(folder))

        try:
            self.link.run(path, remove)
        finally:
            self._folders.clear()  # not before: the walk has seen them just now

    @contextmanager
    def lock(self, holder: str) -> Iterator[None]:
        """Be the only writer; a killed one's lock is free when its lease ends. Raises Unfit."""
        self.link.run("", lambda client: refuse_unfit(client, self.link.root, self.url))
        with self._lease.held(holder) as number:
            room = room_of(number)
            self._take_over(room)
            self._enter(room)
            try:
                yield
            finally:
                self._enter(None)
                with suppress(StorageError):  # something is in it, or another has renamed it
                    self.link.run(room, lambda client: client.rmdir(self.full(room)))

    @contextmanager
    def _in_our_room(self) -> Iterator[None]:
        """What is not there may be gone because another process holds the lock now."""
        try:
            yield
        except NotFound:
            self._lease.check(ask=True)
            raise

    def _enter(self, room: str | None) -> None:
        self._room = room
        self._durable.clear()
        self._folders.clear()

    def _take_over(self, room: str) -> None:
        """Make what former holders left ours: whatever they still send finds nothing there."""
        entries = [(entry.path, entry.kind) for entry in self.children(STAGING)]
        former, loose, stale = takeover(entries, room)
        if former is None:
            self.link.run(room, making_folder(self.full(room)))
        else:
            self._rename(former, room)
            if self.stat(room) is None or self.stat(former) is not None:
                raise not_in_place(room)
        for path in loose:
            self._rename(path, f"{room}/{path.rpartition('/')[2]}")
        for path in stale:
            with suppress(StorageError):  # its holder may be writing there at this moment
                self.discard(path)

    def _refuse_links_above(self, path: str) -> None:
        """Raise NotAFile if a folder on the way is a link: it could lead out of the storage."""
        unseen = [folder for folder in above(path) if folder not in self._folders]
        for folder, kind in zip(unseen, self._kinds(unseen), strict=False):
            if kind is not Kind.FOLDER:
                raise NotAFile(_("{path} is not a folder").format(path=folder), path=folder)
            if len(self._folders) >= _MOST_SEEN:
                self._folders.clear()
            self._folders.add(folder)

    def _kinds(self, paths: list[str]) -> Iterator[Kind]:
        """What stands at some paths, all asked for at once, up to the first that is not there."""
        asked = [self.link.start(path, looking(self.full(path))) for path in paths]
        try:
            while asked:
                yield kind_of(asked.pop(0).result())
        except NotFound:
            return
        finally:
            settle(asked)

    def _make_folder(self, folder: str, *, durable: bool = False) -> None:
        """Make a folder and those above it; with `durable`, each in its parent before the next."""
        if folder in self._folders:
            return
        self._refuse_links_above(f"{folder}/" if folder else "")
        for path in ["", *above(f"{folder}/")] if folder else [""]:
            if path in self._folders or (path == STAGING and self._room is not None):
                continue  # a room that is gone is not made anew
            full = self.full(path)
            if self.link.run(path, making_folder(full)) and durable and path:
                self._sync([parent(path)])
            self._folders.add(path)
