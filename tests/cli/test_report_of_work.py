"""`preserva report --from --to --person`: as text, page, CSV and JSON."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.cli.test_commands import JsonRun, Run, ready, run, run_json

__all__ = ["ready", "run", "run_json"]

PEOPLE = '[people.ivanova]\nname = "И. И. Иванова"\n[people.petrov]\n'


@pytest.fixture
def worked(ready: Path, run: Run) -> Path:
    """A book made by ivanova and handed over by petrov."""
    path = ready / "preserva.toml"
    path.write_text(path.read_text("utf-8") + PEOPLE, encoding="utf-8")
    made = run("--person", "ivanova", "package", "book", "--record", "book.xml")
    assert made[0] == 0
    given = ("--to", "НББ", "--reason", "loan", "--person", "petrov")
    assert run("export", "aonb-kp-7", "out", *given)[0] == 0
    return ready


def test_the_same_as_text_page_csv_and_json(worked: Path, run: Run, run_json: JsonRun) -> None:
    status, text, _err = run("report", "--from", "2020")
    assert (status, "packaged: 1 time, 1 package, 2 pages" in text) == (0, True)
    assert "И. И. Иванова: packaged 1" in text.splitlines()
    assert run("report", "--from", "2020", "--html", "work.html")[0] == 0
    page = (worked / "work.html").read_text("utf-8")
    assert (
        "И. И. Иванова" in page
        and "1\N{NO-BREAK SPACE}package made, 2\N{NO-BREAK SPACE}pages" in page
    )
    status, table, _err = run("report", "--from", "2020", "--csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    columns = ("person", "name", "what", "pages", "details")
    assert [tuple(row[column] for column in columns) for row in rows] == [
        ("ivanova", "И. И. Иванова", "packaged", "2", ""),
        ("petrov", "", "exported", "", "AIP; НББ; loan"),
    ]
    status, document = run_json("report", "--from", "2020")
    assert (status, document["work"]["sums"]["packaged"]["pages"]) == (0, 2)
    assert [deed["person"] for deed in document["work"]["deeds"]] == ["ivanova", "petrov"]


def test_of_one_person_and_without_names(worked: Path, run: Run, run_json: JsonRun) -> None:
    document = run_json("report", "--person", "petrov")[1]
    assert [deed["what"] for deed in document["work"]["deeds"]] == ["exported"]
    outputs = [
        run("report", "--from", "2020", "--no-names")[1],
        run("report", "--from", "2020", "--no-names", "--csv")[1],
    ]
    assert run("report", "--from", "2020", "--no-names", "--html", "w.html")[0] == 0
    for output in (*outputs, (worked / "w.html").read_text("utf-8")):
        assert "ivanova" in output and "Иванова" not in output


def test_an_empty_period_and_a_package_are_told_apart(worked: Path, run: Run) -> None:
    status, text, _err = run("report", "--to", "2020")
    assert status == 0
    assert text.splitlines() == [
        "What was done from the beginning to 2020-12-31",
        "Nothing was done.",
    ]
    assert run("report", "aonb-kp-7", "--from", "2020")[0] == 2
