"""Which addresses may be asked, and what of them is shown."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from preserva.http_client.policy import (
    AddressError,
    RequestPolicy,
    ResolutionError,
    named_hosts,
    shown,
)

HTTPS = frozenset({"https"})
BOTH = frozenset({"http", "https"})


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("files.example.org", ["files.example.org"]),
        ("FILES.example.org.", ["files.EXAMPLE.org"]),
        ("a.b.example.org", ["*.example.org"]),
        ("192.0.2.7", ["192.0.2.0/24"]),
        ("[fe80::1%25eth0]", ["fe80::/10"]),
    ],
)
def test_a_listed_host_is_allowed(host: str, allowed: list[str]) -> None:
    parts = RequestPolicy(HTTPS, tuple(allowed)).check(f"https://{host}/x")
    assert (parts.netloc, parts.path) == (host, "/x")


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("example.org", ["*.example.org"]),
        ("evilexample.org", ["*.example.org", "example.org"]),
        ("files.example.org.evil.net", ["files.example.org"]),
        ("192.0.3.7", ["192.0.2.0/24"]),
        ("a.b", ["*"]),
        ("example.org%2eevil.net", ["*.net"]),
    ],
)
def test_another_host_is_refused(host: str, allowed: list[str]) -> None:
    with pytest.raises(AddressError, match=r"the host .* is not allowed"):
        RequestPolicy(HTTPS, tuple(allowed)).check(f"https://{host}/x")


def test_any_public_host_still_means_public() -> None:
    """Names are looked up first; an address that is not public is refused as it stands."""
    policy = RequestPolicy(HTTPS, (), any_public_host=True)
    assert policy.check("https://a.example.org/").hostname == "a.example.org"
    assert policy.check("https://8.8.8.8/").hostname == "8.8.8.8"
    for host in ("127.0.0.1", "[::1]", "[2002:7f00:1::1]"):
        with pytest.raises(AddressError):
            policy.check(f"https://{host}/")


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Each name has these addresses."""
    found = [(0, 0, 0, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)


INSIDE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "255.255.255.255",
    "::", "::1", "fd00::1", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1",
    "::ffff:10.0.0.1",  # mapped
    "::10.0.0.1",  # IPv4-compatible
    "::ffff:0:10.0.0.1",  # translated, RFC 2765
    "2002:a00:1::1",  # 6to4
    "2001:0:808:808::f5ff:fffe",  # Teredo, the client
    "2001:0:a00:1::f7f7:f7f7",  # Teredo, the server
    "64:ff9b::a00:1",  # NAT64
    "64:ff9b:1::a00:1",  # NAT64 of a network of its own
    "2a00:1450::5efe:a00:1",  # ISATAP
    "2a00:1450::200:5efe:a00:1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_a_public_name_at_an_address_inside_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    answers(monkeypatch, address)
    for policy in (
        RequestPolicy(HTTPS, ("files.example.org",)),
        RequestPolicy(HTTPS, (), any_public_host=True),
    ):
        with pytest.raises(AddressError, match="which is not public and was not allowed"):
            policy.resolve("files.example.org", 443)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("8.8.8.8", []),
        ("2a00:1450:4001::1", []),
        ("64:ff9b::808:808", []),
        ("2002:808:808::1", []),
        ("10.1.2.3", ["10.0.0.0/8"]),
        ("::1", ["::1"]),
        ("::ffff:10.0.0.1", ["10.0.0.1"]),
        ("2002:a00:1::1", ["10.0.0.1"]),
        ("64:ff9b::a00:1", ["10.0.0.0/8"]),
        ("fec0::1", ["fec0::/10"]),
    ],
)
def test_a_public_or_listed_address_is_used(
    monkeypatch: pytest.MonkeyPatch, address: str, allowed: list[str]
) -> None:
    answers(monkeypatch, address)
    policy = RequestPolicy(HTTPS, ("files.example.org", *allowed))
    assert policy.resolve("files.example.org", 443) == [(address, 443)]


