"""Webhooks: who is told, that nobody else is, and that nothing is forgotten."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from preserva.config import Config, PageSettings
from preserva.errors import UsageError
from preserva.web import hooks, jobs
from preserva.web.database import WebDatabase
from preserva.web.hooks import HookSender
from preserva.web.visit import StaffSite
from preserva.web.worker import Worker
from tests.unit.web.conftest import Clock, Visitor, visitor_of


def allowing(config: Config, *hosts: str) -> Config:
    return replace(config, web=PageSettings(webhook_hosts=hosts))


class Listener:
    """A program that is told; each answer has the next of the statuses, the last one for good."""

    def __init__(self, *statuses: int, location: str = "") -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.statuses, self.location = list(statuses), location
        self.port = 0


@contextmanager
def listening(listener: Listener) -> Iterator[str]:
    """The address of a listener, on this computer: an inside address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            listener.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
            statuses = listener.statuses
            self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
            if listener.location:
                self.send_header("location", listener.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/told?key=1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ended(database: WebDatabase, status: int = 0) -> int:
    """A job that is over."""
    number = jobs.submit(database, "f", "validate", {"package": "a"}, "petrov", "en")
    jobs.claim(database)
    jobs.end(database, number, status)
    return number


def test_who_was_added_is_told_once_and_can_check_it(site: StaffSite, clock: Clock) -> None:
    """The signature is that of standardwebhooks.com: identifier, time and body."""
    config, listener = allowing(site.config, "127.0.0.1"), Listener(204)
    with listening(listener) as url:
        secret = hooks.add(config, site.database, url, "admin")
        number = ended(site.database, 4)
        assert hooks.deliver(config, site.database)
        assert not hooks.deliver(config, site.database)
    ((headers, body),) = listener.taken
    assert json.loads(body) == {
        "type": "job.ended",
        "timestamp": int(clock.now),
        "data": {"job": number, "action": "validate", "person": "petrov", "exit_status": 4},
    }
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert headers["content-type"] == "application/json"
    (hook,) = hooks.known(site.database)
    assert (hook.waiting, hook.problem) == (0, None)


def test_what_is_not_taken_is_sent_again(site: StaffSite, clock: Clock) -> None:
    """Later and later, as the same message; at last it is given up, and the page says why."""
    config, listener = allowing(site.config, "127.0.0.1"), Listener(503)
    with listening(listener) as url:
        hooks.add(config, site.database, url, "admin")
        ended(site.database)
        waits = 0.0
        for delay in (0.0, *hooks.DELAYS):
            clock.now += delay - 1
            assert delay == 0 or not hooks.deliver(config, site.database)
            clock.now += 1
            assert hooks.deliver(config, site.database)
            waits += delay
        clock.now += 1e6
        assert not hooks.deliver(config, site.database)
    assert len(listener.taken) == 1 + len(hooks.DELAYS)
    assert len({headers["webhook-id"] for headers, _body in listener.taken}) == 1
    assert len({body for _headers, body in listener.taken}) == 1
    (hook,) = hooks.known(site.database)
    assert (hook.waiting, hook.problem) == (0, "HTTP 503 Service Unavailable")
    assert 60_000 < waits < 86_400


def test_one_that_is_busy_is_told_later(site: StaffSite, clock: Clock) -> None:
    config, listener = allowing(site.config, "127.0.0.1"), Listener(500, 200)
    with listening(listener) as url:
        hooks.add(config, site.database, url, "admin")
        ended(site.database)
        hooks.deliver(config, site.database)
        clock.now += hooks.DELAYS[0]
        hooks.deliver(config, site.database)
    (hook,) = hooks.known(site.database)
    assert (len(listener.taken), hook.waiting, hook.problem) == (2, 0, None)


def test_nobody_is_led_elsewhere(site: StaffSite) -> None:
    """A redirect is no success, and is not followed."""
    config, other = allowing(site.config, "127.0.0.1"), Listener(200)
    with listening(other) as elsewhere:
        listener = Listener(307, location=elsewhere)
        with listening(listener) as url:
            hooks.add(config, site.database, url, "admin")
            ended(site.database)
            hooks.deliver(config, site.database)
    assert len(listener.taken) == 1 and other.taken == []


def test_a_host_that_nobody_allowed_is_not_called(site: StaffSite) -> None:
    """Nor one that was allowed when it was added, nor an inside address behind an allowed name."""
    allowed, listener = allowing(site.config, "127.0.0.1", "localhost"), Listener(200)
    with listening(listener) as url:
        hooks.add(allowed, site.database, url, "admin")
        by_name = url.replace("127.0.0.1", "localhost")
        hooks.add(allowing(site.config, "localhost"), site.database, by_name, "admin")
        ended(site.database)
        for _hook in range(2):
            assert hooks.deliver(allowing(site.config, "localhost"), site.database)
    assert listener.taken == []
    assert [hook.waiting for hook in hooks.known(site.database)] == [1, 1]
    problems = [hook.problem or "" for hook in hooks.known(site.database)]
    assert "not public and was not allowed" in problems[0] and "not allowed" in problems[1]


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/",
        "https://books.example.evil.example/",
        "https://user@books.example/",
        "file:///etc/passwd",
        "https://",
        "books.example",
        "https://books.example/\r\nx",
        "https://books.example/" + "a" * 1000,
    ],
)
def test_what_is_not_added(site: StaffSite, url: str) -> None:
    with pytest.raises(UsageError):
        hooks.add(allowing(site.config, "books.example"), site.database, url, "admin")
    assert hooks.known(site.database) == []


