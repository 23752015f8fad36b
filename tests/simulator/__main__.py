"""The long campaign, in pieces: `python -m tests.simulator --seed 7 --minutes 14 --results FILE`.

Each batch adds a line of JSON to FILE: its seed, how many sequences and steps it ran, how many
verbs were done and refused, and what it found. The next piece of the same seed goes on after it.
"""

from __future__ import annotations

import argparse
import io
import json
import time
import traceback
from contextlib import redirect_stdout
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulator.machine import DONE, TwoInstitutions

BATCH = 50


def main() -> int:
    """Run batches until the time is over or one finds something; 1 if so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=14)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=14, help="the most steps of a sequence")
    asked = parser.parse_args()
    batch, found = _done_before(asked.results, asked.seed), False
    end = time.monotonic() + asked.minutes * 60
    while time.monotonic() < end and not found:
        line = _run(asked.seed, batch, asked.steps)
        with asked.results.open("a", encoding="utf-8") as results:
            results.write(json.dumps(line, ensure_ascii=False) + "\n")
        found = "found" in line
        batch += 1
    return int(found)


def _done_before(results: Path, number: int) -> int:
    """How many batches of a seed the file has already."""
    if not results.exists():
        return 0
    lines = map(json.loads, results.read_text("utf-8").splitlines())
    return sum(line["seed"] == number for line in lines)


def _run(number: int, batch: int, steps: int) -> dict[str, object]:
    DONE.clear()
    began = time.monotonic()
    line: dict[str, object] = {"seed": number, "batch": batch}

    class Machine(TwoInstitutions):
        """A class of its own, which has the seed of the batch."""

    said = io.StringIO()
    try:
        with redirect_stdout(said):
            run_state_machine_as_test(
                seed(number * 1_000_000 + batch)(Machine),
                settings=settings(
                    max_examples=BATCH,
                    stateful_step_count=steps,
                    deadline=None,
                    database=None,
                    derandomize=False,
                    phases=(Phase.generate, Phase.shrink),
                    suppress_health_check=list(HealthCheck),
                    report_multiple_bugs=False,  # a group of them would not say what each was
                ),
            )
    except Exception as error:  # whatever it is, it is a finding
        where = "".join(traceback.format_tb(error.__traceback__)[-3:])
        notes = "\n".join(getattr(error, "__notes__", ()))
        line["found"] = f"{where}{type(error).__name__}: {error}\n{notes or said.getvalue()}"
    return line | {"seconds": round(time.monotonic() - began, 1)} | dict(sorted(DONE.items()))


if __name__ == "__main__":
    raise SystemExit(main())
