"""What people write of a book's structure: TOML, CSV and METS mean the same, mistakes are named."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.core.book import submission as sip
from preserva.core.book.labels import following
from preserva.core.book.structure import PageFacts, Pages, PageType, PartType, Structure, renumbered
from preserva.core.book.words import (
    folded,
    page_types,
    page_word,
    part_types,
    part_word,
)
from preserva.core.eark.mets import Division, FileEntry, Header, write_representation_mets
from preserva.core.eark.structure_read import read_structure
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Finding
from preserva.describe.supplied.structure import structure_of
from preserva.i18n import languages, speaking

TOML = """
title = "Апостол"

[[pages]]
first = 1
last = 2
type = "cover"
label = "[переплёт]"

[[pages]]
first = "0003.tif"
last = 8
label = "л. 1"

[[pages]]
first = 9
type = "plate"
label = "[табл. 1]"

[[parts]]
type = "binding"
first = 1
last = 2
parts = [{ type = "bookplate", title = "Экслибрис", first = 2 }]

[[parts]]
type = "title_page"
first = 3

[[parts]]
type = "chapter"
title = "Деяния"
first = 4

[[parts.parts]]
type = "section"
title = "Глава 1"
first = 4
last = 6

[[parts.parts]]
type = "section"
title = "Глава 2"
first = 6
"""

CSV = """\
first;last;label;type;part;level;title
1;2;[переплёт];cover;binding;;
2;;;;bookplate;2;Экслибрис
0003.tif;8;л. 1;;;;

