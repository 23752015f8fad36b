"""Servers that tests start for themselves, on a free port of this machine."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from obstore import put
from obstore.store import S3Store

_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/client.pub
PidFile none
StrictModes no
PasswordAuthentication no
Subsystem sftp internal-sftp {options}
MaxStartups 100
"""
_CLIENT = """\
Host 127.0.0.1
  IdentityFile {folder}/client
  UserKnownHostsFile {folder}/known_hosts
"""


def find_sshd() -> str | None:
    """The OpenSSH server of this machine."""
    return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def free_port() -> int:
    """A port that nobody uses now.

    It is none of those that the system gives to clients and to whoever asks for any: between this
    answer and the start of the server, another test would get it.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def wait_for(port: int, server: subprocess.Popen[Any]) -> None:
    """Return when a server answers at the port."""
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert server.poll() is None, f"the server ended with {server.returncode}"
            time.sleep(0.1)
    raise AssertionError("the server did not answer within a minute")


@dataclass
class Sshd:
    """An OpenSSH server with keys of its own; `ssh_config` lets a client in."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def ssh_config(self) -> Path:
        """What PRESERVA_SSH_CONFIG shall name."""
        return self.folder / "config"

    def url(self, path: Path) -> str:
        """The URL of a folder."""
        return f"sftp://127.0.0.1:{self.port}{path}"

    def sessions(self) -> list[int]:
        """The processes that serve a connection each."""
        own = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(one) for one in own.read_text().split()]


@contextmanager
def sshd(folder: Path, options: str = "") -> Iterator[Sshd]:
    """An OpenSSH server until the end of the block; `options` are those of its SFTP part."""
    program = find_sshd()
    assert program is not None
    folder.mkdir()
    for name in ("host", "client"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    port = free_port()
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where it drops its privileges
    (folder / "sshd_config").write_text(_CONFIG.format(port=port, folder=folder, options=options))
    (folder / "config").write_text(_CLIENT.format(folder=folder))
    key = (folder / "host.pub").read_text()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}")
    with (folder / "log").open("wb") as log:
        command = [program, "-D", "-e", "-f", str(folder / "sshd_config")]
        process = subprocess.Popen(command, stderr=log)
    server = Sshd(folder, port, process)
    try:
        wait_for(port, process)
        yield server
    finally:
        for number in (*server.sessions(), process.pid):
            with suppress(ProcessLookupError):  # a session that ended by itself meanwhile
                os.kill(number, 9)
        process.wait()


def find_weed() -> str | None:
    """SeaweedFS, an object store that refuses wrong checksums and second conditional writes."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


@dataclass
class Weed:
    """A SeaweedFS server with one bucket, `books`."""

    port: int
    process: subprocess.Popen[bytes]
    keys: dict[str, str]

    def url(self, prefix: str) -> str:
        """The URL of a storage below a prefix of the server's one bucket."""
        return f"s3://books/{prefix}?endpoint=http://127.0.0.1:{self.port}&region=us-east-1"

    def store(self) -> S3Store:
        """The bucket itself, past every driver."""
        return S3Store(
            "books",
            endpoint=f"http://127.0.0.1:{self.port}",
            region="us-east-1",
            access_key_id=self.keys["AWS_ACCESS_KEY_ID"],
            secret_access_key=self.keys["AWS_SECRET_ACCESS_KEY"],
            client_options={"allow_http": True},
        )


@contextmanager
def weed(folder: Path) -> Iterator[Weed]:
    """A SeaweedFS server until the end of the block."""
    program = find_weed()
    assert program is not None
    (folder / "data").mkdir(parents=True)
    keys = {"AWS_ACCESS_KEY_ID": "preserva", "AWS_SECRET_ACCESS_KEY": "only-for-tests"}
    port = free_port()
    command = [program, "mini", f"-dir={folder}/data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    command += ["-admin.ui=false", "-webdav=false", f"-s3.port={port}"]
    for part in ("master", "filer", "volume", "s3.port.iceberg", "admin"):
        flag = part if "." in part else f"{part}.port"
        command.append(f"-{flag}={free_port()}")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, env={**os.environ, **keys}
        )
    try:
        wait_for(port, process)
        server = Weed(port, process, keys)
        put(server.store(), "made", b"")  # the bucket is made by the first that writes to it
        yield server
    finally:
        process.kill()
        process.wait()


_UNDER_WAY = 4096
"""Pieces of at most 64 KiB that a line holds at a time, in each direction."""


class Broken(Enum):
    """How a line fails."""

    RESET = "reset"
    CUT = "cut"  # both ends are told that the other has nothing more to say
    STALLED = "stalled"  # nobody is told anything


class Line:
    """What lies between a client and a server; it fails when so many bytes have gone through.

    What goes in either direction arrives `delay` seconds later: half of a round trip. `watch` sees
    what clients send.
    """

    def __init__(self, server: int) -> None:
        self.server = server
        self.delay = 0.0
        self.watch: Callable[[bytes], object] = len
        self.port = free_port()
        self.passed = 0
        self.broken: Broken | None = None
        self._fault: tuple[int, Broken] | None = None
        self._ends: set[asyncio.StreamWriter] = set()

    def fail(self, after: int, how: Broken) -> None:
        """From now on, fail after so many more bytes, whichever way they go."""
        self._fault = (self.passed + after, how)

    def mend(self) -> None:
        """New connections hold."""
        self._fault = self.broken = None

    async def accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        if self.broken in {Broken.RESET, Broken.CUT}:
            writer.transport.abort()
            return
        there = await asyncio.open_connection("127.0.0.1", self.server)
        self._ends |= {writer, there[1]}
        with suppress(asyncio.CancelledError):  # the end of the block
            await asyncio.gather(
                self._pump(reader, there[1], self.watch), self._pump(there[0], writer, len)
            )

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        watch: Callable[[bytes], object],
    ) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_UNDER_WAY)
        arriving = asyncio.create_task(self._deliver(under_way, writer))
        try:
            while data := await reader.read(1 << 16):
                watch(data)
                self.passed += len(data)
                if self._fault is not None and self.passed >= self._fault[0]:
                    self._break(self._fault[1])
                if self.broken is None:
                    await under_way.put((asyncio.get_running_loop().time() + self.delay, data))
            await under_way.join()
        except OSError:
            pass
        finally:
            arriving.cancel()
            if self.broken is not Broken.STALLED:
                writer.close()

    async def _deliver(
        self, under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        """Write what is under way when it is due."""
        clock = asyncio.get_running_loop().time
        while True:
            due, data = await under_way.get()
            with suppress(OSError):
                if (wait := due - clock()) > 0:
                    await asyncio.sleep(wait)
                if self.broken is None:
                    writer.write(data)
                    await writer.drain()
            under_way.task_done()

    def _break(self, how: Broken) -> None:
        self.broken = how
        if how is Broken.CUT:
            for writer in self._ends:
                writer.close()
        elif how is Broken.RESET:
            for writer in self._ends:
                end: socket.socket = writer.get_extra_info("socket")
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.end()

    def end(self) -> None:
        """Drop every connection."""
        for writer in self._ends:
            writer.transport.abort()
        self._ends.clear()


@contextmanager
def line(server: int) -> Iterator[Line]:
    """A line to a server's port, until the end of the block."""
    between, loop, over = Line(server), asyncio.new_event_loop(), asyncio.Event()
    ready = threading.Event()

    async def serve() -> None:
        async with await asyncio.start_server(between.accepted, "127.0.0.1", between.port):
            ready.set()
            await over.wait()
            between.end()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        yield between
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
