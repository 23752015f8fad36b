"""Two ways of doing the same, in turns: only their ratio is a result, never an absolute time."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from statistics import median

from benchmarks.figures import Figure, Spread, report, spread

Action = Callable[[], object]
Times = tuple[float, float]
"""Seconds by the clock, and of processor time."""


def command(*words: str, cwd: str | None = None) -> Action:
    """A command as an action. It must succeed; what it prints is thrown away."""

    def run() -> None:
        subprocess.run(words, cwd=cwd, check=True, stdout=subprocess.DEVNULL)

    return run


def spent(action: Action) -> Times:
    """Seconds by the clock, and seconds of processor time of this process and its children."""
    used, start = _processor_time(), time.perf_counter()
    action()
    return time.perf_counter() - start, _processor_time() - used


def _processor_time() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def ratio(
    what: str, ours: Action, theirs: Action, *, rounds: int = 5, aim: float | None = None
) -> Figure:
    """Run both in turns and report how our times compare with theirs."""
    return compared(what, [(spent(ours), spent(theirs)) for _round in range(rounds)], aim=aim)


def compared(
    what: str, pairs: Sequence[tuple[Times, Times]], *, aim: float | None = None
) -> Figure:
    """Report our times divided by theirs, of rounds in which both took turns."""
    clock, processor = (_quotients(pairs, which) for which in (0, 1))
    return report(Figure(what, clock, processor, aim))


def _quotients(pairs: Sequence[tuple[Times, Times]], which: int) -> Spread:
    """The median of ours by the median of theirs; and the least and greatest of the rounds."""
    rounds = spread([one[which] / max(other[which], 1e-9) for one, other in pairs])
    theirs = max(median(other[which] for _one, other in pairs), 1e-9)
    middle = median(one[which] for one, _other in pairs) / theirs
    return Spread(min(rounds.low, middle), middle, max(rounds.high, middle))
