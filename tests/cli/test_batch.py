"""Tables on the command line: a check, a run that is killed, a correction, the end."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from preserva.i18n import use_language
from tests.cli.test_commands import JsonRun, Run, ready, run, run_json
from tests.support.batches import book_row, read_results, records, scans, table_text

__all__ = ["ready", "run", "run_json"]

BOOKS = 12
CHECK = ("package", "--batch", "books.csv", "--records", "all.xml", "--check")
PACKAGE = CHECK[:-1]


@pytest.fixture
def desk(run: Run, tmp_path: Path) -> Path:
    """An archive, twelve books, their records and their table, in which two rows are wrong."""
    assert (run("init")[0], run("init")[0]) == (0, 0)
    for number in range(1, BOOKS + 1):
        scans(tmp_path / "scans" / str(number), seed=number)
    (tmp_path / "all.xml").write_text(records(range(1, BOOKS)), "utf-8")
    rows = [book_row(number) for number in range(1, BOOKS + 1)]
    rows[4] = ("scans/none", *rows[4][1:])
    (tmp_path / "books.csv").write_bytes(table_text(rows).encode("cp1251"))
    return tmp_path


def test_the_way_of_a_table(run: Run, run_json: JsonRun, desk: Path) -> None:
    """Two rows are named by a check and by the run; corrected, all are stored, none twice."""
    status, out, err = run(*CHECK)
    assert (status, out) == (4, "books-results.csv\n")
    assert err == (
        "12 rows; can be done: 10, NOT DONE: 2\n"
        "  10 rows: W484 nothing says who scanned the book, when, and with which device;"
        " expected when, who, device\n"
        f"  row 6: {desk}/scans/none is not a folder\n"
        "  row 13: E461 Шифр: no record in the file has this; seen К-12/1\n"
        "Nothing was stored: this was a check.\n"
    )
    assert run("list")[1] == ""
    status, document = run_json(*PACKAGE)
    assert status == 3
    states = [row["state"] for row in document["rows"]]
    assert [number for number, state in enumerate(states, 2) if state == "failed"] == [6, 13]
    assert states.count("done") == 10
    table = (desk / "books-results.csv").read_text("utf-8-sig").replace("scans/none", "scans/5")
    (desk / "books-results.csv").write_text(table, "utf-8-sig")
    (desk / "all.xml").write_text(records(range(1, BOOKS + 1)), "utf-8")
    arguments = ("package", "--batch", "books-results.csv", "--records", "all.xml")
    assert run(*arguments)[0] == 0
    status, _out, err = run(*arguments)
    assert (status, err) == (0, "12 rows; done before: 12\n")
    assert len(run("list")[1].splitlines()) == BOOKS
    results = read_results(desk / "books-results.csv")
    assert [row["result"] for row in results] == ["done before"] * BOOKS
    assert run("ledger", "verify")[0] == 0


@pytest.fixture
def in_english() -> Iterator[None]:
    """What is said after the test is in English again."""
    yield
    use_language("en")


@pytest.mark.usefixtures("in_english")
def test_results_are_in_the_language_of_the_reader(run: Run, desk: Path) -> None:
    assert run("--lang", "ru", *CHECK)[0] == 4
    (first, *_rest) = read_results(desk / "books-results.csv")
    assert list(first)[4:] == ["результат", "сохранённый пакет", "замечания"]
    assert first["результат"] == "можно выполнить"
    assert run("--lang", "be", *CHECK[:2], "books-results.csv", *CHECK[3:])[0] == 4
    (first, *_rest) = read_results(desk / "books-results.csv")
    assert list(first)[4:] == ["вынік", "захаваны пакет", "выяўленае"]


def test_a_killed_run_goes_on(run: Run, desk: Path) -> None:
    """Killed in its middle, it stores the rest when it is run again, and nothing twice."""
    process = subprocess.Popen([sys.executable, "-m", "preserva.cli.main", *PACKAGE], cwd=desk)
    ledger = desk / "storages/aonb-main"
    deadline = time.monotonic() + 60
    while len(list(ledger.glob("ocfl/**/0=ocfl_object_*"))) < 3 and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    status, _out, err = run(*PACKAGE)
    assert status == 3
    counts = {
        word: int(count) for word, count in re.findall(r"([a-zA-Z ]+): (\d+)", err.split("\n")[0])
    }
    assert counts[" NOT DONE"] == 2
    assert sum(counts.values()) == BOOKS
    assert len(run("list")[1].splitlines()) == BOOKS - 2
    ends = run("ledger", "show", "--last", "1000")[1].count("ingestion end: success")
    assert ends == BOOKS - 2
    assert run("ledger", "verify")[0] == 0


def test_two_shares_at_the_same_time(run: Run, desk: Path) -> None:
    """Neither stops at the other's lock; between them they do every row."""
    commands = [
        [sys.executable, "-m", "preserva.cli.main", *PACKAGE, "--shard", f"{number}/2"]
        for number in (1, 2)
    ]
    processes = [subprocess.Popen(command, cwd=desk) for command in commands]
    assert [process.wait() for process in processes] == [3, 3]
    assert len(run("list")[1].splitlines()) == BOOKS - 2
    assert run("ledger", "verify")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("book", "--batch", "books.csv"), "FOLDER cannot be used with --batch"),
        (("--batch", "books.csv", "--id", "x"), "--id cannot be used with --batch"),
        (("book", "--shard", "1/2"), "--shard needs --batch TABLE"),
        ((), "Name a FOLDER and its --record, or a table with --batch."),
        (("--batch", "books.csv", "--shard", "3/2"), "3/2 is not a share of the rows"),
        (("--batch", "books.csv", "--records", "none.iso"), "none.iso is not a file"),
        (("--batch", "none.csv"), "none.csv cannot be read"),
        (("--batch", "books.csv", "--executor", "x:1", "--check"), "a cluster makes packages"),
        (("--batch", "books.csv", "--results", "x.txt"), "written as .csv or .xlsx"),
    ],
)
def test_wrong_usage_is_explained(
    run: Run, desk: Path, arguments: tuple[str, ...], message: str
) -> None:
    status, _out, err = run("package", *arguments)
    assert status == 2
    assert message in err


def test_a_summary_fits_a_page(run: Run, desk: Path) -> None:
    rows = [(f"scans/none{number}", "x", "", "") for number in range(300)]
    (desk / "books.csv").write_text(table_text(rows), "utf-8")
    status, _out, err = run(*CHECK)
    assert status == 4
    assert len(err.splitlines()) == 23
    assert "  … and 280 more rows" in err


def test_columns_without_use_are_named(run: Run, desk: Path) -> None:
    assert run(*PACKAGE)[0] == 3
    status, _out, err = run("export", "--batch", "books.csv", "out")
    assert status == 3
    assert "columns that are not used here: Папка\n" in err
    assert len(list((desk / "out").iterdir())) == BOOKS - 2
