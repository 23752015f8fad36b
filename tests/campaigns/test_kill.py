"""The command line killed at random moments, as a power switch or an impatient person does it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from preserva.archive.archive import ArchivalStorage
from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.report import Outcome
from preserva.fixity.ocfl_object import check_object
from preserva.fixity.validate import validate_stored
from tests.campaigns.test_every_write import prepared
from tests.faults.damage import PACKAGE
from tests.support.books import an_archive

ROUNDS = 67 if os.environ.get("PRESERVA_LONG") == "1" else 4
COMMANDS = {
    "package": ["package", "../book", "--record", "../book.xml"],
    "package by table": ["package", "--batch", "../books.csv"],
    "store": ["store", "../bags/aonb-kp-7", "--as-ours"],
    "replicate": ["replicate"],
    "repair": ["repair", "aonb-kp-7", "--apply", "--storage", "nlb-copy"],
}


def start(verb: str, place: Path) -> subprocess.Popen[str]:
    """The command, as its own process."""
    return subprocess.Popen(
        [sys.executable, "-m", "preserva.cli.main", *COMMANDS[verb]],
        cwd=place / "archive",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(verb: str, place: Path) -> None:
    """The same to its end, which must be a good one."""
    process = start(verb, place)
    output, _no_errors = process.communicate()
    assert process.returncode == 0, output


def check_after_kill(archive: ArchivalStorage, verb: str) -> None:
    """What is visible is whole, but for what is being repaired; what was acknowledged is there."""
    assert archive.ledger.verify() == []
    for held in [archive.primary] if verb == "repair" else archive.stores():
        for path in held.root.objects():
            report = check_object(held.storage, path).report
            assert report.outcome is Outcome.PASS, report.findings
        if StoredCopy(archive, held, PACKAGE).acknowledged():
            assert held.root.holds(PACKAGE.uri)


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_a_kill_at_any_moment_loses_nothing(verb: str, tmp_path: Path) -> None:
    """200 kills in a long run. Whether a kill meets the work or comes too late, all must hold."""
    moments = random.Random(verb)
    origin = prepared(verb, tmp_path / "start")
    trial = tmp_path / "trial"
    shutil.copytree(origin, trial)
    began = time.monotonic()
    run(verb, trial)
    whole = time.monotonic() - began
    killed = 0
    for _round in range(ROUNDS):
        shutil.rmtree(trial)
        shutil.copytree(origin, trial)
        process = start(verb, trial)
        time.sleep(moments.uniform(0.3, 1.0) * whole)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        with an_archive(trial / "archive") as archive:
            check_after_kill(archive, verb)
        run(verb, trial)
        with an_archive(trial / "archive") as archive:
            check_after_kill(archive, verb)
            reports = validate_stored(archive, PACKAGE)
            assert {one.outcome for one in reports} == {Outcome.PASS}
            assert len(reports) == (2 if verb.startswith("rep") else 1)
    print(f"{verb}: {killed} of {ROUNDS} kills met the process at work")
