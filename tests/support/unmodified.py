"""Servers as others run them, unchanged: each is started for a test, with keys of its own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import asyncssh
import pytest

from preserva.storage.s3.questions import questions_for
from preserva.storage.sftp.connection import SSH_CONFIG
from tests.support import servers

KEYS = {"AWS_ACCESS_KEY_ID": "preserva", "AWS_SECRET_ACCESS_KEY": "only-for-tests"}
_CLIENT = """\
Host 127.0.0.1
  IdentityFile {folder}/client
  UserKnownHostsFile {folder}/known_hosts
"""


@dataclass(frozen=True)
class Served:
    """A running server: the URL of an empty folder of it, and what a client needs to be let in.

    `disk` is that folder itself, where it is one; after something was written to it, the server has
    to `forget` what it remembers.
    """

    url: str
    disk: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)
    forget: Callable[[], None] = lambda: None


def program(name: str) -> str | None:
    """A program beside the Python that runs the tests, or on the path."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def _keys(folder: Path, port: int) -> dict[str, str]:
    """Keys of an SFTP server and of its client, which knows it."""
    for name in ("host", "client"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    (folder / "config").write_text(_CLIENT.format(folder=folder))
    key = (folder / "host.pub").read_text()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}")
    return {SSH_CONFIG: str(folder / "config")}


@contextmanager
def _running(command: list[str], port: int, folder: Path) -> Iterator[Callable[[], None]]:
    """The command while it serves at the port, and how to start it again."""
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        with (folder / "log").open("ab") as log:
            variables = {**os.environ, **KEYS}
            running.append(
                subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=variables)
            )
        servers.wait_for(port, running[-1])

    def stop() -> None:
        running[-1].kill()
        running[-1].wait()

    def start_again() -> None:
        stop()
        start()

    try:
        start()
        yield start_again
    finally:
        stop()


@contextmanager
def openssh(folder: Path, options: str = "") -> Iterator[Served]:
    """OpenSSH with its own SFTP server; `options` are those of `internal-sftp`."""
    with servers.sshd(folder / "sshd", options) as server:
        (folder / "kept").mkdir()
        yield Served(
            server.url(folder / "kept"), folder / "kept", {SSH_CONFIG: str(server.ssh_config)}
        )


@contextmanager
def asyncssh_stock(folder: Path) -> Iterator[Served]:
    """The SFTP server that comes with asyncssh, as it is."""
    port = servers.free_port()
    environment = _keys(folder, port)
    (folder / "root/kept").mkdir(parents=True)
    loop, over, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    loop.set_exception_handler(lambda _loop, _context: None)
    connections: list[asyncssh.SSHServerConnection] = []

    def factory(channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=os.fsencode(folder / "root"))

    async def serve() -> None:
        listening = await asyncssh.listen(
            "127.0.0.1",
            port,
            server_host_keys=[str(folder / "host")],
            authorized_client_keys=str(folder / "client.pub"),
            sftp_factory=factory,
            acceptor=connections.append,
        )
        ready.set()
        async with listening:
            await over.wait()
            for connection in connections:
                connection.abort()
                await connection.wait_closed()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(60)
    try:
        yield Served(f"sftp://127.0.0.1:{port}/kept", folder / "root/kept", environment)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


def _rclone() -> str:
    found = program("rclone")
    assert found is not None
    return found


@contextmanager
def rclone_sftp(folder: Path, cache: str) -> Iterator[Served]:
    """`rclone serve sftp` with one of its `--vfs-cache-mode`s."""
    port = servers.free_port()
    environment = _keys(folder, port)
    (folder / "root/kept").mkdir(parents=True)
    command = [_rclone(), "serve", "sftp", str(folder / "root"), "--addr", f"127.0.0.1:{port}"]
    command += ["--key", str(folder / "host"), "--authorized-keys", str(folder / "client.pub")]
    command += ["--vfs-cache-mode", cache, "--cache-dir", str(folder / "cache")]
    with _running([*command, "--config", ""], port, folder):
        yield Served(f"sftp://127.0.0.1:{port}/kept", folder / "root/kept", environment)


@contextmanager
def seaweedfs(folder: Path) -> Iterator[Served]:
    """SeaweedFS, with its S3 gateway."""
    with servers.weed(folder / "weed") as server:
        yield Served(server.url("kept"), None, server.keys)


def _bucket_url(port: int, bucket: str = "books") -> str:
    return f"s3://{bucket}/kept?endpoint=http://127.0.0.1:{port}&region=us-east-1"


class Keeping(Enum):
    """What a bucket does with objects that are overwritten or deleted; the value is the setting."""

    VERSIONS = (
        "versioning=",
        "<VersioningConfiguration{xmlns}><Status>Enabled</Status></VersioningConfiguration>",
    )
    RETENTION = (
        "object-lock=",
        "<ObjectLockConfiguration{xmlns}><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>"
        "<DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule>"
        "</ObjectLockConfiguration>",
    )


_XMLNS = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def _keeping_bucket(port: int, keys: dict[str, str], keeping: Keeping) -> Served:
    """A new bucket that keeps versions; with a retention, for a day whatever anybody asks."""
    url = _bucket_url(port, "keeping")
    query, text = keeping.value
    body = text.format(xmlns=_XMLNS).encode()
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    lock = {"x-amz-bucket-object-lock-enabled": "true"} if keeping is Keeping.RETENTION else {}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in keys.items():
            patch.setenv(name, value)
        questions = questions_for(url)
        for request in (
            ("PUT", "", "", b"", lock),
            ("PUT", "", query, body, {"content-md5": digest}),
        ):
            answer = questions.ask(*request)
            assert answer is not None and answer.status < 300, answer
    return Served(url, None, keys)


@contextmanager
def seaweedfs_keeping(folder: Path, keeping: Keeping) -> Iterator[Served]:
    """SeaweedFS with a bucket that keeps what is deleted."""
    with servers.weed(folder / "weed") as server:
        yield _keeping_bucket(server.port, server.keys, keeping)


@contextmanager
def moto_keeping(folder: Path, keeping: Keeping) -> Iterator[Served]:
    """moto with such a bucket."""
    with _moto(folder) as port:
        yield _keeping_bucket(port, KEYS, keeping)


@contextmanager
def rclone_s3(folder: Path) -> Iterator[Served]:
    """`rclone serve s3`; its buckets are the folders at its top.

    It remembers folders for five minutes. Told to remember nothing, rclone 1.75.2 reads them for
    ever when it has an object to write.
    """
    port = servers.free_port()
    (folder / "root/books").mkdir(parents=True)
    command = [_rclone(), "serve", "s3", str(folder / "root"), "--addr", f"127.0.0.1:{port}"]
    command += ["--auth-key", ",".join(KEYS.values())]
    with _running([*command, "--config", ""], port, folder) as start_again:
        yield Served(_bucket_url(port), folder / "root/books/kept", KEYS, start_again)


@contextmanager
def _moto(folder: Path) -> Iterator[int]:
    port = servers.free_port()
    found = program("moto_server")
    assert found is not None
    with _running([found, "-p", str(port)], port, folder):
        yield port


@contextmanager
def moto(folder: Path) -> Iterator[Served]:
    """moto's stand-in for Amazon S3; its bucket is made by a request of its own."""
    with _moto(folder) as port:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/books", method="PUT")
        urllib.request.urlopen(request, timeout=60).close()  # it asks for no signature
        yield Served(_bucket_url(port), None, KEYS)


Start = Callable[[Path], AbstractContextManager[Served]]
