"""Letters are right or refused: never Cyrillic in Latin words, never a mark that is a letter."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from preserva.describe.record import Record, holdings_of, read_record, read_records, to_mods
from tests.support.marc_records import Fields, iso2709

FRENCH = "Études françaises : préjugés, à l'école où l'élève étudie"
GERMAN = "Geschichte der Bücher in Königsberg, Städte und Länder"
POLISH = "Dzieje Litwy i Białorusi w źródłach, książę i żołnierz"
CZECH = "Příběhy o městě a řece, žluťoučký kůň"

ISO5426 = {"\u0301": 0xC2, "\u0300": 0xC1, "\u0302": 0xC3, "\u0308": 0xC8, "\u0327": 0xD0,
           "\u030c": 0xCF, "\u0328": 0xD3, "\u0307": 0xC7, "\u030a": 0xCA, "ł": 0xF8}  # fmt: skip
MARC8 = {"\u0301": 0xE2, "\u0300": 0xE1, "\u0302": 0xE3, "\u0308": 0xE8, "\u0327": 0xF0,
         "\u030c": 0xE9, "\u0328": 0xF1, "\u0307": 0xE7, "\u030a": 0xEA, "ł": 0xB1}  # fmt: skip


def _accents_first(table: dict[str, int]) -> Callable[[str], bytes]:
    def encoded(text: str) -> bytes:
        out = bytearray()
        for character in text:
            base, *marks = list(unicodedata.normalize("NFD", character))
            out += bytes(table[mark] for mark in marks)
            out += bytes([table.get(base) or ord(base)])
        return bytes(out)

    return encoded


ENCODERS: dict[str, Callable[[str], bytes]] = {
    "ISO 5426": _accents_first(ISO5426),
    "MARC-8": _accents_first(MARC8),
    "windows-1250": lambda text: text.encode("cp1250"),
    "windows-1252": lambda text: text.encode("cp1252"),
    "ISO 8859-2": lambda text: text.encode("iso8859-2"),
    "latin1": lambda text: text.encode("latin-1"),
}
TEXTS = {
    "ISO 5426": (FRENCH, GERMAN, POLISH, CZECH),
    "MARC-8": (FRENCH, GERMAN, POLISH, CZECH),
    "windows-1250": (POLISH, CZECH, GERMAN),
    "windows-1252": (FRENCH, GERMAN),
    "ISO 8859-2": (POLISH, CZECH),
    "latin1": (FRENCH, GERMAN),
}
CASES = [(charset, text) for charset, texts in TEXTS.items() for text in texts]
DECLARED: dict[str, tuple[Fields, str]] = {
    "MARC 21, UTF-8": ((("245", "10$a@"),), "nam a22"),
    "MARC 21, MARC-8": ((("245", "10$a@"),), "nam  22"),
    "UNIMARC, windows-1251": (
        (("100", "  $a20241105d1890    |||y0frey0189    ca"), ("200", "1 $a@")), "nam0 22",
    ),
    "UNIMARC, ISO 5426": (
        (("100", "  $a20241105d1890    |||y0frey0103    ca"), ("200", "1 $a@")), "nam0 22",
    ),
    "nothing": ((("001", "1"), ("200", "1 $a@")), "nam0 22"),
}  # fmt: skip


def _record(declared: str, text: bytes, charset: str | None = None) -> Record:
    fields, leader = DECLARED[declared]
    data = iso2709(
        [(tag, content.replace("@", text.decode("latin-1"))) for tag, content in fields],
        "latin-1",
        leader,
    )
    record = read_record(data, name="x.mrc", charset=charset)
    assert isinstance(record, Record), record
    return record


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize(("charset", "text"), CASES)
def test_latin_letters_are_right_or_lost_and_said(declared: str, charset: str, text: str) -> None:
    record = _record(declared, ENCODERS[charset](text))
    if record.title != text:
        assert "E802" in [note.code.value for note in record.notes]
        assert not any("\u0400" <= character < "\u0530" for character in record.title)


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize(("charset", "text"), CASES)
def test_every_set_can_be_named(declared: str, charset: str, text: str) -> None:
    record = _record(declared, ENCODERS[charset](text), charset)
    assert (record.title, record.notes) == (text, ())


@pytest.mark.parametrize(
    ("declared", "charset", "text"),
    [
        ("MARC 21, MARC-8", "MARC-8", FRENCH),
        ("MARC 21, UTF-8", "MARC-8", FRENCH),
        ("UNIMARC, ISO 5426", "ISO 5426", FRENCH),
        ("UNIMARC, ISO 5426", "ISO 5426", CZECH),
        ("UNIMARC, windows-1251", "ISO 5426", FRENCH),
    ],
)
def test_separate_accents_are_proof(declared: str, charset: str, text: str) -> None:
    record = _record(declared, ENCODERS[charset](text))
    assert (record.charset, record.title) == (charset, text)


def test_latin_letters_that_look_cyrillic_refute_nothing() -> None:
    """Ukrainian and Belarusian as they were typed without an i of their own."""
    text = "Клiнiко-лабораторнi зрушення у хворих на сальмонельоз дiтей та їх корекцiя"
    record = _record("UNIMARC, windows-1251", text.encode("cp1251"))
    assert (record.charset, record.title, record.notes) == ("windows-1251", text, ())


@pytest.mark.parametrize("marks", [(b"\x88", b"\x89"), (b"\x98", b"\x9c")])
@pytest.mark.parametrize("codec", ["cp1251", "cp866", "koi8-r"])
def test_articles_are_marked_in_every_8_bit_set(codec: str, marks: tuple[bytes, bytes]) -> None:
    rest = "history : учебник на английском языке о книгах и людях".encode(codec)
    record = _record("nothing", marks[0] + b"The " + marks[1] + rest)
    assert record.title == "The history : учебник на английском языке о книгах и людях"
    mods = to_mods(record).decode()
    assert "<nonSort>The</nonSort>" in mods
    assert "<title>history :" in mods


def test_an_article_alone_makes_no_other_set_necessary() -> None:
    record = _record("nothing", b"\x88La \x89storia")
    assert (record.title, record.notes) == ("La storia", ())


@pytest.mark.parametrize("text", ["ИЗ ЙОДА И СОЛИ", "Из Йодной воды", "И весь Йоркшир"])
def test_letters_of_ibm866_are_no_marks(text: str) -> None:
    record = _record("nothing", text.encode("cp866"), "866")
    assert record.title == text


def test_marc8_refers_to_other_characters_by_number() -> None:
    record = _record("MARC 21, MARC-8", b"V&#x0463;ra &#x1F;&#xD800;")
    assert record.title == "Vѣra &#x1F;&#xD800"


@pytest.mark.parametrize("declared", ["", "UNIMARC, windows-1251"])
@pytest.mark.parametrize("holder", ["АОНБ", "НББ", "ГПНТБ", "Амурская библиотека"])
@pytest.mark.parametrize("shelfmark", ["К-54/90", "Ин 5/12", "ОРК 18.3", "XVIII.45.2"])
def test_the_shelfmark_of_a_foreign_book_is_right(
    declared: str, holder: str, shelfmark: str
) -> None:
    """All its Cyrillic is a few capitals, which would be small letters in KOI8-R."""
    coded = [("100", "  $a20241105d1890    |||y0frey0189    ca")] if declared else []
    fields = [*coded, ("200", "1 $aVoyage sur l'Amour"), ("899", f"  $a{holder}$j{shelfmark}")]
    (record,) = read_records(iso2709(fields, "cp1251", "nam0 22"), name="x.mrc")
    assert isinstance(record, Record)
    (holding,) = holdings_of(record)
    assert (holding.holder, holding.shelfmark) == (holder, shelfmark)
