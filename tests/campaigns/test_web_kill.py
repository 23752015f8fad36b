"""The server of the pages is killed again and again: no job is lost, and none is done twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from preserva import config as configuration
from preserva.archive.archive import open_archive
from preserva.web import jobs, people, sessions
from preserva.web.database import WebDatabase
from preserva.web.people import PageRole

KILLS = 50 if os.environ.get("PRESERVA_LONG") == "1" else 8
_PATIENCE = 120.0


def start(config: configuration.Config) -> subprocess.Popen[bytes]:
    """A server on any port; jobs come through the table, as those of a form do."""
    command = [sys.executable, "-m", "preserva", "web", "--port", "0", "--quiet"]
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
    last = start(config)
    try:
        left, end = KILLS + 1, 0.0
        while waiting := len(jobs.waiting(database)):
            if waiting < left:  # as long as one after another is done, it is only slow
                left, end = waiting, time.monotonic() + _PATIENCE
            assert last.poll() is None and time.monotonic() < end, jobs.waiting(database)
            time.sleep(0.2)
    finally:
        last.terminate()
        last.wait()
    done = [jobs.job(database, number) for number in numbers]
    assert [job.exit_status for job in done if job is not None] == [0] * KILLS
    assert len(jobs.recent(database, 1000)) == KILLS
    with open_archive(config.path) as archive:
        checks = list(archive.ledger.entries(types=("fixity check",)))
        assert archive.ledger.verify() == []
    assert [entry.person for entry in checks] == ["petrov"] * (2 * KILLS)
    known = sessions.whose(database, session)
    assert known is not None and known.code == "petrov"
