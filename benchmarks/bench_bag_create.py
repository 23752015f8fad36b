"""Making a bag with SHA-256 and SHA-512, against `cp -r` followed by bagit-python in two processes.

    python -m benchmarks.bench_bag_create [--folder FOLDER] [--rounds N] [--scale F]

Two sources: 1 GiB in 16 files, and 20,000 files of 5 KB. Runs alternate, each on a fresh
destination. The sources
are in the page cache, so that processors are compared and not disks. preserva runs as its command.
Give a FOLDER on a file system where nobody removed many files in the last minutes: ext4 makes new
files up to ten times slower after that, for whoever comes first.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.pairs import Times, compared, spent

Run = Callable[[Path, Path], None]


def plant(folder: Path, files: int, size: int) -> Path:
    """A source folder of random files, a hundred in each subfolder."""
    generator = random.Random(files)
    for n in range(files):
        file = folder / f"{n // 100:04}" / f"{n:06}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(generator.randbytes(size))
    return folder


def run(*command: str) -> None:
    """Run a command; fail loudly if it does."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def preserva(*options: str) -> Run:
    """Our command."""

    def create(source: Path, bag: Path) -> None:
        code = "from preserva.cli.main import run; run()"
        run(sys.executable, "-c", code, "bag", "create", *options, str(source), str(bag))

    return create


def bagit_python(sync: bool) -> Run:
    """What people do today."""

    def create(source: Path, bag: Path) -> None:
        run("cp", "-r", str(source), str(bag))
        options = ["--processes", "2", "--sha256", "--sha512"]
        run(sys.executable, "-W", "ignore", "-m", "bagit", *options, str(bag))
        if sync:
            os.sync()

    return create


CONTENDERS: dict[str, Run] = {
    "cp -r + bagit.py": bagit_python(sync=False),
    "cp -r + bagit.py + sync": bagit_python(sync=True),
    "preserva, no fsync": preserva("--no-fsync"),
    "preserva": preserva(),
    "preserva, read back": preserva("--read-back"),
}


def fill_memory(size: int) -> None:
    """Touch so much memory and free it: a virtual machine may have lent it to others.

    Without this, a contender pays for taking back what the one before it has freed.
    """
    held = bytearray(size)
    held[::4096] = bytes(1) * len(range(0, size, 4096))


def measure(source: Path, place: Path, rounds: int, *, remove: bool) -> dict[str, list[Times]]:
    """The runs of each contender, in alternation; who begins changes from round to round.

    Where there are many files nothing is removed before the end: for minutes after many were
    removed, ext4 searches long for a place for each new one, and the next contender would pay.
    Large files are removed at once, so that each contender gets the same memory for its copies;
    one run before the first makes that true for the first as well.
    """
    samples: dict[str, list[Times]] = {name: [] for name in CONTENDERS}
    for number in range(-1 if remove else 0, rounds):
        for turn in range(len(CONTENDERS)):
            name, create = list(CONTENDERS.items())[(number + turn) % len(CONTENDERS)]
            bag = place / f"{number} {name}"
            os.sync()
            fill_memory(2 << 30)
            times = spent(partial(create, source, bag))
            if remove:
                shutil.rmtree(bag)
            if number >= 0:
                samples[name].append(times)
    return samples


def show(title: str, samples: dict[str, list[Times]]) -> None:
    """Report each contender beside the peer that waits for the disk, if it does itself."""
    plain, synced = list(CONTENDERS)[:2]
    for name, mine in samples.items():
        peer = plain if name == "preserva, no fsync" else synced
        if name not in (plain, synced):
            pairs = list(zip(mine, samples[peer], strict=True))
            compared(f"create a bag of {title}, {name} / {peer}", pairs, aim=0.5)


def main() -> None:
    """Measure both sources and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", help="where to work; a folder on the disk that matters")
    parser.add_argument("--rounds", type=int, default=len(CONTENDERS))
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full sizes")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        place = Path(folder)
        sources = {
            "1 GiB in 16 files": plant(place / "large", 16, int(given.scale * (64 << 20))),
            "20,000 files of 5 KB": plant(place / "small", int(given.scale * 20_000), 5_000),
        }
        for title, source in sources.items():
            with tempfile.TemporaryDirectory(dir=place) as bags:
                show(title, measure(source, Path(bags), given.rounds, remove="GiB" in title))


if __name__ == "__main__":
    main()
