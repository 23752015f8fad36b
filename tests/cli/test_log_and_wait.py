"""What an unattended run leaves in its log, and how it waits for another one."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import open_archive
from preserva.archive.patience import Patience
from preserva.cli.main import status_of
from preserva.errors import Locked
from preserva.replication.replicate import replicate
from tests.unit.replication.test_disputed import BOOK

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|WARNING|ERROR) preserva[\w.]*: .+")


def test_a_log_says_what_was_done_and_how_it_ended(
    one_book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Line by line, appended to what is there; the system may rotate it between two runs."""
    path = one_book / "preserva.log"
    command = ["--config", str(one_book / config.NAME), "--log", str(path)]
    assert status_of([*command, "audit", "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    first = path.read_text("utf-8").splitlines()
    assert all(LINE.fullmatch(line) for line in first)
    assert first[-1].endswith("ended with exit status 0")
    checks = [line for line in first if "fixity check, success" in line]
    assert [BOOK.uri in line for line in checks] == [True, True]
    rotated = path.with_suffix(".log.1")
    path.rename(rotated)
    assert status_of([*command, "validate", "aonb-none"]) == 3
    second = path.read_text("utf-8").splitlines()
    assert rotated.read_text("utf-8").splitlines() == first
    assert second[-2].endswith(
        "ERROR preserva: NotFound: there is no package urn:preserva:aonb:none"
    )
    assert second[-1].endswith("ended with exit status 3")


def test_a_log_that_cannot_be_written_stops_the_command(one_book: Path) -> None:
    """Nobody is to believe that there is one."""
    (one_book / "file").write_bytes(b"")
    command = ["--config", str(one_book / config.NAME), "--log", str(one_book / "file" / "log")]
    assert status_of([*command, "list"]) == 3


def test_a_run_waits_for_another_one(one_book: Path) -> None:
    """And is told once for whom; then it has the lock."""
    told: list[Locked] = []
    pauses: list[float] = []
    with ExitStack() as other, open_archive(one_book / config.NAME) as archive:
        writer = other.enter_context(open_archive(one_book / config.NAME))
        lock = ExitStack()
        lock.enter_context(writer.writing(writer.store("nlb-copy")))

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                lock.close()

        archive.patience = Patience(60, told.append, pause)
        (done,) = replicate(archive)
    assert done.report.findings == []
    assert len(pauses) == 3
    assert ["process" in str(error) for error in told] == [True]


def test_a_run_waits_no_longer_than_it_was_told(one_book: Path) -> None:
    pauses: list[float] = []
    with (
        open_archive(one_book / config.NAME) as other,
        other.writing(other.store("nlb-copy")),
        open_archive(one_book / config.NAME) as archive,
    ):
        archive.patience = Patience(12, sleep=pauses.append)
        with pytest.raises(Locked):
            replicate(archive)
    assert pauses == [5, 5, 2]


def test_the_command_line_waits(one_book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says for whom; a time that is none is refused."""
    command = ["--config", str(one_book / config.NAME), "replicate"]
    with open_archive(one_book / config.NAME) as other, other.writing(other.store("nlb-copy")):
        assert status_of([*command, "--wait", "1s"]) == 11
    assert "Waiting: " in capsys.readouterr().err
    assert status_of([*command, "--wait", "soon"]) == 2
