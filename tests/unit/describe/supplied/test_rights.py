"""What may be done with a book: the file, the configuration, MODS."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from preserva import config
from preserva.archive.archive import create_archive
from preserva.core.book.rights import Rights
from preserva.core.eark.vocabulary import CopyrightStatus, RightsBasis
from preserva.describe.record import Record, read_records, to_dc, to_mods
from preserva.describe.supplied.rights import (
    licences_of,
    read_rights,
    summary,
    with_access_conditions,
    with_dc_rights,
)
from preserva.errors import ConfigError
from preserva.ingest.package import package
from tests.support.books import RECORD, an_archive, make_book
from tests.support.marc_records import RARE_BOOK, iso2709
from tests.support.xsd import schema

TOML = """
[[rights]]
basis = "copyright"
status = "public domain"
determined = 2026-11-23
uri = "http://rightsstatements.org/vocab/NoC-OKLR/1.0/"
note = "напечатано до 1830 года"

[[rights]]
basis = "institutional policy"
note = "по договору с НББ"
start = "2026"
end = "2036"
acts = ["publish", "replicate"]
restrictions = "name both libraries"
"""

PUBLIC = Rights(
    RightsBasis.COPYRIGHT,
    CopyrightStatus.PUBLIC_DOMAIN,
    "by",
    determined="2026-11-23",
    note="напечатано до 1830 года",
    uri="http://rightsstatements.org/vocab/NoC-OKLR/1.0/",
)
POLICY = Rights(
    RightsBasis.INSTITUTIONAL_POLICY,
    jurisdiction="by",
    start="2026",
    end="2036",
    note="по договору с НББ",
    acts=("publish", "replicate"),
    restrictions=("name both libraries",),
)


def test_a_file_is_read() -> None:
    assert read_rights(TOML.encode(), "r.toml", "BY") == ((PUBLIC, POLICY), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["E484 r.toml: [[rights]]: required, but not given"]),
        ("[[rights]]\nstatus='unknown'",
         ["E484 r.toml: rights[1].basis: required, but not given"]),
        ("[[rights]]\nbasis='copyright'",
         ["E484 r.toml: rights[1].status: required, but not given"]),
        ("[[rights]]\nbasis='statute'",
         ["E484 r.toml: rights[1].citation: required, but not given"]),
        ("[[rights]]\nbasis='license'", ["E484 r.toml: rights[1].terms: required, but not given"]),
        ("[[rights]]\nbasis='other'\nend=1999\nrestrictions=['x']",
         [f"E484 r.toml: rights[1].{key}: required, but not given"
          for key in ("note", "start", "acts")]),
        ("[[rights]]\nbasis='copyright'\nstatus='public'",
         ["E483 r.toml: rights[1].status: not a permitted value; "
          "expected public domain; seen public"]),
        ("[[rights]]\nbasis='other'\nnote='x'\nacts=[1]",
         ["E483 r.toml: rights[1].acts: not a permitted value; seen [1]"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(text: str, expected: list[str]) -> None:
    _rights, problems = read_rights(text.encode(), "r.toml", "RU")
    assert [one.message() for one in problems] == expected


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_no_bytes_stop_the_reader(data: bytes) -> None:
    rights, problems = read_rights(data, "r.toml", "RU")
    assert rights or problems


@pytest.mark.parametrize("record", [RECORD.encode(), iso2709(RARE_BOOK)])
def test_mods_says_it_in_words(record: bytes, shared: Path) -> None:
    (found,) = read_records(record, name="r")
    assert isinstance(found, Record)
    plain = to_mods(found)
    assert with_access_conditions(plain, ()) == plain
    root = etree.fromstring(with_access_conditions(plain, (PUBLIC, POLICY)))
    schema(shared, "mods-3.8.xsd").assertValid(root)
    conditions = root.findall("{http://www.loc.gov/mods/v3}accessCondition")
    assert [(one.text, one.get("{http://www.w3.org/1999/xlink}href")) for one in conditions] == [
        (
            "copyright: public domain; jurisdiction by; determined 2026-11-23; "
            "напечатано до 1830 года",
            "http://rightsstatements.org/vocab/NoC-OKLR/1.0/",
        ),
        (
            "institutional policy; jurisdiction by; from 2026; until 2036; "
            "permitted publish, replicate; restricted name both libraries; по договору с НББ",
            None,
        ),
    ]
    others = [etree.tostring(one, with_tail=False) for one in root if one not in conditions]
    assert others == [etree.tostring(one, with_tail=False) for one in etree.fromstring(plain)]


def test_dublin_core_says_it_too(shared: Path) -> None:
    (found,) = read_records(iso2709(RARE_BOOK), name="r")
    assert isinstance(found, Record)
    root = etree.fromstring(with_dc_rights(to_dc(found), (PUBLIC, POLICY)))
    schema(shared, "oai_dc.xsd").assertValid(root)
    last = list(root)[-3:]
    assert [one.text for one in last] == [summary(PUBLIC), PUBLIC.uri, summary(POLICY)]
    assert {one.tag for one in last} == {"{http://purl.org/dc/elements/1.1/}rights"}
    assert with_dc_rights(to_dc(found), ()) == to_dc(found)


def configured(tmp_path: Path, rights: str) -> config.Config:
    path = tmp_path / config.NAME
    path.write_text(f"{config.TEMPLATE}\n[rights]\n{rights}\n", "utf-8")
    return config.load(path)


def test_the_configuration_may_state_rights(tmp_path: Path) -> None:
    text = 'basis = "copyright"\nstatus = "public domain"\ndetermined = "2026"\nacts = ["publish"]'
    assert configured(tmp_path, text).rights == Rights(
        RightsBasis.COPYRIGHT,
        CopyrightStatus.PUBLIC_DOMAIN,
        "ru",
        determined="2026",
        acts=("publish",),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('basis = "copyright"', "rights.status: missing"),
        ('status = "unknown"', "rights.basis: missing"),
        ('basis = "licence"', "rights.basis: 'licence' is not one of"),
        ('basis = "other"\nnots = "x"', "rights.nots: unknown key; did you mean note"),
    ],
)
def test_a_configuration_that_says_half_is_refused(
    text: str, expected: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=expected):
        configured(tmp_path, text)


CC = "https://creativecommons.org/licenses/by-sa/4.0/"


@pytest.mark.parametrize(
    ("condition", "addresses"),
    [
        (f"<accessCondition>{CC}deed.ru</accessCondition>", [CC]),
        (
            '<accessCondition xmlns:x="http://www.w3.org/1999/xlink"'
            ' x:href="http://www.creativecommons.org/licenses/by/3.0/ru/">CC</accessCondition>',
            ["https://creativecommons.org/licenses/by/3.0/ru/"],
        ),
        (
            f"<accessCondition>{CC} or http://creativecommons.org/publicdomain/zero/1.0/, {CC}"
            "</accessCondition>",
            [CC, "https://creativecommons.org/publicdomain/zero/1.0/"],
        ),
        ("<accessCondition>https://creativecommons.org/licenses/by/4.01/</accessCondition>", []),
        ("<accessCondition>see https://example.org/creativecommons.org</accessCondition>", []),
        (f"<note>{CC}</note>", []),
    ],
)
def test_a_licence_in_the_record_is_a_statement(condition: str, addresses: list[str]) -> None:
    """As an address; a note may be about another thing."""
    data = RECORD.replace("<recordInfo>", f"{condition}<recordInfo>").encode()
    (record,) = read_records(data, name="a.xml")
    assert isinstance(record, Record)
    stated = licences_of(record)
    assert [(one.basis, one.uri, one.missing()) for one in stated] == [
        (RightsBasis.LICENSE, address, ()) for address in addresses
    ]
    assert all(str(one.terms).startswith("the record of the catalogue states h") for one in stated)


def test_a_licence_in_the_record_stands_before_what_is_said_of_all_books(tmp_path: Path) -> None:
    """In PREMIS and in the list of books; nothing else is stated of the rights."""
    record = make_book(tmp_path / "book")
    text = record.read_text("utf-8")
    stated = f"<accessCondition>{CC}</accessCondition><recordInfo>"
    record.write_text(text.replace("<recordInfo>", stated), encoding="utf-8")
    place = tmp_path / "archive"
    place.mkdir()
    rights = '[rights]\nbasis = "copyright"\nstatus = "public domain"\n'
    (place / config.NAME).write_text(config.TEMPLATE + rights, encoding="utf-8")
    create_archive(config.load(place / config.NAME))
    with an_archive(place) as archive:
        package(tmp_path / "book", record, archive)
    (premis,) = place.glob("storages/**/aonb-kp-7/metadata/preservation/premis.xml")
    bases = etree.parse(premis).findall(".//{*}rightsBasis")
    assert [basis.text for basis in bases] == ["license"]
    assert CC in (place / "storages/aonb-main/books.csv").read_text("utf-8-sig")
    (mods,) = place.glob("storages/**/mods.xml")
    assert len(etree.parse(mods).findall(".//{*}accessCondition")) == 1
