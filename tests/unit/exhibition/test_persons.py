"""Writers are found in records as libraries write them, and others of the same name are not."""

from __future__ import annotations

import pytest

from preserva.catalogue.entry import CatalogueEntry, Contributor
from preserva.exhibition.persons import is_by, unmatched
from preserva.exhibition.spec import Writer

LAVROV = Writer("lavrov", {"ru": "Пётр Лавров", "be": "Пётр Лаўроў"}, {}, "1823-06-14", "",
                ("Лавров, П. Л.",), ("RU\\NLR\\auth\\1",), ())  # fmt: skip
WHOLE = Writer("lavrov", {"ru": "Пётр Лавров"}, {}, "", "", ("Лавров, Петр Лаврович",), (), ())


def _record(agent: Contributor) -> CatalogueEntry:
    return CatalogueEntry("Исторические письма", agents=(Contributor("Иванов, И."), agent))


@pytest.mark.parametrize(
    "agent",
    [
        Contributor("Лавров, П. Л."),
        Contributor("Лавров, П.Л.", dates="1823-1900"),
        Contributor("П. Л. Лавров"),
        Contributor("Лавров, Петр Лаврович"),
        Contributor("Лавров, П. Л.", forms=("Лавров, Петр Лаврович",)),
        Contributor("Лавровъ, Петръ Лавровичъ"),
        Contributor("Lavrov, P. L."),
        Contributor("Lavrov, Petr Lavrovich", dates="1823-1900"),
        Contributor("Лавров, Пётр"),
        Contributor("Lavrov, Pëtr Lavrovich"),
        Contributor("Lavrov, Pyotr"),
        Contributor("Миртов", authority="RU\\NLR\\auth\\1"),
    ],
)
def test_every_way_of_writing_a_name_is_that_of_the_writer(agent: Contributor) -> None:
    assert is_by(LAVROV, _record(agent))
    assert (
        list(unmatched(LAVROV, [Contributor("Лавров, П. Л.", authority="RU\\NLR\\auth\\1")])) == []
    )


@pytest.mark.parametrize(
    "agent",
    [
        Contributor("Лавров, В. Л."),
        Contributor("Лавров, А."),
        Contributor("Лавров"),
        Contributor("Лавров, П. Л. М."),
        Contributor("Лаврова, П. Л."),
        Contributor("Петров, П. Л."),
        Contributor("Лавров, П. Л.", dates="1901-1980"),
        Contributor(""),
    ],
)
def test_others_are_others(agent: Contributor) -> None:
    assert not is_by(LAVROV, _record(agent))


def test_what_initials_stand_for_decides() -> None:
    other = Contributor("Лавров, П. Л.", forms=("Лавров, Павел Львович",))
    assert not is_by(WHOLE, _record(other))
    assert is_by(WHOLE, _record(Contributor("Лавров, П. Л.")))
    assert is_by(LAVROV, _record(other)), "that is how the exhibition writes the name"


def test_what_no_record_has_is_named() -> None:
    writer = Writer("w", {"ru": "Автор"}, {}, "", "", ("Лавров, П. Л.", "Миртов"), ("1", "2"), ())
    agents = [Contributor("Lavrov, P. L.", authority="2")]
    assert list(unmatched(writer, agents)) == [("names", "Миртов"), ("authorities", "1")]


@pytest.mark.parametrize(
    ("name", "romanised"),
    [
        ("Достоевский, Ф. М.", "Dostoyevsky, Fyodor Mikhaylovich"),
        ("Достоевский, Федор Михайлович", "Dostoevskiĭ, Fedor Mikhaĭlovich"),
        ("Толстой, Лев Николаевич", "Tolstoĭ, L. N."),
        ("Чехов, Антон Павлович", "Čehov, A. P."),
        ("Чехов, Антон Павлович", "Chekhov, Anton Pavlovich"),
        ("Щедрин, Ю. Я.", "Shchedrin, Yu. Ya."),
        ("Щедрин, Юрий Яковлевич", "Shchedrin, Iu. Ia."),
        ("Купала, Янка", "Kupala, Janka"),
        ("Цветаева, Марина", "Tsvetaeva, Marina"),
        ("Ельский, А.", "Jelski, Alaksandar"),
    ],
)
def test_a_name_is_found_in_the_other_script(name: str, romanised: str) -> None:
    for mine, theirs in ((name, romanised), (romanised, name)):
        writer = Writer("w", {"en": "Somebody Else"}, {}, "", "", (mine,), (), ())
        assert is_by(writer, _record(Contributor(theirs)))
