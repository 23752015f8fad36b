"""METS and PREMIS of a book with three representations: does time grow with the pages, memory not?

    python -m benchmarks.bench_mets

Prints ratios only, so that machines and years can be compared. Each size runs in a process of its
own; files are written to nowhere.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import BinaryIO, cast

from benchmarks.figures import Figure, Spread, remark, report
from preserva.core.eark.aip import Render, build_aip
from preserva.core.values.digest import MultiHash
from preserva.core.values.model import Observed
from tests.support.aips import spec

FILES = (1_000, 10_000, 100_000)


class Sink:
    """A stream that keeps the digests and the size of what it is given, and nothing else."""

    def __init__(self) -> None:
        self.hashes = MultiHash(("sha512", "sha256"))

    def write(self, data: bytes) -> int:
        """Take in the next bytes."""
        self.hashes.update(data)
        return len(data)


def put(path: str, render: Render) -> Observed:
    """What the metadata file would be."""
    sink = Sink()
    render(cast(BinaryIO, sink))
    return Observed(path, sink.hashes.size, sink.hashes.digests())


def measure(files: int) -> tuple[float, int]:
    """Seconds of processor time and peak memory for the metadata of a book with so many files."""
    start = time.process_time()
    build_aip(spec(files // 3), put)
    return time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Measure each size in its own process and print how they compare with the first."""
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
        return
    first: tuple[float, int] | None = None
    for files in FILES:
        command = [sys.executable, "-m", "benchmarks.bench_mets", str(files)]
        done = subprocess.run(command, capture_output=True, check=True)
        seconds, memory = json.loads(done.stdout)
        first = first or (seconds, memory)
        per_file = seconds / first[0] * FILES[0] / files
        what = f"writing METS and PREMIS, time per file: {files:,} files / {FILES[0]:,}"
        report(Figure(what, processor=Spread(per_file, per_file, per_file)))
        remark(f"  peak memory: {memory / first[1]:.2f} times")


if __name__ == "__main__":
    main()
