"""How long `preserva --help` takes, as a ratio to a Python that only imports click.

    python -m benchmarks.bench_startup

The two alternate, so that a machine that slows down slows both. The aim is a ratio below 2.
"""

from __future__ import annotations

import sys

from benchmarks.pairs import command, ratio

ROUNDS = 15
OURS = command(sys.executable, "-m", "preserva.cli.main", "--help")
PEER = command(sys.executable, "-c", "import click")


def main() -> None:
    """Alternate, and print the median ratio."""
    OURS(), PEER()  # so that neither pays for compiling
    ratio("preserva --help / import click", OURS, PEER, rounds=ROUNDS, aim=2)


if __name__ == "__main__":
    main()