3;;;;title_page;;
4;;;;chapter;1;Деяния
4;6;;;section;2;Глава 1
6;;;;section;2;Глава 2
9;;[табл. 1];plate;;;
"""

FACTS = {
    1: PageFacts("[переплёт]", "cover"),
    2: PageFacts("[переплёт]", "cover"),
    3: PageFacts("л. 1"),
    4: PageFacts("л. 1 об."),
    5: PageFacts("л. 2"),
    6: PageFacts("л. 2 об."),
    7: PageFacts("л. 3"),
    8: PageFacts("л. 3 об."),
    9: PageFacts("[табл. 1]", "plate"),
}
ROOT = Division(
    "monograph",
    "Апостол",
    (),
    (
        Division("binding", None, (1, 2), (Division("bookplate", "Экслибрис", (2,)),)),
        Division("title_page", None, (3,)),
        Division(
            "chapter",
            "Деяния",
            tuple(range(4, 11)),
            (
                Division("section", "Глава 1", (4, 5, 6)),
                Division("section", "Глава 2", (6, 7, 8, 9, 10)),
            ),
        ),
    ),
)


def pages(count: int = 10) -> Pages:
    entries = [Entry(f"{number:04}.tif", Kind.FILE, 1) for number in range(1, count + 1)]
    return Pages.of(sip.arrange(entries))


def read(text: str, name: str = "s.toml") -> Structure:
    return structure_of(text.encode(), name, pages(), "Апостол")


def mets(files: list[FileEntry], root: Division | None) -> bytes:
    stream = io.BytesIO()
    header = Header("master", "2026-11-23T08:00:00Z", "0.1.0", "Библиотека")
    write_representation_mets(stream, header=header, preservation=(), files=files, structure=root)
    return stream.getvalue()


def entry(page: int, facts: PageFacts) -> FileEntry:
    name = f"{page:04}.tif"
    file = Observed(f"data/{name}", 1, {"sha512": "0" * 128})
    return FileEntry(f"ID-{name}", file, "image/tiff", page, facts.label, type=facts.type)


@pytest.mark.parametrize(("text", "name"), [(TOML, "s.toml"), (CSV, "s.csv"), (CSV, "S.CSV")])
def test_a_table_means_pages_and_parts(text: str, name: str) -> None:
    assert read(text, name) == Structure(FACTS, ROOT)


def test_csv_as_spreadsheets_write_it() -> None:
    text = "\ufeff" + CSV.replace(";", "\t").replace("\n", "\r\n")
    assert read(text, "s.csv") == Structure(FACTS, ROOT)


def test_mets_of_our_own_means_the_same() -> None:
    data = mets([entry(page, FACTS.get(page, PageFacts())) for page in range(1, 11)], ROOT)
    found = structure_of(data, "METS.xml", pages(), "")
    assert found == Structure({**FACTS, 10: PageFacts()}, ROOT)


def test_mets_of_a_scanning_program_is_matched_by_file_names() -> None:
    data = """<m:mets xmlns:m="http://www.loc.gov/METS/" xmlns:x="http://www.w3.org/1999/xlink">
      <m:fileSec><m:fileGrp>
        <m:file ID="F1"><m:FLocat x:href="file:///scans/0007.jp2"/></m:file>
        <m:file ID="F2"><m:FLocat x:href="scans\\0003.tif"/></m:file>
        <m:file ID="F3"><m:FLocat x:href="0099.tif"/></m:file>
      </m:fileGrp></m:fileSec>
      <m:structMap TYPE="LOGICAL"><m:div ID="L" TYPE="Monograph">
        <m:div ID="L1" TYPE="Chapter" LABEL="Раздѣлъ"/></m:div></m:structMap>
      <m:structMap TYPE="PHYSICAL"><m:div ID="P" TYPE="physSequence">
        <m:div ID="P1" TYPE="page" ORDERLABEL="12r"><m:fptr FILEID="F1"/></m:div>
        <m:div ID="P2" TYPE="odd"><m:fptr FILEID="F2"/></m:div>
        <m:div ID="P3" TYPE="page"><m:fptr FILEID="F3"/></m:div>
      </m:div></m:structMap>
      <m:structLink><m:smLink x:from="L" x:to="P"/><m:smLink x:from="L1" x:to="P2"/>
        <m:smLink x:from="L1" x:to="P1"/></m:structLink></m:mets>"""
    found = read(data, "kitodo.xml")
    assert found == Structure(
        {3: PageFacts(), 7: PageFacts("12r")},
        Division("Monograph", None, (), (Division("Chapter", "Раздѣлъ", (3, 7)),)),
        (Finding(Code.PAGE_UNKNOWN, "kitodo.xml: line 12", seen="0099.tif"),),
    )


def test_mets_of_a_newspaper_and_of_a_volume() -> None:
    """What is linked to the whole sequence has the other pages; dates are headings; no anchor."""
    data = """<m:mets xmlns:m="http://www.loc.gov/METS/" xmlns:x="http://www.w3.org/1999/xlink">
      <m:fileSec><m:fileGrp>
        <m:file ID="F1"><m:FLocat x:href="file:///scans/0001.tif"/></m:file>
        <m:file ID="F2"><m:FLocat x:href="file:///scans/0002.tif"/></m:file>
        <m:file ID="F3"><m:FLocat x:href="file:///scans/0003.tif"/></m:file>
      </m:fileGrp></m:fileSec>
      <m:structMap TYPE="LOGICAL"><m:div ID="S" TYPE="newspaper" LABEL="Газета">
        <m:mptr LOCTYPE="URL" x:href="газета.xml"/>
        <m:div ID="Y" TYPE="year" ORDERLABEL="1917">
          <m:div ID="D" TYPE="day" ORDERLABEL="1917-06-05"/></m:div></m:div></m:structMap>
      <m:structMap TYPE="PHYSICAL"><m:div ID="P" TYPE="physSequence">
        <m:div ID="P1" TYPE="page"><m:fptr FILEID="F1"/></m:div>
        <m:div ID="P2" TYPE="page"><m:fptr FILEID="F2"/></m:div>
        <m:div ID="P3" TYPE="page"><m:fptr FILEID="F3"/></m:div>
      </m:div></m:structMap>
      <m:structLink><m:smLink x:from="Y" x:to="P"/><m:smLink x:from="D" x:to="P2"/>
      </m:structLink></m:mets>"""
    assert read(data, "kitodo.xml") == Structure(
        {1: PageFacts(), 2: PageFacts(), 3: PageFacts()},
        Division("year", "1917", (1, 3), (Division("day", "1917-06-05", (2,)),)),
    )


def part(more: str) -> str:
    return f'[[parts]]\ntype = "chapter"\n{more}\n'


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("pages = 3", "s.toml", ["E483 s.toml: pages: not a permitted value; "
         "expected [[pages]]; seen 3"]),
        ("[[pages]]\nfirst = 3\nlabl = 'x'", "s.toml",
         ["E482 s.toml: pages[1].labl: there is no such key or column; expected label"]),
        ("[[pages]]\nlast = 3", "s.toml", ["E484 s.toml: pages[1].first: required, but not given"]),
        (part("first = 11"), "s.toml",
         ["E485 s.toml: parts[1]: the source has no such page; expected 1-10; seen 11"]),
        (part("first = 'л. 7.tif'"), "s.toml",
         ["E485 s.toml: parts[1]: the source has no such page; seen л. 7.tif"]),
        (part("first = 5\nlast = 4"), "s.toml",
         ["E486 s.toml: parts[1]: the range ends before it begins; seen 5-4"]),
        (part("last = 4"), "s.toml", ["E484 s.toml: parts[1].first: required, but not given"]),
        ("[[parts]]\ntype = 'chaptr'", "s.toml",
         ["E483 s.toml: parts[1].type: not a permitted value; expected chapter; seen chaptr"]),
        ("[[pages]]\nfirst = 1\nlast = 3\n[[pages]]\nfirst = 3", "s.toml",
         ["E487 s.toml: pages[2]: this page is described already; seen 3"]),
        ("a = [", "s.toml", ["E481 s.toml: cannot be read as TOML, CSV or METS; "
         "seen Invalid value (at end of document)"]),
        ("first,label\n3,x\n12,y", "s.csv",
         ["E485 s.csv: line 3: the source has no such page; expected 1-10; seen 12"]),
        ("first,part,level\n3,chapter,2", "s.csv",
         ["E483 s.csv: line 2, level: not a permitted value; expected <= 1; seen 2"]),
        ("first,part\n3,chapter,x", "s.csv",
         ["E482 s.csv: line 2: there is no such key or column; seen x"]),
        ("first,title\n3,x", "s.csv", ["E484 s.csv: line 2, part: required, but not given"]),
        (part("first = 2\nlast = 5") + part("first = 4\nlast = 9"), "s.toml",
         ["W491 s.toml: parts[2]: these pages also belong to another part; seen 4-5"]),
        (part("first = 2\nlast = 5\nparts = [{type = 'map', first = 6}]"), "s.toml",
         ["W492 s.toml: parts[1].parts[1]: this part extends beyond the part that contains it; "
          "expected 2-5; seen 6-6"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(text: str, name: str, expected: list[str]) -> None:
    assert [one.message() for one in read(text, name).findings] == expected


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_a_spreadsheet_is_read(charset: str, delimiter: str) -> None:
    text = f"first{delimiter}label\r\n1{delimiter}лист, чистый; белый\r\n"
    if delimiter != "\t":
        text = text.replace("лист, чистый; белый", '"лист, чистый; белый"')
    structure = structure_of(text.encode(charset), "s.csv", pages(), "")
    assert structure.findings == ()
    assert structure.pages[1].label == "лист, чистый; белый"


RUSSIAN = """\
Первая;Последняя;Метка;Тип;Часть;Уровень;Название
1;2;[переплёт];обложка;переплет;;
2;;;;Экслибрис;2;Экслибрис
0003.tif;8;л. 1;;;;
3;;;;титульный лист;;
4;;;;глава;1;Деяния
4;6;;;раздел;2;Глава 1
6;;;;раздел;2;Глава 2
9;;[табл. 1];таблица;;;
"""


def test_a_table_may_be_in_the_words_of_the_house() -> None:
    """Headings and types in Russian mean what the English ones mean; plates are `вклейка`."""
    table = RUSSIAN.replace("таблица", page_said("ru", "plate"))
    assert read(table, "s.csv") == Structure(FACTS, ROOT)
    found = read(RUSSIAN.replace("Метка", "Мета"), "s.csv").findings
    assert [one.path for one in found][:1] == ["s.csv: line 2, Мета"]


def page_said(language: str, type_: str) -> str:
    """The word for a kind of page in a language."""
    with speaking(language):
        return str(page_word(type_))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    ("types", "word", "meant"),
    [(PageType, page_word, page_types()), (PartType, part_word, part_types())],
)
def test_every_word_for_a_type_is_understood(
    types: Iterable[str],
    word: Callable[[str], str],
    meant: Mapping[str, str],
    language: str,
) -> None:
    """Two types that have one word in a language are one type there."""
    with speaking(language):
        for type_ in types:
            assert word(meant[folded(word(type_))]) == word(type_)


@pytest.mark.parametrize(
    ("word", "known"), [("глва", "глава"), ("xyz", "монография, рукопись"), ("chaptre", "chapter")]
)
def test_a_word_that_is_none_is_answered_with_those_that_are(word: str, known: str) -> None:
    """The one that was meant, or all, in the reader's language."""
    with speaking("ru"):
        text = f"первая;часть\n1;{word}\n".encode()
        (wrong, *_rest) = structure_of(text, "s.csv", pages(), "").findings
        assert f"ожидалось: {known}" in wrong.message()


