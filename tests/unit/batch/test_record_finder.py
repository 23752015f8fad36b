"""Records found by what people write into a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from preserva.api.catalogue import open_catalogue
from preserva.batch.cells import cells_of
from preserva.batch.record_finder import RecordFinder, folded
from preserva.batch.table import read_table
from preserva.catalogue.record_file import AT_ONCE
from tests.support.batches import records
from tests.support.books import an_archive

COLUMNS = ("record", "number", "shelfmark", "register", "position", "catalogue", "record_file")


def find(desk: Path, header: str, line: str, file: str | None = "all.xml") -> str:
    """The number of the record that a row names, or the codes of its problems."""
    (desk / "t.csv").write_text(f"{header};notes\n{line};x\n", "utf-8")
    (row,) = cells_of(read_table(desk / "t.csv", COLUMNS), desk.resolve())
    finder = RecordFinder(
        desk / "archive/ledger.sqlite", None if file is None else desk / file, None
    )
    finder.prepare([row])
    record = finder.find(row)
    return record.identifier if record else " ".join(str(p.code.value) for p in row.problems)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Two files of records, the second with one that stands twice."""
    (tmp_path / "all.xml").write_text(records((1, 2, 12)), "utf-8")
    (tmp_path / "twice.xml").write_text(records((1, 2, 1)), "utf-8")
    (tmp_path / "single.xml").write_text(records((5,)), "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("header", "line", "expected"),
    [
        ("number", "RU/AONB/2", "RU/AONB/2"),
        ("number", " ru aonb 2", "RU/AONB/2"),
        ("shelfmark", "K-2/1", "RU/AONB/2"),  # a Latin K
        ("shelfmark", "К-21", "E461"),
        ("record", "к 12/1", "RU/AONB/12"),
        ("record", "RU/AONB/1", "RU/AONB/1"),
        ("position", "3", "RU/AONB/12"),
        ("position", "4", "E461"),
        ("position", "x", "E483"),
        ("number", "RU/AONB/3", "E461"),
        ("number;record file", "RU/AONB/1;twice.xml", "E462"),
        ("number;record file", "RU/AONB/2;twice.xml", "RU/AONB/2"),
        ("number;record file", "RU/AONB/2;../all.xml", "E464"),
        ("record file", "single.xml", "RU/AONB/5"),
        ("record file", "all.xml", "E462"),
        ("record file", "absent.xml", "E801"),
        ("number;shelfmark", "RU/AONB/1;К-1/1", "E483"),
        ("number", "", "E462"),
    ],
)
def test_a_record_is_found_or_the_reason_is_named(
    desk: Path, header: str, line: str, expected: str
) -> None:
    assert find(desk, header, line) == expected


def test_without_a_file_the_record_is_a_path(desk: Path) -> None:
    assert find(desk, "record", "single.xml", None) == "RU/AONB/5"
    assert find(desk, "record", "all.xml", None) == "E462"
    assert find(desk, "record", "", None) == "E484"


def test_a_large_file_is_read_record_by_record(desk: Path) -> None:
    text = records(range(1, 3000))
    assert len(text) > AT_ONCE
    (desk / "all.xml").write_text(text, "utf-8")
    assert find(desk, "shelfmark", "К-2999/1") == "RU/AONB/2999"
    assert find(desk, "position", "2998") == "RU/AONB/2998"


def test_a_number_in_the_union_catalogue_is_understood(desk: Path) -> None:
    with an_archive(desk / "archive"):
        pass
    assert find(desk, "record", "aonb:RU/AONB/2", None) == "E461"
    with open_catalogue(desk / "archive/preserva.toml") as catalogue:
        catalogue.import_file(desk / "all.xml", library="aonb")
    assert find(desk, "record", "aonb:RU/AONB/2", None) == "RU/AONB/2"
    assert find(desk, "catalogue", "aonb:RU/AONB/12") == "RU/AONB/12"
    assert find(desk, "catalogue", "nlb:1") == "E461"


def test_marks_between_the_parts_of_a_number_count() -> None:
    assert folded("KP 7") == folded("kp-7") == folded("КР7")
    assert folded("12/3") != folded("1/23")
