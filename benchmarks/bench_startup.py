"""How long `preserva --help` takes, as a ratio to a Python that only imports click.

    python -m benchmarks.bench_startup

The two alternate, so that a machine that slows down slows both. The aim is a ratio below 2.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15
OURS = [sys.executable, "-m", "preserva.cli.main", "--help"]
PEER = [sys.executable, "-c", "import click"]


def seconds(command: list[str]) -> float:
    """How long one run takes."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Alternate, and print the median ratio."""
    seconds(OURS), seconds(PEER)  # so that neither pays for compiling
    ratios = [seconds(OURS) / seconds(PEER) for _round in range(ROUNDS)]
    print(f"preserva --help / import click: {statistics.median(ratios):.2f} (aim: below 2)")


if __name__ == "__main__":
    main()
