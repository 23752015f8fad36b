"""OAI-PMH 2.0: every answer is valid, every record comes once, every wrong request is told so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from preserva.catalogue.database import Database
from preserva.catalogue.entry import uri_of
from preserva.catalogue.import_records import import_file
from preserva.catalogue.index import Index
from preserva.catalogue.oai.protocol import NAMESPACE, stamp
from preserva.catalogue.oai.provider import About, Repository
from preserva.describe.xml_record import OAI_DC
from tests.support.marc_records import Fields, iso2709
from tests.support.marcxchange import violations
from tests.support.xsd import together

BASE = "http://library.example/oai"
NOW = 1_764_000_000
COUNT = 230
DELETED = 7
DAY = stamp(NOW)[:10]


def assert_valid(answer: etree._Element, shared: Path) -> None:
    """By OAI-PMH.xsd and the schemas of what is inside; MarcXchange by the rules of its own."""
    rules = _rules(shared)
    for one in find(answer, ".//o:metadata"):
        if one[0].tag == "{info:lc/xmlns/marcxchange-v2}record":
            assert violations(one[0]) == []
            one[0].getparent().replace(one[0], etree.Element(f"{{{OAI_DC}}}dc"))  # type: ignore[union-attr]
    rules.assertValid(answer)


@cache
def _rules(shared: Path) -> etree.XMLSchema:
    return together(shared, "OAI-PMH.xsd", "oai_dc.xsd", "mods-3.8.xsd")


def fields(number: int) -> Fields:
    """A record, with a character in its title that XML forbids."""
    return [
        ("001", f"RU\\AONB\\{number}"),
        ("100", "  $a20241105d1799    |||y0rusy50      ca"),
        ("101", "0 $arus"),
        ("200", f"1 $aКнига \x0b<b>&amp; {number}"),
        ("801", " 0$aRU$bAONB"),
        ("899", f"  $aАОНБ$jР-{number}"),
    ]


def mods(number: int) -> bytes:
    """A record that is no MARC."""
    return (
        '<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>Ноты</title></titleInfo>'
        f"<recordInfo><recordIdentifier>m{number}</recordIdentifier></recordInfo></mods>"
    ).encode()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of two libraries, some of its records deleted, and one that is no MARC."""
    folder = tmp_path_factory.mktemp("filled")
    database = Database(folder / "catalogue.sqlite")
    (folder / "a").write_bytes(b"".join(iso2709(fields(number)) for number in range(COUNT)))
    (folder / "m").write_bytes(mods(1))
    import_file(database, folder / "a", "aonb", NOW)
    import_file(database, folder / "m", "nlb", NOW + 100)
    with database.writing():
        for number in range(DELETED):
            Index(database).delete(uri_of("aonb", f"RU\\AONB\\{number}"), NOW + 200)
    database.close()
    return folder / "catalogue.sqlite"


@pytest.fixture
def repository(filled: Path, tmp_path: Path) -> Iterator[Repository]:
    """What serves a copy of that catalogue."""
    database = Database(Path(shutil.copy(filled, tmp_path)))

    def mets(_package: str) -> bytes:
        raise AssertionError("no record has a package")

    about = About(BASE, "catalogue@library.example")
    yield Repository(database, about, mets, clock=lambda: NOW + 300, page=20)
    database.close()


def ask(repository: Repository, query: str) -> etree._Element:
    """The answer to a request."""
    pairs = [part.partition("=") for part in query.split("&") if part]
    return etree.fromstring(repository.answer([(key, value) for key, _equals, value in pairs]))


def find(answer: etree._Element, path: str) -> list[etree._Element]:
    """Elements of the protocol below the answer."""
    return answer.findall(path, {"o": NAMESPACE})


def pages(repository: Repository, query: str) -> Iterator[etree._Element]:
    """Every page of a list."""
    verb = query.partition("&")[0]
    while query:
        answer = ask(repository, query)
        yield answer
        token = next((one.text for one in find(answer, ".//o:resumptionToken")), None)
        query = f"{verb}&resumptionToken={token}" if token else ""


LISTS = [
    ("oai_dc", "", COUNT + 1, DELETED),
    ("mods", "", COUNT + 1, DELETED),
    ("marcxchange", "", COUNT, DELETED),
    ("mods", "&set=library:aonb", COUNT, DELETED),
    ("mods", "&set=library:nlb", 1, 0),
    ("oai_dc", f"&from={stamp(NOW + 1)}", DELETED + 1, DELETED),
    ("oai_dc", f"&until={stamp(NOW)}", COUNT - DELETED, 0),
    ("oai_dc", f"&from={DAY}&until={DAY}", COUNT + 1, DELETED),
    ("oai_dc", f"&from={stamp(NOW + 100)}&until={stamp(NOW + 100)}", 1, 0),
]


