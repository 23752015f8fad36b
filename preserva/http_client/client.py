"""HTTP requests that cannot be misdirected: every hop is checked before a byte is sent.

There are no proxies, cookies, passwords, or schemes other than http and https. A name is resolved
once and only those addresses are used, so that a second look-up cannot give another.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import cast
from urllib.parse import SplitResult, urljoin

from preserva.http_client.policy import DEFAULT_PORTS, RequestPolicy, ResolutionError, port_of
from preserva.i18n import _
from preserva.retry import retry
from preserva.version import __version__

REDIRECTS = 5

_REDIRECTED = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({429, 500, 502, 503, 504})
_EXPLANATION = 64 << 10
"""Bytes of an error's body that are read: enough for an error of a protocol above HTTP."""
_LONGEST_WAIT = 600


class AnswerError(Exception):
    """The server could not be reached, or did not send the file; `status` is its HTTP status.

    `wait` is after how many seconds it wants to be asked again, if it said so; `body` is what a
    client error (4xx) came with. `lasting` is true where the same request would fail again.
    """

    def __init__(
        self,
        reason: str,
        status: int | None = None,
        wait: int | None = None,
        *,
        body: bytes = b"",
        lasting: bool = False,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.wait = wait
        self.body = body
        self.lasting = lasting

    @property
    def is_passing(self) -> bool:
        """Whether the same request may be answered later."""
        return not self.lasting and (self.status is None or self.status in _PASSING)


class Answer:
    """The body of a response: its first byte, and its length if the server stated it."""

    def __init__(self, offset: int, length: int | None, response: http.client.HTTPResponse) -> None:
        self.offset = offset
        self.length = length
        self._response = response
        self._left = length

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end. Raises AnswerError."""
        with _errors():
            chunk = self._response.read(size)
        if self._left is not None:
            self._left -= len(chunk)
            if not chunk and size and self._left:
                raise AnswerError(_("the connection ended too early"))
        return chunk


@contextmanager
def ask(url: str, offset: int, policy: RequestPolicy) -> Iterator[Answer]:
    """The response to a request for the file from a byte on. Raises AddressError, AnswerError.

    Redirects are followed as far as the policy allows each. A server that cannot begin at the byte
    sends the file from its start: check the response's offset.
    """
    parts = policy.check(url)
    for _hop in range(REDIRECTS + 1):
        line = _connect(parts, policy)
        try:
            with _errors():
                response = _response(line, parts, offset)
            if response.status not in _REDIRECTED:
                line.begin_body()
                yield _answer(response, offset)
                return
            with _errors():
                url = urljoin(parts.geturl(), response.headers.get("Location", ""))
            parts = policy.check_redirect(parts, url)
        finally:
            line.end()
    raise AnswerError(_("too many redirects"), lasting=True)


def read(
    url: str,
    policy: RequestPolicy,
    limit: int,
    *,
    attempts: int = 1,
    delay: float = 0.0,
    sleep: Callable[[float], object] = time.sleep,
) -> bytes:
    """The first `limit` bytes of an answer. Raises AddressError, AnswerError.

    A server that cannot be reached or is busy is asked up to `attempts` times, after the delay that
    it requests, or after `delay` seconds, doubled each time, but never more than ten minutes.
    """

    def once() -> bytes:
        with ask(url, 0, policy) as answer:
            parts, left = [], limit
            while left and (chunk := answer.read(left)):
                parts.append(chunk)
                left -= len(chunk)
            return b"".join(parts)

    def pause(failed: int, error: AnswerError) -> float | None:
        seconds = delay * 2 ** (failed - 1) if error.wait is None else error.wait
        return seconds if error.is_passing and seconds <= _LONGEST_WAIT else None

    return retry(once, AnswerError, attempts=attempts, delay=pause, sleep=sleep)


def post(url: str, body: bytes, headers: Mapping[str, str], policy: RequestPolicy) -> None:
    """Send something that is taken with a status of success. Raises AddressError, AnswerError.

    A redirect is not followed: whoever was trusted with the body answers for themselves.
    """
    parts = policy.check(url)
    line = _connect(parts, policy)
    try:
        with _errors():
            response = _request(line, parts, "POST", headers, body)
        if not 200 <= response.status < 300:
            phrase = http.client.responses.get(response.status, "")
            raise AnswerError(f"HTTP {response.status} {phrase}".rstrip(), response.status)
    finally:
        line.end()


@contextmanager
def _errors() -> Iterator[None]:
    """Turn the errors of a request into AnswerError, without details of the URL or the response."""
    try:
        yield
    except OSError as error:
        raise AnswerError(str(error) or type(error).__name__) from error
    except http.client.IncompleteRead as error:
        raise AnswerError(_("the connection ended too early")) from error
    except (http.client.HTTPException, ValueError) as error:
        raise AnswerError(_("the answer is not valid HTTP")) from error


class _Line(io.RawIOBase):
    """A connection on which no wait outlasts the time for the answer.

    A socket timeout alone would restart with each byte, so that a server that sends one a minute
    could hold us for ever.
    """

    def __init__(self, connection: socket.socket, policy: RequestPolicy, end: float) -> None:
        self._socket = connection
        self._policy = policy
        self._end = end
        self._in_body = False

    def begin_body(self) -> None:
        """From now on, each byte received extends the deadline by its permitted time."""
        self._end = time.monotonic() + self._policy.timeout
        self._in_body = True

    def end(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _wait(self) -> None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError(_("the server took too long"))
        self._socket.settimeout(min(left, self._policy.timeout))

    def sendall(self, data: bytes) -> None:
        """Send it."""
        self._wait()
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What http.client reads the answer from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a RawIOBase takes any buffer; BufferedReader gives this
        """The bytes received, at most as many as the buffer holds."""
        self._wait()
        size = self._socket.recv_into(buffer)
        if self._in_body:
            self._end += size / self._policy.slowest
        return size

    def close(self) -> None:
        """Nothing: http.client closes a connection whose answer it is still reading."""


def _connect(parts: SplitResult, policy: RequestPolicy) -> _Line:
    """A connection to the first of the host's addresses that answers."""
    host = cast("str", parts.hostname)
    end = time.monotonic() + policy.timeout
    try:
        places = policy.resolve(host, port_of(parts))
    except ResolutionError as error:
        raise AnswerError(str(error)) from error
    failure: OSError = TimeoutError(_("the server took too long"))
    for place in places:
        if (left := end - time.monotonic()) <= 0:
            break
        try:
            connection = socket.create_connection(place, left)
        except OSError as error:
            failure = error
            continue
        try:
            if parts.scheme == "https":
                context = ssl.create_default_context()
                connection = context.wrap_socket(connection, server_hostname=host)
        except OSError as error:
            connection.close()
            failure = error
            continue
        return _Line(connection, policy, time.monotonic() + policy.timeout)
    raise AnswerError(
        str(failure) or type(failure).__name__,
        lasting=isinstance(failure, ssl.SSLCertVerificationError),
    ) from failure


def _response(line: _Line, parts: SplitResult, offset: int) -> http.client.HTTPResponse:
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    return _request(line, parts, "GET", headers)


def _request(
    line: _Line,
    parts: SplitResult,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
) -> http.client.HTTPResponse:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    every = {"User-Agent": f"preserva/{__version__}", "Accept-Encoding": "identity", **headers}
    request = http.client.HTTPConnection(cast("str", parts.hostname), port_of(parts))
    request.default_port = DEFAULT_PORTS[parts.scheme]  # so that Host names no usual port
    request.sock = cast("socket.socket", line)  # all that http.client asks of it, it has
    request.request(method, target, body, every)
    return request.getresponse()


def _answer(response: http.client.HTTPResponse, offset: int) -> Answer:
    if response.status not in {200, 206}:
        wait = response.headers.get("Retry-After", "")
        phrase = http.client.responses.get(response.status, "")  # the server's own may be anything
        raise AnswerError(
            f"HTTP {response.status} {phrase}".rstrip(),
            response.status,
            int(wait) if wait.isdecimal() and wait.isascii() and len(wait) < 10 else None,
            body=_explanation(response) if 400 <= response.status < 500 else b"",
        )
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise AnswerError(_("the server sent a compressed response"), lasting=True)
    if response.status == 200:
        offset = 0
    elif not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
        raise AnswerError(_("the server sent a different part of the file"), lasting=True)
    stated = response.headers.get("Content-Length", "")
    return Answer(offset, int(stated) if stated.isdecimal() else None, response)


def _explanation(response: http.client.HTTPResponse) -> bytes:
    """The body of an error, for those who can read it; nothing if it does not come whole."""
    try:
        with _errors():
            body = response.read(_EXPLANATION + 1)
    except AnswerError:
        return b""
    return body if len(body) <= _EXPLANATION else b""
