"""An audit killed at a write to the ledger: what was recorded counts, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import open_archive
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.report import Outcome
from preserva.fixity.audit import audit
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from tests.support.books import an_archive, make_book

COPIES = 4
KILLED = """
import os, signal, sys
from preserva.ledger import chain as ledger
from preserva.cli.main import run

when, moment = int(sys.argv[1]), sys.argv[2]
append, canonical, count = ledger.Ledger.append, ledger.canonical, 0

def counted(*given, **named):
    global count
    count += 1
    entry = append(*given, **named)
    if count == when and moment == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return entry

def within(body):
    if count == when and moment == "within":
        os.kill(os.getpid(), signal.SIGKILL)
    return canonical(body)

ledger.Ledger.append, ledger.canonical = counted, within
run(["--config", sys.argv[3], "audit"])
"""


@pytest.mark.parametrize("moment", ["within", "after"])
@pytest.mark.parametrize("when", range(1, COPIES + 2))
def test_a_kill_at_a_write_to_the_ledger(tmp_path: Path, when: int, moment: str) -> None:
    """Each copy is in the ledger once at the end, and the chain verifies."""
    with an_archive(tmp_path / "archive") as archive:
        for number in range(COPIES // 2):
            record = make_book(tmp_path / f"book{number}", seed=number)
            package(tmp_path / f"book{number}", record, archive, local=f"kp-{number}")
        replicate(archive)
    path = tmp_path / "archive" / config.NAME
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(when), moment, str(path)],
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    kept = max(0, (when if moment == "after" else when - 1) - 1)  # the first says it was verified
    with open_archive(path) as archive:  # by the clock of the run before
        assert archive.ledger.verify() == []
        assert len(list(archive.ledger.entries(types=(FIXITY_CHECK,)))) == kept
        found = audit(archive)
        checks = list(archive.ledger.entries(types=(FIXITY_CHECK,)))
    assert [report.outcome for report in found.reports] == [Outcome.PASS] * (COPIES - kept)
    assert len({(one.package, one.storage) for one in checks}) == len(checks) == COPIES
