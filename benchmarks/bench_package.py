"""Many books packaged by one table, beside one command for each, and beside `cp -r` and bagit.

    python -m benchmarks.bench_package
    python -m benchmarks.bench_package --books 300 --megabytes 30
    python -m benchmarks.bench_package --memory 20 100 300

Prints ratios, so that machines and years can be compared, and peak memory. The peer copies the
scans and makes a bag of each copy with bagit-python, in two processes, with the same digests; it
reads nothing back, decodes no image, writes no METS and no ledger. Processor time is the surer
number where others use the machine as well; that of a cluster is also that of its workers.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil  # type: ignore[import-untyped]

from benchmarks.bench_book import SMALL, make_scans
from benchmarks.figures import remark
from benchmarks.pairs import Action, Times, compared, spent
from tests.support.batches import book_row, records, table_text
from tests.support.books import an_archive
from tests.support.servers import free_port, wait_for

_PAGES = 5
_MEMORY = """\
import resource, sys
from preserva.cli.main import status_of
status = status_of(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""


class Desk:
    """Books with their records and table, and an archive that is made again for each run."""

    def __init__(self, place: Path, books: int, size: int) -> None:
        """Make books of five pages of that many bytes."""
        self.place, self.books = place, books
        for number in range(1, books + 1):
            make_scans(place / "scans" / str(number), _PAGES, size)
        (place / "all.xml").write_text(records(range(1, books + 1)), "utf-8")
        self.write_table(books)

    def write_table(self, books: int) -> None:
        """A table of the first books."""
        rows = map(book_row, range(1, books + 1))
        (self.place / "books.csv").write_text(table_text(rows), "utf-8")

    def empty(self) -> None:
        """A new archive, and no bags."""
        for name in ("archive", "bags"):
            shutil.rmtree(self.place / name, ignore_errors=True)
        with an_archive(self.place / "archive"):
            pass

    def command(self, *words: str) -> list[str]:
        """A command line that prints its peak memory."""
        config = ("--config", str(self.place / "archive/preserva.toml"), "--quiet")
        return [sys.executable, "-c", _MEMORY, *words, *config]

    def batch(self, *more: str) -> int:
        """Package the table; peak memory in kB."""
        table, file = str(self.place / "books.csv"), str(self.place / "all.xml")
        command = self.command("package", "--batch", table, "--records", file, *more)
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return int(done.stderr.split()[-1])

    def shares(self) -> None:
        """Package it in two processes."""
        table, file = str(self.place / "books.csv"), str(self.place / "all.xml")
        words = ("package", "--batch", table, "--records", file, "--shard")
        pair = [
            subprocess.Popen(
                self.command(*words, share), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            for share in ("1/2", "2/2")
        ]
        assert [process.wait() for process in pair] == [0, 0]

    def singly(self) -> None:
        """Package each book by a command of its own."""
        for number in range(1, self.books + 1):
            words = ("package", str(self.place / "scans" / str(number)), "--id", f"kp-{number:06}")
            file = ("--record", str(self.place / "all.xml"), "--position", str(number))
            subprocess.run(self.command(*words, *file), check=True, capture_output=True)

    def peer(self) -> None:
        """Copy the scans and make bags of the copies."""
        bags = self.place / "bags"
        subprocess.run(["cp", "-r", str(self.place / "scans"), str(bags)], check=True)
        folders = sorted(map(str, bags.iterdir()))
        command = [sys.executable, "-m", "bagit", "--processes", "2", "--sha512", "--sha256"]
        subprocess.run([*command, "--quiet", *folders], check=True)


def measure(place: Path, books: int, size: int) -> None:
    """Each way once, after the batch has run once for the caches."""
    desk = Desk(place, books, size)
    desk.empty()
    desk.batch()
    times: dict[str, Times] = {}
    ways: dict[str, Action] = {
        "batch": desk.batch,
        "batch again, all done": desk.batch,
        "check": lambda: desk.batch("--check"),
        "two shares": desk.shares,
        "single commands": desk.singly,
        "cp -r and bagit": desk.peer,
    }
    for name, way in ways.items():
        if name != "batch again, all done":
            desk.empty()
        times[name] = spent(way)
    desk.empty()
    times["two workers of Dask"] = with_workers(desk)
    batch = times.pop("batch")
    title = f"{books} books of {_PAGES} pages of {size / 1e6:.2f} MB"
    for name, other in times.items():
        compared(f"package {title}: batch / {name}", [(batch, other)])
    remark(f"{title}: {batch[1] / books:.3f} s of processor time a book")


def with_workers(desk: Desk) -> Times:
    """The batch with two workers that are there already; their processor time counts, too."""
    with workers(desk.place) as (address, processes):
        before = sum(map(_processor, processes))
        clock, processor = spent(lambda: desk.batch("--executor", f"dask://{address}"))
        return clock, processor + sum(map(_processor, processes)) - before


@contextmanager
def workers(place: Path) -> Iterator[tuple[str, Sequence[subprocess.Popen[bytes]]]]:
    """A scheduler with two workers, and where it listens."""
    port = free_port()
    dask = [sys.executable, "-m", "dask"]
    head = [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    hand = [*dask, "worker", f"tcp://127.0.0.1:{port}", "--nthreads", "1", "--no-nanny"]
    with ExitStack() as running:
        log = running.enter_context((place / "dask.log").open("wb"))
        processes = []
        for command in (head, [*hand, "--no-dashboard"], [*hand, "--no-dashboard"]):
            processes.append(subprocess.Popen(command, cwd=place, stdout=log, stderr=log))
            running.callback(processes[-1].wait)
            running.callback(processes[-1].kill)
            wait_for(port, processes[0])
        yield f"127.0.0.1:{port}", processes


def _processor(process: subprocess.Popen[bytes]) -> float:
    used = psutil.Process(process.pid).cpu_times()
    return float(used.user + used.system)


def growth(place: Path, counts: Sequence[int], size: int) -> None:
    """Peak memory and processor time of tables of so many books: what is paid once, and for each.

    After a first run for the caches.
    """
    desk = Desk(place, max(counts), size)
    desk.write_table(1)
    desk.empty()
    desk.batch()
    for count in (1, *counts):
        desk.empty()
        desk.write_table(count)
        peaks: list[int] = []
        _clock, processor = spent(partial(_note_peak, desk, peaks))
        remark(f"{count} books: {peaks[0] / 1000:.0f} MB, {processor:.2f} s of processor time")


def _note_peak(desk: Desk, peaks: list[int]) -> None:
    peaks.append(desk.batch())


def main() -> None:
    """Small pages, then large ones; or only how memory grows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=6)
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--small-books", type=int, default=60)
    parser.add_argument("--memory", type=int, nargs="+", metavar="BOOKS")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        if options.memory:
            growth(Path(folder), options.memory, SMALL)
            return
    for books, size in (
        (options.small_books, SMALL),
        (options.books, int(options.megabytes * 1e6)),
    ):
        if books:
            with TemporaryDirectory() as folder:
                measure(Path(folder), books, size)


if __name__ == "__main__":
    main()
