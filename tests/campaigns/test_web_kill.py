"""The server of the pages is killed again and again: no job is lost, and none is done twice."""

from __future__ import annotations

import http.client
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

from preserva import config as configuration
from preserva.archive.archive import open_archive
from preserva.web import jobs, people, sessions
from preserva.web.database import WebDatabase
from preserva.web.people import PageRole
from tests.support.servers import free_port, wait_for

KILLS = 50 if os.environ.get("PRESERVA_LONG") == "1" else 8
_PATIENCE = 120.0


def start(config: configuration.Config, port: int = 0) -> subprocess.Popen[bytes]:
    """A server, on any port unless one is named."""
    command = [sys.executable, "-m", "preserva", "web", "--port", str(port), "--quiet"]
    return subprocess.Popen(
        [*command, "--config", str(config.path), "--person", "petrov"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_every_job_is_done_once(one_book: Path) -> None:
    """Two copies are read for each job, whenever the server was killed; the session goes on."""
    config = configuration.load(one_book / configuration.NAME)
    database = WebDatabase.of(config)
    people.accept(database, people.add(database, "petrov", PageRole.ADMINISTER), "зимний вечер")
    session = sessions.start(database, "petrov")
    chance = random.Random(22)
    numbers = []
    for kill in range(KILLS):
        form = f"form-{kill}"
        for _click in range(2):
            number = jobs.submit(
                database, form, "validate", {"package": "aonb-kp-7"}, "petrov", "en"
            )
        numbers.append(number)
        server = start(config)
        time.sleep(chance.uniform(0.0, 4.0))
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
    finish(config, database)
    done = [jobs.job(database, number) for number in numbers]
    assert [job.exit_status for job in done if job is not None] == [0] * KILLS
    assert len(jobs.recent(database, 1000)) == KILLS
    with open_archive(config.path) as archive:
        checks = list(archive.ledger.entries(types=("fixity check",)))
        assert archive.ledger.verify() == []
    assert [entry.person for entry in checks] == ["petrov"] * (2 * KILLS)
    known = sessions.whose(database, session)
    assert known is not None and known.code == "petrov"


class Browser:
    """Sends forms as a browser does: with the session, and again if nothing was answered."""

    def __init__(self, port: int, session: str) -> None:
        self._port, self._session = port, session

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        """The status of the answer, and where it leads. Raises OSError, HTTPException."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {
            "cookie": f"preserva_session={self._session}",
            "sec-fetch-site": "same-origin",
            "content-type": "application/x-www-form-urlencoded",
        }
        try:
            connection.request(method, path, urlencode(fields or {}), headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers.get("location", "")
        finally:
            connection.close()


FORMS = (
    {"action": "validate", "package": "aonb-kp-7"},
    {"action": "replicate-package", "package": "aonb-kp-7"},
    {"action": "validate", "package": "aonb-kp-7", "storage": "nlb-copy"},
    {"action": "audit", "time": "15m"},
)
CHECKS = (2, 0, 1)
"""How many copies each of the first three reads, however often the server was killed."""


def test_every_form_is_done_once(one_book: Path) -> None:
    """Forms are sent over HTTP, twice and by two tabs, until the server says where they lead.

    Meanwhile it is killed; what was answered is true for good, and a form whose answer was lost is
    sent again.
    """
    config = configuration.load(one_book / configuration.NAME)
    database = WebDatabase.of(config)
    people.accept(database, people.add(database, "petrov", PageRole.ADMINISTER), "зимний вечер")
    session = sessions.start(database, "petrov")
    chance, places = random.Random(57), dict[str, set[str]]()
    for kill in range(KILLS):
        port = free_port()
        server, browser = start(config, port), Browser(port, session)
        forms = {f"f-{kill}-{tab}": FORMS[(kill + tab) % len(FORMS)] for tab in range(2)}
        if kill % 4:  # else it is killed while it starts, or a little later
            wait_for(port, server)
        killed = threading.Timer(chance.uniform(0.0, 4.0), server.kill)
        killed.start()
        while server.poll() is None:
            for form, fields in forms.items():
                with suppress(OSError, http.client.HTTPException):
                    status, place = browser.ask("POST", "/jobs", {**fields, "form": form})
                    assert status == 303
                    places.setdefault(form, set()).add(place)
            time.sleep(0.05)  # a person does not press faster
        killed.join()
        server.wait()
    finish(config, database)
    assert len(places) >= KILLS // 4, "too few forms were answered to prove anything"
    everything = jobs.recent(database, 10_000)
    assert all(len(found) == 1 for found in places.values())
    assert {place for found in places.values() for place in found} <= {
        f"/jobs/{job.number}" for job in everything
    }
    assert len(everything) <= 2 * KILLS
    assert {job.exit_status for job in everything} == {0}
    read = sum(
        CHECKS[FORMS.index({"action": job.action, **job.fields})]
        for job in everything
        if job.action != "audit"
    )
    with open_archive(config.path) as archive:
        checks = list(archive.ledger.entries(types=("fixity check",)))
        assert archive.ledger.verify() == []
    assert {entry.person for entry in checks} == {"petrov"}
    audits = sum(job.action == "audit" for job in everything)
    assert read <= len(checks) <= read + 2 * audits
    known = sessions.whose(database, session)
    assert known is not None and known.code == "petrov"


def finish(config: configuration.Config, database: WebDatabase) -> None:
    """Let a last server do what is left."""
    last = start(config)
    try:
        left, end = 10_000, 0.0
        while waiting := len(jobs.waiting(database)):
            if waiting < left:  # as long as one after another is done, it is only slow
                left, end = waiting, time.monotonic() + _PATIENCE
            assert last.poll() is None and time.monotonic() < end, jobs.waiting(database)
            time.sleep(0.2)
    finally:
        last.terminate()
        last.wait()
