"""Tables of records: what is exported comes back the same, and every bad row is named."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from preserva.catalogue.csv_records import COLUMNS, documents, line, lines_of
from preserva.catalogue.database import Database
from preserva.catalogue.entry import CatalogueEntry, Contributor, Item, TypedNumber, uri_of
from preserva.catalogue.entry_from_mods import entry_of
from preserva.catalogue.export import ExportFormat, export_catalogue
from preserva.catalogue.import_records import Imported, import_file
from preserva.catalogue.index import Index
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.describe.record import Record, read_records
from preserva.errors import Refused, UsageError
from tests.support.marc_records import RARE_BOOK, iso2709
from tests.support.xsd import schema
from tests.unit.catalogue.test_catalogue import KNIHI, MINSK, OURS

HEAD = "identifier,title,year,languages,numbers,holder,registers\n"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty catalogue."""
    opened = Database(tmp_path / "catalogue.sqlite")
    yield opened
    opened.close()


def taken(database: Database, path: Path, text: str) -> Imported:
    """What became of a table with that text."""
    path.write_bytes(text.encode("utf-8"))
    return import_file(database, path, "aonb", 100)


def read(data: bytes) -> list[CatalogueEntry | Finding]:
    """The entries of a table, findings in their places."""
    found: list[CatalogueEntry | Finding] = []
    for piece in documents(io.BytesIO(data), "t.csv", "aonb"):
        if isinstance(piece, Finding):
            found.append(piece)
        else:
            records = read_records(piece, name="t")
            found += [entry_of(one) if isinstance(one, Record) else one for one in records]
    return found


def test_a_catalogue_comes_back_from_its_table(database: Database, tmp_path: Path) -> None:
    """Byte for byte, with copies, numbers and what matching needs."""
    (tmp_path / "a.iso").write_bytes(iso2709(RARE_BOOK) + iso2709(MINSK) + iso2709(KNIHI))
    import_file(database, tmp_path / "a.iso", "aonb", 1)
    export_catalogue(database, tmp_path / "one.csv", ExportFormat.CSV)
    again = Database(tmp_path / "again.sqlite")
    done = import_file(again, tmp_path / "one.csv", "aonb", 2, complete=True)
    assert (done.read, done.changed, done.findings) == (3, 3, [])
    export_catalogue(again, tmp_path / "two.csv", ExportFormat.CSV)
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
    entry = Index(again).get(OURS)
    assert entry is not None
    assert entry.entry is not None
    assert [item.shelfmark for item in entry.entry.items] == ["Р-17", "Р-18"]
    again.close()