@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
@pytest.mark.parametrize(("prefix", "more", "count", "deleted"), LISTS)
def test_lists_hold_every_record_once(
    repository: Repository,
    shared: Path,
    verb: str,
    prefix: str,
    more: str,
    count: int,
    deleted: int,
) -> None:
    """In valid answers; the last page of several has an empty token."""
    answers = list(pages(repository, f"verb={verb}&metadataPrefix={prefix}{more}"))
    for answer in answers:
        assert_valid(answer, shared)
    headers = [one for answer in answers for one in find(answer, ".//o:header")]
    uris = [one.findtext(f"{{{NAMESPACE}}}identifier") for one in headers]
    assert len(uris) == len(set(uris)) == count
    assert sum(one.get("status") == "deleted" for one in headers) == deleted
    tokens = [[one.text for one in find(answer, ".//o:resumptionToken")] for answer in answers]
    assert len(answers) == -(-count // 20)
    assert tokens[-1] == ([None] if len(answers) > 1 else [])


def test_a_record_changed_during_a_harvest_comes_again(repository: Repository) -> None:
    """At the end of the list; nothing is left out."""
    first = ask(repository, "verb=ListRecords&metadataPrefix=mods")
    seen = [one.text for one in find(first, ".//o:identifier")]
    token = find(first, ".//o:resumptionToken")[0].text
    with repository._database.writing():
        Index(repository._database).delete(str(seen[0]), NOW + 250)
    for answer in pages(repository, f"verb=ListRecords&resumptionToken={token}"):
        seen += [one.text for one in find(answer, ".//o:identifier")]
    assert len(set(seen)) == COUNT + 1
    assert seen.count(seen[0]) == 2


FIRST = "RU\\AONB\\0"
MUSIC = uri_of("nlb", "m1")
RIGHT = [
    "verb=Identify",
    "verb=ListSets",
    "verb=ListMetadataFormats",
    f"verb=ListMetadataFormats&identifier={MUSIC}",
    f"verb=GetRecord&metadataPrefix=mods&identifier={MUSIC}",
    f"verb=GetRecord&metadataPrefix=mets&identifier={uri_of('aonb', FIRST)}",
]


@pytest.mark.parametrize("query", RIGHT)
def test_answers_are_valid(repository: Repository, shared: Path, query: str) -> None:
    """And none of them is an error."""
    answer = ask(repository, query)
    assert_valid(answer, shared)
    assert find(answer, "o:error") == []
    assert find(answer, "o:request")[0].get("verb") == query.partition("&")[0][5:]


def test_formats_of_one_record(repository: Repository) -> None:
    """Only those that it can be had in."""
    answer = ask(repository, RIGHT[3])
    assert [one.text for one in find(answer, ".//o:metadataPrefix")] == ["oai_dc", "mods"]


def test_what_xml_forbids_is_replaced(repository: Repository) -> None:
    """And what looks like markup is text."""
    uri = uri_of("aonb", "RU\\AONB\\100")
    answer = ask(repository, f"verb=GetRecord&metadataPrefix=oai_dc&identifier={uri}")
    title = answer.findtext(".//{http://purl.org/dc/elements/1.1/}title")
    assert title == "Книга \ufffd<b>&amp; 100"


LIST = "verb=ListRecords&metadataPrefix=oai_dc"
WRONG = [
    ("", "badVerb"),
    ("verb=", "badVerb"),
    ("verb=listrecords", "badVerb"),
    ("verb=Identify&verb=Identify", "badVerb"),
    ("verb=Identify&x=1", "badArgument"),
    ("verb=ListRecords", "badArgument"),
    ("verb=GetRecord&metadataPrefix=oai_dc", "badArgument"),
    ("verb=GetRecord&identifier=a:b", "badArgument"),
    (f"{LIST}&metadataPrefix=oai_dc", "badArgument"),
    (f"{LIST}&from=2026-13-01", "badArgument"),
    (f"{LIST}&from=2026-02-30", "badArgument"),
    (f"{LIST}&from=yesterday", "badArgument"),
    (f"{LIST}&from=2026-01-01T00:00:00", "badArgument"),
    (f"{LIST}&from=2026-01-01&until=2026-01-02T00:00:00Z", "badArgument"),
    (f"{LIST}&from=2026-01-02&until=2026-01-01", "badArgument"),
    (f"{LIST}&set=a b", "badArgument"),
    (f"{LIST}&set=nothing", "noRecordsMatch"),
    (f"{LIST}&from=2100-01-01", "noRecordsMatch"),
    (f"{LIST}&until=1900-01-01", "noRecordsMatch"),
    ("verb=ListRecords&metadataPrefix=mets", "noRecordsMatch"),
    ("verb=ListRecords&metadataPrefix=marc21", "cannotDisseminateFormat"),
    ("verb=ListRecords&metadataPrefix=a b", "badArgument"),
    (f"verb=GetRecord&metadataPrefix=marcxchange&identifier={MUSIC}", "cannotDisseminateFormat"),
    ("verb=GetRecord&metadataPrefix=oai_dc&identifier=urn:no", "idDoesNotExist"),
    ("verb=GetRecord&metadataPrefix=oai_dc&identifier=no uri", "badArgument"),
    ("verb=ListMetadataFormats&identifier=urn:no", "idDoesNotExist"),
    ("verb=ListRecords&resumptionToken=x", "badResumptionToken"),
    ("verb=ListRecords&resumptionToken=W10", "badResumptionToken"),
    ("verb=ListSets&resumptionToken=x", "badResumptionToken"),
    (f"{LIST}&resumptionToken=x", "badArgument"),
    ("verb=ListRecords&resumptionToken=\x00", "badArgument"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "code"), WRONG)
def test_wrong_requests(repository: Repository, shared: Path, query: str, code: str) -> None:
    """Each with the right error, in a valid answer."""
    answer = ask(repository, query)
    assert_valid(answer, shared)
    assert [one.get("code") for one in find(answer, "o:error")] == [code]
    arguments = find(answer, "o:request")[0].keys()
    assert bool(arguments) is (code not in {"badVerb", "badArgument"})


def test_an_empty_catalogue_is_valid_too(tmp_path: Path, shared: Path) -> None:
    """It has no records yet, but it can say who it is."""
    database = Database(tmp_path / "catalogue.sqlite")
    repository = Repository(database, About(BASE, "a@b.example"), lambda _: b"", clock=lambda: NOW)
    for query, error in (("verb=Identify", []), ("verb=ListSets", []), (LIST, ["noRecordsMatch"])):
        answer = ask(repository, query)
        assert_valid(answer, shared)
        assert [one.get("code") for one in find(answer, "o:error")] == error
    database.close()
