"""Where the server listens, who may connect, and whom a proxy may speak for."""

from __future__ import annotations

import http.client
import os
import pwd
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from preserva.core.values.people import Person
from preserva.errors import PreservaError, Refused, UsageError
from preserva.web import people, server, sessions, sockets
from preserva.web.application import guarded
from preserva.web.people import PageRole
from preserva.web.proxy import header_named, proxied
from preserva.web.server import Listening, serve
from preserva.web.visit import StaffSite
from preserva.web.worker import Worker
from tests.unit.web.conftest import OWN

HEADER = "X-Remote-User"
ME = pwd.getpwuid(os.getuid()).pw_name


def behind_proxy(site: StaffSite) -> StaffSite:
    worker = Worker(site.config, site.database)
    return StaffSite.of(site.config, site.database, worker, proxy_header=HEADER)


def test_a_unix_socket_is_never_open_to_others(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    for _start in range(2):  # the second finds what the first has left
        (made,) = sockets.listening("", 0, str(path))
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert sockets.is_unix([made])
        made.close()


def test_what_is_no_socket_is_not_replaced(tmp_path: Path) -> None:
    for path in (tmp_path / "file", tmp_path / "folder"):
        path.write_text("x") if path.name == "file" else path.mkdir()
        with pytest.raises(Refused):
            sockets.listening("", 0, str(path))
        assert path.exists()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "file")
    with pytest.raises(Refused):
        sockets.listening("", 0, str(link))


@pytest.mark.parametrize(
    ("host", "path"), [("no.such.host.invalid", None), ("", "{place}/no/web.sock"), ("", "x" * 300)]
)
def test_where_nobody_can_listen_is_said(tmp_path: Path, host: str, path: str | None) -> None:
    with pytest.raises(UsageError, match="cannot listen"):
        sockets.listening(host, 0, path and path.format(place=tmp_path))


def test_a_port_that_is_taken_is_said() -> None:
    (made,) = sockets.listening("127.0.0.1", 0, None)
    made.listen()
    with pytest.raises(UsageError, match="cannot listen"):
        sockets.listening("127.0.0.1", made.getsockname()[1], None)
    assert not sockets.is_unix([made])
    made.close()


@pytest.mark.parametrize(
    ("listen", "header"),
    [(Listening(port=0), HEADER), (Listening(port=0, proxy_account=ME), "")],
)
def test_a_proxy_is_not_believed_over_the_network(
    site: StaffSite, listen: Listening, header: str
) -> None:
    site = behind_proxy(site) if header else site
    with pytest.raises(UsageError, match="only over a Unix socket"):
        serve(site, "http://127.0.0.1", listen)


def test_an_account_that_is_not_here(site: StaffSite) -> None:
    listen = Listening(socket="x", proxy_account="no-such-account")
    with pytest.raises(UsageError, match="no-such-account"):
        serve(site, "http://127.0.0.1", listen)


@pytest.mark.parametrize("name", ["Cookie", "Host", "X_User", "X-", "X-User:", "", "x-user"])
def test_a_header_that_cannot_carry_a_user(name: str) -> None:
    with pytest.raises(UsageError):
        header_named(name)
    assert header_named(HEADER) == HEADER


def test_the_user_of_the_proxy_has_their_own_role(site: StaffSite) -> None:
    """Who was not invited is nobody; another's session does not count against the proxy."""
    people.add(site.database, "ivanova", PageRole.ADMINISTER)
    people.add(site.database, "petrov", PageRole.LOOK)
    client = TestClient(
        guarded(behind_proxy(site), ("testserver",)), headers=OWN, follow_redirects=False
    )
    for user, status in (("ivanova", 200), ("petrov", 403), ("nobody", 401), ("", 401)):
        assert client.get("/people", headers={HEADER: user}).status_code == status
    client.cookies.set("preserva_session", sessions.start(site.database, "ivanova"))
    assert client.get("/people", headers={HEADER: "petrov"}).status_code == 403
    assert client.get("/people").status_code == 200


