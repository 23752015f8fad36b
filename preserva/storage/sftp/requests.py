"""Requests to an SFTP server, and what its answers mean."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Coroutine
from typing import TypeVar

import asyncssh

from preserva.core.formats.layout import STAGING
from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Entry, Kind
from preserva.errors import StorageError
from preserva.i18n import _
from preserva.storage.paths import contained

T = TypeVar("T")
Act = Callable[[asyncssh.SFTPClient], Coroutine[None, None, T]]


def kind_of(attributes: asyncssh.SFTPAttrs) -> Kind:
    """What kind of thing has these attributes."""
    mode = attributes.permissions or 0
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISDIR(mode):
        return Kind.FOLDER
    return Kind.LINK if stat.S_ISLNK(mode) else Kind.OTHER


def entry_of(path: str, attributes: asyncssh.SFTPAttrs) -> Entry:
    """The entry of a path with these attributes."""
    kind = kind_of(attributes)
    return Entry(path, kind, attributes.size or 0 if kind is Kind.FILE else 0)


async def limitations_of(client: asyncssh.SFTPClient, root: bytes) -> tuple[Limitation, ...]:
    """What a server cannot promise.

    By trying: asyncssh does not publish which extensions a server announced.
    """
    limitations = [Limitation.CACHED_READS, Limitation.LINKS_LOOKED_AT_FIRST]
    absent = root.rstrip(b"/") + b"/" + os.fsencode(f"{STAGING}/no-such-file")
    try:
        await client.posix_rename(absent, absent)
    except asyncssh.SFTPOpUnsupported:
        limitations.append(Limitation.NO_POSIX_RENAME)
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        pass  # it looked for it, so it has the extension
    async with await client.open(root, asyncssh.FXF_READ, encoding=None) as folder:
        try:
            await folder.fsync()
        except asyncssh.SFTPOpUnsupported:
            limitations.append(Limitation.NO_FSYNC)
    return tuple(limitations)


def plain_name(name: str) -> str:
    """The name of a file as the server sent it. Raises StorageError if it is a path."""
    if "/" in name:
        raise StorageError(_("{path} is not a path inside a storage").format(path=name), path=name)
    return contained(name)


def syncing(full: bytes) -> Act[None]:
    """What makes a file or folder durable, by a new handle."""

    async def sync(client: asyncssh.SFTPClient) -> None:
        async with await client.open(full, asyncssh.FXF_READ, encoding=None) as file:
            await _fsync(file)

    return sync


def making_folder(full: bytes) -> Act[bool]:
    """What makes a folder. It returns False if the folder is there already."""

    async def make(client: asyncssh.SFTPClient) -> bool:
        try:
            if kind_of(await client.lstat(full)) is Kind.FOLDER:
                return False
        except asyncssh.SFTPNoSuchFile:
            pass
        try:
            await client.mkdir(full)
        except asyncssh.SFTPFailure:
            if kind_of(await client.lstat(full)) is not Kind.FOLDER:  # another thread made it
                raise
            return False
        return True

    return make


async def finish(file: asyncssh.SFTPClientFile) -> None:
    """Make a file durable that was written, and close it."""
    async with file:
        await _fsync(file)


async def _fsync(file: asyncssh.SFTPClientFile) -> None:
    try:
        await file.fsync()
    except asyncssh.SFTPOpUnsupported:  # `limitations` names it
        return
