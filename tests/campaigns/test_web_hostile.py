"""Connections that say nothing, or never come to an end, keep nobody else from working."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from pathlib import Path

from preserva import config as configuration
from tests.support.servers import wait_for

SILENT = 300
_PATIENCE = 60.0


def test_silent_connections_are_closed_and_others_are_answered(one_book: Path) -> None:
    """Among them forms and heads of requests that begin and never end."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "preserva", "web", "--port", str(port), "--person", "petrov"]
    server = subprocess.Popen(
        [*command, "--config", str(one_book / configuration.NAME)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port, server)
        silent = [socket.create_connection(("127.0.0.1", port)) for _number in range(SILENT)]
        for connection in silent[::3]:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127")
        for connection in silent[1::3]:
            connection.sendall(
                b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n"
                b"Content-Length: 1000\r\n\r\nperson="
            )
        assert status(port, "/sign-in") == 200
        answers = [read(connection) for connection in silent]
        assert set(answers[::3] + answers[2::3]) == {b""}
        assert {answer.split()[1] for answer in answers[1::3]} == {b"413"}
        assert status(port, "/sign-in") == 200
    finally:
        server.terminate()
        server.wait()


def read(connection: socket.socket) -> bytes:
    """All that the server says until it closes the connection."""
    connection.settimeout(_PATIENCE)
    parts = []
    with connection:
        while part := connection.recv(4096):
            parts.append(part)
    return b"".join(parts)


def status(port: int, path: str) -> int:
    """What a page is answered with."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status
