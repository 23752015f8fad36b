"""`-v`: what a person who must report a fault can send, on the standard error alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from preserva import __version__
from tests.support.books import an_archive, make_book

PRESERVA = "from preserva.cli.main import run; run()"
FAULT = "import preserva.reporting.status as s; s.each_status = lambda *a: 1 / 0; "
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|DEBUG) preserva[\w.]*: (.*)")


def _run(*arguments: str | Path, code: str = PRESERVA) -> tuple[int, str, list[str]]:
    """Status, standard output, and the lines of the standard error."""
    ran = subprocess.run(
        [sys.executable, "-c", code, "--lang", "en", *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ran.returncode, ran.stdout, ran.stderr.splitlines()


def _logged(lines: list[str]) -> list[tuple[str, str]]:
    """Level and message of each line that is one of the log."""
    return [(match[1], match[2]) for line in lines if (match := LINE.fullmatch(line))]


def test_a_run_is_logged(tmp_path: Path) -> None:
    """Version, configuration, steps and entries of the ledger; the data stays as it is."""
    with an_archive(tmp_path):
        pass
    record = make_book(tmp_path / "scans")
    config = tmp_path / "preserva.toml"
    status, out, err = _run(
        "-v", "--config", config, "package", tmp_path / "scans", "--record", record, "--json"
    )
    assert (status, json.loads(out)["package"]) == (0, "urn:preserva:aonb:kp-7")
    log = _logged(err)
    assert len(log) == len(err)
    assert {level for level, _message in log} == {"INFO"}
    messages = [message for _level, message in log]
    assert messages[0].startswith(f"preserva {__version__}, Python 3.")
    assert messages[1].startswith(f"archive of aonb: configuration {config}, ledger ")
    assert "package begins: urn:preserva:aonb:kp-7" in messages
    assert "package ended: urn:preserva:aonb:kp-7" in messages
    assert any(
        re.match(r"entry \d+ of the ledger: ingestion end, success;", each) for each in messages
    )


def test_twice_is_more_and_the_place_does_not_matter(tmp_path: Path) -> None:
    """Before the verb and after it."""
    with an_archive(tmp_path):
        pass
    config = tmp_path / "preserva.toml"
    record = make_book(tmp_path / "scans")
    package: list[str | Path] = ["package", tmp_path / "scans", "--record", record]
    once = _logged(_run("--config", config, *package, "--dry-run", "--verbose")[2])
    twice = _logged(_run("-v", "--config", config, *package, "-v")[2])
    assert {level for level, _message in once} == {"INFO"}
    files = [message for level, message in twice if level == "DEBUG"]
    assert sum(message.endswith("/METS.xml") for message in files) >= 1
    assert sum("Python" in message for _level, message in twice) == 1


def test_silent_without_it(tmp_path: Path) -> None:
    """As ever."""
    with an_archive(tmp_path):
        pass
    assert _run("--config", tmp_path / "preserva.toml", "-q", "status") == (0, "", [])


def test_a_fault_is_still_a_fault(tmp_path: Path) -> None:
    """Status 70, the traceback, and the lines before it."""
    with an_archive(tmp_path):
        pass
    config = tmp_path / "preserva.toml"
    status, out, err = _run("-v", "--config", config, "status", code=FAULT + PRESERVA)
    assert (status, out) == (70, "")
    assert _logged(err)[1][1].startswith("archive of aonb: ")
    assert "ZeroDivisionError: division by zero" in err
    assert err[-1] == "This is a bug in preserva. What was stored is safe."
