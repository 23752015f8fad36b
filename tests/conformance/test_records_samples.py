"""Real records, from the folder of outside data: each is read, and becomes valid MODS and DC."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from preserva.core.values.report import Finding
from preserva.describe.record import (
    Field,
    Record,
    read_records,
    to_dc,
    to_marcxchange,
    to_mods,
)
from tests import names_table, records_table
from tests.conftest import ROOT
from tests.support.marcxchange import violations
from tests.support.xsd import schema

MARC_FILES = {
    "irbis_test1/test1.iso": (81, "windows-1251", "RUSMARC", {}),
    "rusmarc_loge/TEST1.ISO": (81, "windows-1251", "RUSMARC", {}),
    "rusmarc_loge/TEST2.ISO": (1, "windows-1251", "RUSMARC", {}),
    "rusmarc_loge/ur.iso": (1, "UTF-8", "RUSMARC", {"W811": 1, "W816": 1}),
    "marcrecord_afronkin/rusmarc_1.iso": (1, "windows-1251", "RUSMARC", {"W811": 1, "W812": 1}),
    "marcrecord_afronkin/rusmarc_2.iso": (1, "windows-1251", "RUSMARC", {"W813": 1}),
    "ruby_marc/cp866_unimarc.marc": (
        1,
        "IBM866",
        "none",
        {"W812": 1, "W813": 1, "W814": 1, "W816": 1},
    ),
    "ruby_marc/cp866_multirecord.marc": (
        2,
        "IBM866",
        "none",
        {"W812": 2, "W813": 2, "W814": 2, "W816": 2},
    ),
    "pymarc/1251.dat": (6, "windows-1251", "MARC21", {"W811": 6, "W812": 6}),
    "pymarc/testunimarc.dat": (1, "UTF-8", "UNIMARC", {}),
}
"""The nine files on which other readers lose or garble records, and a variant of the first."""

OTHER_FILES = (
    "pymarc/marc8.dat",
    "pymarc/diacritic.dat",
    "pymarc/utf8_with_leader_flag.dat",
    "pymarc/utf8_without_leader_flag.dat",
    "pymarc/utf8_invalid.mrc",
    "pymarc/bad_records.mrc",
    "marc4j/cyrillic_capital_e.mrc",
    "marc4j/185258.mrc",
    "marc4j/u17_utf8.mrc",
    "irbis_test1/records.txt",
    "irbis_test1/broken_records.txt",
    "irbis_test1/record_managedirbis2.txt",
    "irbis_test1/records_reports001.txt",
)


def _read(shared: Path, name: str) -> list[Record]:
    path = shared / "data" / "records" / name
    found = read_records(path.read_bytes(), name=path.name)
    return [one for one in found if isinstance(one, Record)]


def _text(field: Field) -> str:
    """The field as the dump of the sample has it."""
    if not (field.indicators or field.subfields or field.embedded):
        return field.value
    inner = "".join("$1" + one.tag + _text(one) for one in field.embedded)
    own = "".join(f"${one.code}{one.value}" for one in field.subfields)
    return field.indicators + own + inner


@pytest.mark.parametrize("name", MARC_FILES)
def test_every_record_is_read_and_nothing_is_lost(shared: Path, name: str) -> None:
    count, charset, dialect, notes = MARC_FILES[name]
    records = _read(shared, name)
    assert len(records) == count
    assert {one.charset for one in records} == {charset}
    assert {one.dialect.value for one in records} == {dialect}
    assert Counter(note.code.value for one in records for note in one.notes) == notes
    assert not any("\ufffd" in _text(field) for one in records for field in one.fields)


def test_the_fields_are_those_of_the_published_dump(shared: Path) -> None:
    dump = (shared / "data/records/rusmarc_loge/TEST1.txt").read_text("utf-8")
    records = {one.identifier: one for one in _read(shared, "rusmarc_loge/TEST1.ISO")}
    blocks = re.split(r"\n\s*\n", dump.strip())
    assert len(blocks) == 80
    for block in blocks:
        expected = [(line[:3], line[5:]) for line in block.splitlines()[1:]]
        record = records[dict(expected)["001"]]
        assert [(field.tag, _text(field)) for field in record.fields] == expected


@pytest.mark.parametrize("name", [*MARC_FILES, *OTHER_FILES])
def test_what_is_derived_is_valid(shared: Path, name: str) -> None:
    records = _read(shared, name)
    assert records
    mods, dc = schema(shared, "mods-3.8.xsd"), schema(shared, "oai_dc.xsd")
    for record in records:
        mods.assertValid(etree.fromstring(to_mods(record)))
        dc.assertValid(etree.fromstring(to_dc(record)))
        assert to_mods(record) == to_mods(record)
        document = to_marcxchange(record)
        if document is not None:
            assert violations(etree.fromstring(document)) == []
            (again,) = read_records(document, name="x.xml")
            assert isinstance(again, Record)
            assert len(again.fields) == len(record.fields)


def test_the_page_says_what_each_file_became(shared: Path) -> None:
    page = (ROOT / "docs" / "reference" / "records.md").read_text("utf-8")
    for name in (*MARC_FILES, *OTHER_FILES):
        path = shared / "data" / "records" / name
        found = read_records(path.read_bytes(), name=path.name)
        records = [one for one in found if isinstance(one, Record)]
        notes = Counter(note.code.value for one in records for note in one.notes)
        notes.update(one.code.value for one in found if isinstance(one, Finding))
        cells = (
            name,
            f"{len(records)} of {len(found)}",
            ", ".join(sorted({one.dialect.value for one in records})),
            ", ".join(sorted({one.charset for one in records})),
            ", ".join(f"{code} ({count})" for code, count in sorted(notes.items())),
        )
        assert f"| {' | '.join(cells)} |" in page


def test_the_page_of_records_says_what_each_became(shared: Path) -> None:
    shown = (ROOT / "docs" / "reference" / "records-seen.md").read_text("utf-8")
    assert shown == records_table.page(shared), "run: python -m tests.records_table"


def test_the_page_of_names_says_what_each_became(shared: Path) -> None:
    """None is dropped or split, and MODS, Dublin Core and the catalogue agree on all."""
    assert list(names_table.disagreements(shared)) == []
    shown = (ROOT / "docs" / "reference" / "names-seen.md").read_text("utf-8")
    assert shown == names_table.page(shared), "run: python -m tests.names_table"


def test_two_kinds_of_damage_are_findings(shared: Path) -> None:
    path = shared / "data/records/pymarc/bad_records.mrc"
    found = read_records(path.read_bytes(), name=path.name)
    assert [(one.code.value, one.path) for one in found if isinstance(one, Finding)] == [
        ("E801", "bad_records.mrc#7"),
        ("E804", "bad_records.mrc#9"),
    ]
    assert len(found) == 9
