"""What an import says, what it leaves out, and what it does not let be replaced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from preserva.catalogue.database import Database
from preserva.catalogue.entry import uri_of
from preserva.catalogue.export import ExportFormat, export_catalogue
from preserva.catalogue.import_records import (
    Imported,
    Retitled,
    import_file,
    import_packages,
)
from preserva.catalogue.index import Index
from preserva.catalogue.standard_numbers import isbn13
from preserva.core.values.report import Outcome
from preserva.describe.record import Record, read_records, to_dc
from preserva.errors import Refused
from preserva.ingest.package import package
from tests.support.books import an_archive, make_book
from tests.support.marc_records import RARE_BOOK, Fields, iso2709

BOOK: Fields = (
    ("001", "17"), ("100", "  $a20241105d1799    |||y0rusy0189    ca"), ("101", "0 $arus"),
    ("200", "1 $aКнига о городе и его окрестностях$fА. Б."), ("801", " 0$aRU$bX"),
)  # fmt: skip
URI = uri_of("aonb", "17")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "catalogue.sqlite")
    yield opened
    opened.close()


def taken(
    database: Database, path: Path, data: bytes, time: int = 200, *, complete: bool = False
) -> Imported:
    path.write_bytes(data)
    return import_file(database, path, "aonb", time, complete=complete)


def codes(imported: Imported) -> list[str]:
    return [str(finding.code.value) for finding in imported.findings]


def changed(old: str, new: str) -> Fields:
    return [(tag, text.replace(old, new)) for tag, text in BOOK]


def test_every_doubt_is_told_and_a_new_title_is_shown(database: Database, tmp_path: Path) -> None:
    first = taken(database, tmp_path / "a.iso", iso2709(BOOK, "koi8-r"))
    assert (first.changed, codes(first), first.retitled) == (1, ["W811", "W812"], [])
    second = taken(database, tmp_path / "a.iso", iso2709(changed("городе", "селе"), "cp1251"), 300)
    assert (second.changed, codes(second)) == (1, [])
    before, after = "Книга о городе и его окрестностях", "Книга о селе и его окрестностях"
    assert second.retitled == [Retitled(URI, before, after)]


def test_of_many_findings_the_first_are_listed(database: Database, tmp_path: Path) -> None:
    records = (
        iso2709([(tag, str(number) if tag == "001" else text) for tag, text in BOOK], "koi8-r")
        for number in range(130)
    )
    imported = taken(database, tmp_path / "a.iso", b"".join(records))
    assert (imported.changed, len(imported.findings)) == (130, 200)
    assert {kind: count for kind, count in imported.unlisted.items() if count} == {
        "W811": 30, "W812": 30,
    }  # fmt: skip


def test_a_damaged_record_replaces_no_sound_one(database: Database, tmp_path: Path) -> None:
    damaged = iso2709(changed("0189", "0150"))
    damaged = damaged.replace("городе".encode(), "горо".encode() + b"\xff" * 4)
    new = taken(database, tmp_path / "a.iso", damaged)
    assert (new.changed, codes(new), new.outcome) == (1, ["E802"], Outcome.FAIL)
    sound = taken(database, tmp_path / "a.iso", iso2709(BOOK, "cp1251"), 300)
    assert (sound.changed, sound.outcome) == (1, Outcome.PASS)
    again = taken(database, tmp_path / "a.iso", damaged, 400)
    assert (again.changed, again.left_out, codes(again)) == (0, 1, ["E802", "E808"])
    known = Index(database).get(URI)
    assert known is not None
    assert known.original == iso2709(BOOK, "cp1251")
    with pytest.raises(Refused, match="E808"):
        taken(database, tmp_path / "a.iso", damaged, 500, complete=True)


def test_a_record_in_an_unknown_set_is_left_out_until_it_is_named(
    database: Database, tmp_path: Path
) -> None:
    polish = [*BOOK[:2], ("200", "1 $aDzieje Litwy i Białorusi w źródłach"), BOOK[-1]]
    left = taken(database, tmp_path / "a.iso", iso2709(polish, "cp1250"))
    assert (left.read, left.left_out, codes(left)) == (0, 1, ["U803", "E802"])
    named = import_file(database, tmp_path / "a.iso", "aonb", 300, charset="cp1250")
    assert (named.changed, named.findings) == (1, [])


def test_the_record_of_a_package_is_read_as_it_was_packaged(
    database: Database, tmp_path: Path
) -> None:
    """Its character set was named then; the MODS was made with it."""
    make_book(tmp_path / "book")
    polish = [*BOOK[:2], ("200", "1 $aDzieje Litwy i Białorusi w źródłach"), BOOK[-1]]
    (tmp_path / "a.mrc").write_bytes(iso2709(polish, "cp1250"))
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", tmp_path / "a.mrc", archive, charset="cp1250")
        imported = import_packages(archive, database, 100)
    assert (imported.changed, imported.findings) == (1, [])
    known = Index(database).get(URI)
    assert known is not None
    assert known.entry is not None
    assert known.entry.title == "Dzieje Litwy i Białorusi w źródłach"


def test_what_describes_no_book_is_left_out(database: Database, tmp_path: Path) -> None:
    untitled = iso2709(
        (("001", "1"), ("245", "10$cA. B."), ("100", "1 $aB., A.")), leader="nam a22"
    )
    holding = iso2709((("001", "2"), ("004", "1"), ("852", "  $aX")), leader="nx  a22")
    imported = taken(database, tmp_path / "a.mrc", untitled + holding + iso2709(BOOK))
    assert (imported.read, imported.left_out) == (1, 1)
    assert sorted(codes(imported)) == ["E807", "W811", "W823"]


def test_one_bad_record_in_xml_spoils_no_other(database: Database, tmp_path: Path) -> None:
    record = (
        '<record><controlfield tag="001">{}</controlfield><datafield tag="200" ind1="1" ind2=" ">'
        '<subfield code="a">{}</subfield></datafield></record>'
    )
    pieces = [record.format(n, title) for n, title in enumerate(("Адна", "Б & В", "Тры"))]
    root = '<collection xmlns="http://www.loc.gov/MARC21/slim">{}</collection>'
    imported = taken(database, tmp_path / "a.xml", root.format("".join(pieces)).encode())
    assert (imported.changed, imported.left_out, codes(imported)) == (2, 1, ["E801"])
    assert imported.findings[0].path == "a.xml#2"
    long = [*pieces, *(record.format(n, "Кніга" * 100) for n in range(10, 1500))]
    imported = taken(database, tmp_path / "b.xml", root.format("".join(long)).encode(), 300)
    assert (imported.read, imported.left_out, codes(imported)) == (1492, 1, ["E801"])


def test_a_table_changes_nothing_in_marc(database: Database, tmp_path: Path) -> None:
    """What says the same is no change; what says something else is refused, with the columns."""
    marc = iso2709(RARE_BOOK)
    taken(database, tmp_path / "a.iso", marc)
    export_catalogue(database, tmp_path / "a.csv", ExportFormat.CSV)
    table = (tmp_path / "a.csv").read_bytes()
    same = taken(database, tmp_path / "a.csv", table, 300, complete=True)
    assert (same.read, same.changed, same.deleted, same.findings) == (1, 0, 0, [])
    edited = table.replace("Москва".encode(), "Минск".encode())
    other = taken(database, tmp_path / "a.csv", edited, 400)
    assert (other.changed, codes(other), other.outcome) == (0, ["E809"], Outcome.FAIL)
    assert other.findings[0].seen == "place"
    (record,) = read_records(marc, name="a")
    assert isinstance(record, Record)
    poorer = taken(database, tmp_path / "dc.xml", to_dc(record), 500)
    known = Index(database).get(uri_of("aonb", record.identifier))
    assert known is not None
    assert known.original == marc
    assert poorer.changed == 0 or Index(database).count() == 2


def test_a_table_may_change_what_came_from_a_table(database: Database, tmp_path: Path) -> None:
    head = "identifier,title,place\n"
    assert taken(database, tmp_path / "a.csv", (head + "1,А,Минск\n").encode()).changed == 1
    again = taken(database, tmp_path / "a.csv", (head + "1,А,Москва\n").encode(), 300)
    assert (again.changed, again.findings) == (1, [])
    richer = taken(database, tmp_path / "a.iso", iso2709((("001", "1"), ("200", "1 $aА"))), 400)
    assert richer.changed == 1


def test_no_real_record_loses_anything_by_a_table(
    database: Database, tmp_path: Path, shared: Path
) -> None:
    """All of the sample records, exported as a table and taken in again."""
    for number, name in enumerate(("irbis_test1/test1.iso", "pymarc/1251.dat",
                                   "irbis_test1/records_reports001.txt")):  # fmt: skip
        import_file(database, shared / "data/records" / name, "aonb", 100 + number)
    before = [known.original for known in Index(database).changed_since()]
    export_catalogue(database, tmp_path / "all.csv", ExportFormat.CSV)
    again = import_file(database, tmp_path / "all.csv", "aonb", 500, complete=True)
    assert (again.changed, again.deleted, codes(again)) == (0, 0, [])
    assert again.read == len(before) > 90
    assert [known.original for known in Index(database).changed_since()] == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5-7667-2983-9", "9785766729839"),
        ("978-5-7667-2983-9", "9785766729839"),
        ("9785766729839 (hbk.)", "9785766729839"),
        ("0 8044 2957 X", "9780804429573"),
        ("ISBN 080442957Х (в пер.)", "9780804429573"),
        ("нет", "нет"),
        ("12345", "12345"),
    ],
)
def test_isbn_of_either_length_is_one_number(text: str, expected: str) -> None:
    assert isbn13(text) == expected
