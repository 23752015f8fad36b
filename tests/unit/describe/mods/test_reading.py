"""One reading: title, names, dates, numbers and languages are the same wherever they are told."""

from __future__ import annotations

import pytest
from lxml import etree

from preserva.catalogue.entry_from_mods import entry_of
from preserva.describe.mods import reading
from preserva.describe.record import Record, read_record, to_dc, to_mods
from tests.support.marc_records import Fields, iso2709

NAMESPACES = {"m": "http://www.loc.gov/mods/v3", "dc": "http://purl.org/dc/elements/1.1/"}
MARC21 = "nam a22"


def record_of(data: bytes | str | Fields, leader: str = "nam0 22") -> Record:
    if isinstance(data, str):
        data = data.encode()
    record = read_record(
        data if isinstance(data, bytes) else iso2709(data, leader=leader), name="x"
    )
    assert isinstance(record, Record), record
    return record


def mods(inner: str) -> Record:
    return record_of(f'<mods xmlns="http://www.loc.gov/mods/v3">{inner}</mods>')


def dc(record: Record, name: str) -> list[str]:
    return [
        str(node.text)
        for node in etree.fromstring(to_dc(record)).iterfind(f"dc:{name}", NAMESPACES)
    ]


SET = ("461", " 0$1001RU\\1$12001 $aЗадачи и этюды$eсборник")
TITLES = {
    "a volume": ((("200", "1 $aВып. 15"), SET), "nam2 22", "Задачи и этюды. Вып. 15"),
    "a volume without its level": (
        (("200", "1 $aВып. 15"), SET), "nam  22", "Задачи и этюды. Вып. 15",
    ),
    "a volume with a title": (
        (("200", "1 $aЭндшпиль"), ("461", " 0$1200 1$aЗадачи и этюды$v15")), "nam2 22",
        "Задачи и этюды. 15. Эндшпиль",
    ),
    "a number in $v": ((("200", "1 $aСочинения$vТ. 3"),), "nam0 22", "Сочинения. Т. 3"),
    "set and subset": (
        (("200", "1 $aКн. 2"), ("461", " 0$12001 $aСочинения"), ("462", " 0$12001 $aТ. 3")),
        "nam2 22", "Сочинения. Т. 3. Кн. 2",
    ),
    "the set said twice": (
        (("200", "1 $aСочинения$hТ. 1"), ("461", " 0$12001 $aСочинения")), "nam2 22",
        "Сочинения. Т. 1",
    ),
    "an article": (
        (("200", "1 $aО пользе"), ("461", " 0$12001 $aЖурнал"), ("463", " 0$12001 $aТ. 3")),
        "naa2 22", "О пользе",
    ),
    "MARC 21": ((("245", "14$aThe war :$ba novel.$nPart 1"),), MARC21, "The war : a novel. Part 1"),
    "a parallel title": ((("245", "10$aЖурнал =$bAmur /$cred."),), MARC21, "Журнал = Amur"),
    "two scripts": (
        (("245", "10$6880-01$aVoĭna"), ("880", "10$6245-01/(N$aВойна")), MARC21, "Voĭna",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TITLES)
def test_a_title_is_the_same_everywhere(name: str) -> None:
    fields, leader, title = TITLES[name]
    record = record_of(fields, leader)
    again = record_of(to_mods(record))
    assert (record.title, again.title, entry_of(record).title) == (title, title, title)
    assert dc(record, "title")[0] == title


def test_volumes_of_irbis_have_their_number() -> None:
    text = "#920: SPEC\n#461: ^CСочинения^Eв 6 т.\n#200: ^VТ. 3{}\n#903: k\n*****\n"
    assert record_of(text.format("")).title == "Сочинения. Т. 3"
    assert record_of(text.format("^AПоэмы")).title == "Сочинения. Т. 3. Поэмы"
    article = "#920: ASP\n#463: ^CЖурнал^J1999\n#200: ^AСтатья\n*****\n"
    assert record_of(article).title == "Статья"


@pytest.mark.parametrize(
    ("inner", "title"),
    [
        ('<titleInfo type="uniform"><title>Bible</title></titleInfo>'
         "<titleInfo><nonSort>The</nonSort><title>Psalter</title></titleInfo>", "The Psalter"),
        ('<titleInfo type="alternative"><title>B</title></titleInfo>'
         "<titleInfo><title>A</title></titleInfo>"
         '<titleInfo usage="primary"><title>C</title></titleInfo>',
         "C"),
        ('<titleInfo type="uniform"><title>Bible</title></titleInfo>', "Bible"),
        ("<titleInfo><nonSort>L'</nonSort><title>altra</title></titleInfo>", "L'altra"),
        ("<titleInfo><title>Т. 2</title></titleInfo><relatedItem type='host'><titleInfo>"
         "<title>Сочинения</title></titleInfo></relatedItem>", "Сочинения. Т. 2"),
        ("<titleInfo><title>Статья</title></titleInfo><relatedItem type='host'><titleInfo>"
         "<title>Журнал</title></titleInfo><part><date>1999</date></part></relatedItem>", "Статья"),
    ],
)  # fmt: skip
def test_titles_of_mods(inner: str, title: str) -> None:
    record = mods(inner)
    assert (record.title, entry_of(record).title) == (title, title)


NAMES = [
    ((("700", " 1$aТитов$bФ. И.$gФедор Иванович"),), "nam0 22", "Титов, Ф. И."),
    ((("700", " 1$aГудымович$bС. С.$cгорный инженер$gСергей Сергеевич"),), "nam0 22",
     "Гудымович, С. С., горный инженер"),
    ((("700", " 0$aЕкатерина$dII$cимператрица"),), "nam0 22", "Екатерина II, императрица"),
    ((("700", " 1$aПетров$bПётр"),), "nam0 22", "Петров, Пётр"),
    ((("710", "02$aУниверситет$bТипография"),), "nam0 22", "Университет, Типография"),
    ((("245", "10$aX"), ("100", "1 $aPushkin, A. S.$q(Aleksandr Sergeevich),$d1799-1837.")), MARC21,
     "Pushkin, A. S."),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "leader", "name"), NAMES)
