"""Tables as people and their spreadsheets make them, and as strangers might."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.batch.cells import Cells, cells_of
from preserva.batch.columns import WORDS, heading_of, keys_of
from preserva.batch.table import read_table, results_path, write_results
from preserva.core.values.codes import Code
from preserva.errors import UsageError
from preserva.i18n import speaking

COLUMNS = ("folder", "number", "position", "id")


def read(path: Path, text: str, encoding: str = "utf-8") -> list[Cells]:
    """The rows of a table with this text."""
    path.write_bytes(text.encode(encoding))
    return cells_of(read_table(path, COLUMNS), path.parent.resolve())


@pytest.mark.parametrize("encoding", ["cp1251", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_as_the_spreadsheet_saved_it(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    head = delimiter.join(["  ПАПКА ", "номер_записи", "Примечания"])
    text = f"{head}\r\n\r\n{delimiter.join(['скан', '12', '01.02.2026'])}\r\n{delimiter * 2}\r\n"
    (row,) = read(tmp_path / "t.csv", text, encoding)
    assert row.number == 3
    assert (row.text("folder"), row.text("number"), row.text("id")) == ("скан", "12", None)
    assert row.path("folder") == tmp_path.resolve() / "скан"


def test_the_separator_may_be_named_in_a_line_of_its_own(tmp_path: Path) -> None:
    (row,) = read(tmp_path / "t.csv", "sep=;\r\nfolder;number\r\na,b;1\r\n")
    assert row.text("folder") == "a,b"


def test_every_column_has_words_that_lead_to_it_alone() -> None:
    for key, words in WORDS.items():
        for word in words:
            assert keys_of([word.upper()]) == {key: 0}


@pytest.mark.parametrize("language", ["en", "ru", "be"])
def test_the_heading_of_every_column_is_understood(language: str) -> None:
    """What a message calls a column can be written above it."""
    with speaking(language):
        for key in WORDS.keys() - {"result", "made", "findings"}:
            assert keys_of([heading_of(key)]) == {key: 0}


@pytest.mark.parametrize(
    ("name", "written"), [("t.txt", "t-results.csv"), ("T.CSV", "T-results.CSV")]
)
def test_results_have_an_ending_that_spreadsheets_open(
    tmp_path: Path, name: str, written: str
) -> None:
    assert results_path(tmp_path / name).name == written
    assert results_path(results_path(tmp_path / name)).name == written


def test_a_workbook_is_read_and_given_back(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Папка", "Номер"])
    sheet.append(["скан", 12.0])
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx", COLUMNS)
    (row,) = cells_of(table, tmp_path)
    assert (row.text("folder"), row.text("number"), row.number) == ("скан", "12", 2)
    path = results_path(table.path)
    write_results(path, table, [(row.row, ("=1+1", "+7", "@x"))])
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    cells = list(sheet.iter_rows())[1]
    assert [(cell.value, cell.data_type) for cell in cells] == [
        ("скан", "s"), ("12", "s"), ("=1+1", "s"), ("+7", "s"), ("@x", "s"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "part", [b"<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet/>", "<!DOCTYPE x>".encode("utf-16")]
)
def test_a_workbook_with_a_document_type_is_refused(tmp_path: Path, part: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", part)
    with pytest.raises(UsageError, match="document type"):
        read_table(tmp_path / "t.xlsx", COLUMNS)


def test_a_workbook_that_grows_beyond_bounds_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"xl/{number}.xml", bytes(60 << 20))
    (tmp_path / "t.xlsx").write_bytes(stream.getvalue())
    with pytest.raises(UsageError, match="too large"):
        read_table(tmp_path / "t.xlsx", COLUMNS)


@pytest.mark.parametrize("data", [b"", b"\r\n;;\r\n", b"PK\3\4", b'a;b\n"c', b"folder\n", b"a\0b"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, ending: str) -> None:
    (tmp_path / f"t.{ending}").write_bytes(data)
    with pytest.raises(UsageError):
        read_table(tmp_path / f"t.{ending}", COLUMNS)


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@a", "\t=1", "  =1", "'=1"])
def test_formulas_stay_text(tmp_path: Path, formula: str) -> None:
    (row,) = read(tmp_path / "t.csv", f'folder;number\nx;"{formula}"\n')
    table = read_table(tmp_path / "t.csv", COLUMNS)
    path = results_path(table.path)
    write_results(path, table, [(row.row, (formula, "", ""))])
    cells = path.read_text("utf-8-sig").splitlines()[1].replace('"', "").split(";")
    assert [cell[:1] for cell in (cells[1], cells[2])] == ["'", "'"]
    (again,) = cells_of(read_table(path, COLUMNS), tmp_path)
    assert again.text("number") == row.text("number") or formula.startswith("'")


@pytest.mark.parametrize(
    "text", ["../x", "/etc", "a/../../x", "link/x", "D:\\Сканы\\a", "d:/a", "\\\\server\\scans"]
)
def test_a_path_that_leads_out_is_refused(tmp_path: Path, text: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    (row,) = read(root / "t.csv", f"folder\n{text}\n")
    assert row.path("folder") is None
    assert [(problem.code, problem.seen) for problem in row.problems] == [
        (Code.ROW_PATH_OUTSIDE, text)
    ]


def test_a_path_of_windows_is_understood(tmp_path: Path) -> None:
    (tmp_path / "scans/kp1").mkdir(parents=True)
    (row,) = read(tmp_path / "t.csv", "folder\nscans\\kp1\n")
    assert row.path("folder") == tmp_path.resolve() / "scans/kp1"


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "٣", "9" * 30])
def test_a_position_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (row,) = read(tmp_path / "t.csv", f"position;folder\n{text};x\n")
    assert row.count("position") is None
    assert [problem.code for problem in row.problems] == [Code.DETAILS_VALUE]


@given(st.lists(st.text(max_size=20), min_size=2, max_size=2))
def test_any_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    """Whatever is written can be read again as a table, cell by cell, and is no formula."""
    place = tmp_path_factory.mktemp("t")
    (place / "t.csv").write_text("folder;number\nx;1\n", "utf-8")
    table = read_table(place / "t.csv", COLUMNS)
    write_results(place / "r.csv", table, [(table.rows[0], ("done", *cells))])
    again = read_table(place / "r.csv", COLUMNS)
    assert len(again.rows) == 1
    assert again.rows[0].cells[:3] == ("x", "1", "done")
    assert not any(
        cell.lstrip(" ")[:1] in "=+-@\t\r" for cell in again.rows[0].cells if cell.strip()
    )


def test_a_workbook_without_openpyxl_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openpyxl.Workbook().save(tmp_path / "t.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UsageError, match="needs openpyxl") as refusal:
        read_table(tmp_path / "t.xlsx", COLUMNS)
    assert "preserva[xlsx]" in str(refusal.value.advice())
