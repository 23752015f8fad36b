"""Questions as readers ask them, and the books that must be among the first ten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from preserva.catalogue.database import Database
from preserva.catalogue.entry import uri_of
from preserva.catalogue.entry_from_mods import entry_of
from preserva.catalogue.import_records import import_file
from preserva.catalogue.index import Incoming, Index
from preserva.catalogue.search import MatchedWord, Search
from preserva.describe.record import Record, read_records
from tests.support.marc_records import Fields, iso2709

BOOKS: dict[str, Fields] = {
    "gore": (
        ("010", "  $a5-7667-2983-9"),
        ("101", "0 $arus"),
        ("200", "1 $aГоре от ума$eкомедия в четырех действиях$fА. С. Грибоедов"),
        ("210", "  $aМосква$d1862"),
        ("700", " 1$aГрибоедов$bА. С.$gАлександр Сергеевич"),
        ("899", "  $aАОНБ$jР-17/2$pКП 1234"),
    ),
    "saltan": (
        ("101", "0 $arus"),
        ("200", "1 $aСказка о царе Салтане$fА. Пушкин ; рис. И. Билибина"),
        ("210", "  $aСанкт-Петербург$d1905"),
        ("225", "1 $aБиблиотека Нивы"),
        ("899", "  $aАОНБ$jД-5$pКП 1235"),
    ),
    "onegin": (
        ("101", "0 $arus"),
        ("200", "1 $aЕвгеній Онѣгинъ$eроманъ въ стихахъ$fсоч. Александра Пушкина"),
        ("210", "  $aСанктпетербургъ$d1837"),
        ("700", " 1$aПушкин$bА. С.$f1799-1837"),
    ),
    "onegin82": (
        ("010", "  $a978-5-02-012345-1"),
        ("101", "0 $arus"),
        ("200", "1 $aЕвгений Онегин$fА. С. Пушкин"),
        ("210", "  $aМосква$d1982"),
        ("700", " 1$aПушкин$bА. С.$f1799-1837"),
    ),
    "voina": (
        ("101", "0 $arus"),
        ("200", "1 $aВойна и мир$fгр. Л. Н. Толстого"),
        ("210", "  $aМосква$d1868"),
        ("700", " 1$aТолстой$bЛ. Н.$gЛев Николаевич"),
    ),
    "karenina": (
        ("101", "0 $arus"),
        ("200", "1 $aАнна Каренина"),
        ("210", "  $aМосква$d1878"),
        ("700", " 1$aТолстой$bЛ. Н."),
    ),
    "ostrov": (
        ("101", "0 $arus"),
        ("200", "1 $aОстров Сахалин$eиз путевых записок$fАнтон Чехов"),
        ("210", "  $aМосква$d1895"),
        ("700", " 1$aЧехов$bА. П.$gАнтон Павлович"),
    ),
    "istoria": (
        ("101", "0 $arus"),
        ("200", "1 $aИсторія государства Россійскаго$fН. М. Карамзина"),
        ("210", "  $aСанктпетербургъ$d1818"),
        ("700", " 1$aКарамзин$bН. М."),
    ),
    "lomonosov": (
        ("101", "0 $arus"),
        ("200", "1 $aРоссійская грамматика Михайла Ломоносова"),
        ("210", "  $aСанктпетербургъ$d1755"),
    ),
    "ahmatova": (
        ("101", "0 $arus"),
        ("200", "1 $aЧетки$eстихи$fАнна Ахматова"),
        ("210", "  $aСанкт-Петербург$d1914"),
        ("700", " 1$aАхматова$bА. А."),
    ),
    "niva": (
        ("011", "  $a0134-5678"),
        ("101", "0 $arus"),
        ("200", "1 $aНива$eиллюстрированный журнал"),
        ("210", "  $aСанкт-Петербург$d1897"),
    ),
    "amur": (
        ("101", "0 $arus"),
        ("200", "1 $aПамятная книжка Амурской области на 1911 год"),
        ("210", "  $aБлаговещенск$d1911"),
    ),
    "gogol": (
        ("101", "0 $arus"),
        ("200", "1 $aВечера на хуторе близ Диканьки$fН. Гоголь"),
        ("210", "  $aМосква$d1831"),
        ("700", " 1$aГоголь$bН. В."),
    ),
    "apostol": (
        ("101", "0 $achu"),
        ("200", "1 $aКни́га дѣѧ́нїй и҆ посла́нїй а҆пⷭ҇льскихъ"),
        ("210", "  $aМосква$d1564"),
        ("702", " 1$aФедоров$bИ.$gИван"),
    ),
    "psaltyr": (
        ("101", "0 $achu"),
        ("200", "1 $aѰалти́рь сꙋгꙋ́бая"),
        ("210", "  $aСупрасль$d1782"),
    ),
    "biblia": (
        ("101", "0 $abel"),
        ("200", "1 $aБивлия руска выложена докторомъ Франциском Скориною"),
        ("210", "  $aПрага$d1517"),
        ("700", " 1$aСкарына$bФ.$gФранцыск"),
    ),
    "zhaleika": (
        ("101", "0 $abel"),
        ("200", "1 $aЖалейка$fЯнка Купала"),
        ("210", "  $aС.-Пецярбург$d1908"),
        ("700", " 1$aКупала$bЯ.$gЯнка"),
    ),
    "dudka": (
        ("101", "0 $abel"),
        ("200", "1 $aDudka biełaruskaja$fMacieja Buraczka"),
        ("210", "  $aKraków$d1891"),
        ("700", " 1$aБагушэвіч$bФ.$gФранцішак"),
    ),
    "kalasy": (
        ("101", "0 $abel"),
        ("200", "1 $aКаласы пад сярпом тваім$fУладзімір Караткевіч"),
        ("210", "  $aМінск$d1968"),
        ("700", " 1$aКараткевіч$bУ. С."),
    ),
    "bykau": (
        ("101", "0 $abel"),
        ("200", "1 $aЗнак бяды$eаповесць$fВасіль Быкаў"),
        ("210", "  $aМінск$d1984"),
        ("700", " 1$aБыкаў$bВ.$gВасіль"),
    ),
    "knihi": (
        ("101", "0 $abel"),
        ("200", "1 $aКнігі пра Вільню і песьні ваколіц"),
        ("210", "  $aВільня$d1921"),
    ),
    "tadeusz": (
        ("101", "0 $apol"),
        ("200", "1 $aPan Tadeusz, czyli Ostatni zajazd na Litwie$fA. Mickiewicz"),
        ("210", "  $aParyż$d1834"),
        ("700", " 1$aMickiewicz$bA.$gAdam"),
    ),
    "kraszewski": (
        ("101", "0 $apol"),
        ("200", "1 $aStara baśń$fJózef Ignacy Kraszewski"),
        ("210", "  $aWarszawa$d1876"),
        ("700", " 1$aKraszewski$bJ. I."),
    ),
    "russia": (
        ("101", "0 $arus"),
        ("200", "1 $aIstorii︠a︡ russkoĭ literatury$fA. N. Pypin"),
        ("210", "  $aSankt-Peterburg$d1898"),
    ),
    "worterbuch": (
        ("101", "0 $ager"),
        ("200", "1 $aRuſſiſches Woͤrterbuch fuͤr Reiſende"),
        ("210", "  $aRiga$d1771"),
    ),
}
"""Made records, by their numbers."""

FILLING = 30
"""Other books that many questions could be taken for."""


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("queries")
    others = {
        f"n{number}": (
            ("200", f"1 $aСборник статей. Вып. {number}$fред. А. Б. Петров"),
            ("210", f"  $aМосква$d{1900 + number}"),
        )
        for number in range(FILLING)
    }
    records = {**BOOKS, **others}
    data = b"".join(iso2709((("001", name), *fields)) for name, fields in records.items())
    (folder / "all.iso").write_bytes(data)
    database = Database(folder / "catalogue.sqlite")
    assert import_file(database, folder / "all.iso", "aonb", 100).changed == len(records)
    _package(database, "gore", "urn:preserva:aonb:kp-000123")
    yield database
    database.close()


def _package(database: Database, name: str, package: str) -> None:
    """Note that a record has a package."""
    (record,) = read_records(iso2709((("001", name), *BOOKS[name])), name=name)
    assert isinstance(record, Record)
    incoming = Incoming(
        uri_of("aonb", name), "x", entry_of(record), record.original, package=package
    )
    with database.writing():
        Index(database).put(incoming, 200)


def _found(database: Database, text: str) -> list[str]:
    hits = Search(database).page(text, {}, limit=10).hits
    return [hit.record.uri.rpartition(":")[2] for hit in hits]


QUERIES = [
    # names in cases and genders
    ("Грибоедов", "gore"),
    ("Грибоедова", "gore"),
    ("о комедии Грибоедова", ""),
    ("Грибоедове", "gore"),
    ("Грибоедовым", "gore"),
    ("чехова", "ostrov"),
    ("Чеховым", "ostrov"),
    ("Толстым", "voina karenina"),
    ("Льва Толстого", ""),
    ("Карамзиным", "istoria"),
    ("Ломоносов", "lomonosov"),
    ("Ломоносову", "lomonosov"),
    ("ахматовой", "ahmatova"),
    ("Гоголя", "gogol"),
    ("Федорова", "apostol"),
    # initials, statements of responsibility, series
    ("А. С. Пушкин", "onegin onegin82"),
    ("Пушкин А.С.", "onegin onegin82"),
    ("А. Пушкин", "saltan onegin onegin82"),
    ("Билибин", "saltan"),
    ("библиотека нивы", "saltan"),
    ("Л. Толстой", "voina karenina"),
    ("Антон Чехов", "ostrov"),
    # before 1918, and Church Slavonic
    ("евгений онегин", "onegin onegin82"),
    ("история государства российского", "istoria"),
    ("Исторія государства Россійскаго", "istoria"),
    ("российская грамматика", "lomonosov"),
    ("Пушкин 1837", "onegin onegin82"),
    ("книга деяний", "apostol"),
    ("псалтирь", "psaltyr"),
    ("псалтырь сугубая", ""),
    ("Псалтирь сугубая", "psaltyr"),
    # Belarusian, Łacinka, Polish
    ("Купалы", "zhaleika"),
    ("Янкам Купалам", "zhaleika"),
    ("Быкава", "bykau"),
    ("Быкаў", "bykau"),
    ("Багушэвіча", "dudka"),
    ("Bahuševič", "dudka"),
    ("Дудка беларуская", "dudka"),
    ("Скарынай", "biblia"),
    ("Skaryna", "biblia"),
    ("Караткевіча", "kalasy"),
    ("Karatkievič", "kalasy"),
    ("песні ваколіц", "knihi"),
    ("кнігай", "apostol knihi"),
    ("Вильно", "knihi"),
    ("Мицкевич", "tadeusz"),
    ("Мицкевича", "tadeusz"),
    ("пан Тадеуш", "tadeusz"),
    ("Крашевский", "kraszewski"),
    ("Крашевского", "kraszewski"),
    ("Kraszewskiego", "kraszewski"),
    # romanised by libraries, and long ſ
    ("Pushkin", "saltan onegin onegin82"),
    ("Tolstoĭ", "voina karenina"),
    ("Tolstoy Voyna i mir", "voina"),
    ("Griboyedov", "gore"),
    ("Chekhov", "ostrov"),
    ("Evgeniĭ Onegin", "onegin onegin82"),
    ("Lomonosova", "lomonosov"),
    ("Пыпин", "russia"),
    ("история русской литературы", "russia"),
    ("Russisches Wörterbuch", "worterbuch"),
    ("Reisende", "worterbuch"),
    # phrases
    ("«война и мир»", "voina"),
    ('"мир и война"', ""),
    ('"Онегин Евгений"', ""),
    ('Толстой "анна каренина"', "karenina"),
    # numbers
    ("5-7667-2983-9", "gore"),
    ("5766729839", "gore"),
    ("9785766729839", "gore"),
    ("ISBN 5766729839", "gore"),
    ("9785020123451", "onegin82"),
    ("01345678", "niva"),
    ("0134-5678", "niva"),
    ("Р-17/2", "gore"),
    ("P-17/2", "gore"),
    ("р17/2", "gore"),
    ("кп1234", "gore"),
    ("aonb:gore", "gore"),
    ("urn:preserva:aonb:kp-000123", "gore"),
    ("aonb-kp-000123", "gore"),
    ("kp-000123", "gore"),
]


@pytest.mark.parametrize(("text", "books"), QUERIES)
def test_the_books_are_among_the_first_ten(catalogue: Database, text: str, books: str) -> None:
    """Every book that is meant, and no other of those that have a name here."""
    found = [name for name in _found(catalogue, text) if name in BOOKS]
    assert sorted(found) == sorted(books.split())


def test_a_year_is_that_of_publication_first(catalogue: Database) -> None:
    """Not one of the dates of the author, which every edition has."""
    assert _found(catalogue, "Пушкин 1837") == ["onegin", "onegin82"]


def test_there_are_enough_questions() -> None:
    assert len({text for text, _books in QUERIES}) == len(QUERIES) >= 40


@pytest.mark.parametrize(
    ("text", "book"),
    [
        ("geirby", "onegin"),
        ("Jcnhjd Cf[fkby", "ostrov"),
        ("rfhfvpby", "istoria"),
        ("regfkf", "zhaleika"),
        ("Шсыфтв Ефвугыя", ""),
        ("Ефвугыя", "tadeusz"),
        ("Пушкн", "onegin"),
        ("Пшукин", "onegin"),
        ("Гриббоедов", "gore"),
        ("Каранина", "karenina"),
        ("Амурскйо области", "amur"),
        ("Кнраткевіч", "kalasy"),
        ("евгений анегин", "onegin"),
        ("Zyxwvu", ""),
    ],
)
def test_what_was_meant_is_suggested(catalogue: Database, text: str, book: str) -> None:
    """Where nothing is found: the other layout of the keyboard, or a word that is near."""
    page = Search(catalogue).page(text, {})
    assert page.total == 0
    suggested = {name for other in page.suggestions for name in _found(catalogue, other)}
    assert len(page.suggestions) <= 3
    assert (book in suggested) if book else not suggested


def test_nothing_is_suggested_where_something_is_found(catalogue: Database) -> None:
    assert Search(catalogue).page("Пушкин", {}).suggestions == ()


def test_a_number_is_a_reason(catalogue: Database) -> None:
    """It says which number, with the package, and comes first."""
    (hit,) = Search(catalogue).page("kp-000123", {}).hits
    assert hit.record.packages == ("urn:preserva:aonb:kp-000123",)
    assert hit.reasons[0] == MatchedWord("package", "urn:preserva:aonb:kp-000123")
    (hit,) = Search(catalogue).page("5766729839", {}).hits
    assert hit.reasons[0] == MatchedWord("number", "5-7667-2983-9")
