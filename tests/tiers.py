"""Which tests a command runs: those that take a moment, or those that take longer.

`--at-most SECONDS` runs what was measured to take no longer than that, `--over SECONDS` the rest; a
test that was never measured counts as quick. `--measure` writes tests/durations.txt anew from the
tests that it runs, and keeps what is known of others:

    python -m pytest -n 2 --measure

A duration is that of the longest case of a test function, or of a quarter of all of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

DURATIONS = Path(__file__).parent / "durations.txt"
LEAST = 0.1
"""What takes less, in seconds, is not listed."""

_PARTS = 4


def function_of(node: str) -> str:
    """The test function of a case: its path and name, without parameters."""
    return node.partition("[")[0]


def read(path: Path = DURATIONS) -> dict[str, float]:
    """Seconds by test function."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {name: float(seconds) for seconds, name in (line.split(" ", 1) for line in lines)}


def chosen(durations: Mapping[str, float], node: str, least: float, most: float) -> bool:
    """Whether a case takes longer than `least` and no longer than `most` seconds."""
    return least < max(durations.get(function_of(node), 0), 1e-9) <= most


def durations_of(cases: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The duration of each test function, by its cases and their seconds."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for node, took in cases:
        seconds[function_of(node)].append(took)
    return {name: max(*took, sum(took) / _PARTS) for name, took in seconds.items()}


def lines_of(durations: Mapping[str, float]) -> list[str]:
    """The lines of the file, those of one file together."""
    return [f"{took:.1f} {name}" for name, took in sorted(durations.items()) if took >= LEAST]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The three options."""
    group = parser.getgroup("tiers")
    group.addoption("--at-most", type=float, default=float("inf"), metavar="SECONDS")
    group.addoption("--over", type=float, default=0.0, metavar="SECONDS")
    group.addoption("--measure", action="store_true")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what belongs to another tier."""
    least, most, durations = config.getoption("over"), config.getoption("at_most"), read()
    kept = [item for item in items if chosen(durations, item.nodeid, least, most)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


class Measured:
    """What each case took, without what it set up: that may have been a server for many."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a case."""
        if report.when == "call":
            self.seconds[report.nodeid] = report.duration

    def pytest_sessionfinish(self) -> None:
        """Write what is known now."""
        there = {name: took for name, took in read().items() if is_there(name)}
        lines = lines_of({**there, **durations_of(self.seconds.items())})
        DURATIONS.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def is_there(name: str) -> bool:
    """Whether there still is a test function of this name."""
    path, _, function = name.rpartition("::")
    file = DURATIONS.parent.parent / path.partition("::")[0]
    return file.exists() and bool(re.search(rf"def {function}\b", file.read_text("utf-8")))


def pytest_configure(config: pytest.Config) -> None:
    """Measure in the process that hears of all tests."""
    if config.getoption("measure") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Measured())