def test_a_binary_file_is_no_csv() -> None:
    structure = structure_of(b"first;label\n1;\0", "s.csv", pages(), "")
    assert [finding.code for finding in structure.findings] == [Code.DETAILS_UNREADABLE]


@pytest.mark.parametrize(
    "labels",
    [
        ["9", "10", "11"],
        ["[009]", "[010]"],
        ["12r", "12v", "13r"],
        ["[1r]", "[1v]", "[2r]"],
        ["л. 9", "л. 9 об.", "л. 10"],
        ["[арк. 1]", "[арк. 1 адв.]", "[арк. 2]"],
        ["с. 99", "с. 100"],
        ["viii", "ix", "x"],
        ["XXXIX", "XL", "XLI"],
        ["[iv]", "[v]"],
        ["табл. 3", "табл. 4"],
    ],
)
def test_labels_count_on(labels: list[str]) -> None:
    assert [following(one) for one in labels[:-1]] == labels[1:]


@pytest.mark.parametrize("label", ["переплёт", "[cover]", "iiii", ""])
def test_a_label_without_a_number_does_not_count(label: str) -> None:
    assert following(label) is None


TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs", "Cc", "Co"]), min_size=1).map(
    lambda text: text.replace("\ufffe", "x").replace("\uffff", "x")
)
NUMBERS = st.sets(st.integers(1, 40), min_size=1, max_size=12)


