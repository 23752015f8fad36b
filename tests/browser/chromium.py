"""A headless Chromium that tests talk to over a pipe, in the DevTools protocol.

No driver, no port, no dependency: chromedevtools.github.io/devtools-protocol describes the words.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""Seconds for an answer; a machine that does other things as well is slow, a browser never this."""

# Chromium reads its orders from 3 and answers on 4, whatever numbers these pipes had here.
_LAUNCH = """
import fcntl, os, sys
orders, answers = (fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3])
os.dup2(orders, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",  # pages are ours, and a container's root may have no other way
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--lang=en",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def find_chromium() -> str | None:
    """The program, if it is installed."""
    return shutil.which("chromium") or shutil.which("google-chrome")


@dataclass(frozen=True, slots=True)
class Event:
    """What the browser said without being asked; of which page, and its parameters."""

    session: str
    method: str
    params: Mapping[str, Any]


class BrowserError(Exception):
    """The browser did not do what it was told, or said nothing for too long."""


@dataclass(slots=True)
class Chromium:
    """A running browser. Its events wait in `events` until someone takes them."""

    orders: int
    answers: int
    events: list[Event] = field(default_factory=list)
    _number: int = 0
    _rest: bytes = b""

    def call(self, method: str, session: str = "", **params: object) -> Mapping[str, Any]:
        """The result of a command. Raises BrowserError with what the browser says against it."""
        self._number += 1
        number = self._number
        message: dict[str, object] = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.orders, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            answer = self._next(until, method)
            if answer.get("id") == number:
                break
            self._keep(answer)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        result: Mapping[str, Any] = answer["result"]
        return result

    def wait_for(self, session: str, method: str) -> Event:
        """The next event of this kind, taken out of those that wait."""
        until = time.monotonic() + PATIENCE
        while True:
            for event in self.events:
                if (event.session, event.method) == (session, method):
                    self.events.remove(event)
                    return event
            self._keep(self._next(until, method))

    def take(self, session: str) -> list[Event]:
        """All events of a page until now."""
        self.call("Browser.getVersion")  # whatever was said before its answer has arrived
        taken = [event for event in self.events if event.session == session]
        self.events = [event for event in self.events if event.session != session]
        return taken

    def _keep(self, message: Mapping[str, Any]) -> None:
        if "method" in message:
            session = message.get("sessionId", "")
            self.events.append(Event(session, message["method"], message["params"]))

    def _next(self, until: float, awaited: str) -> Mapping[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self.answers], [], [], max(0.0, until - time.monotonic()))
            more = os.read(self.answers, 1 << 20) if ready else b""
            if not more:
                raise BrowserError(f"no answer to {awaited}")
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        parsed: Mapping[str, Any] = json.loads(message)
        return parsed


@contextmanager
def chromium(program: str, profile: Path) -> Iterator[Chromium]:
    """A browser with an empty profile, until the end of the block."""
    read_orders, orders = os.pipe()
    answers, write_answers = os.pipe()
    command = [sys.executable, "-c", _LAUNCH, str(read_orders), str(write_answers), program]
    with (profile / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(read_orders, write_answers),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    os.close(read_orders)
    os.close(write_answers)
    browser = Chromium(orders, answers)
    try:
        yield browser
    finally:
        with suppress(BrowserError, OSError):
            browser.call("Browser.close")
        os.close(orders)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(answers)