def test_names_are_as_people_write_them(fields: Fields, leader: str, name: str) -> None:
    record = record_of((("200", "1 $aX"), *fields) if leader != MARC21 else fields, leader)
    shown = name.replace(", Т", ". Т") if "Университет" in name else name
    assert record.creators == (shown,)
    assert [agent.name for agent in entry_of(record).agents] == [shown]
    assert dc(record, "creator") == [shown]


def test_what_initials_stand_for_is_found() -> None:
    entry = entry_of(record_of((("200", "1 $aX"), ("700", " 1$aТитов$bФ. И.$gФедор Иванович"))))
    assert entry.agents[0].forms == ("Титов, Федор Иванович",)
    assert ("agent", "Титов, Ф. И. Титов, Федор Иванович") in list(entry.texts())


def test_names_of_mods_have_the_family_name_first() -> None:
    parts = '<namePart type="given">Пётр</namePart><namePart type="given">Иванович</namePart>'
    family = '<namePart type="family">Петров</namePart>'
    assert mods(f"<name>{parts}{family}</name>").creators == ("Петров, Пётр Иванович",)


DATES = [
    ((("100", "  $a20241105f17001799    y0rusy50      ca"), ("210", "  $d[17--]")), "nam0 22",
     (1700, 1799, (18,))),
    ((("100", "  $a20241105f17951805    y0rusy50      ca"),), "nam0 22", (1795, 1805, (18, 19))),
    ((("210", "  $d[17--]"),), "nam0 22", (1700, 1799, (18,))),
    ((("210", "  $dмежду 1798 и 1801"),), "nam0 22", (1798, 1801, (18, 19))),
    ((("210", "  $d1798 (1801)"),), "nam0 22", (1798, None, (18,))),
    ((("210", "  $d1800"),), "nam0 22", (1800, None, (18,))),
    ((("008", "150101s179u    xx            000 0 rus d"),), MARC21, (1790, 1799, (18,))),
    ((("008", "150101q17001799xx            000 0 rus d"),), MARC21, (1700, 1799, (18,))),
    ((("008", "150101s1899    xx            000 0 rus d"),), MARC21, (1899, None, (19,))),
    ((("260", "  $c[179-]"),), MARC21, (1790, 1799, (18,))),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "leader", "expected"), DATES)
def test_centuries(
    fields: Fields, leader: str, expected: tuple[int, int | None, tuple[int, ...]]
) -> None:
    title = ("245", "10$aX") if leader == MARC21 else ("200", "1 $aX")
    entry = entry_of(record_of((*fields, title), leader))
    assert (entry.year, entry.last_year, entry.centuries) == expected