@pytest.mark.parametrize("address", ["::ffff:10.0.0.1", "2002:a00:1::1", "64:ff9b::a00:1"])
def test_a_listed_form_does_not_open_what_it_embeds(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    answers(monkeypatch, address)
    listed = ("a.example", "::ffff:0:0/96", "2002::/16", "64:ff9b::/96")
    with pytest.raises(AddressError):
        RequestPolicy(HTTPS, listed).resolve("a.example", 443)


def test_of_several_addresses_the_allowed_ones_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "10.0.0.1", "8.8.8.8", "8.8.8.8", "8.8.4.4")
    found = RequestPolicy(HTTPS, ("a.example",)).resolve("a.example", 80)
    assert found == [("8.8.8.8", 80), ("8.8.4.4", 80)]


def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch)
    with pytest.raises(ResolutionError, match=r"a\.example has no address"):
        RequestPolicy(HTTPS, ("a.example",)).resolve("a.example", 80)


def test_the_hosts_of_a_url_that_a_person_named(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "10.0.0.1", "::1")
    assert named_hosts("https://a.example:8443/x") == ("a.example", "10.0.0.1", "::1")
    assert named_hosts("https://[broken/") == ("",)


@pytest.mark.parametrize(
    ("origin", "target", "reason"),
    [
        ("https://a.example/", "http://a.example/", "not encrypted"),
        ("https://a.example:8443/", "http://a.example:8443/", "not encrypted"),
        ("https://a.example/", "https://a.example:8443/", "another port, 8443"),
        ("http://a.example/", "http://a.example:22/", "another port, 22"),
        ("http://a.example:8080/", "https://a.example/", "another port, 443"),
        ("http://a.example/", "https://a.example:80443/", "not a valid URL"),
        ("http://a.example/", "http://b.example/", "the host b.example is not allowed"),
        ("http://a.example/", "http://me:geheim@a.example/", "with a user name"),
        ("http://a.example/", "file:///etc/passwd", "the scheme file is not allowed"),
        ("http://a.example/", "//a.example\\@b.example/", "percent-encoded"),
    ],
)
def test_a_redirect_that_is_refused(origin: str, target: str, reason: str) -> None:
    policy = RequestPolicy(BOTH, ("a.example",))
    with pytest.raises(AddressError, match=reason):
        policy.check_redirect(urlsplit(origin), target)


@pytest.mark.parametrize(
    ("origin", "target", "ports"),
    [
        ("https://a.example/", "https://a.example:443/x", ()),
        ("http://a.example:8080/", "http://a.example:8080/x", ()),
        ("http://a.example/", "https://a.example/", ()),
        ("http://a.example:8080/", "https://a.example:8443/", (8443,)),
    ],
)
def test_a_redirect_that_is_allowed(origin: str, target: str, ports: tuple[int, ...]) -> None:
    policy = RequestPolicy(BOTH, ("a.example",), ports=frozenset(ports))
    assert policy.check_redirect(urlsplit(origin), target).geturl() == target


SECRETS = [
    "https://me:geheim@a.example/x",
    "https://me%3Ageheim%40a.example/x",
    "https://me%3Ageheim%2540a.example/x",
    "https://:geheim@a.example/",
    "https://me:gehe/geheim@a.example/x",
    "https://me:gehe?geheim@a.example/x",
    "https://me:gehe#geheim@a.example/x",
    "https://me:geheim\\@a.example/x",
    "https://me:geheim\t@a.example/x",
    "https://me:geheim@[a.example/x",
    "https://me:geheim\u2100@a.example/x",
    "geheim@a.example/x",
]


@pytest.mark.parametrize("url", SECRETS)
def test_credentials_are_refused_in_every_form_and_never_shown(url: str) -> None:
    """Neither by the refusal nor where the URL is named."""
    policy = RequestPolicy(BOTH, ("a.example", "me", "gehe"))
    with pytest.raises(AddressError) as caught:
        policy.check(url)
    texts = [str(caught.value), shown(url), shown(url, path=False)]
    assert [one for one in texts if "gehe" in one or "me:" in one] == []


@pytest.mark.parametrize(
    ("url", "whole", "origin"),
    [
        ("https://a.example/x/y", "https://a.example/x/y", "https://a.example/…"),
        ("https://a.example:8443/x?key=1", "https://a.example:8443/x?…", "https://a.example:8443/…"),
        ("http://[::1]:80/x#y", "http://[::1]:80/x", "http://[::1]:80/…"),
        ("https://a.example:port/", "…", "…"),
    ],
)  # fmt: skip
def test_what_is_shown_of_an_address(url: str, whole: str, origin: str) -> None:
    assert (shown(url), shown(url, path=False)) == (whole, origin)
