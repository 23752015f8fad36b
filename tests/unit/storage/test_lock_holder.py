"""Who waits is told for whom: the work, since when, and how long it usually takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva import config
from preserva.archive.archive import open_archive
from preserva.archive.runs import note_seconds, usual_seconds
from preserva.cli.main import status_of
from preserva.errors import Locked
from preserva.storage.lock_holder import LockHolder, holder_for_people

SINCE = "2026-12-01T02:00:00+00:00"
HOSTS = st.text(st.sampled_from("abcxyz0189.-"), min_size=1, max_size=60)
WORKS = st.none() | st.sampled_from(["replicate", "rebuild storage", "audit"])


@given(HOSTS, st.integers(0, 1 << 30), WORKS, st.none() | st.integers(0, 10**6))
def test_what_a_holder_writes_is_understood(
    host: str, process: int, work: str | None, usual: int | None
) -> None:
    line = LockHolder(host, process, SINCE, work, usual).line()
    assert "\n" not in line
    shown = holder_for_people(line)
    assert shown != line
    assert host in shown
    assert str(process) in shown
    assert work is None or work in shown
    assert ("usually" in shown) == (work is not None and usual is not None)


@given(st.text(max_size=200))
def test_what_anybody_else_writes_is_shown_as_it_is(line: str) -> None:
    assert holder_for_people(f"x{line}") == f"x{line}"


def test_a_time_that_is_none_breaks_nothing() -> None:
    line = "host, process 1, since yesterday"
    assert holder_for_people(line) == line
    assert holder_for_people("") == "it gave no name"


def test_the_usual_time_is_the_median_of_the_last(one_book: Path) -> None:
    loaded = config.load(one_book / config.NAME)
    assert usual_seconds(loaded, "replicate") is None
    for seconds in (5, 1, 1000, 40, 41, 42, 43, 44):
        note_seconds(loaded, "replicate", seconds)
    assert usual_seconds(loaded, "replicate") == 42
    (path,) = loaded.ledger.parent.glob("ledger-runs/durations.replicate.json")
    for content in (b"", b"{}", b'{"seconds": [-1]}', b'{"seconds": "x"}', b"\xff"):
        path.write_bytes(content)
        assert usual_seconds(loaded, "replicate") is None
    note_seconds(loaded, "replicate", 7)
    assert usual_seconds(loaded, "replicate") == 7


def test_whoever_is_refused_is_told(one_book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By a run of the command line, which noted how long such runs take."""
    command = ["--config", str(one_book / config.NAME), "replicate"]
    assert status_of(command) == 0
    loaded = config.load(one_book / config.NAME)
    assert usual_seconds(loaded, "replicate") is not None
    for _run in range(7):
        note_seconds(loaded, "replicate", 720)
    with open_archive(one_book / config.NAME) as other:
        other.work = "replicate"
        with other.writing(other.store("nlb-copy")):
            assert status_of(command) == 11
            told = capsys.readouterr()
            assert "replicate on " in told.out + told.err
            assert "; it usually takes 12 min" in told.out + told.err
            with (
                open_archive(one_book / config.NAME) as archive,
                pytest.raises(Locked, match="usually takes 12 min"),
                archive.writing(archive.store("nlb-copy")),
            ):
                pass


def test_a_run_that_fails_says_nothing_about_how_long_it_takes(one_book: Path) -> None:
    loaded = config.load(one_book / config.NAME)
    with pytest.raises(RuntimeError), open_archive(one_book / config.NAME) as archive:
        archive.work = "audit"
        with archive.auditing("nlb-copy"):
            raise RuntimeError
    assert usual_seconds(loaded, "audit") is None
