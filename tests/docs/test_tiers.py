"""Each folder of tests is run by one command of the Makefile, and `.ci/run` runs all of them."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import tiers
from tests.conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
CI = (ROOT / ".ci" / "run").read_text("utf-8")


def folders(variable: str) -> list[str]:
    """The folders that a variable of the Makefile lists."""
    (words,) = re.findall(rf"^{variable} := (.*)$", MAKEFILE, re.MULTILINE)
    return str(words).replace("$(UNIT)", "tests/unit").split()


def test_every_folder_of_tests_is_in_one_tier() -> None:
    """Nothing is left out, nothing is run twice."""
    with_tests = {
        f"tests/{path.relative_to(ROOT / 'tests').parts[0]}"
        for path in (ROOT / "tests").rglob("test_*.py")
    }
    assert sorted(folders("TESTS") + folders("CAMPAIGNS")) == sorted(with_tests)
    assert set(folders("UNIT")) < set(folders("TESTS"))


def test_ci_runs_every_tier_and_skips_nothing() -> None:
    commands = CI.splitlines()
    assert [line for line in commands if line.startswith("make ")] == [
        "make test",
        "make campaigns",
    ]
    assert "export PRESERVA_NO_SKIP=1" in commands[: commands.index("make test")]


def test_what_one_tier_leaves_out_the_next_one_runs() -> None:
    """By the same number of seconds and the same folders; pyproject.toml deselects nothing."""
    runs = re.findall(r"-m pytest (.*)", MAKEFILE)
    assert [
        run.replace("-n $(WORKERS) ", "").replace("-rs ", "").replace("--timeout 0 ", "")
        for run in runs
    ] == [
        "--at-most $(MOMENT) $(UNIT)",
        "--at-most $(QUICK) $(TESTS)",
        "--over $(QUICK) $(TESTS)",
        "$(CAMPAIGNS)",
        "$(TESTS) $(CAMPAIGNS)",
    ]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    options = settings["tool"]["pytest"]["ini_options"]["addopts"]
    assert options == "-q --strict-markers --strict-config -p tests.tiers"


@given(st.dictionaries(st.sampled_from("abc"), st.floats(0.1, 9)), st.floats(0.1, 9))
def test_a_case_is_in_one_of_two_tiers(durations: dict[str, float], limit: float) -> None:
    for node in ("a", "a[1-x]", "b", "unknown[a[0]]"):
        quick = tiers.chosen(durations, node, 0.0, limit)
        assert quick != tiers.chosen(durations, node, limit, math.inf)
        assert quick == (durations.get(node[0] if node[0] in "ab" else node, 0) <= limit)


def test_a_function_takes_what_its_longest_case_takes_or_many_together() -> None:
    cases = [
        ("f::a[1]", 0.5),
        ("f::a[2]", 2.0),
        ("f::b", 0.04),
        *((f"f::c[{n}]", 0.2) for n in range(40)),
    ]
    durations = tiers.durations_of(cases)
    assert {name: round(took, 3) for name, took in durations.items()} == {
        "f::a": 2.0,
        "f::b": 0.04,
        "f::c": 2.0,
    }
    assert tiers.lines_of(durations) == ["2.0 f::a", "2.0 f::c"]


def test_what_is_listed_is_a_test() -> None:
    """Mended by `python -m pytest -n 2 --measure` on the files of its tests."""
    gone = [name for name in tiers.read() if not tiers.is_there(name)]
    assert gone == []


def test_before_a_commit_the_same_commands_run_as_in_ci() -> None:
    """The checks of `make test`, but for the tests, which `make quick` runs."""
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    (recipe,) = re.findall(r"^test: .*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    checks = re.findall(r"\$\(BIN\)/((?:ruff|mypy|lint-imports).*)", recipe)
    assert len(checks) == 4
    for check in checks:
        command = check.replace(" $(SOURCES)", "")
        assert f"entry: .venv/bin/{command}\n" in hooks, command


@pytest.mark.parametrize("allowed", [True, False])
def test_a_skipped_test_fails_where_nothing_may_be_skipped(allowed: bool, tmp_path: Path) -> None:
    """Whether a test, a fixture or a whole module is skipped, in one process or in several."""
    (tmp_path / "test_a.py").write_text(
        "import pytest\n"
        "from tests.conftest import require\n"
        "@pytest.fixture\ndef server(): require(False, 'no server')\n"
        "def test_one(): require(False, 'no tool')\n"
        "def test_two(server): pass\n"
    )
    (tmp_path / "test_b.py").write_text(
        "import pytest\npytest.skip('no module', allow_module_level=True)\n"
    )
    (tmp_path / "test_c.py").write_text("def test_three(): pass\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        [*command, "-n", "2", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PRESERVA_NO_SKIP": "0" if allowed else "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    expected = (0, "1 passed, 3 skipped") if allowed else (1, "1 failed, 1 passed, 2 errors")
    summary = ended.stdout.splitlines()[-1].strip("= ").partition(" in ")[0]
    assert (ended.returncode, summary) == expected, ended.stdout
