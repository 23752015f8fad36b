"""What a record of a rare book becomes; languages and orthographies; the page that documents it."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from lxml import etree

from preserva.describe.mods.crosswalk import PathStep, Rule, crosswalk
from preserva.describe.mods.language import Language, of_text
from preserva.describe.record import (
    Action,
    HoldingKind,
    Record,
    RegisterEntry,
    actions,
    holdings_of,
    read_record,
    to_dc,
    to_mods,
)
from tests.conftest import ROOT
from tests.support.marc_records import RARE_BOOK, Fields, iso2709
from tests.support.xsd import schema

NAMESPACES = {
    "m": "http://www.loc.gov/mods/v3",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xml": "http://www.w3.org/XML/1998/namespace",
}


def record_of(data: bytes | Fields) -> Record:
    found = read_record(data if isinstance(data, bytes) else iso2709(data), name="x")
    assert isinstance(found, Record), found
    return found


def select(document: bytes, path: str) -> list[str]:
    """The texts that an XPath finds."""
    found = etree.fromstring(document).xpath(path, namespaces=NAMESPACES)
    return [str(one) for one in cast("list[object]", found)]


def test_the_holding_stands_under_the_edition() -> None:
    first, second = holdings_of(record_of(RARE_BOOK))
    assert (first.holder, first.texts("shelfLocator")) == ("АОНБ", ["Р-17"])
    assert first.parts["note"] == [
        ((("type", "ownership"),), "Чурин, И. Я."),
        ((("type", "copy-specific"),), "Без тит. л."),
        ((("type", "ownership"),), "Из собрания купца Чурина"),
        (
            (("type", "action"),),
            "реставрация ; 20190412 ; Иванова А. А. ; переплёт укреплён",
        ),
        ((("type", "binding"),), "материал переплёта: кожа, дерево"),
        ((("type", "binding"),), "переплёт: реставрированный подлинный"),
        ((("type", "binding"),), "конволют: да"),
        ((("type", "condition"),), "сохранность переплёта: хорошая"),
        ((("type", "condition"),), "сохранность книги: удовлетворительная"),
        ((("type", "completeness"),), "сохранность книги: неполная"),
        ((("type", "binding"),), "время переплёта: XVIII век"),
        ((("type", "marginalia"),), "пометы: на полях"),
        ((("type", "bookplate"),), "пометы: экслибрис"),
        ((("type", "coded copy data"),), "aa##ca"),
    ]
    assert first.texts("itemIdentifier") == ["1234"]
    assert (second.holder, second.texts("note")) == ("АОНБ", ["Полный экз."])


def test_a_holding_names_its_texts_by_meaning() -> None:
    first, second = holdings_of(record_of(RARE_BOOK))
    assert (first.kind, first.holder, first.sublocation, first.shelfmark, first.inventory) == (
        HoldingKind.SINGLE,
        "АОНБ",
        "Сектор редких книг",
        "Р-17",
        ("1234",),
    )
    assert first.completeness == ("сохранность книги: неполная",)
    assert first.condition == (
        "сохранность переплёта: хорошая",
        "сохранность книги: удовлетворительная",
    )
    assert first.binding == (
        "материал переплёта: кожа, дерево",
        "переплёт: реставрированный подлинный",
        "конволют: да",
        "время переплёта: XVIII век",
    )
    assert first.provenance == ("Чурин, И. Я.", "Из собрания купца Чурина")
    assert first.bookplates == ("пометы: экслибрис",)
    assert first.marginalia == ("пометы: на полях",)
    assert first.features == ("Без тит. л.",)
    assert (second.features, second.condition, second.registers) == (("Полный экз.",), (), ())
    assert first.registers == ()  # two copies, and the number is not tied to one of them


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([("017", "70$a12$2ru-knpam"), ("017", "70$a7$2other"), ("899", "  $aА$jР-1$p5")],
         [("А", (RegisterEntry("ru-knpam", "12"),), ("5",))]),
        ([("017", "70$a12$2ru-knpam$5А : Р-2"), ("017", "70$a3$2by-kp$5Н : 091"),
          ("899", "  $aА$jР-1"), ("899", "  $aА$jР-2")],
         [("А", (), ()), ("А", (RegisterEntry("ru-knpam", "12"),), ()),
          ("Н", (RegisterEntry("by-kp", "3"),), ())]),
    ],
)  # fmt: skip
def test_the_number_in_a_register_is_the_items(
    fields: list[tuple[str, str]], expected: list[tuple[object, ...]]
) -> None:
    record = record_of((("200", "1 $aКнига"), *fields))
    assert [(one.holder, one.registers, one.inventory) for one in holdings_of(record)] == expected


def test_a_collection_is_one() -> None:
    fields = (("200", "1 $aСобрание"), ("801", " 0$aRU$bAONB$gRCR"), ("899", "  $aАОНБ"))
    record = record_of(iso2709(fields, leader="nac0 22"))
    (holding,) = holdings_of(record)
    assert holding.kind is HoldingKind.COLLECTION
    assert select(to_mods(record), "m:typeOfResource/@collection") == ["yes"]


def test_a_holding_that_only_a_note_names_is_made() -> None:
    fields = (("001", "1"), ("200", "1 $aКнига"), ("316", "  $aЭкслибрис$5НББ : 091/1$977"))
    (holding,) = holdings_of(record_of(fields))
    assert (holding.holder, holding.texts("shelfLocator")) == ("НББ", ["091/1"])
    assert (holding.texts("note"), holding.texts("itemIdentifier")) == (["Экслибрис"], ["77"])


def test_notes_without_a_tie_belong_to_the_only_holding() -> None:
    fields = (("200", "1 $aКнига"), ("316", "  $aЭкслибрис"), ("899", "  $aНББ$j091/1"))
    (holding,) = holdings_of(record_of(fields))
    assert (holding.holder, holding.texts("note")) == ("НББ", ["Экслибрис"])


def test_restoration_is_an_action() -> None:
    assert actions(record_of(RARE_BOOK)) == (
        Action(
            "реставрация",
            date="20190412",
            agent="Иванова А. А.",
            outcome="переплёт укреплён",
            item="АОНБ : Р-17",
        ),
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("m:titleInfo[@usage]/m:title/text()", ["Разсужденія о вѣрѣ"]),
        ("m:titleInfo[@usage]/@xml:lang", ["ru-petr1708"]),
        ("m:titleInfo[@displayLabel='modern orthography']/@xml:lang", ["ru"]),
        ("m:name[@usage]/m:role/m:roleTerm/text()", ["aut"]),
        ("m:name[not(@usage)]/m:role/m:roleTerm/text()", ["fmo"]),
        ("m:originInfo/m:dateIssued[@keyDate]/text()", ["1799"]),
        ("m:originInfo/m:place/m:placeTerm/text()", ["Москва", "RU"]),
        ("m:identifier[@type='ru-knpam']/text()", ["000123"]),
        ("m:relatedItem[@otherType='bound with']/m:titleInfo/m:title/text()", ["Прибавленіе"]),
        ("m:relatedItem/m:recordInfo/m:recordIdentifier/text()", ["RU\\AONB\\rare\\18"]),
        ("m:recordInfo/m:recordIdentifier/text()", ["RU\\AONB\\rare\\17"]),
        ("m:typeOfResource/text()", ["text"]),
        ("count(m:location/m:holdingSimple/m:copyInformation) = 2", ["True"]),
    ],
)
def test_mods_of_a_rare_book(path: str, expected: list[str]) -> None:
    document = to_mods(record_of(RARE_BOOK))
    if path.startswith("count"):
        found = etree.fromstring(document).xpath(path, namespaces=NAMESPACES)
        assert [str(found)] == expected
    else:
        assert select(document, path) == expected


def test_mods_and_dc_of_a_rare_book_are_valid(shared: Path) -> None:
    record = record_of(RARE_BOOK)
    schema(shared, "mods-3.8.xsd").assertValid(etree.fromstring(to_mods(record)))
    schema(shared, "oai_dc.xsd").assertValid(etree.fromstring(to_dc(record)))


def test_a_reprint_has_the_year_of_its_original() -> None:
    fields = (("100", "  $a19991220e19991913u  y0rusy50      ca"), ("200", "1 $aСветильник"))
    document = to_mods(record_of(fields))
    assert select(document, "m:originInfo/m:dateIssued[@keyDate]/text()") == ["1999"]
    assert select(document, "m:originInfo/m:dateOther[@type='original']/text()") == ["1913"]


def test_an_article_is_not_sorted() -> None:
    fields = (("100", "  $a19961119d1996    ||||0itac50      ba"), ("200", "1 $a\x88L'\x89altra"))
    record = record_of(fields)
    assert select(to_mods(record), "m:titleInfo/m:nonSort/text()") == ["L'"]
    assert select(to_mods(record), "m:titleInfo/m:title/text()") == ["altra"]
    assert record.title == "L'altra"


def test_characters_that_xml_forbids_are_replaced_and_said() -> None:
    record = record_of((("200", "1 $aКнига\x01 о вере"),))
    assert [note.code.value for note in record.notes] == ["W817"]
    assert select(to_mods(record), "m:titleInfo/m:title/text()") == ["Книга\ufffd о вере"]


def test_mods_stays_as_it_came_and_gives_dc(shared: Path) -> None:
    document = to_mods(record_of(RARE_BOOK))
    again = record_of(document)
    assert to_mods(again) == document
    assert again.title == record_of(RARE_BOOK).title == "Разсужденія о вѣрѣ : въ двухъ частяхъ"
    assert again.creators == ("Иванов, Ф.",)
    assert again.metadata_type == "MODS"
    schema(shared, "oai_dc.xsd").assertValid(etree.fromstring(to_dc(again)))


def test_dublin_core_gives_mods(shared: Path) -> None:
    record = record_of(to_dc(record_of(RARE_BOOK)))
    assert (record.metadata_type, record.title) == ("DC", "Разсужденія о вѣрѣ : въ двухъ частяхъ")
    document = to_mods(record)
    schema(shared, "mods-3.8.xsd").assertValid(etree.fromstring(document))
    assert select(document, "m:titleInfo/m:title/@xml:lang") == ["ru-petr1708", "ru"]


@pytest.mark.parametrize(
    ("text", "codes", "expected"),
    [
        ("Рассуждения", ["rus"], Language("ru", "rus", "Cyrl")),
        ("Городъ Благовѣщенскъ", ["rus"], Language("ru-petr1708", "rus", "Cyrl")),
        ("Домъ", ["rus"], Language("ru-petr1708", "rus", "Cyrl")),
        ("Мір", ["bel"], Language("be", "bel", "Cyrl")),
        ("Пісьмо", ["bel"], Language("be", "bel", "Cyrl")),
        ("Сьветлае каханьне", ["bel"], Language("be-tarask", "bel", "Cyrl")),
        ("Biełaruskaja kniha", ["bel"], Language("be-Latn", "bel", "Latn")),
        ("Чиновникъ ѿ бг҃а", ["chu"], Language("cu", "chu", "Cyrs")),
        ("Kalendarz", ["pol"], Language("pl", "pol", "Latn")),
        ("Книга", ["rus", "bel"], Language("", "", "Cyrl")),
        ("Книга", [], Language("", "", "Cyrl")),
        ("Kniga", ["rus"], Language("", "", "Latn")),
        ("1799", ["rus"], Language()),
    ],
)
def test_only_what_is_proved_is_tagged(text: str, codes: list[str], expected: Language) -> None:
    assert of_text(text, codes) == expected


def _cell(path: tuple[PathStep, ...]) -> str:
    return "/".join(
        step.name + "".join(f"[@{name}={value}]" for name, value in step.attributes)
        for step in path
        if step.name != "."
    )


def _row(rule: Rule) -> str:
    """The line of the documentation that says what the rule does."""
    top = _cell(rule.element)
    subfields = "; ".join(
        " ".join(filter(None, [f"${code}" if code else "value", _cell(path)]))
        for code, path in rule.subfields
    )
    tags = ", ".join(rule.tags)
    if rule.second is not None:
        tags += f", second indicator {' or '.join(rule.second.replace(' ', '#'))}"
    if rule.role is not None:
        subfields += f"; else role {rule.role}"
    return f"| {tags} | {rule.about} | {top} | {subfields} |"


def test_the_page_says_exactly_what_the_rules_do() -> None:
    page = (ROOT / "docs" / "reference" / "records.md").read_text("utf-8")
    rows = [_row(rule) for rules in crosswalk().rules.values() for rule in rules]
    assert [row for row in rows if row not in page] == []
    tables = page.split("## Crosswalk", 1)[1]
    assert sum(line.startswith("| ") for line in tables.splitlines()) == len(rows) + 3