def test_languages_are_those_of_the_text() -> None:
    translation = record_of((("101", "1 $arus$cfre"), ("200", "1 $aX")))
    assert (entry_of(translation).languages, dc(translation, "language")) == (("rus",), ["rus"])
    only_008 = record_of(
        (("008", "150101s1899    xx            000 0 rus d"), ("245", "10$aX")), MARC21
    )
    assert entry_of(only_008).languages == ("rus",)
    both = record_of((("041", "1 $arusbel$hfre"), ("245", "10$aX")), MARC21)
    assert (entry_of(both).languages, dc(both, "language")) == (("rus", "bel"), ["rus", "bel"])
    assert b'objectPart="original"' in to_mods(both)
    terms = '<languageTerm type="text">Church Slavic</languageTerm><languageTerm type="code">chu'
    assert entry_of(mods(f"<language>{terms}</languageTerm></language>")).languages == ("chu",)
    assert entry_of(mods("<language><languageTerm>ru</languageTerm></language>")).languages == (
        "rus",
    )


def test_only_the_publisher_publishes() -> None:
    fields = (
        ("245", "10$aX"), ("264", " 2$aMoscow :$bSeller,$c2019"),
        ("264", " 3$aTula :$bPrinter,$c2018"),
        ("264", " 1$aMinsk :$bPublisher,$c2017"), ("264", " 4$c©2016"),
    )  # fmt: skip
    record = record_of(fields, MARC21)
    entry = entry_of(record)
    assert (entry.place, entry.publisher, entry.date, entry.year) == (
        "Minsk",
        "Publisher",
        "2017",
        2017,
    )
    assert (dc(record, "publisher"), dc(record, "date")) == (["Publisher"], ["2017"])
    assert b"<copyrightDate>" in to_mods(record)


def test_publication_of_unimarc_214() -> None:
    fields = (("200", "1 $aX"), ("214", " 3$aТула$cТипография"), ("214", " 0$aМинск$cНаука$d2020"))
    entry = entry_of(record_of(fields))
    assert (entry.place, entry.publisher, entry.year) == ("Минск", "Наука", 2020)


def test_persons_as_subjects_stay_whole() -> None:
    fields = (("200", "1 $aX"), ("600", " 0$aНиколай$dII$cимператор$f1868-1918$xБиография"),
              ("675", "  $a94(47)"))  # fmt: skip
    record = record_of(fields)
    subject = "Николай II, император, 1868-1918 -- Биография"
    assert (entry_of(record).subjects, dc(record, "subject")) == ((subject,), [subject])


def test_the_identifier_is_the_records_own_number() -> None:
    irbis = "#920: PAZK\n#10: ^A5-02-012345-6\n#200: ^AX\n#951: ^IC:\\x.pdf\n#903: К-17\n*****\n"
    record = record_of(irbis)
    assert (record.identifier, entry_of(record).number) == ("К-17", "К-17")
    invalid = '<identifier type="isbn" invalid="yes">5-000</identifier>'
    numbered = f"{invalid}<recordInfo><recordIdentifier>m-1</recordIdentifier></recordInfo>"
    assert mods(numbered).identifier == "m-1"
    assert mods(invalid).identifier == ""
    assert (
        mods('<identifier type="isbn">5-7</identifier><identifier>hdl</identifier>').identifier
        == "hdl"
    )


def test_both_scripts_are_in_dublin_core() -> None:
    fields = (("245", "10$6880-01$aVoĭna"), ("880", "10$6245-01/(N$aВойна"),
              ("100", "1 $6880-02$aTolstoĭ, L."),
              ("880", "1 $6100-02/(N$aТолстой, Л."))  # fmt: skip
    record = record_of(fields, MARC21)
    assert dc(record, "title") == ["Voĭna", "Война"]
    assert dc(record, "creator") == ["Tolstoĭ, L.", "Толстой, Л."]
    document = etree.fromstring(to_mods(record))
    assert len(document.findall("m:name[@usage='primary']", NAMESPACES)) == 1


def test_the_year_of_publication_of_a_repository_is_not_that_of_the_deposit() -> None:
    document = (
        '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl'
        '.org/dc/elements/1.1/" xmlns:t="http://purl.org/dc/terms/"><dc:title>X</dc:title>'
        "<dc:date>2020-01-01T00:00:00Z</dc:date>{}"
        "<dc:contributor>Б, В.</dc:contributor></oai_dc:dc>"
    )
    for date in ("<dc:date>1905</dc:date>", "<t:issued>1905</t:issued>"):
        record = record_of(document.format(date))
        assert (entry_of(record).year, record.date, record.creators) == (1905, "1905", ())


def test_written_off_items_are_not_held_and_extents_have_their_unit() -> None:
    text = "#920: PAZK\n#200: ^AX\n#215: ^A191^1с.\n#910: ^A6^B17^DХР\n#910: ^A0^B18^DХР\n*****\n"
    entry = entry_of(record_of(text))
    assert ([item.inventory for item in entry.items], entry.extent) == ([("18",)], "191 с.")


