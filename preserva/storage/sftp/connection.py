"""One connection to an SFTP server, shared by many threads, with its errors turned into ours."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from functools import cache
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import asyncssh

from preserva.errors import NotFound, StorageError, StorageFull, Unreachable, UsageError
from preserva.i18n import N_, _
from preserva.storage.paths import may_hold_password
from preserva.storage.sftp.keys import HostKeys, untrusted, unusable_key

T = TypeVar("T")

SSH_CONFIG = "PRESERVA_SSH_CONFIG"
"""The environment variable that names a file to use instead of ~/.ssh/config."""

TIMEOUT = 300.0
"""Seconds for one answer. A chunk can take minutes on a slow connection; the keepalive notices a
dead one."""

_CONNECT = 30.0
_CIPHERS = "^aes128-gcm@openssh.com,aes256-gcm@openssh.com"  # processors accelerate these
_KEEPALIVE = 20.0

_LOST = (
    asyncssh.ConnectionLost,
    asyncssh.DisconnectError,
    asyncssh.ChannelOpenError,
    asyncssh.SFTPConnectionLost,
    asyncssh.SFTPNoConnection,
    asyncssh.SFTPBadMessage,
    OSError,
    TimeoutError,
)


_STARTING = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of all connections, in a thread of its own that ends with the process."""
    with _STARTING:  # a cache alone would let two threads make one each
        return _started_loop()


@cache
def _started_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    # the caller gets errors from what it waits for; asyncio would print others of a lost connection
    loop.set_exception_handler(lambda _loop, _context: None)
    threading.Thread(target=loop.run_forever, name="sftp", daemon=True).start()
    return loop


class SftpLink:
    """A connection that is opened when it is needed, and again after it was lost."""

    def __init__(self, url: str, timeout: float) -> None:
        parts = urlsplit(url)
        if may_hold_password(parts.netloc, user=True):
            raise UsageError(_("a URL must not contain a password"))
        if not parts.hostname or not parts.path.startswith("/"):
            raise UsageError(_("{url} is not of the form sftp://user@host/folder").format(url=url))
        self.url = url
        self.root = os.fsencode(unquote(parts.path).rstrip("/") or "/")
        self._host, self._port, self._user = parts.hostname, parts.port, parts.username
        self._timeout = timeout
        self._presented = HostKeys(())
        self._opening: asyncio.Task[asyncssh.SFTPClient] | None = None
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None

    def run(self, path: str, act: Callable[[asyncssh.SFTPClient], Coroutine[None, None, T]]) -> T:
        """What `act` returns; it runs in the event loop. Raises StorageError."""
        return self.start(path, act).result()

    def start(self, path: str, act: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> Future[T]:
        """The same, without waiting for it."""
        return asyncio.run_coroutine_threadsafe(self._guarded(path, act), _loop())

    def close(self) -> None:
        """Close the connection; the next call reconnects."""
        asyncio.run_coroutine_threadsafe(self._drop(), _loop()).result()

    async def _drop(self) -> None:
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            connection.abort()
            await connection.wait_closed()

    async def _guarded(self, path: str, act: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        where = f"{self.url.rstrip('/')}/{path}" if path else self.url
        client = None
        try:
            client = await self._connected()
            async with asyncio.timeout(self._timeout):
                return await act(client)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as error:
            raise NotFound(_("{path} is not there").format(path=where), path=path) from error
        except asyncssh.HostKeyNotVerifiable as error:
            raise self._untrusted(error) from error
        except asyncssh.PermissionDenied as error:
            raise self._not_let_in(error) from error
        except _LOST as error:
            if self._client is client:
                await self._drop()
            reason = str(error) or _("no answer in {seconds} s").format(seconds=int(self._timeout))
            message = _("{path}: the connection failed: {reason}")
            raise Unreachable(message.format(path=where, reason=reason), path=path) from error
        except (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded) as error:
            raise StorageFull(_("{path}: no space left").format(path=where), path=path) from error
        except asyncssh.SFTPError as error:
            reason = error.reason or type(error).__name__
            if client is not None and await _is_full(client, self.root):
                message = _("{path}: no space left")
                raise StorageFull(message.format(path=where), path=path) from error
            message = _("{path}: the server refused: {reason}")
            raise StorageError(message.format(path=where, reason=reason), path=path) from error
        except asyncssh.Error as error:
            message = _("{path}: {reason}")
            raise StorageError(
                message.format(path=where, reason=error.reason), path=path
            ) from error

    async def _connected(self) -> asyncssh.SFTPClient:
        """The one connection. All callers that wait for it share an attempt, and its failure."""
        if self._client is None:
            if self._opening is None or self._opening.done():
                self._opening = asyncio.create_task(self._open())
            self._client = await asyncio.shield(self._opening)
        return self._client

    async def _open(self) -> asyncssh.SFTPClient:
        async with asyncio.timeout(_CONNECT):
            self._connection = await self._connect()
            return await self._connection.start_sftp_client(path_encoding=None)

    async def _connect(self) -> asyncssh.SSHClientConnection:
        try:
            options = self._options()
        except (OSError, ValueError, asyncssh.Error) as error:  # nothing was connected yet
            raise unusable_key(error) from error
        if options.known_hosts is None:  # UserKnownHostsFile none: any server would do
            raise asyncssh.HostKeyNotVerifiable("UserKnownHostsFile")
        self._presented = HostKeys(options.known_hosts)
        return await asyncssh.connect(self._host, options=options)

    def _options(self, **more: bool) -> asyncssh.SSHClientConnectionOptions:
        """How to connect. Keys with a passphrase are passed over: the agent may have them."""
        optional = {"port": self._port, "username": self._user}
        config = os.environ.get(SSH_CONFIG)
        return asyncssh.SSHClientConnectionOptions(
            host=self._host,
            config=[config] if config else (),
            password=None,
            preferred_auth="publickey",
            keepalive_interval=_KEEPALIVE,
            login_timeout=_CONNECT,
            encryption_algs=_CIPHERS,
            client_factory=lambda: self._presented,
            **more,
            **{key: value for key, value in optional.items() if value is not None},
        )

    def _untrusted(self, error: asyncssh.Error) -> StorageError:
        return untrusted(self._host, self._presented, error.reason)

    def _not_let_in(self, error: asyncssh.Error) -> StorageError:
        try:
            self._options(ignore_encrypted=False)
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as locked:
            return unusable_key(locked)
        message = _("{host} denied access: {reason}")
        return StorageError(
            message.format(host=self._host, reason=error.reason),
            hint=N_(
                "Load the key into ssh-agent or name it in ~/.ssh/config (IdentityFile), and ask "
                "the other institution whether its public half is in their authorized_keys."
            ),
        )


async def _is_full(client: asyncssh.SFTPClient, root: bytes) -> bool:
    """Whether the server is full: SFTP version 3 has no error for it but "failure"."""
    try:
        space = await client.statvfs(root)
    except asyncssh.Error:
        return False
    return space.bavail == 0 or (space.files > 0 and space.favail == 0)