def divisions(numbers: list[int]) -> st.SearchStrategy[Division]:
    own = st.lists(st.sampled_from(numbers), unique=True, max_size=4).map(tuple)
    kinds = st.sampled_from([one.value for one in PartType])
    leaf = st.builds(Division, kinds, TEXTS, own)
    return st.recursive(
        leaf,
        lambda inner: st.builds(
            Division, kinds, TEXTS, own, st.lists(inner, max_size=3).map(tuple)
        ),
        max_leaves=8,
    )


@settings(max_examples=150)
@given(st.data(), NUMBERS)
def test_what_is_written_is_read_back(data: st.DataObject, numbers: set[int]) -> None:
    ordered = sorted(numbers)
    facts = {
        number: data.draw(st.builds(PageFacts, TEXTS, st.sampled_from(PageType)))
        for number in ordered
    }
    root = data.draw(divisions(ordered))
    found = read_structure(mets([entry(page, facts[page]) for page in ordered], root))
    read_facts = {
        int(page.order or 0): PageFacts(page.label, page.type or "") for page in found.pages
    }
    assert read_facts == facts
    assert found.root is not None
    assert renumbered(found.root, dict(enumerate(ordered, 1))) == root


def test_the_mets_of_another_book_is_refused() -> None:
    data = mets([entry(page, PageFacts()) for page in range(1, 4)], ROOT.parts[1])
    other = data.replace(b"0001.tif", b"x1").replace(b"0002.tif", b"x2").replace(b"0003.tif", b"x3")
    found = structure_of(other, "METS.xml", pages(), "")
    assert found.findings == (Finding(Code.METS_OF_ANOTHER, "METS.xml", "10", "3"),)
    assert structure_of(other, "METS.xml", pages(3), "").findings == ()


def test_an_unknown_column_is_named_once() -> None:
    found = read("first,page\n1,x\n2,y\n", "s.csv")
    assert [one.path for one in found.findings] == ["s.csv: line 2, page"]


def test_hostile_mets_costs_no_more_than_its_size() -> None:
    """Divisions with the same ID share its links; a name of endless digits is no file of ours."""
    data = f"""<m:mets xmlns:m="http://www.loc.gov/METS/" xmlns:x="http://www.w3.org/1999/xlink">
      <m:fileSec><m:fileGrp><m:file ID="F"><m:FLocat x:href="{"9" * 5000}.tif"/></m:file>
      <m:file ID="G"><m:FLocat x:href="0001.tif"/></m:file>
      </m:fileGrp></m:fileSec>
      <m:structMap TYPE="LOGICAL"><m:div ID="L">{'<m:div ID="D"/>' * 2000}</m:div></m:structMap>
      <m:structMap TYPE="PHYSICAL"><m:div TYPE="physSequence"><m:div ID="P"><m:fptr FILEID="F"/>
      <m:fptr FILEID="G"/>
      </m:div></m:div></m:structMap>
      <m:structLink>{'<m:smLink x:from="D" x:to="P"/>' * 2000}</m:structLink></m:mets>"""
    found = read(data, "h.xml")
    assert found.root is not None
    assert sum(len(one.pages) for one in found.root.parts) == 2000
    assert found.pages == {1: PageFacts()}


def test_parts_upon_parts_cost_no_memory() -> None:
    text = "first,last,part\n" + "1,9000,chapter\n" * 300
    found = structure_of(text.encode(), "s.csv", pages(9000), "")
    errors = [one for one in found.findings if one.code is not Code.PARTS_OVERLAP]
    assert errors == [Finding(Code.TOO_MANY_LINKS, "s.csv: line 113", "<= 1000000")]


def test_a_text_has_an_end() -> None:
    found = read(f"title = '{'x' * 5000}'")
    assert [one.code for one in found.findings] == [Code.DETAILS_VALUE]


@settings(max_examples=200)
@given(st.binary(max_size=200), st.sampled_from(["s.toml", "s.csv", "s.xml"]))
def test_no_bytes_stop_the_reader(data: bytes, name: str) -> None:
    found = structure_of(data, name, pages(), "")
    assert set(found.pages) <= set(range(1, 11))
