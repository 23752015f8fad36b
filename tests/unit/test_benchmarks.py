"""The page of benchmarks shows what was found, and does not hide what was not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as runner
from benchmarks.figures import KEPT, Figure, Remark, Spread, kept, remark, report
from benchmarks.limits import LIMITS
from benchmarks.page import Section, page
from benchmarks.pairs import compared
from benchmarks.parts import PARTS, Part
from tests.conftest import ROOT


def test_every_benchmark_is_run_by_make_bench_within_an_hour() -> None:
    modules = {path.stem.removeprefix("bench_") for path in (ROOT / "benchmarks").glob("bench_*")}
    assert {part.name for part in PARTS} == modules
    assert sum(part.minutes for part in PARTS) <= 60


def test_a_comparison_is_the_quotient_of_medians_with_its_extremes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(KEPT, str(tmp_path / "kept"))
    pairs = [((2.0, 1.0), (4.0, 1.0)), ((3.0, 1.0), (4.0, 2.0)), ((9.0, 1.0), (6.0, 1.0))]
    figure = compared("a / b", pairs, aim=0.8)
    assert figure == Figure("a / b", Spread(0.5, 0.75, 1.5), Spread(0.5, 1.0, 1.0), 0.8)
    remark("  memory: flat")
    assert list(kept(tmp_path / "kept")) == [figure, Remark("  memory: flat")]
    assert capsys.readouterr().out.splitlines() == [
        "a / b: 0.75 (0.50–1.50) by the clock, 1.00 (0.50–1.00) by processor time (aim: 0.8)",
        "  memory: flat",
    ]


def test_nothing_is_kept_where_no_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(KEPT, raising=False)
    report(Figure("a / b", Spread(1, 1, 1)))
    assert list(kept(tmp_path / "none")) == []


def test_the_page_has_a_row_for_each_figure_and_says_what_ended_early() -> None:
    part = Part("bag", "Validating bags", 6, ("--rounds", "3"))
    found = (
        Figure("a / b", Spread(0.5, 0.75, 1.5), None, 0.8),
        Figure("c / d", Spread(2, 2, 2), Spread(1, 1, 1), 1.0),
        Remark("most memory: 90 MiB"),
    )
    text = page({"Python": "3.11.7"}, [Section(part, found, "stopped after its 6 minutes")])
    assert text.partition("\n| made with")[2].splitlines() == [
        " | |",
        "|---|---|",
        "| Python | 3.11.7 |",
        "",
        "## Validating bags",
        "",
        "`python -m benchmarks.bench_bag --rounds 3`",
        "",
        "| ours / theirs | by the clock | by processor time | aim |",
        "|---|---|---|---|",
        "| a / b | 0.75 (0.50–1.50) |  | 0.8, met |",
        "| c / d | 2.00 | 1.00 | 1, not met |",
        "",
        "- most memory: 90 MiB",
        "",
        "**Stopped after its 6 minutes.**",
        "",
        *LIMITS["bag"],
    ]


def test_a_benchmark_whose_peer_is_not_installed_is_left_out_and_named(tmp_path: Path) -> None:
    part = Part("none", "None", 1, commands=("no-such-peer",), modules=("no_such_module",))
    assert runner.run(part, tmp_path) == Section(
        part, (), "left out: no-such-peer, no_such_module is not installed"
    )


def test_what_was_found_before_a_benchmark_failed_or_was_stopped_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As `bench_fails` and `bench_hangs`, made here."""
    line = json.dumps({"remark": "first"})
    keep = f"import os, sys, time; open(os.environ[{KEPT!r}], 'a').write({line + chr(10)!r})\n"
    monkeypatch.setattr(runner, "MODULE", "bench_made_{}")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    (tmp_path / "bench_made_fails.py").write_text(keep + "sys.exit(3)\n")
    (tmp_path / "bench_made_hangs.py").write_text(keep + "time.sleep(600)\n")
    ends = {
        "fails": "ended with status 3 before it was done",
        "hangs": "stopped after its 0.05 minutes",
    }
    for name, end in ends.items():
        part = Part(name, name, 0.05)
        assert runner.run(part, tmp_path) == Section(part, (Remark("first"),), end)
