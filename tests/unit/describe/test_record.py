"""Records are read whatever state their bytes are in, and what was mended is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lxml import etree

from preserva.core.values.report import Finding
from preserva.describe.record import (
    Dialect,
    Record,
    Syntax,
    holdings_of,
    read_record,
    read_records,
    to_marcxchange,
    to_mods,
)
from preserva.errors import UsageError
from tests.support.marc_records import RARE_BOOK, iso2709
from tests.support.marcxchange import violations

FIELDS = (
    ("001", "RU\\AONB\\1"),
    ("100", "  $a20241105d1913    |||y0rusy0189    ca"),
    ("101", "0 $arus"),
    ("200", "1 $aОписание города Благовещенска и его окрестностей$fсост. Кирилл Буревой"),
    ("801", " 0$aRU$bAONB"),
)


def one(data: bytes, charset: str | None = None) -> Record:
    found = read_record(data, name="x.mrc", charset=charset)
    assert isinstance(found, Record), found
    return found


def codes(record: Record) -> list[str]:
    return [note.code.value for note in record.notes]


def values(record: Record) -> list[tuple[str, str]]:
    return [
        (f.tag, f.value or "".join(f"${s.code}{s.value}" for s in f.subfields))
        for f in record.fields
    ]


def expected(fields: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [(tag, text[text.find("$") :] if "$" in text else text) for tag, text in fields]


@pytest.mark.parametrize(
    ("codec", "charset", "notes"),
    [
        ("utf-8", "UTF-8", ["W811"]),
        ("cp1251", "windows-1251", []),
        ("cp866", "IBM866", ["W811", "W812"]),
        ("koi8-r", "KOI8-R", ["W811", "W812"]),
    ],
)
def test_the_bytes_decide_the_character_set(codec: str, charset: str, notes: list[str]) -> None:
    record = one(iso2709(FIELDS, codec))
    assert (record.charset, codes(record)) == (charset, notes)
    assert values(record) == expected(FIELDS)
    assert record.dialect is Dialect.RUSMARC
    assert record.title == "Описание города Благовещенска и его окрестностей"


def test_the_caller_may_say_the_character_set() -> None:
    data = iso2709(FIELDS, "cp866")
    assert one(data, "CP866").charset == "IBM866"
    assert one(data, "windows-1251").title != one(data, "866").title
    with pytest.raises(UsageError, match="ebcdic"):
        read_records(data, name="x.mrc", charset="ebcdic")


def test_a_few_letters_do_not_overrule_the_declaration() -> None:
    fields = (("100", "  $a20241105d2002    |||y0rusy0189    ca"), ("200", "1 $aТ. 1"))
    record = one(iso2709(fields, "cp1251"))
    assert (record.charset, record.title, codes(record)) == ("windows-1251", "Т. 1", [])


def test_bytes_of_no_letters_are_not_guessed() -> None:
    data = iso2709((("001", "1"), ("200", "1 $aA\x9d\x9e\x9f\x81")), "latin-1")
    record = one(data)
    assert record.charset == "unknown"
    assert codes(record) == ["U803", "E802"]
    assert record.title == "A\ufffd\ufffd\ufffd\ufffd"


SOUND = iso2709(FIELDS, "cp1251")
BASE = SOUND.index(b"\x1e")
DAMAGED = {
    "length off by one": (b"00001" + SOUND[5:], ["W813"]),
    "base address off by one": (SOUND[:12] + b"%05d" % BASE + SOUND[17:], ["W814"]),
    "lengths off by one": (
        SOUND[:24]
        + b"".join(
            SOUND[at : at + 3]
            + b"%04d" % (int(SOUND[at + 3 : at + 7]) + 1)
            + SOUND[at + 7 : at + 12]
            for at in range(24, BASE, 12)
        )
        + SOUND[BASE:],
        ["W814"],
    ),
    "letters in the directory": (SOUND[:30] + b"xx" + SOUND[32:], ["W814"]),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_mended_and_said(name: str) -> None:
    data, notes = DAMAGED[name]
    record = one(data)
    assert codes(record) == notes
    assert values(record) == expected(FIELDS)
    assert record.original == data


def _entries_changed(change: Callable[[bytes], bytes]) -> bytes:
    """The sound record with another directory; nothing else of it is changed."""
    return SOUND[:24] + change(SOUND[24:BASE]) + SOUND[BASE:]


TORN = {
    "no end mark": (SOUND[:-1], "E804"),
    "cut in its data": (SOUND[: BASE + 40], "E804"),
    "cut in its directory": (SOUND + SOUND[:40], "E801"),
    "an entry lost": (_entries_changed(lambda entries: entries[12:]), "E805"),
    "an entry twice": (_entries_changed(lambda entries: entries[:12] + entries), "E805"),
    "a digit lost": (_entries_changed(lambda entries: entries[:17] + entries[18:]), "E805"),
    "a field too many": (SOUND[:-1] + b"  \x1fax\x1e\x1d", "E805"),
    "the next record swallowed": (SOUND[:-20] + SOUND, "E805"),
}


@pytest.mark.parametrize("name", TORN)
def test_what_nobody_can_know_is_not_guessed(name: str) -> None:
    data, code = TORN[name]
    *before, finding = read_records(data, name="x.mrc")
    assert all(isinstance(record, Record) and record.original == SOUND for record in before)
    assert isinstance(finding, Finding)
    assert (finding.code.value, finding.path) == (code, f"x.mrc#{len(before) + 1}")


def _long(count: int, size: int, wide: str = "") -> bytes:
    """A record that is too long for ISO 2709, as systems write such: numbers modulo, or wider."""
    fields = [(b"001", b"long"), *((b"300", b"  \x1fa" + b"n" * size) for _ in range(count)),
              (b"200", b"1 \x1faThe book"), (b"700", b" 1\x1faAuthor")]  # fmt: skip
    directory, data = b"", b""
    for tag, content in fields:
        length, start = len(content) + 1, len(data)
        if (wide == "start" and start > 99_999) or (wide == "length" and length > 9_999):
            directory += tag + b"%04d%05d" % (length, start)
        else:
            directory += tag + b"%04d%05d" % (length % 10_000, start % 100_000)
        data += content + b"\x1e"
    base = 24 + len(directory) + 1
    head = b"%05dnam0 22%05d i 450 " % ((base + len(data) + 1) % 100_000, base % 100_000)
    return head + directory + b"\x1e" + data + b"\x1d"


@pytest.mark.parametrize(
    ("count", "size", "wide"),
    [(150, 800, ""), (150, 800, "start"), (1, 12_000, "length"), (20, 6_000, "start")],
)
def test_long_records_keep_every_field_under_its_tag(count: int, size: int, wide: str) -> None:
    record = one(_long(count, size, wide))
    assert "W814" in codes(record)
    assert (record.identifier, record.title, record.creators) == ("long", "The book", ("Author",))
    assert {f.first("a") for f in record.all("300")} == {"n" * size}


def test_the_order_of_the_data_is_followed_where_the_addresses_say_it() -> None:
    """Entries sorted by tag, fields in another order, and the base address wrong."""
    body = [("801", " 0$aRU$bAONB"), ("200", "1 $aКнига о городе"), ("001", "7")]
    data = iso2709(body, "utf-8")
    entries = data[24 : data.index(b"\x1e")]
    ordered = b"".join(sorted(entries[at : at + 12] for at in range(0, 36, 12)))
    record = one(data[:12] + b"00099" + data[17:24] + ordered + data[24 + 36 :])
    assert codes(record) == ["W814"]
    assert (record.identifier, record.title) == ("7", "Книга о городе")


def test_a_cyrillic_letter_in_the_leader() -> None:
    record = one(SOUND[:6] + "а".encode("cp1251") + SOUND[7:])
    assert codes(record) == ["W813"]
    assert b"<leader>00000nam0 2200000 i 4500</leader>" in (to_marcxchange(record) or b"")


def test_each_record_has_its_own_bytes_and_bad_ones_stop_nothing() -> None:
    junk = b"no record at all\x1d"
    data = b"\xef\xbb\xbf" + SOUND + b"\r\n" + junk + b"\n" + SOUND + b"\r\n\x1a"
    first, bad, last = read_records(data, name="x.iso")
    assert isinstance(first, Record) and isinstance(last, Record)
    assert (first.original, last.original) == (SOUND, SOUND)
    assert (first.position, last.position) == (1, 3)
    assert isinstance(bad, Finding)
    assert (bad.code.value, bad.path, bad.seen) == ("E801", "x.iso#2", "no record at all\\x1d")


def test_embedded_fields_stay_inside_their_field() -> None:
    record = one(iso2709(RARE_BOOK))
    (linked,) = record.all("481")
    assert [(f.tag, f.indicators, f.value) for f in linked.embedded] == [
        ("001", "", "RU\\AONB\\rare\\18"),
        ("200", "1 ", ""),
        ("700", " 1", ""),
    ]
    assert linked.embedded[1].all("a") == ("Прибавленіе",)
    assert codes(record) == []
    assert (record.identifier, record.date, record.language) == (
        "RU\\AONB\\rare\\17",
        "1799",
        "rus",
    )
    assert record.creators == ("Иванов, Ф.",)
    assert (record.mime, record.extension, record.metadata_type) == (
        "application/marc",
        ".mrc",
        "MARC",
    )


def test_marc8_with_ansel_and_cyrillic() -> None:
    fields = (
        ("001", "1"),
        ("245", "10$aB\xe4ulgak\xe4ov /$c\x1b(NbULGAKOW\x1b(B"),
        ("880", "  $6260-00/(N$b\x1b(N\x1fksmo\x1b(B"),
    )
    data = iso2709(fields, "latin-1", "nam  22")
    record = one(data)
    assert record.charset == "MARC-8"
    assert record.fields[1].all("ac") == ("Bũlgakõv /", "Булгаков")
    assert record.fields[2].first("b") == "ЭКСМО"
    assert codes(record) == ["W819"]


def test_marcxchange_read_back_is_the_same() -> None:
    record = one(iso2709(RARE_BOOK))
    document = to_marcxchange(record)
    assert document is not None
    again = read_record(document, name="x.xml")
    assert isinstance(again, Record)
    assert (again.syntax, again.dialect) == (Syntax.MARCXCHANGE, Dialect.RUSMARC)
    assert again.fields == record.fields
    assert again.original == document


def test_nested_marcxchange_keeps_what_is_inside() -> None:
    document = """<collection xmlns="info:lc/xmlns/marcxchange-v1"><record format="UNIMARC">
    <datafield tag="461" ind1=" " ind2="0"><s1><datafield tag="200" ind1="1" ind2=" ">
    <subfield code="a">Цэлае</subfield></datafield></s1></datafield>
    <datafield tag="200" ind1="1" ind2=" "><subfield code="a">Частка</subfield></datafield>
    </record></collection>""".encode()
    record = one(document)
    assert record.title == "Цэлае. Частка"
    assert record.fields[0].embedded[0].all("a") == ("Цэлае",)


def test_hostile_xml_is_a_finding() -> None:
    document = (
        b'<!DOCTYPE a [<!ENTITY x "y">]><record xmlns="http://www.loc.gov/MARC21/slim">&x;</record>'
    )
    found = read_record(document, name="x.xml")
    assert isinstance(found, Finding)
    assert found.code.value == "E801"


def test_a_record_without_fields_is_a_finding() -> None:
    document = b'<record xmlns="http://www.loc.gov/MARC21/slim"><leader/></record>'
    found = read_record(document, name="x.xml")
    assert isinstance(found, Finding)
    assert (found.code.value, found.path) == ("E801", "x.xml#1")


def test_a_record_of_a_collection_is_cut_out_whole() -> None:
    document = (
        '<c xmlns="http://www.loc.gov/MARC21/slim"><record><datafield tag="245" ind1="1" ind2="0">'
        '<subfield code="a">{}</subfield></datafield></record>'
        '<record><controlfield tag="001">2</controlfield></record></c>'
    ).format("Книга")
    found = read_records(document.encode("utf-8"), name="x.xml")
    assert len(found) == 2
    for position, record in enumerate(found, 1):
        assert isinstance(record, Record)
        assert (record.position, record.charset) == (position, "UTF-8")
        again = one(record.original)
        assert again.fields == record.fields


def test_mods_in_an_envelope_is_cut_out() -> None:
    mods = '<m:mods xmlns:m="http://www.loc.gov/mods/v3"><m:titleInfo><m:title>Книга</m:title>'
    document = f"<OAI-PMH><GetRecord>{mods}</m:titleInfo></m:mods></GetRecord></OAI-PMH>"
    record = one(document.encode())
    assert (record.syntax, record.title) == (Syntax.MODS, "Книга")
    assert record.original.decode().endswith(f"{mods}</m:titleInfo></m:mods>")
    assert to_mods(record) == record.original


def test_a_volume_is_called_after_its_set() -> None:
    fields = (("200", "1 $aВып. 13"), ("461", " 0$1001RU\\1$12001 $aЗадачи и этюды"))
    record = one(iso2709(fields, leader="nam2 22"))
    assert record.title == "Задачи и этюды. Вып. 13"


def test_irbis_text() -> None:
    data = (
        "#920: PAZK\r\n#200: ^AКніга^EРоман\r\n#101: bel\r\n#910: ^A0^B17^DЧЗ\r\n*****\r\n"
        "201: ^Aх\r\n*****\r\n"
    )
    first, second = read_records(data.encode("cp1251"), name="x.txt")
    assert isinstance(first, Record) and isinstance(second, Record)
    assert (first.dialect, first.charset, first.title) == (
        Dialect.IRBIS,
        "windows-1251",
        "Кніга : Роман",
    )
    assert first.original == data[: data.index("201")].encode("cp1251")
    assert to_marcxchange(first) is None
    assert first.metadata_type == "OTHER:IRBIS"
    assert "W816" in codes(second)


def test_what_marcxchange_forbids_is_replaced() -> None:
    """Tags, codes and empty fields, as damaged files have them."""
    fields = (("001", "1"), ("000", "x"), ("200", "1 $aТ$\u0430Ещё$\u0436Ж"), ("300", "  "))
    document = to_marcxchange(one(iso2709(fields)))
    assert document is not None
    root = etree.fromstring(document)
    assert violations(root) == []
    said = [(child.get("tag"), [part.get("code") for part in child]) for child in root]
    assert said == [
        (None, []), ("001", []), ("999", ["a"]), ("200", ["a", "a", "?"]), ("300", ["a"]),
    ]  # fmt: skip


def test_a_record_without_a_title_is_one_of_its_book_all_the_same() -> None:
    """Its number and its shelfmark are read; coded data say that it is of the UNIMARC family."""
    record = one(iso2709([*FIELDS[:3], ("899", "  $aАОНБ$jК-5/1")], "utf-8"))
    assert (record.title, record.identifier) == ("", "RU\\AONB\\1")
    assert [holding.shelfmark for holding in holdings_of(record)] == ["К-5/1"]