def test_without_the_option_the_header_says_nothing(site: StaffSite) -> None:
    people.add(site.database, "ivanova", PageRole.ADMINISTER)
    client = TestClient(guarded(site, ("testserver",)), headers=OWN)
    assert client.get("/people", headers={HEADER: "ivanova"}).status_code == 401


def test_the_proxy_names_logins_where_people_are_listed(site: StaffSite) -> None:
    """Several values are a trick, or a mistake in the proxy: then it is nobody."""
    people.add(site.database, "ivanova", PageRole.LOOK)
    known = {"ivanova": Person("ivanova", "И. И. Иванова", "i.ivanova@LIB")}

    def who(*said: str) -> str | None:
        raw = [(HEADER.lower().encode(), value.encode()) for value in said]
        found = proxied(site.database, known, Headers(raw=raw), HEADER)
        return None if found is None else found.code

    assert who("i.ivanova@LIB") == "ivanova"
    for said in (("ivanova",), ("I.IVANOVA@LIB",), (), ("i.ivanova@LIB", "i.ivanova@LIB")):
        assert who(*said) is None


class Over(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("127.0.0.1", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(self._path))


_START = """
import os, socket, sys
from preserva.web import sockets
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.executable, [sys.executable, "-m", "preserva", "--quiet", "web", *sys.argv[2:]])
"""
"""What systemd does: it opens the socket, and hands it to the process that it becomes."""


@contextmanager
def by_systemd(path: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", _START, str(path), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def test_a_socket_that_systemd_has_opened(site: StaffSite) -> None:
    """Who connects before the server is there is answered; the proxy's user is believed."""
    people.add(site.database, "ivanova", PageRole.LOOK)
    path = site.config.ledger.parent / "s"
    options = ["--config", str(site.config.path), "--person", ""]
    with by_systemd(path, *options, "--proxy-user", HEADER, "--proxy-account", ME) as process:
        while not path.exists():
            assert process.poll() is None
        for user, status in (("ivanova", 200), ("petrov", 401)):
            connection = Over(path)
            connection.request("GET", "/account", headers={HEADER: user})
            answer = connection.getresponse()
            assert answer.status == status, answer.read()
            connection.close()


def test_another_account_may_not_connect(site: StaffSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here everybody is the wrong account; the connection is closed without an answer."""
    from preserva.web.connections import only_for

    path = site.config.ledger.parent / "s"
    options = ["--config", str(site.config.path), "--person", "petrov"]
    program = (
        "import preserva.web.connections as c, sys; c._user_of = lambda peer: 99999;"
        "from preserva.cli.main import run; run(sys.argv[1:])"
    )
    line = ["web", *options, "--socket", str(path), "--proxy-account", ME]
    process = subprocess.Popen([sys.executable, "-c", program, *line], stdout=subprocess.PIPE)
    try:
        while not path.exists():
            assert process.poll() is None
        answers = []
        for _attempt in range(600):
            connection = Over(path)
            try:
                connection.request("GET", "/account")
                answers.append(connection.getresponse().status)
            except ConnectionRefusedError:
                continue  # it does not listen yet
            except (http.client.HTTPException, OSError):
                break
            finally:
                connection.close()
        assert answers == []
    finally:
        process.terminate()
        process.communicate()
    assert only_for({1}).users == {1} and only_for(None).users is None


def test_who_was_invited_starts_a_server_without_a_person(site: StaffSite) -> None:
    """As systemd does, in nobody's name; without anybody, somebody must be named."""
    with pytest.raises(PreservaError):
        server.first_invitation(site.config, site.database, "")
    people.add(site.database, "ivanova", PageRole.ADMINISTER)
    assert server.first_invitation(site.config, site.database, "") is None
    assert server.first_invitation(site.config, site.database, "ivanova") is not None
