"""One HTTP request that cannot be led astray: every hop is checked before a byte is sent.

No proxies, no cookies, no passwords, no schemes but http and https. A name is resolved once and
that address is checked and used, so that a second look-up cannot give another.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import SplitResult, urljoin, urlsplit

from preserva.i18n import _
from preserva.version import __version__

REDIRECTS = 5
SCHEMES = frozenset({"http", "https"})

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AddressError(Exception):
    """The policy forbids this address."""


class AnswerError(Exception):
    """The server could not be reached, or did not send the file; `status` is what it said.

    `wait` is after how many seconds it wants to be asked again, if it said so.
    """

    def __init__(self, reason: str, status: int | None = None, wait: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Policy:
    """Which addresses may be asked.

    `hosts` holds names (`files.example.org`), names below a domain (`*.example.org`), and IP
    addresses or networks (`10.1.0.0/16`). An address that is not public is asked only if it is
    in one of these, by whatever name it is reached.
    """

    schemes: frozenset[str]
    hosts: tuple[str, ...]
    timeout: float = 60.0

    def check(self, url: str) -> SplitResult:
        """The parts of an allowed URL. Raises AddressError with the reason."""
        try:
            parts = urlsplit(url)
            host, _port = parts.hostname, parts.port
        except ValueError as error:
            raise AddressError(str(error)) from error
        if parts.scheme not in self.schemes & SCHEMES:
            raise AddressError(_("the scheme {scheme} is not allowed").format(scheme=parts.scheme))
        if not host or not self._is_allowed(host):
            raise AddressError(_("the host {host} is not allowed").format(host=host or ""))
        if parts.username is not None or parts.password is not None:
            raise AddressError(_("an address with a user name is not allowed"))
        if not url.isascii() or not url.isprintable() or " " in url:
            raise AddressError(_("the address has characters that must be percent-encoded"))
        return parts

    def _is_allowed(self, host: str) -> bool:
        address = _address(host)
        if address is not None:
            return self._is_listed(address)
        host = host.rstrip(".").lower()
        for allowed in self.hosts:
            name = allowed.rstrip(".").lower()
            if host == name or (name.startswith("*.") and host.endswith(name[1:])):
                return True
        return False

    def _is_listed(self, address: _Address) -> bool:
        networks = (_network(allowed) for allowed in self.hosts)
        return any(network is not None and address in network for network in networks)

    def resolve(self, host: str, port: int) -> tuple[str, int]:
        """The address to connect to. Raises AddressError, AnswerError."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise AnswerError(str(error)) from error
        for _family, _type, _protocol, _name, where in found:
            address = _address(str(where[0]))
            if address is None:
                continue
            if not self._is_listed(address) and (not address.is_global or address.is_multicast):
                message = _("{host} is at {address}, which is not public and was not allowed")
                raise AddressError(message.format(host=host, address=address))
            return str(where[0]), port
        raise AnswerError(_("{host} has no address").format(host=host))


def _address(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends: from which byte on, how many bytes if it said so, and the stream."""

    offset: int
    length: int | None
    stream: http.client.HTTPResponse


@contextmanager
def ask(url: str, offset: int, policy: Policy) -> Iterator[Answer]:
    """The answer to a request for the file from a byte on. Raises AddressError, AnswerError.

    Redirects are followed as far as the policy allows each. A server that cannot begin at the
    byte sends the file from its start: look at the answer's offset.
    """
    for _hop in range(REDIRECTS + 1):
        connection = _connection(policy.check(url), policy)
        try:
            response = _response(connection, url, offset)
            if response.status in {301, 302, 303, 307, 308}:
                url = urljoin(url, response.headers.get("Location", ""))
                continue
            yield _answer(response, offset)
            return
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise AnswerError(str(error) or type(error).__name__) from error
        finally:
            connection.close()
    raise AnswerError(_("too many redirects"))


def _connection(parts: SplitResult, policy: Policy) -> http.client.HTTPConnection:
    host = cast("str", parts.hostname)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    connection = http.client.HTTPConnection(host, port, timeout=policy.timeout)
    where = policy.resolve(host, port)
    try:
        plain = socket.create_connection(where, policy.timeout)
    except OSError as error:
        raise AnswerError(str(error)) from error
    try:
        connection.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=host)
            if secure
            else plain
        )
    except OSError as error:
        plain.close()
        raise AnswerError(str(error)) from error
    return connection


def _response(
    connection: http.client.HTTPConnection, url: str, offset: int
) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"User-Agent": f"preserva/{__version__}", "Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    connection.request("GET", target, headers=headers)
    return connection.getresponse()


def _answer(response: http.client.HTTPResponse, offset: int) -> Answer:
    if response.status not in {200, 206}:
        wait = response.headers.get("Retry-After", "")
        raise AnswerError(
            f"HTTP {response.status} {response.reason}",
            response.status,
            int(wait) if wait.isdecimal() and wait.isascii() and len(wait) < 10 else None,
        )
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise AnswerError(_("the server packed the file"))
    if response.status == 200:
        offset = 0
    elif not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
        raise AnswerError(_("the server sent another part of the file"))
    stated = response.headers.get("Content-Length", "")
    return Answer(offset, int(stated) if stated.isdecimal() else None, response)
