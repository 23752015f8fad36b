"""An SFTP server that misbehaves on request, in a thread of the test."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import subprocess
import threading
import time
import unicodedata
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh
from asyncssh import sftp

from tests.support.servers import free_port

_CLIENT = """\
Host 127.0.0.1
  IdentityFile {folder}/client
  UserKnownHostsFile {folder}/known_hosts
"""


class Hostile:
    """A running server: `root` is what it serves, `mode` what it does wrong from now on.

    `only` restricts a mode to paths that contain it; `number` is the mode's own number. `held`
    is set when a request waits for `release`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.port = free_port()
        self.mode = ""
        self.only = ""
        self.number = 0
        self.held = threading.Event()
        self.release = threading.Event()
        self.connections: list[asyncssh.SSHServerConnection] = []

    def accepted(self, connection: asyncssh.SSHServerConnection) -> None:
        """Remember a connection, which ends with the server."""
        self.connections.append(connection)

    @property
    def ssh_config(self) -> Path:
        """What PRESERVA_SSH_CONFIG shall name."""
        return self.folder / "config"

    def url(self, path: str) -> str:
        """The URL of a folder of the server."""
        return f"sftp://127.0.0.1:{self.port}/{path}"

    def behave(self, mode: str = "", *, only: str = "", number: int = 0) -> None:
        """Misbehave in this way from now on, or no more."""
        self.mode, self.only, self.number = mode, only, number

    def does(self, mode: str, path: bytes) -> bool:
        """Whether it misbehaves so at a path."""
        return self.mode == mode and self.only.encode() in path


class _Server(asyncssh.SFTPServer):
    hostile: Hostile

    def __init__(self, channel: Any) -> None:
        super().__init__(channel, chroot=os.fsencode(self.hostile.root))

    def map_path(self, path: bytes) -> bytes:
        """Where a path is on the disk."""
        if self.hostile.mode == "nfd":
            text = unicodedata.normalize("NFD", os.fsdecode(path))
            path = os.fsencode(text)
        if self.hostile.mode == "path limit" and len(path) > self.hostile.number:
            raise asyncssh.SFTPFailure("the name is too long")
        return super().map_path(path)

    def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
        """Open a file."""
        writes = bool(pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_CREAT))
        if not writes and self.hostile.does("refused opens", path):
            raise asyncssh.SFTPPermissionDenied("not now")
        if writes and self.hostile.does("read-only", path):
            raise asyncssh.SFTPPermissionDenied("read-only")
        return super().open(path, pflags, attrs)

    def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        """Read a part of a file."""
        if self.hostile.mode == "short answers":
            size = max(0, min(size, self.hostile.number - offset))
        return bytes(os.pread(file_obj.fileno(), size, offset))

    def write(self, file_obj: Any, offset: int, data: bytes) -> int:
        """Write a part of a file."""
        if self.hostile.mode == "lost writes" and len(data) > 1000:
            return len(data)
        if self.hostile.mode == "full" and len(data) > 1000:
            raise asyncssh.SFTPFailure("failure")
        return os.pwrite(file_obj.fileno(), data, offset)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename, or only say so."""
        hostile = self.hostile
        if hostile.does("rename held", newpath) and not hostile.held.is_set():
            hostile.held.set()
            while not hostile.release.is_set():
                await asyncio.sleep(0.02)
        if hostile.does("rename does nothing", newpath):
            return
        source, target = map(os.fsdecode, (self.map_path(oldpath), self.map_path(newpath)))
        if hostile.does("rename by halves", newpath) and Path(source).is_dir():
            for number, file in enumerate(sorted(Path(source).rglob("*"))):
                if file.is_file() and number % 2:
                    place = Path(target) / file.relative_to(source)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, place)
            shutil.rmtree(source)
            return
        Path(source).replace(target)
        if hostile.does("answer lost", newpath):
            self.channel.get_connection().abort()

    def remove(self, path: bytes) -> None:
        """Remove, or only say so."""
        if not self.hostile.does("remove does nothing", path):
            super().remove(path)

    def lstat(self, path: bytes) -> Any:
        """What is at a path."""
        return self._twisted(path, os.lstat(self.map_path(path)))

    def _twisted(self, path: bytes, result: os.stat_result) -> sftp.SFTPAttrs:
        attributes = sftp.SFTPAttrs.from_local(result)
        mode, is_file = self.hostile.mode, stat.S_ISREG(result.st_mode)
        if mode == "small sizes" and is_file and b"content" in path:
            attributes.size = max(0, (attributes.size or 0) - 7)
        elif mode == "no sizes" and is_file:
            attributes.size = None
        elif mode == "no types":
            attributes.permissions = None
        elif mode == "no times":
            attributes.mtime = attributes.atime = None
        elif mode == "times of the future" and b"leases/0" in path:
            attributes.mtime = int(time.time()) + 10_000_000
        elif mode == "times of the past" and b"leases/0" in path:
            attributes.mtime = int(time.time()) - 10_000_000
        return attributes

    async def scandir(self, path: bytes) -> AsyncIterator[sftp.SFTPName]:
        """What is in a folder."""
        place = self.map_path(path)
        while True:
            for entry in sorted(os.scandir(place), key=lambda entry: entry.name):
                attributes = self._twisted(path + b"/" + entry.name, os.lstat(entry.path))
                yield sftp.SFTPName(entry.name, attrs=attributes)
            if not self.hostile.does("lists without end", path):
                return


@contextmanager
def hostile_sftp(folder: Path) -> Iterator[Hostile]:
    """A server until the end of the block; it opens no folders, as many do not."""
    server = Hostile(folder)
    server.root.mkdir(parents=True)
    for name in ("host", "client"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    server.ssh_config.write_text(_CLIENT.format(folder=folder))
    key = (folder / "host.pub").read_text()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {key}")
    loop, over, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    loop.set_exception_handler(lambda _loop, _context: None)
    factory = type("Server", (_Server,), {"hostile": server})

    async def serve() -> None:
        listening = await asyncssh.listen(
            "127.0.0.1",
            server.port,
            server_host_keys=[str(folder / "host")],
            authorized_client_keys=str(folder / "client.pub"),
            sftp_factory=factory,
            acceptor=server.accepted,
            allow_scp=False,
        )
        ready.set()
        async with listening:
            await over.wait()
            for connection in server.connections:
                connection.abort()
                await connection.wait_closed()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(60)
    try:
        yield server
    finally:
        server.release.set()
        loop.call_soon_threadsafe(over.set)
        thread.join()
