"""A table of many books: faults, kills, a correction, processes and machines at a time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from preserva import config as configuration
from preserva.archive.archive import open_archive
from preserva.core.values.entries import END, SUCCESS
from preserva.core.values.report import Outcome
from preserva.fixity.validate import validate_stored
from tests.campaigns.test_cluster import Start, scheduler, start, worker
from tests.support.batches import book_row, records, scans, table_text
from tests.support.books import an_archive

__all__ = ["start"]

BOOKS = 300 if os.environ.get("PRESERVA_LONG") == "1" else 60
FAULTY = range(7, 7 + 12)
UNDESCRIBED = (31, 32, 33)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Books of 3 to 10 pages, twelve of them with faults, three whose record is missing."""
    for number in range(1, BOOKS + 1):
        folder = scans(tmp_path / "scans" / str(number), 3 + number % 8, number)
        if number in FAULTY:
            break_book(folder, number)
    described = [number for number in range(1, BOOKS + 1) if number not in UNDESCRIBED]
    (tmp_path / "all.xml").write_text(records(described), "utf-8")
    rows = map(book_row, range(1, BOOKS + 1))
    (tmp_path / "books.csv").write_bytes(table_text(rows).encode("cp1251"))
    with an_archive(tmp_path / "archive"):
        pass
    return tmp_path


def break_book(folder: Path, number: int) -> None:
    """One of four faults that no book may be stored with."""
    page = folder / "0002.tif"
    match number % 4:
        case 0:
            page.write_bytes(page.read_bytes()[:-200])
        case 1:
            page.write_bytes(b"")
        case 2:
            page.unlink()
            page.symlink_to("0001.tif")
        case _:
            for scan in folder.iterdir():
                scan.unlink()


EXPECTED = {0: "E451", 1: "E408", 2: "E401", 3: "E405"}


def correct(desk: Path) -> None:
    """Everything that was named is put right."""
    for number in FAULTY:
        shutil.rmtree(desk / "scans" / str(number))
        scans(desk / "scans" / str(number), 3 + number % 8, number)
    (desk / "all.xml").write_text(records(range(1, BOOKS + 1)), "utf-8")


def begin(desk: Path, *more: str, table: str = "books.csv") -> subprocess.Popen[str]:
    """The command line, started."""
    config = str(desk / "archive" / configuration.NAME)
    command = [sys.executable, "-m", "preserva", "--config", config, "package", "--json"]
    command += ["--batch", table, "--records", "all.xml", *more]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        command,
        cwd=desk,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def finish(process: subprocess.Popen[str], status: int) -> list[dict[str, Any]]:
    """What the command says of each row."""
    out, err = process.communicate(timeout=600)
    assert process.returncode == status, out + err
    rows: list[dict[str, Any]] = json.loads(out)["rows"]
    return rows


def stored(desk: Path) -> Counter[str | None]:
    """How often the ledger says of each package that it was stored."""
    with open_archive(desk / "archive" / configuration.NAME) as archive:
        assert archive.ledger.verify() == []
        entries = archive.ledger.entries(types=(END,))
        return Counter(entry.package for entry in entries if entry.outcome == SUCCESS)


def wait_until(desk: Path, count: int, running: subprocess.Popen[str]) -> None:
    """Return when so many packages are stored."""
    while len(stored(desk)) < count:
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)


def problems(rows: Iterable[dict[str, Any]]) -> dict[int, list[str]]:
    """The codes of each row that was not done, by the number of the book."""
    return {
        row["row"] - 1: [problem.split()[0] for problem in row["problems"]]
        for row in rows
        if row["state"] == "failed"
    }


def check_whole(desk: Path) -> None:
    """Every book is stored once, sound, and nothing is left over."""
    assert set(stored(desk).values()) == {1}
    with open_archive(desk / "archive" / configuration.NAME) as archive:
        listed = list(archive.primary.root.objects())
        assert len(listed) == len(stored(desk)) == BOOKS
        reports = [
            report
            for path in listed[:20]
            for report in validate_stored(archive, package_at(archive, path))
        ]
        assert {report.outcome for report in reports} == {Outcome.PASS}
        left = [entry.path for entry in archive.primary.storage.children("staging")]
    assert left in ([], ["staging/lock"])
    scratch = desk / "archive/ledger-batch"
    assert not scratch.exists() or list(scratch.iterdir()) == []


def package_at(archive: Any, path: str) -> Any:
    """The package in a folder of the primary storage."""
    from preserva.core.values.model import PackageId

    return PackageId.parse(archive.primary.root.read_at(path).inventory.identifier)


def expected_problems() -> dict[int, list[str]]:
    """Each fault, once, in its row."""
    faults = {number: [EXPECTED[number % 4]] for number in FAULTY}
    return {**faults, **{number: ["E461"] for number in UNDESCRIBED}}


def test_a_table_is_checked_run_killed_and_corrected(desk: Path) -> None:
    """Each fault is named once in its row; in the end every book is stored once."""
    assert problems(finish(begin(desk, "--check"), 4)) == expected_problems()
    assert stored(desk) == Counter()
    for count in (BOOKS // 6, BOOKS // 3):
        running = begin(desk)
        wait_until(desk, count, running)
        running.kill()
        running.communicate()
    rows = finish(begin(desk), 3)
    assert problems(rows) == expected_problems()
    states = Counter(row["state"] for row in rows)
    assert states["before"] >= BOOKS // 3
    assert states["done"] + states["before"] == BOOKS - 15
    correct(desk)
    rows = finish(begin(desk, table="books-results.csv"), 0)
    assert Counter(row["state"] for row in rows) == {"done": 15, "before": BOOKS - 15}
    check_whole(desk)


def test_shares_are_killed_and_done_by_others(desk: Path) -> None:
    """Three processes at a time, one killed; the whole table then does what is left."""
    correct(desk)
    running = [begin(desk, "--shard", f"{number}/3") for number in (1, 2, 3)]
    wait_until(desk, BOOKS // 4, running[0])
    running[0].kill()
    running[0].communicate()
    for process in running[1:]:
        assert {row["state"] for row in finish(process, 0)} == {"done"}
    rows = finish(begin(desk, "--shard", "1/3"), 0)
    assert {row["state"] for row in rows} == {"done", "before"}
    check_whole(desk)


def test_a_worker_of_a_cluster_is_killed(desk: Path, start: Start) -> None:
    """Another makes what it was making; each fault is named in its row, nothing is stored twice."""
    _scheduler, address = scheduler(start)
    first = worker(start, address)
    worker(start, address)
    running = begin(desk, "--executor", f"dask://{address}")
    wait_until(desk, BOOKS // 6, running)
    first.kill()
    rows = finish(running, 3)
    assert problems(rows) == expected_problems()
    assert Counter(row["state"] for row in rows)["done"] == BOOKS - 15
    correct(desk)
    rows = finish(begin(desk, "--executor", f"dask://{address}"), 0)
    assert Counter(row["state"] for row in rows) == {"done": 15, "before": BOOKS - 15}
    check_whole(desk)


def test_a_cluster_that_is_killed_leaves_the_rest(desk: Path, start: Start) -> None:
    """It says so and ends with 3; the next run, on this machine, does what is left."""
    correct(desk)
    process, address = scheduler(start)
    worker(start, address)
    running = begin(desk, "--executor", f"dask://{address}")
    wait_until(desk, BOOKS // 6, running)
    process.kill()
    rows = finish(running, 3)
    assert {row["state"] for row in rows} == {"done", "left"}
    rows = finish(begin(desk), 0)
    assert {row["state"] for row in rows} == {"done", "before"}
    check_whole(desk)