@pytest.mark.parametrize(
    ("fields", "leader"),
    [
        ((("245", "10$aX"), ("952", "  $aMPL$bCPL$cGEN$oР-17$p301$i77"), ("952", "  $aлокальное")),
         MARC21),
        ((("200", "1 $aX"), ("995", "  $aMPL$bCPL$eGEN$kР-17$f301$j77"), ("995", "  $aлокальное")),
         "nam0 22"),
    ],
)  # fmt: skip
def test_items_of_koha(fields: Fields, leader: str) -> None:
    (item,) = entry_of(record_of(fields, leader)).items
    assert (item.holder, item.shelfmark, set(item.inventory)) == ("MPL", "Р-17", {"301", "77"})


def test_statement_of_responsibility_and_series_are_searched() -> None:
    fields = (("200", "1 $aСказка$fА. Пушкин"), ("225", "1 $aБиблиотека Нивы$v3"))
    texts = list(entry_of(record_of(fields)).texts())
    assert ("agent", "А. Пушкин") in texts
    assert ("title", "Библиотека Нивы. 3") in texts


TITLE_200, TITLE_245 = ("200", "1 $aКнига"), ("245", "10$aBook")
ROLES = {
    "illustrator and second editor": (
        (TITLE_200, ("700", " 1$aА$4070"), ("701", " 1$aБ$4070"), ("702", " 1$aВ$4340"),
         ("702", " 1$aГ$4340"), ("702", " 1$aД$4440")),
        "nam0 22",
        [("А", ("aut",), True), ("Б", ("aut",), True), ("В", ("edt",), False),
         ("Г", ("edt",), False), ("Д", ("ill",), False)],
    ),
    "one person, two roles": (
        (TITLE_200, ("702", " 1$aА$bБ. В.$4220$4440")), "nam0 22",
        [("А, Б. В.", ("com", "ill"), False)],
    ),
    "ISBD's commas": (
        (TITLE_200, ("700", " 1$aAsimov$b, Isaac$4070")), "nam0 22",
        [("Asimov, Isaac", ("aut",), True)],
    ),
    "a code with words": (
        (TITLE_200, ("702", " 1$aА$4340 отв. ред.")), "nam0 22", [("А", ("edt",), False)],
    ),
    "MARC 21, words": (
        (TITLE_245, ("700", "1 $aA,$eillustrator."), ("700", "1 $aB,$eauthor.")), MARC21,
        [("A", ("ill",), False), ("B", ("aut",), True)],
    ),
    "MARC 21, one role as words and as a code": (
        (TITLE_245, ("700", "1 $aA,$eeditor,$etranslator.$4edt$4trl")), MARC21,
        [("A", ("edt", "trl"), False)],
    ),
    "MARC 21, words that nobody knows": (
        (TITLE_245, ("700", "1 $aA,$eoil painter.$4art")), MARC21,
        [("A", ("oil painter.", "art"), False)],
    ),
    "MARC 21, two scripts": (
        (TITLE_245, ("100", "1 $6880-01$aBuĭda, I."), ("880", "1 $6100-01$aБуйда, И.")), MARC21,
        [("Buĭda, I.", (), True)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ROLES)
def test_no_role_is_dropped_or_split(case: str) -> None:
    """MODS, Dublin Core and the catalogue have the same names with the same roles."""
    fields, leader, expected = ROLES[case]
    record = record_of(fields, leader)
    names = reading.names(etree.fromstring(to_mods(record)))
    assert [(name.text, name.roles, name.creates) for name in names] == expected
    agents = entry_of(record).agents
    assert [(agent.name, agent.roles) for agent in agents] == [name[:2] for name in expected]
    scripts = {text for name in names for text in name.scripts}
    for element, creates in (("creator", True), ("contributor", False)):
        wanted = {text for text, _roles, creator in expected if creator is creates}
        assert set(dc(record, element)) - scripts == wanted
    assert scripts == ({"Буйда, И."} if "scripts" in case else set())
    assert scripts <= set(dc(record, "creator"))


def test_the_words_of_a_role_stand_beside_its_code() -> None:
    """In one role of MODS; what the record says is kept."""
    fields = (TITLE_245, ("700", "1 $aA,$eillustrator.$4ill"))
    root = etree.fromstring(to_mods(record_of(fields, MARC21)))
    roles = root.findall("m:name/m:role", NAMESPACES)
    assert [[(term.get("type"), term.text) for term in role] for role in roles] == [
        [("text", "illustrator."), ("code", "ill")]
    ]
