"""`serve` under many connections: idle, slow, at once. All are answered or refused in the end."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.servers import free_port

_FEW = 256
_SERVER = """
import resource, sys
limit, port = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
from preserva.catalogue.oai.server import make_server
def application(environ, start):
    body = b"x" * 50_000
    start("200 OK", [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))])
    return [body]
with make_server(application, "127.0.0.1", port) as server:
    print("ready", flush=True)
    server.serve_forever()
"""


@pytest.fixture
def server() -> Iterator[tuple[int, int]]:
    """The port and process of a server that may open 256 files."""
    port = free_port()
    command = [sys.executable, "-c", _SERVER, str(_FEW), str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None and run.stderr is not None
        assert run.stdout.readline() == b"ready\n"
        yield port, run.pid
        assert run.poll() is None  # it survived
        run.kill()
        assert run.stderr.read() == b""


def get(port: int) -> bytes:
    """An answer, whole; closed by the server."""
    with closing(socket.create_connection(("127.0.0.1", port), 60)) as line:
        line.settimeout(60)
        line.sendall(b"GET /oai?verb=Identify HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        parts = []
        while part := line.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)


def memory(process: int) -> int:
    """The memory that a process holds, in KiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def processor(process: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_three_hundred_at_once_are_all_answered(server: tuple[int, int]) -> None:
    """More than it may open files; memory stays what it was."""
    port, process = server
    with ThreadPoolExecutor(300) as pool:
        answers = list(pool.map(lambda _number: get(port), range(300)))
        before = memory(process)
        answers += pool.map(lambda _number: get(port), range(600))
    assert {answer[:15] for answer in answers} == {b"HTTP/1.1 200 OK"}
    assert {len(answer.partition(b"\r\n\r\n")[2]) for answer in answers} == {50_000}
    assert memory(process) < before + 20_000


def test_idle_and_slow_connections_keep_nobody_out(server: tuple[int, int]) -> None:
    """They are closed after seconds, and cost no processor time meanwhile."""
    port, process = server
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 1024)), hard))
    lines = [socket.create_connection(("127.0.0.1", port), 60) for _number in range(_FEW)]
    for line in lines[::2]:
        line.sendall(b"GET /oai HTTP/1.1\r\nX: ")
    used = processor(process)
    assert get(port).startswith(b"HTTP/1.1 200 OK")
    assert processor(process) - used < 5
    for line in lines:
        line.settimeout(60)
        while line.recv(1 << 16):  # it ends, with or without a word
            pass
        line.close()
