"""Places under their several names, in facets and in searches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from preserva.catalogue.agreement import Agreement, agreements
from preserva.catalogue.database import Database
from preserva.catalogue.entry import CatalogueEntry, Facet, uri_of
from preserva.catalogue.fold import words
from preserva.catalogue.index import Incoming, Index
from preserva.catalogue.places import _names, _table, names_of, places, spans
from preserva.catalogue.search import Search

BOOKS = {
    "1": ("Псалтырь", "В Вильнѣ"), "2": ("Biblia", "Wilno"), "3": ("Буквар", "Вільня"),
    "4": ("Атлас", "Vilnius"), "5": ("Вѣдомости", "Въ Санктпетербургѣ"), "6": ("Стихи", "Пг."),
    "7": ("Книга о Ленинграде", "Москва"), "8": ("Песни", "Горький"),
    "9": ("Максим Горький", "Задонск"), "10": ("Повести", "М. ; Л."),
}  # fmt: skip
VILNIUS, PETERSBURG = {"1", "2", "3", "4"}, {"5", "6", "10"}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Books of several places."""
    opened = Database(tmp_path / "catalogue.sqlite")
    with opened.writing():
        for number, (title, place) in BOOKS.items():
            entry = CatalogueEntry(title, number, place=place)
            Index(opened).put(Incoming(uri_of("aonb", number), "t", entry, title.encode()), 1)
    yield opened
    opened.close()


def found(database: Database, text: str, place: str = "") -> set[str]:
    """The numbers of the books that a search brings."""
    narrowed = {Facet.PLACE: place} if place else {}
    hits = Search(database).page(text, narrowed).hits
    return {hit.record.uri.rpartition(":")[2] for hit in hits}


def test_every_name_in_the_table_is_its_place() -> None:
    """And no name stands for two."""
    table, everyday = _table()
    assert len(table) > 90
    for place, names in table.items():
        for name in (place, *names):
            assert places(name) == [place], name
    known: dict[object, str] = {}
    for row in _names().values():
        for one in row:
            assert known.setdefault(one.words, one.place) == one.place
    assert everyday <= {name for place, names in table.items() for name in (place, *names)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("В Вильнѣ", ["Вильнюс"]), ("Вільні", ["Вильнюс"]), ("[Wilno?]", ["Вильнюс"]),
        ("СПб.", ["Санкт-Петербург"]), ("С.-Петербургъ", ["Санкт-Петербург"]),
        ("Sankt Peterburg", ["Санкт-Петербург"]), ("у Мінску", ["Минск"]), ("Mińsk", ["Минск"]),
        ("Москва ; Ленинград", ["Москва", "Санкт-Петербург"]), ("М. ; Л.", ["Москва",
        "Санкт-Петербург"]), ("М. Горький", ["Нижний Новгород"]),
        ("въ Нижнемъ Новгородѣ", ["Нижний Новгород"]), ("Новгородъ", ["Великий Новгород"]),
        ("Могилевъ на Днѣпрѣ", ["Могилев"]), ("Задонск", ["Задонск"]), ("[Б. м.]", []),
        ("", []), ("?", []), ("Минская губерния ; Минск", ["Минская губерния", "Минск"]),
        ("на Днѣпрѣ", ["Днепр"]),
    ],
)  # fmt: skip
def test_places_of_imprints(text: str, expected: list[str]) -> None:
    """In any orthography, case and company; the unknown stays as it is."""
    assert places(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Рыгор",
        "Максим Горький",
        "вены",
        "могила",
        "читать",
        "минский",
        "Слуцкие",
        "верный",
        "м",
        "",
    ],
)
def test_words_that_are_no_places_in_a_question(text: str) -> None:
    """Though they look like some."""
    assert list(spans(words(text))) == []


@pytest.mark.parametrize("name", ["Вильна", "вильне", "Wilno", "Vilnius", "Вільня", "ВИЛЬНЮСА"])
def test_a_place_is_found_by_any_name(database: Database, name: str) -> None:
    """As a word and as a facet."""
    assert found(database, name) == VILNIUS
    assert found(database, "", name) == VILNIUS
    assert found(database, f"буквар {name}") == {"3"}


def test_a_name_of_several_words(database: Database) -> None:
    """Is one place; titles with another name of it are found too."""
    for name in ("Санкт-Петербург", "Ленинград", "St. Petersburg", "петрограде"):
        assert found(database, name) == PETERSBURG | {"7"}
        assert found(database, "", name) == PETERSBURG
    assert found(database, "горький") == {"8", "9"}
    assert found(database, "", "Нижний Новгород") == {"8"}
    assert found(database, "", "Задонск") == {"9"}
    assert found(database, "ленингр*") == {"7"}
    page = Search(database).page("Петроград", {})
    reasons = {(one.part, one.word) for hit in page.hits for one in hit.reasons}
    assert reasons == {("imprint", "Санктпетербургѣ"), ("imprint", "Пг"), ("title", "Ленинграде")}


def test_facets_count_a_place_once(database: Database) -> None:
    """Under today's name."""
    counts = dict(Search(database).page("", {}).facets[Facet.PLACE])
    assert counts == {
        "Вильнюс": 4, "Санкт-Петербург": 3, "Москва": 2, "Нижний Новгород": 1, "Задонск": 1,
    }  # fmt: skip


def test_two_names_of_a_place_agree() -> None:
    """When records are compared."""
    one, other = CatalogueEntry("Т", place="Вильна"), CatalogueEntry("Т", place="Vilnius")
    assert agreements(one, other) == [Agreement.TITLE, Agreement.PLACE]
    assert "Горький" not in names_of("Нижний Новгород")