texts = st.text("аЯі'=+-@;,\"\n\t ѣ", max_size=12).map(lambda text: " ".join(text.split()))
some = texts.filter(bool)
lists = st.lists(some, max_size=3, unique=True).map(tuple)
copies = st.builds(
    Item, some, texts, lists,
    st.lists(st.builds(TypedNumber, st.sampled_from(["ru-knpam", "by-kp"]), some), max_size=2,
             unique=True).map(tuple),
    lists,
)  # fmt: skip
entries = st.builds(
    CatalogueEntry, some, st.just("7"), lists,
    st.lists(st.builds(Contributor, some), max_size=2).map(tuple),
    lists, texts.map(lambda text: text.strip(" []?")), texts, texts,
    st.none() | st.integers(1000, 2099), st.lists(st.sampled_from(["rus", "bel"]), unique=True)
    .map(tuple), st.sampled_from(["", "text", "manuscript"]), texts,
    st.lists(st.builds(TypedNumber, st.sampled_from(["isbn", "fingerprint"]), some),
             max_size=2).map(tuple),
    st.lists(copies, max_size=3).map(tuple),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(entries)
def test_whatever_stands_in_the_cells_comes_back(entry: CatalogueEntry) -> None:
    """Semicolons, quotes, formulas, apostrophes."""
    data = line(COLUMNS) + b"".join(lines_of(uri_of("aonb", "7"), entry, ""))
    assert read(data) == [entry]
    for row in csv.reader(io.StringIO(data.decode())):
        assert not any(cell.startswith(tuple("=+-@")) for cell in row)


def test_every_bad_row_is_named_with_its_line(database: Database, tmp_path: Path) -> None:
    """And the others are taken in."""
    rows = [
        "1,Хорошая,1799,rus,isbn:1,АОНБ,ru-knpam:5",
        ",Без номера,,,,,", "3,,,,,,", "4,Т,99,,,,", "5,Т,,русский,,,", "6,Т,,,5-7667,,",
        "7,Т,,,,,5", "8,Т,,,,,x:5", "9,Т,,,,,,,,,", "10,Т\x01,,,,,",
        "urn:preserva:record:nlb:11,Т,,,,,",
        '12,"Две\nстроки",,,,А,', '12,"Две\nстроки",1800,,,Б,',
        "urn:preserva:record:aonb:RU%5C14,По URI,,,,,", "", "15,Короткая",
    ]  # fmt: skip
    done = taken(database, tmp_path / "t.csv", HEAD + "\n".join([*rows, ""]))
    assert {(one.code, one.path) for one in done.findings} == {
        (Code.CSV_ROW, f"t.csv:{number}") for number in (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15)
    }
    assert len(done.findings) == 11
    assert "13" in (done.findings[-1].seen or "")
    kept = [one.uri for one in Index(database).changed_since()]
    assert kept == [uri_of("aonb", number) for number in ("1", "RU\\14", "15")]
    with pytest.raises(Refused):
        import_file(database, tmp_path / "t.csv", "aonb", 200, complete=True)


def test_tables_as_spreadsheets_write_them(database: Database, tmp_path: Path) -> None:
    """With a byte order mark, semicolons or tabs, columns in any order and of their own."""
    text = "\ufeffTitle;identifier;цена;holder\r\nКнига;1;5;АОНБ\r\n"
    done = taken(database, tmp_path / "t.csv", text)
    assert [(one.code, one.seen) for one in done.findings] == [(Code.CSV_COLUMN, "цена")]
    (tmp_path / "old.tsv").write_bytes("identifier\ttitle\n2\tВѣра\n".encode("utf-16"))
    assert import_file(database, tmp_path / "old.tsv", "aonb", 100).read == 0
    (tmp_path / "old.csv").write_bytes("identifier,title\n2,Книга\n".encode("cp1251"))
    done = import_file(database, tmp_path / "old.csv", "aonb", 100)
    assert [(one.code, one.path) for one in done.findings] == [(Code.CSV_ROW, "old.csv:2")]
    done = import_file(database, tmp_path / "old.csv", "aonb", 100, charset="windows-1251")
    assert (done.read, done.findings) == (1, [])
    with pytest.raises(UsageError):
        import_file(database, tmp_path / "old.csv", "aonb", 100, charset="klingon")


@pytest.mark.parametrize(
    "text", ["", "\n", "title\nx\n", "identifier,identifier,title\n1,2,x\n", "\x00,\x00"]
)
def test_a_table_without_its_columns(database: Database, tmp_path: Path, text: str) -> None:
    """Is told what columns there are."""
    done = taken(database, tmp_path / "t.csv", text)
    (finding,) = done.findings
    assert (done.read, finding.code, finding.path) == (0, Code.CSV_ROW, "t.csv:1")
    assert "identifier" in (finding.expected or "")


def test_a_quote_without_end_and_endless_lines(database: Database, tmp_path: Path) -> None:
    """Are named, and memory stays small."""
    text = HEAD + '1,"' + "x,\n" * 100_000 + HEAD[:-1] + "\n" + "2," + "y" * 3_000_000 + "\n"
    done = taken(database, tmp_path / "t.csv", text)
    assert done.findings
    assert {one.code for one in done.findings} == {Code.CSV_ROW}


def test_what_a_table_makes_is_valid_mods(shared: Path) -> None:
    """By the schema of the Library of Congress."""
    rows = (
        "1,Т,Т2,А; Б,Минск,Тип.,1799,1799,rus; bel,manuscript,collection,5 с.,вера; Х,isbn:5,"
        "АОНБ,Р-1,12; 13,ru-knpam:5,Чурин,",
        "2,Т" + "," * (len(COLUMNS) - 2),
    )
    data = line(COLUMNS) + "\r\n".join([*rows, ""]).encode()
    made = list(documents(io.BytesIO(data), "t.csv", "aonb"))
    assert len(made) == 2
    for one in made:
        assert isinstance(one, bytes)
        schema(shared, "mods-3.8.xsd").assertValid(etree.ElementTree(etree.fromstring(one)))
    (entry, bare) = read(data)
    assert isinstance(entry, CatalogueEntry)
    assert (entry.form, entry.collection, entry.items[0].inventory) == (
        "manuscript", True, ("12", "13"),
    )  # fmt: skip
    assert bare == CatalogueEntry("Т", "2")
