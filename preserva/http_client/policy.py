"""Which addresses may be requested, and how an address is shown without its secrets."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from preserva.i18n import _

SCHEMES = frozenset({"http", "https"})

DEFAULT_PORTS = {"http": 80, "https": 443}
"""The default port of each scheme."""

_AT = re.compile("@|%40|%2540", re.IGNORECASE)

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP = 0x5EFE
_UNIVERSAL = 0x0200_0000  # the bit by which an ISATAP interface calls its IPv4 address unique


class AddressError(Exception):
    """The policy forbids this address. The message holds no secret of it."""


class ResolutionError(Exception):
    """A name that has no address at present."""


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """Which addresses may be requested, and how long a response may take.

    `hosts` holds names (`files.example.org`), names below a domain (`*.example.org`), and IP
    addresses or networks (`10.1.0.0/16`). An address that is not public is used only if it is in
    one of these, whatever its name. With `any_public_host`, names that are not listed may also be
    used, at public addresses.

    `ports` are those to which a redirect may lead, in addition to its own.

    `timeout` is in seconds: for connecting to all of a host's addresses, then for the head of the
    answer, then for each pause in its body. `slowest` is the average rate in bytes a second below
    which a body is given up.
    """

    schemes: frozenset[str]
    hosts: tuple[str, ...]
    timeout: float = 60.0
    slowest: int = 1024
    any_public_host: bool = False
    ports: frozenset[int] = frozenset()

    def check(self, url: str) -> SplitResult:
        """The parts of an allowed URL. Raises AddressError with the reason."""
        if not url.isascii() or not url.isprintable() or not {" ", "\\"}.isdisjoint(url):
            raise AddressError(_("the address has characters that must be percent-encoded"))
        try:
            parts = urlsplit(url)
            host, _port = parts.hostname, parts.port
        except ValueError:  # its text would repeat a password
            raise AddressError(_("the address is not a valid URL")) from None
        if parts.scheme not in self.schemes & SCHEMES:
            raise AddressError(_("the scheme {scheme} is not allowed").format(scheme=parts.scheme))
        if _AT.search(parts.netloc):
            raise AddressError(_("an address with a user name is not allowed"))
        encoded = host is not None and "%" in host and ":" not in host  # no zone of IPv6
        if not host or encoded or not self._is_allowed(host):
            shown = "…" if _AT.search(url) else host or ""  # a password may hold a slash
            raise AddressError(_("the host {host} is not allowed").format(host=shown))
        return parts

    def check_redirect(self, origin: SplitResult, url: str) -> SplitResult:
        """The parts of an allowed URL to which `origin` redirects. Raises AddressError.

        Never from https to http, nor to another port unless `ports` holds it. From http to https,
        each at its usual port, is allowed.
        """
        parts = self.check(url)
        if origin.scheme == "https" and parts.scheme != "https":
            raise AddressError(_("the redirect leads to a connection that is not encrypted"))
        port, earlier = port_of(parts), port_of(origin)
        upgraded = (origin.scheme, earlier, parts.scheme, port) == ("http", 80, "https", 443)
        if port != earlier and not upgraded and port not in self.ports:
            message = _("the redirect leads to another port, {port}")
            raise AddressError(message.format(port=port))
        return parts

    def _is_allowed(self, host: str) -> bool:
        address = _address(host)
        if address is not None:
            return self._is_listed(address) or (self.any_public_host and self._may_be_used(address))
        host = host.rstrip(".").lower()
        for allowed in self.hosts:
            name = allowed.rstrip(".").lower()
            if host == name or (name.startswith("*.") and host.endswith(name[1:])):
                return True
        return self.any_public_host

    def _is_listed(self, address: _Address) -> bool:
        networks = (_network(allowed) for allowed in self.hosts)
        return any(network is not None and address in network for network in networks)

    def _may_be_used(self, address: _Address) -> bool:
        """Whether an address, and each that is embedded in it, is public or listed."""
        every = (address, *_embedded(address))
        return all(_is_public(each) or self._is_listed(each) for each in every)

    def resolve(self, host: str, port: int) -> list[tuple[str, int]]:
        """The addresses to connect to, in the system's order, each allowed.

        Raises ResolutionError for a name without addresses, and AddressError for one that has
        none that is allowed.
        """
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise ResolutionError(str(error)) from error
        literals = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        addresses = {literal: _address(literal) for literal in literals}
        usable = [
            (literal, port)
            for literal, address in addresses.items()
            if address is not None and self._may_be_used(address)
        ]
        if literals and not usable:
            message = _("{host} is at {address}, which is not public and was not allowed")
            raise AddressError(message.format(host=host, address=literals[0]))
        if not usable:
            raise ResolutionError(_("{host} has no address").format(host=host))
        return usable


def named_hosts(url: str) -> tuple[str, ...]:
    """The host of a URL that a person trusts, with all its addresses, public or not."""
    host = ""
    addresses: set[str] = set()
    with suppress(OSError, ValueError):  # an invalid URL is refused when it is asked
        host = urlsplit(url).hostname or ""
        addresses = {str(answer[4][0]) for answer in socket.getaddrinfo(host, None)}
    return host, *sorted(addresses)


def port_of(parts: SplitResult) -> int:
    """The port of an allowed URL."""
    return DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port


def shown(url: str, *, path: bool = True) -> str:
    """A URL for people: without its query, and without its path if that is a secret.

    Of a URL that may hold a user name or a password in any spelling, only the scheme is shown.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        return "…"
    if _AT.search(url):
        return f"{scheme}://…"
    origin = f"{scheme}://{f'[{host}]' if ':' in host else host}"
    if port is not None:
        origin += f":{port}"
    if not path:
        return f"{origin}/…"
    return origin + parts.path + ("?…" if parts.query else "")


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


def _is_public(address: _Address) -> bool:
    """Whether it can only be a machine on the public network.

    Of IPv6, only global unicast addresses (RFC 4291 section 2.4) and NAT64 (RFC 6052) can be:
    `is_global` alone takes site-local and IPv4-compatible ones for public.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _NAT64 or address.sixtofour is not None:
        return True  # what is embedded decides
    return address in _GLOBAL_UNICAST and address.is_global


def _embedded(address: _Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses to which an IPv6 address may be translated or tunnelled.

    6to4 (RFC 3056), Teredo (RFC 4380), NAT64 (RFC 6052), ISATAP (RFC 5214).
    """
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    low = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    isatap = (int(address) >> 32) & 0xFFFF_FFFF & ~_UNIVERSAL == _ISATAP
    if address in _NAT64 or isatap:
        yield low
