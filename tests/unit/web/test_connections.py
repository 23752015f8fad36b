"""Whoever keeps a connection waiting is cut off, at whatever moment; the others are answered."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from preserva.web import connections

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = 50_000_000


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers at once, with much if it is asked for."""
    size = LARGE if scope["path"] == "/large" else 2
    length = [(b"content-length", str(size).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": b"a" * size})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server that loses its patience soon; uvicorn's own is as long as ever."""
    monkeypatch.setattr(connections, "PATIENCE", 0.5)
    monkeypatch.setattr(connections, "PATIENCE_WITH_READERS", 0.5)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application,
        lifespan="off",
        log_level="error",
        timeout_keep_alive=600,
        http=connections.only_for(None),
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def is_closed(connection: socket.socket) -> bool:
    """Whether the server ends it, without another word."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def answer(connection: socket.socket) -> bytes:
    connection.sendall(REQUEST)
    said = b""
    while not said.endswith(b"\r\n\r\naa"):
        said += connection.recv(4096)
    return said


@pytest.mark.parametrize("beginning", [b"", b"G", REQUEST[:-2]])
def test_the_first_request_must_come(port: int, beginning: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(beginning)
        assert is_closed(connection)


def test_the_head_of_a_later_request_may_not_dribble(port: int) -> None:
    """One letter after another, each in time; another connection is answered meanwhile."""
    with connected(port) as connection, connected(port) as other:
        answer(connection)
        sent = 0
        try:
            for letter in REQUEST * 100:
                connection.sendall(bytes([letter]))
                sent += 1
                time.sleep(0.05)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < len(REQUEST), "a whole head came although it took longer than the patience"
        with connected(port) as third:
            assert answer(third).startswith(b"HTTP/1.1 200")
        assert is_closed(other)


def test_requests_one_after_another_are_answered(port: int) -> None:
    """A connection may live longer than the patience, as long as its requests come whole."""
    with connected(port) as connection:
        for _request in range(15):
            assert answer(connection).startswith(b"HTTP/1.1 200")
            time.sleep(0.05)


def test_requests_that_come_together_are_answered(port: int) -> None:
    """The third of them only begins: it is waited for, and not for ever."""
    with connected(port) as connection:
        connection.sendall(REQUEST * 2 + REQUEST[:5])
        said = b""
        while part := connection.recv(4096):
            said += part
        assert said.count(b"HTTP/1.1 200") == 2


def test_who_reads_nothing_is_cut_off(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(REQUEST.replace(b"/ ", b"/large "))
        time.sleep(2)
        read = 0
        try:
            while part := connection.recv(1 << 20):
                read += len(part)
        except ConnectionResetError:
            pass
        assert read < LARGE
