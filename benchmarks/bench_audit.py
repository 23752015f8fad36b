"""A full audit beside `sha256sum -c` in two processes, from the medium.

    python -m benchmarks.bench_audit [large|small|many|cluster]...

4 GiB in 32 files, and 100,000 files of 5 KB, each as one package; in turns, with all caches dropped
before each (by the system if that is allowed, else file by file). `many` are 500 packages of one
page: what planning and recording cost for each, beside one `sha256sum -c` over all their files.
`cluster` reads those with one and with two workers of a Dask cluster on this machine; and packages
of 100 MB with one worker, beside the same audit without a cluster. Prints ratios.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench_transfer import load
from benchmarks.pairs import compared, spent
from preserva import config as configuration
from preserva.archive.archive import create_archive, open_archive
from preserva.bag.create.create import create_bag
from preserva.fixity.audit import audit
from preserva.ingest.transfer import accept
from preserva.workers import Workers, connect
from tests.support.servers import free_port, wait_for

ROUNDS = 3
LOADS = {"large": (32, 128 << 20), "small": (100_000, 5_000)}
PACKAGES = 500
_LARGE = 6
CACHES = Path("/proc/sys/vm/drop_caches")


def forget(folder: Path) -> None:
    """Let the system read everything below a folder from the medium."""
    os.sync()
    try:
        CACHES.write_text("3")
    except OSError:
        for path in folder.rglob("*"):
            if path.is_file():
                descriptor = os.open(path, os.O_RDONLY)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(descriptor)


def manifests(place: Path) -> list[Path]:
    """Two lists for sha256sum, each with every other file of the storage's OCFL root."""
    root = place / "archive/storages/aonb-main/ocfl"
    files = sorted(one for one in root.rglob("*") if one.is_file())
    lists = []
    for half in (0, 1):
        listing = place / f"list-{half}"
        listing.write_bytes(b"\0".join(os.fsencode(one) for one in files[half::2]))
        sums = place / f"sums-{half}"
        with listing.open("rb") as names, sums.open("wb") as out:
            subprocess.run(["xargs", "-0", "sha256sum"], stdin=names, stdout=out, check=True)
        lists.append(sums)
    return lists


def theirs(lists: list[Path]) -> None:
    """Both lists at once."""
    running = [
        subprocess.Popen(["sha256sum", "--quiet", "--strict", "-c", str(one)]) for one in lists
    ]
    assert [one.wait() for one in running] == [0] * len(lists)


def ours(place: Path, copies: int, workers: Workers | None = None) -> None:
    """An audit of the whole storage."""
    with open_archive(place / "archive" / configuration.NAME) as archive:
        found = audit(archive, only=("aonb-main",), moved=("aonb-main",), workers=workers)
        outcomes = [report.outcome.value for report in found.reports]
        assert outcomes == ["pass"] * copies, found


def compare(name: str, place: Path, copies: int, workers: Workers | None = None) -> None:
    """Report our times beside theirs."""
    lists = manifests(place)
    pairs = []
    for _round in range(ROUNDS):
        forget(place)
        mine = spent(lambda: ours(place, copies, workers))
        forget(place)
        pairs.append((mine, spent(lambda: theirs(lists))))
    compared(f"audit of {name} / two sha256sum -c", pairs)


def many(place: Path, count: int = PACKAGES, size: int = 5_000) -> None:
    """Packages of one page each."""
    path = place / "archive" / configuration.NAME
    path.parent.mkdir()
    path.write_text(configuration.TEMPLATE, "utf-8")
    create_archive(configuration.load(path))
    with open_archive(path) as archive:
        for number in range(count):
            (place / "source").mkdir()
            (place / "source/page.bin").write_bytes(os.urandom(size))
            create_bag(place / "source", place / "bag")
            accept(archive, place / "bag", local=f"book-{number}")
            shutil.rmtree(place / "source")
            shutil.rmtree(place / "bag")


@contextmanager
def cluster(count: int) -> Iterator[Workers]:
    """So many workers, each a process that reads one copy at a time."""
    port = free_port()
    dask = [sys.executable, "-m", "dask"]
    address = f"127.0.0.1:{port}"
    scheduler = [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    started = [subprocess.Popen(scheduler, stderr=subprocess.DEVNULL)]
    try:
        wait_for(port, started[0])
        command = [*dask, "worker", f"tcp://{address}", "--nthreads", "1", "--no-dashboard"]
        started += [
            subprocess.Popen([*command, "--no-nanny"], stderr=subprocess.DEVNULL)
            for _worker in range(count)
        ]
        while True:
            with connect(f"dask://{address}") as workers:
                if workers.at_once == count and _ready(workers):
                    yield workers
                    return
            time.sleep(0.2)
    finally:
        for process in started:
            process.kill()
            process.wait()


def _ready(workers: Workers) -> bool:
    """Whether something comes back; with that, what the workers need is loaded."""
    return bool(workers.executor.submit(len, [1]).result())


def run(what: str, place: Path) -> None:
    """One of the comparisons."""
    if what in LOADS:
        load(place, *LOADS[what])
        files, size = LOADS[what]
        compare(f"{files} files of {size} bytes, one package", place, 1)
        return
    many(place)
    if what == "many":
        compare(f"{PACKAGES} packages of one page", place, PACKAGES)
        return
    for count in (1, 2):
        with cluster(count) as workers:
            compare(f"{PACKAGES} packages, {count} workers", place, PACKAGES, workers)
    shutil.rmtree(place / "archive")
    many(place, _LARGE, 100_000_000)
    with cluster(1) as workers:
        against_none(place, workers)


def against_none(place: Path, workers: Workers) -> None:
    """Large packages, by one worker and by none."""
    pairs = []
    for _round in range(ROUNDS):
        forget(place)
        with_one = spent(lambda: ours(place, _LARGE, workers))
        forget(place)
        pairs.append((with_one, spent(lambda: ours(place, _LARGE))))
    what = f"audit of {_LARGE} packages of 100 MB: on a cluster of one worker / without"
    compared(what, pairs, aim=1.5)


def main() -> None:
    """Those named, or all."""
    chosen = sys.argv[1:] or [*LOADS, "many", "cluster"]
    for what in chosen:
        with TemporaryDirectory(dir=os.environ.get("PRESERVA_BENCH")) as folder:
            run(what, Path(folder))


if __name__ == "__main__":
    main()
