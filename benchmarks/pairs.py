"""Two ways of doing the same, in turns: only their ratio is a result, never an absolute time."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from statistics import median

Action = Callable[[], object]


def command(*words: str, cwd: str | None = None) -> Action:
    """A command as an action. It must succeed; what it prints is thrown away."""

    def run() -> None:
        subprocess.run(words, cwd=cwd, check=True, stdout=subprocess.DEVNULL)

    return run


def spent(action: Action) -> tuple[float, float]:
    """Seconds by the clock, and seconds of processor time of this process and its children."""
    before, start = os.times(), time.perf_counter()
    action()
    elapsed, after = time.perf_counter() - start, os.times()
    return elapsed, sum(after[:4]) - sum(before[:4])


def ratio(name: str, ours: Action, theirs: Action, *, rounds: int = 5) -> float:
    """Our median time divided by theirs, which is printed with that of the processor times."""
    pairs = [(spent(ours), spent(theirs)) for _round in range(rounds)]
    by_clock, by_processor = (_quotient(pairs, which) for which in (0, 1))
    print(f"{name}: {by_clock:.2f} by the clock, {by_processor:.2f} by processor time", flush=True)
    return by_clock


def _quotient(
    pairs: Sequence[tuple[tuple[float, float], tuple[float, float]]], which: int
) -> float:
    return median(one[which] for one, _other in pairs) / median(
        other[which] for _one, other in pairs
    )
