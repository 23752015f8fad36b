"""A storage on an SFTP server: many concurrent requests over one connection."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress

import asyncssh

from preserva.core.formats.layout import LEASES, STAGING
from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Entry, Kind, StorageTraits
from preserva.errors import NotAFile, NotFound, Refused, StorageError
from preserva.i18n import _
from preserva.storage.base import CHUNK
from preserva.storage.lease import LEASE, Lease
from preserva.storage.lease_files import FolderLeases
from preserva.storage.paths import contained, parent, refuse_links, refuse_not_aside, refuse_outside
from preserva.storage.publication_marks import below_any
from preserva.storage.published import not_in_place
from preserva.storage.sftp.connection import TIMEOUT, SftpLink
from preserva.storage.sftp.fence import placed, room_of, takeover
from preserva.storage.sftp.folders import SftpFolders
from preserva.storage.sftp.reader import Opened, SftpReader, reading, settle, wait_for
from preserva.storage.sftp.requests import (
    SMALL,
    after,
    entry_of,
    finish,
    in_chunks,
    inspecting,
    kind_of,
    limitations_of,
    making_folder,
    names_in,
    plain_name,
    read_small,
    refuse_unfit,
    size_of,
    syncing,
    syncing_folder,
    write_small,
)
from preserva.storage.sftp.writer import fill

_WRITE_NEW = asyncssh.FXF_WRITE | asyncssh.FXF_CREAT | asyncssh.FXF_EXCL
_LEASES = frozenset([LEASES])
_MODE = asyncssh.SFTPAttrs(permissions=0o644)


class SftpStorage:
    """The files below one folder of an SFTP server, `sftp://user@host/folder`.

    See `preserva.storage.base.Storage` for what it promises, `limitations` for what it cannot.
    """

    max_concurrency = 64  # each waits for the line
    max_looks = 128  # as many handles of the server

    def __init__(self, url: str, *, lease: float = LEASE, timeout: float = TIMEOUT) -> None:
        """Connects at the first call. `timeout` is for each answer, in seconds."""
        self.link = SftpLink(url, timeout)
        self.url = url
        self._lease = Lease(FolderLeases(self), lease)
        self._durable: set[str] = set()  # files in staging that were synced as they were written
        self._without_links = ""  # the folder that was walked through last, if there were none
        self._folders = SftpFolders(self.link, self.full)
        self._room: str | None = None  # while we hold the lock

    def close(self) -> None:
        """Close the connection; the next call reconnects."""
        self.link.close()

    def limitations(self) -> tuple[Limitation, ...]:
        """What this server cannot promise. Raises StorageError."""
        return self.link.run("", lambda client: limitations_of(client, self.link.root))

    def overwrite(self, path: str, data: bytes) -> None:
        """Overwrite an existing file, without a rename: for lease files."""
        full = self.full(path)
        self._folders.refuse_links_above(path)

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
        """The path on the server, with the staging folder of the lock's holder."""
        name = os.fsencode(placed(contained(path), self._room))
        return self.link.root.rstrip(b"/") + b"/" + name if name else self.link.root

    def stat(self, path: str) -> Entry | None:
        """The entry at a path, not following a link; None if there is nothing."""
        full = self.full(path)
        try:
            self._folders.refuse_links_above(path)
            return entry_of(path, self.link.run(path, lambda client: client.lstat(full)))
        except NotFound:
            return None

    def children(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name. Raises NotFound if there is no such folder."""
        self._folders.refuse_links_above(f"{path}/" if path else "")
        return self.link.run(path, lambda client: self._list(client, path))

    async def _list(self, client: asyncssh.SFTPClient, path: str) -> list[Entry]:
        prefix = f"{path}/" if path else ""
        entries = []
        for item in await names_in(client, self.full(path)):
            name = os.fsdecode(item.filename)
            if name not in {".", ".."}:
                entries.append(entry_of(prefix + plain_name(name), item.attrs))
        for entry in entries:
            if entry.kind is Kind.FOLDER:
                self._folders.know(entry.path)
        return sorted(entries, key=lambda entry: entry.path)

    def walk(self, path: str, likely: Iterable[str] = ()) -> Iterator[Entry]:
        """Everything below a folder, folders included, in no particular order."""
        self._folders.refuse_links_above(f"{path}/" if path else "")
        probable = [*self._folders.likely(path), *likely][: self.max_looks]
        ahead = {folder: self._start_listing(folder) for folder in probable}
        waiting, strange = [path], False
        while waiting:
            batch, waiting = waiting[: self.max_looks], waiting[self.max_looks :]
            listings = [
                ahead.pop(each) if each in ahead else self._start_listing(each) for each in batch
            ]
            for listing in listings:
                for entry in listing.result():
                    if entry.kind is Kind.FOLDER:
                        waiting.append(entry.path)
                    strange |= entry.kind not in {Kind.FILE, Kind.FOLDER}
                    yield entry
        settle(ahead.values())  # what is not there after all
        self._without_links = "" if strange else path

    def _start_listing(self, folder: str) -> Future[list[Entry]]:
        return self.link.start(folder, lambda client: self._list(client, folder))

    def open(self, path: str, *, bypass_cache: bool = False) -> SftpReader:
        """Open a regular file. `bypass_cache` has no effect: see `limitations`."""
        full = self.full(path)
        self._folders.refuse_links_above(path)

        async def begin(client: asyncssh.SFTPClient) -> Opened | None:
            # before it is opened: opening a FIFO would block the server, and every call with it
            attributes = await client.lstat(full)
            if kind_of(attributes) is not Kind.FILE:
                return None
            size = size_of(path, attributes)
            small = {"block_size": None} if size <= SMALL else {}
            file = await client.open(full, asyncssh.FXF_READ, encoding=None, **small)
            if small:
                return Opened(file, size, *await read_small(file, size))
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
        small = {"block_size": None} if second is None and len(first) <= SMALL else {}

        async def begin(client: asyncssh.SFTPClient) -> asyncssh.SFTPClientFile:
            try:
                file = await client.open(full, _WRITE_NEW, _MODE, encoding=None, **small)
            except asyncssh.SFTPFailure:
                if await client.exists(full) or await client.islink(full):
                    message = _("{path} exists already; it was not touched")
                    raise StorageError(message.format(path=path), path=path) from None
                raise
            if small:
                await write_small(file, first)
                return file
            await file.write(first, 0)
            if second is None:
                await finish(file)
            return file

        self._folders.change(path)
        with self._in_our_room():
            file = self.link.run(path, begin)
        if second is not None:
            fill(self.link, file, path, len(first), after(second, source))
        self._durable.add(path)

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Append to a file in staging that an interrupted `create` left incomplete."""
        refuse_outside(path, STAGING)
        self._lease.check()
        full = self.full(path)
        self._folders.refuse_links_above(path)

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
        fill(self.link, file, path, size, in_chunks(chunks))
        self._durable.add(path)

    def flush(self, path: str) -> None:
        """Make a file, or everything in a folder and then the folder, durable."""
        if path in self._durable:
            return
        changed = self._folders.changed(path)
        if changed is not None:  # we made it, and all that is in it
            with suppress(NotFound):  # then something else became of it
                self._sync(changed)
                self._folders.settled(changed)
                return
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
        self._folders.refuse_links_above(final)
        if self._without_links != staged and staged not in self._durable:
            entry = self.stat(staged)
            is_folder = entry is not None and entry.kind is Kind.FOLDER
            refuse_links(self.walk(staged) if is_folder else ())
        self._without_links = ""
        self.flush(staged)
        self._move(staged, final)

    def quarantine(self, path: str, target: str) -> None:
        """Move what is at a path aside: below `quarantine/` or `staging/removed/`."""
        refuse_not_aside(target)
        for place in (path, target):
            self._folders.refuse_links_above(contained(place))
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
        self._durable.difference_update(self._known_below(path), self._known_below(final))
        self._folders.move(path, final)
        with self._in_our_room():
            self.link.run(final, lambda client: client.posix_rename(source, target))

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file, durably and at once."""
        self._folders.refuse_links_above(contained(path))
        staged = f"{STAGING}/replace-{path.rpartition('/')[2]}"
        self.discard(staged)
        self.create(staged, [data])
        self._lease.check(ask=True)
        self._rename(staged, path)
        self._sync([parent(path)])

    def discard(self, path: str) -> None:
        """Remove a file or folder below `staging/`, if it is there. Refuses any other path."""
        refuse_outside(path, STAGING)
        if not below_any(path, _LEASES):  # where others write too
            self._lease.check()
            if self._folders.is_free(path):
                return
        if (entry := self.stat(path)) is None:
            return
        self._folders.refuse_links_above(path)
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
            self._forget(path)  # not before: the walk has seen them just now

    def _forget(self, path: str) -> None:
        """Forget what was known about a path and everything below it."""
        self._durable.difference_update(self._known_below(path))
        self._folders.forget(path)

    def _known_below(self, path: str) -> set[str]:
        within = frozenset([path])
        return {file for file in self._durable.copy() if below_any(file, within)}

    @contextmanager
    def lock(self, holder: str) -> Iterator[None]:
        """Be the only writer; after a kill the lock is free when its lease ends. Raises Unfit."""
        self.link.run("", lambda client: refuse_unfit(client, self.link.root, self.url))
        with self._lease.held(holder) as number:
            room = room_of(number)
            self._enter(room, made=self._take_over(room))
            try:
                yield
            finally:
                self._enter(None)
                with suppress(StorageError):  # something is in it, or another has renamed it
                    self.link.run(room, lambda client: client.rmdir(self.full(room)))

    @contextmanager
    def _in_our_room(self) -> Iterator[None]:
        """A missing path may be gone because another process now holds the lock."""
        try:
            yield
        except NotFound:
            self._lease.check(ask=True)
            raise

    def _enter(self, room: str | None, *, made: bool = False) -> None:
        self._room = room
        self._durable.clear()
        self._folders.enter(made=made)

    def _take_over(self, room: str) -> bool:
        """Take over what former holders left: whatever they still send finds nothing there.

        True if they left nothing, and the room is new.
        """
        entries = [(entry.path, entry.kind) for entry in self.children(STAGING)]
        former, loose, stale = takeover(entries, room)
        if former is None:
            new = self.link.run(room, making_folder(self.full(room)))
        else:
            new = False
            self._rename(former, room)
            if self.stat(room) is None or self.stat(former) is not None:
                raise not_in_place(room)
        for path in loose:
            self._rename(path, f"{room}/{path.rpartition('/')[2]}")
        for path in stale:
            with suppress(StorageError):  # its holder may be writing there at this moment
                self.discard(path)
        return new and not loose

    def _make_folder(self, folder: str, *, durable: bool = False) -> None:
        """Make a folder and those above it; with `durable`, each is made so in its parent."""
        made = self._folders.make(folder, staging=self._room is None)
        if durable:
            self._sync({parent(path) for path in made if path})
