"""Requests to real servers on this machine: redirects, limits, time, another attempt."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from preserva.http_client.client import REDIRECTS, AnswerError, ask, read
from preserva.http_client.policy import AddressError, RequestPolicy
from tests.support.servers import free_port
from tests.support.web_server import Send, answer, certificate, tls_of, web_server

LOOPBACK = ("127.0.0.1",)
POLICY = RequestPolicy(frozenset({"http", "https"}), LOOPBACK, timeout=30)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The key and certificate of the servers."""
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(pem: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """What makes a server speak TLS with a certificate that clients trust now."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    yield tls_of(pem)


def redirect(to: str, status: str = "302 Found") -> bytes:
    return answer(status=status, Location=to)


def test_an_answer_over_tls(tls: ssl.SSLContext) -> None:
    with web_server(lambda _target, send: send(answer(b"body")), tls) as server:
        assert read(server.url("/x?y=1"), POLICY, 100) == b"body"
        assert read(server.url(), POLICY, 2) == b"bo"
        assert server.asked == ["/x?y=1", "/"]


def test_a_server_without_a_trusted_certificate_gets_no_request(pem: Path) -> None:
    with (
        web_server(lambda _target, send: send(answer(b"body")), tls_of(pem)) as server,
        pytest.raises(AnswerError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        read(server.url(), POLICY, 100)
    assert server.asked == []


@pytest.mark.parametrize("status", ["301 x", "302 x", "303 x", "307 x", "308 x"])
def test_a_redirect_from_https_to_http_is_never_followed(tls: ssl.SSLContext, status: str) -> None:
    """Whatever the policy allows: who listens on the way would learn the address."""
    with web_server(lambda _target, send: send(answer(b"open"))) as plain:
        to = plain.url("/secret")
        policy = RequestPolicy(POLICY.schemes, LOOPBACK, 30, ports=frozenset({plain.port}))
        with web_server(lambda _target, send: send(redirect(to, status)), tls) as secure:
            with pytest.raises(AddressError, match="not encrypted"):
                read(secure.url("/secret"), policy, 100)
            assert (secure.asked, plain.asked) == (["/secret"], [])


def test_a_redirect_to_another_port_needs_leave(tls: ssl.SSLContext) -> None:
    """A web server must not make us speak to whatever listens beside it."""
    places: list[str] = []
    with (
        web_server(lambda _target, send: send(answer(b"there")), tls) as other,
        web_server(lambda _target, send: send(redirect(places[0])), tls) as server,
    ):
        places.append(other.url("/x"))
        with pytest.raises(AddressError, match=f"another port, {other.port}"):
            read(server.url(), POLICY, 100)
        assert other.asked == []
        allowed = RequestPolicy(POLICY.schemes, LOOPBACK, 30, ports=frozenset({other.port}))
        assert read(server.url(), allowed, 100) == b"there"
        assert other.asked == ["/x"]


@pytest.mark.parametrize("host", ["127.0.0.2", "2130706434", "0x7f.2", "[::ffff:127.0.0.2]"])
@pytest.mark.parametrize("public", [True, False])
def test_a_redirect_to_another_address_inside_is_not_followed(host: str, public: bool) -> None:
    """Also from a server that was allowed inside, and however the address is spelled."""
    policy = RequestPolicy(POLICY.schemes, LOOPBACK, 30, any_public_host=public)
    places: list[str] = []
    with web_server(lambda _target, send: send(redirect(places[0]))) as server:
        places.append(f"http://{host}:{server.port}/inside")
        with pytest.raises(AddressError):
            read(server.url(), policy, 100)
        assert server.asked == ["/"]


def test_a_redirect_within_the_server_is_followed() -> None:
    def answering(target: str, send: Send) -> None:
        send(answer(b"end") if target == "/b/end" else redirect("end"))

    with web_server(answering) as server:
        assert read(server.url("/b/start"), POLICY, 100) == b"end"
        assert server.asked == ["/b/start", "/b/end"]


def test_redirects_in_a_circle_end() -> None:
    with web_server(lambda _target, send: send(redirect("/x"))) as server:
        with pytest.raises(AnswerError, match="too many redirects"):
            read(server.url("/x"), POLICY, 100)
        assert server.asked == ["/x"] * (REDIRECTS + 1)


def test_no_more_than_the_limit_is_read() -> None:
    """A server that never stops sending ends with our patience, not with our memory."""

    def answering(_target: str, send: Send) -> None:
        send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            send(b"x" * 65536)

    with web_server(answering) as server:
        assert read(server.url(), POLICY, 100_000) == b"x" * 100_000


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    ],
    ids=["silence", "head", "body", "chunk"],
)
def test_a_server_that_sends_byte_by_byte_does_not_hold_us(start: bytes) -> None:
    """Each byte comes well within the timeout, and the end never: the whole has a limit too."""
    released = threading.Event()

    def answering(_target: str, send: Send) -> None:
        send(start)
        while not released.wait(0.02):
            send(b"x" if start else b"")

    policy = RequestPolicy(POLICY.schemes, LOOPBACK, timeout=0.3, slowest=10_000)
    with web_server(answering) as server:
        with pytest.raises(AnswerError, match=r"took too long|timed out"):
            read(server.url(), policy, 1000)
        released.set()


def test_a_tls_handshake_that_never_comes_does_not_hold_us() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        policy = RequestPolicy(POLICY.schemes, LOOPBACK, timeout=0.2)
        with pytest.raises(AnswerError, match="timed out"):
            read(f"https://127.0.0.1:{silent.getsockname()[1]}/", policy, 100)


def test_a_body_that_is_cut_short_is_no_answer() -> None:
    """Of a stated length, or in chunks."""
    cut = {
        "/length": answer(b"body", Content_Length="5"),
        "/chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nbody",
    }
    with web_server(lambda target, send: send(cut[target])) as server:
        for target in cut:
            with pytest.raises(AnswerError, match="the connection ended too early"):
                read(server.url(target), POLICY, 100)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\x1b[2Jno HTTP\r\n\r\n", "the answer is not valid HTTP"),
        (answer(status="503 \x1b[2Jaway"), "HTTP 503 Service Unavailable"),
        (answer(status="299 \x1b[2Jaway"), "HTTP 299"),
        (answer(Content_Encoding="gzip"), "the server sent a compressed response"),
        (answer(status="206 x", Content_Range="bytes 7-9/10"), "a different part of the file"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "the answer is not valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000, "the answer is not valid HTTP"),
    ],
)
def test_what_is_wrong_is_said_without_the_words_of_the_server(sent: bytes, reason: str) -> None:
    """They may hold anything, for instance what a terminal obeys."""
    with (
        web_server(lambda _target, send: send(sent)) as server,
        pytest.raises(AnswerError) as caught,
    ):
        read(server.url(), POLICY, 100)
    assert str(caught.value).endswith(reason)


def test_a_part_of_a_file() -> None:
    with (
        web_server(
            lambda _target, send: send(answer(b"cd", "206 x", Content_Range="bytes 2-3/4"))
        ) as server,
        ask(server.url(), 2, POLICY) as part,
    ):
        assert (part.offset, part.length, part.read(9), part.read(9)) == (2, 2, b"cd", b"")


def test_nobody_there() -> None:
    with pytest.raises(AnswerError, match="refused"):
        read(f"http://127.0.0.1:{free_port()}/", POLICY, 100)


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a host that has several, the first may not be reachable from here."""
    plain = socket.getaddrinfo

    def looked_up(host: str, *rest: Any, **named: Any) -> Any:
        if host == "a.example":
            return [(0, 0, 0, "", (place, 0)) for place in ("::1", "127.0.0.1")]
        return plain(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    with web_server(lambda _target, send: send(answer(b"here"))) as server:
        policy = RequestPolicy(POLICY.schemes, ("a.example", "::1", "127.0.0.1"), 30)
        assert read(f"http://a.example:{server.port}/", policy, 100) == b"here"


@pytest.mark.parametrize("status", ["429 x", "500 x", "502 x", "503 x", "504 x"])
def test_a_busy_server_is_asked_again(status: str) -> None:
    """At the time that it names, else after twice as long each time."""
    answers = iter(
        [answer(status=status), answer(status=status, Retry_After="42"), answer(status=status)]
    )
    slept: list[float] = []
    with web_server(lambda _target, send: send(next(answers, answer(b"body")))) as server:
        got = read(server.url(), POLICY, 100, attempts=4, delay=5, sleep=slept.append)
    assert (got, slept) == (b"body", [5, 42, 20])


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (answer(status="404 x"), 404),
        (answer(status="503 x", Retry_After="3600"), 503),
    ],
)
def test_what_will_not_change_soon_is_not_asked_again(sent: bytes, status: int) -> None:
    slept: list[float] = []
    with web_server(lambda _target, send: send(sent)) as server:
        with pytest.raises(AnswerError) as caught:
            read(server.url(), POLICY, 100, attempts=4, delay=5, sleep=slept.append)
        assert (caught.value.status, slept, len(server.asked)) == (status, [], 1)