def test_nothing_is_told_before_or_of_what_was_removed(site: StaffSite) -> None:
    config = allowing(site.config, "127.0.0.1")
    ended(site.database)
    with listening(Listener(200)) as url:
        hooks.add(config, site.database, url, "admin")
        assert not hooks.deliver(config, site.database)
        jobs.stop(site.database, jobs.submit(site.database, "g", "audit", {}, "petrov", "en"), "x")
        (hook,) = hooks.known(site.database)
        assert hook.waiting == 1  # a job that was stopped while it waited has ended, too
        hooks.remove(site.database, hook.number)
        assert not hooks.deliver(config, site.database)
    assert hooks.known(site.database) == []


def test_one_that_is_killed_while_it_sends_sends_again(
    site: StaffSite, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = allowing(site.config, "127.0.0.1")
    with listening(Listener(200)) as url:
        hooks.add(config, site.database, url, "admin")
    ended(site.database)

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(hooks, "post", killed)
    with pytest.raises(KeyboardInterrupt):
        hooks.deliver(config, site.database)
    (hook,) = hooks.known(site.database)
    assert hook.waiting == 1
    assert not hooks.deliver(config, site.database)


def test_the_server_sends_by_itself(site: StaffSite) -> None:
    """And goes on after something went wrong."""
    config, listener = allowing(site.config, "127.0.0.1"), Listener(200)
    told = threading.Event()
    with listening(listener) as url:
        hooks.add(config, site.database, url, "admin")
        ended(site.database)
        sender = HookSender(config, site.database)
        sender.start()
        for _second in range(600):
            if listener.taken:
                told.set()
                break
            told.wait(0.1)
        sender.stop()
    assert told.is_set() and not sender.is_alive()


def test_addresses_are_added_and_removed_on_a_page(site: StaffSite) -> None:
    """The secret is shown once; what may be secret in an address, never."""
    config = allowing(site.config, "books.example")
    allowed = StaffSite.of(config, site.database, Worker(config, site.database))
    client = visitor_of(allowed, "administer")
    fields = {"change": "hook", "url": "https://books.example/hook?key=secret"}
    page = client.post("/programs", data=fields).text
    assert "whsec_" in page and "key=secret" not in page
    assert "https://books.example/hook?…" in page
    assert "whsec_" not in client.get("/programs").text
    (hook,) = hooks.known(site.database)
    removed = {"change": "remove-hook", "number": str(hook.number)}
    assert client.post("/programs", data=removed).status_code == 303
    assert hooks.known(site.database) == []


def test_without_allowed_hosts_no_form_is_shown(visitor: Visitor) -> None:
    page = visitor("administer").get("/programs").text
    assert 'name="url"' not in page and "webhook_hosts" in page
