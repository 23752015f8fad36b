"""Harvesting: it goes on, it survives what servers do, and it never takes away too much."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from lxml import etree

from preserva.catalogue.database import Database
from preserva.catalogue.entry import CatalogueEntry, uri_of
from preserva.catalogue.import_records import import_file
from preserva.catalogue.index import Index
from preserva.catalogue.oai import client, harvester, responses
from preserva.catalogue.oai.client import decisions_of, in_folder, over_http
from preserva.catalogue.oai.harvester import Ask, Harvest, OaiArguments
from preserva.catalogue.oai.protocol import Prefix
from preserva.catalogue.oai.provider import About, Repository
from preserva.catalogue.oai.receiver import HarvestResult, HarvestSource
from preserva.catalogue.oai.resourcesync import dump
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.core.xml import safe
from preserva.errors import StorageError, TooLarge, Unreachable, UsageError
from tests.support.marc_records import RARE_BOOK, iso2709
from tests.unit.catalogue.oai.test_provider import fields
from tests.unit.catalogue.test_catalogue import KNIHI, MINSK

NOW = 1_764_000_000
URL = "http://library.example/oai"
ROOT = b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
Make = Callable[[str], Database]
Start = Callable[[str, list[tuple[str, str]]], object]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes empty catalogues."""
    opened: list[Database] = []

    def making(name: str) -> Database:
        opened.append(Database(tmp_path / f"{name}.sqlite"))
        return opened[-1]

    yield making
    for one in opened:
        one.close()


def repository(database: Database, *, page: int = 10, now: int = NOW + 10_000) -> Repository:
    """What a catalogue answers."""
    about = About(URL, "a@library.example")
    return Repository(database, about, lambda _: b"", clock=lambda: now, page=page)


def asking(database: Database, **options: int) -> Ask:
    """Asks a catalogue without a line between."""
    return lambda arguments: repository(database, **options).answer(arguments)


def harvest(into: Database, ask: Ask, *, own: str = "nlb", anew: bool = False) -> HarvestResult:
    """One harvest."""
    source = HarvestSource(URL)
    return Harvest(into, source, ask, own=own, clock=lambda: NOW + 20_000).run(anew=anew)


def entries(database: Database) -> dict[str, CatalogueEntry | None]:
    """Everything in a catalogue, deleted records too."""
    return {one.uri: one.entry for one in Index(database).changed_since()}


def filled(database: Database, folder: Path, count: int = 25) -> Database:
    """A catalogue with so many records of aonb."""
    path = folder / "records.iso"
    path.write_bytes(b"".join(iso2709(fields(number)) for number in range(count)))
    import_file(database, path, "aonb", NOW)
    return database


def test_two_libraries_come_to_the_same_catalogue(make: Make, tmp_path: Path) -> None:
    """Each has its own records, harvests the other, and harvesting again brings nothing new."""
    ours, theirs = make("ours"), make("theirs")
    (tmp_path / "a").write_bytes(iso2709(RARE_BOOK))
    (tmp_path / "b").write_bytes(iso2709(MINSK) + iso2709(KNIHI))
    import_file(ours, tmp_path / "a", "aonb", NOW)
    import_file(theirs, tmp_path / "b", "nlb", NOW)
    assert harvest(ours, asking(theirs), own="aonb").changed == 2
    assert harvest(theirs, asking(ours), own="nlb").changed == 1
    assert len(entries(ours)) == 3
    assert entries(ours) == entries(theirs)
    again = harvest(ours, asking(theirs), own="aonb", anew=True)
    assert (again.read, again.changed, again.deleted, again.own) == (3, 0, 0, 1)


@pytest.mark.parametrize("name", ["rusmarc_loge/TEST1.ISO", "irbis_test1/records.txt"])
def test_real_records_arrive_as_they_were(make: Make, shared: Path, name: str) -> None:
    """Of several systems."""
    ours, theirs = make("ours"), make("theirs")
    import_file(theirs, shared / "data" / "records" / name, "nlb", NOW)
    harvest(ours, asking(theirs), own="aonb")
    assert entries(ours) == entries(theirs)
    assert len(entries(ours)) >= 3


def test_a_harvest_that_was_cut_off_goes_on(make: Make, tmp_path: Path) -> None:
    """At the page where it stopped."""
    theirs, ours = filled(make("theirs"), tmp_path), make("ours")
    asked: list[OaiArguments] = []

    def breaking(arguments: OaiArguments) -> bytes:
        asked.append(arguments)
        if len(asked) == 3:
            raise Unreachable("the line is gone")
        return asking(theirs)(arguments)

    with pytest.raises(Unreachable):
        harvest(ours, breaking)
    assert len(entries(ours)) == 20
    done = harvest(ours, breaking)
    assert (done.read, done.changed) == (5, 5)
    assert asked[3] == asked[2]
    assert entries(ours) == entries(theirs)


def test_only_what_changed_comes_the_next_time(make: Make, tmp_path: Path) -> None:
    """With what was deleted."""
    theirs, ours = filled(make("theirs"), tmp_path), make("ours")
    harvest(ours, asking(theirs))
    with theirs.writing():
        Index(theirs).delete(uri_of("aonb", "RU\\AONB\\3"), NOW + 15_000)
    done = harvest(ours, asking(theirs))
    assert (done.read, done.changed, done.deleted) == (1, 0, 1)
    assert entries(ours) == entries(theirs)


def test_an_empty_server_takes_nothing_away(make: Make, tmp_path: Path) -> None:
    """Nor does one that has forgotten half, or one that claims our own records are deleted."""
    theirs, ours = filled(make("theirs"), tmp_path), make("ours")
    harvest(ours, asking(theirs))
    before = entries(ours)
    assert harvest(ours, asking(make("empty")), anew=True).read == 0
    assert entries(ours) == before
    with theirs.writing():
        for uri in before:
            Index(theirs).delete(uri, NOW + 15_000)
    assert harvest(ours, asking(theirs), own="aonb", anew=True).own == 25
    assert entries(ours) == before


def test_one_broken_record_is_told_and_the_others_are_read(make: Make, tmp_path: Path) -> None:
    """Also where the broken one is the last of its page."""
    theirs, ours = filled(make("theirs"), tmp_path), make("ours")
    uris = [uri_of("aonb", f"RU\\AONB\\{number}") for number in (3, 9)]

    def broken(arguments: OaiArguments) -> bytes:
        data = asking(theirs)(arguments)
        for uri in uris:
            start = data.find(uri.encode())
            if start > 0:
                end = data.find(b"</title>", start)
                data = data[:end] + b" & <b>\x01" + data[end:]
        return data

    done = harvest(ours, broken)
    assert [(one.code, one.path) for one in done.findings] == [
        (Code.HARVEST_BROKEN, uri) for uri in uris
    ]
    assert (done.read, done.changed) == (25, 23)
    assert set(entries(theirs)) - set(entries(ours)) == set(uris)


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"<html>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", b"<x/>",
        ROOT + b"</OAI-PMH>",
        ROOT + b'<error code="badArgument"/></OAI-PMH>',
    ],
)  # fmt: skip
def test_what_is_no_answer_is_an_error(make: Make, answer: bytes) -> None:
    """And changes nothing."""
    ours = make("ours")
    with pytest.raises(StorageError):
        harvest(ours, lambda arguments: answer)
    assert entries(ours) == {}


def test_broken_answers_are_not_salvaged_at_any_price(make: Make) -> None:
    """Each record is parsed with the root element: one of any length would cost its square."""
    ours = make("ours")
    record = b"<record><header><identifier>urn:preserva:record:nlb:1</identifier></header></record>"
    tail = b"<ListRecords>" + record * 2 + b"<broken></ListRecords></OAI-PMH>"
    short = ROOT.replace(b">", b' a="' + b"x" * 9_000 + b'">') + tail
    long = ROOT.replace(b">", b' a="' + b"x" * 11_000 + b'">') + tail
    assert harvest(ours, lambda _: short).read == 2
    with pytest.raises(StorageError):
        harvest(ours, lambda _: long)


def test_a_server_that_repeats_itself_is_left(make: Make, tmp_path: Path) -> None:
    """It would never end; and since more may be there, the next harvest asks for all again."""
    theirs, ours = filled(make("theirs"), tmp_path), make("ours")
    first: OaiArguments = (("verb", "ListRecords"), ("metadataPrefix", "mods"))
    done = harvest(ours, lambda arguments: asking(theirs)(first))
    assert [finding.code for finding in done.findings] == [Code.HARVEST_ENDED_ODDLY]
    assert done.changed == 10
    assert harvest(ours, asking(theirs)).changed == 15
    assert entries(ours) == entries(theirs)


def test_records_of_an_unknown_library_need_its_name(make: Make) -> None:
    """Its identifiers say nothing to us."""
    page = (
        b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header>'
        b"<identifier>oai:x:1</identifier></header><metadata><mods"
        b' xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>T</title></titleInfo></mods>'
        b"</metadata></record></ListRecords></OAI-PMH>"
    )
    ours = make("ours")
    with pytest.raises(UsageError):
        harvest(ours, lambda arguments: page)
    source = HarvestSource(URL, library="kdl")
    Harvest(ours, source, lambda arguments: page, own="nlb", clock=lambda: NOW).run()
    assert [entry and entry.title for entry in entries(ours).values()] == ["T"]
    assert list(entries(ours)) == [uri_of("kdl", "oai:x:1")]


def test_a_dump_is_harvested_like_the_server(make: Make, tmp_path: Path) -> None:
    """Page by page."""
    theirs, ours = filled(make("theirs"), tmp_path), make("ours")
    folder = tmp_path / "dump"
    assert dump(repository(theirs), folder, Prefix.MODS, time="2026-11-23T00:00:00Z", url=URL) == 3
    harvest(ours, in_folder(folder))
    assert entries(ours) == entries(theirs)


def test_a_dump_is_a_resourcesync_source(make: Make, tmp_path: Path) -> None:
    """ANSI/NISO Z39.99-2017, 9 and 10: every file once, with length and digest; and the way up."""
    folder, time = tmp_path / "dump", "2026-11-23T00:00:00Z"
    dump(repository(filled(make("theirs"), tmp_path)), folder, Prefix.MODS, time=time, url=URL)
    sitemap, sync = (
        "{http://www.sitemaps.org/schemas/sitemap/0.9}",
        ("{http://www.openarchives.org/rs/terms/}"),
    )
    root = etree.parse(folder / "resourcelist.xml").getroot()
    up, about, *urls = root
    assert root.tag == f"{sitemap}urlset"
    assert (up.tag, dict(up.attrib)) == (
        f"{sync}ln", {"rel": "up", "href": f"{URL}/capabilitylist.xml"},
    )  # fmt: skip
    assert (about.tag, dict(about.attrib)) == (
        f"{sync}md", {"capability": "resourcelist", "at": time},
    )  # fmt: skip
    listed = {}
    for one in urls:
        assert [child.tag for child in one] == [f"{sitemap}loc", f"{sync}md"]
        listed[one[0].text] = dict(one[1].attrib)
    others = {"resourcelist.xml", "capabilitylist.xml"}
    assert listed == {
        f"{URL}/{path.name}": {
            "hash": f"sha-256:{hashlib.sha256(path.read_bytes()).hexdigest()}",
            "length": str(path.stat().st_size),
            "type": "text/xml" if path.suffix == ".xml" else "application/jsonl",
        }
        for path in folder.iterdir()
        if path.name not in others
    }
    about, one = etree.parse(folder / "capabilitylist.xml").getroot()
    assert about.get("capability") == "capabilitylist"
    assert one[0].text == f"{URL}/resourcelist.xml"
    assert one[1].get("capability") == "resourcelist"


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def answering(*answers: tuple[str, str, bytes]) -> Iterator[str]:
    """A server that gives these answers in turn: status, Retry-After, body."""
    left = list(answers)

    def application(
        environ: object, start: Callable[[str, list[tuple[str, str]]], object]
    ) -> list[bytes]:
        status, wait, body = left.pop(0)
        start(status, [("Retry-After", wait)] if wait else [])
        return [body]

    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/oai"
        finally:
            server.shutdown()
            thread.join()


def test_a_busy_server_is_asked_again_when_it_wants() -> None:
    """As often as is sensible; and what is asked for wrongly is not asked twice."""
    slept: list[float] = []
    busy = ("503 Busy", "7", b"")
    with answering(busy, ("500 Oh", "", b""), ("200 OK", "", b"<x/>")) as url:
        assert over_http(url, sleep=slept.append)((("verb", "Identify"),)) == b"<x/>"
    assert slept == [7, 10]
    with answering(("404 No", "", b"")) as url, pytest.raises(Unreachable):
        over_http(url, sleep=slept.append)(())
    with answering(("503 Busy", "99999", b"")) as url, pytest.raises(Unreachable):
        over_http(url, sleep=slept.append)(())
    assert slept == [7, 10]


def test_an_answer_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor kept in memory."""
    monkeypatch.setattr(client, "MAX_SIZE", 1000)
    with answering(("200 OK", "", b"x" * 1001)) as url, pytest.raises(TooLarge):
        over_http(url)(())


def test_decisions_are_asked_for_beside_the_protocol(tmp_path: Path) -> None:
    """Another server has none; one that cannot answer is an error."""
    line = b'{"format": "preserva decision"}\n'
    with answering(("200 OK", "", line)) as url:
        assert decisions_of(url) == line
    with answering(("200 OK", "", b"<OAI-PMH/>"), ("404 No", "", b"")) as url:
        assert decisions_of(url) == b""
        assert decisions_of(url) == b""
    with answering(("501 No", "", b"")) as url, pytest.raises(Unreachable):
        decisions_of(url)
    assert decisions_of(str(tmp_path)) == b""


def page_of(number: int, token: str) -> bytes:
    """A page with one record, and a token for the next."""
    return (
        ROOT + b"<ListRecords><record><header><identifier>urn:preserva:record:aonb:%d</identifier>"
        b"</header><metadata><mods xmlns='http://www.loc.gov/mods/v3'><titleInfo><title>T</title>"
        b"</titleInfo></mods></metadata></record><resumptionToken>%s</resumptionToken>"
        b"</ListRecords></OAI-PMH>"
    ) % (number, token.encode())


@pytest.mark.parametrize("cycle", ["A", "AB", "ABC", "ABCDEFGHIJ"])
def test_tokens_that_come_round_end_the_harvest(make: Make, cycle: str) -> None:
    """What came is kept; the next run begins anew, since these tokens lead nowhere."""
    asked: list[str | None] = []
    following = dict(zip(cycle, cycle[1:] + cycle[0], strict=True))

    def ask(arguments: OaiArguments) -> bytes:
        token = dict(arguments).get("resumptionToken")
        asked.append(token)
        return page_of(len(asked), cycle[0] if token is None else following[token])

    ours = make("ours")
    for _run in range(2):
        asked.clear()
        done = harvest(ours, ask)
        assert [finding.code for finding in done.findings] == [Code.HARVEST_ENDED_ODDLY]
        assert done.outcome is Outcome.PASS
        assert asked[: len(cycle) + 1] == [None, *cycle]
        assert len(asked) < len(cycle) + 10


@pytest.mark.parametrize("limit", ["_PAGES", "_BYTES", "_SECONDS"])
def test_a_server_without_an_end_is_left_for_the_next_run(
    make: Make, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which goes on at the page where this one stopped."""
    asked: list[str | None] = []
    size = len(page_of(1, "1"))
    monkeypatch.setattr(harvester, limit, {"_PAGES": 5, "_BYTES": 5 * size, "_SECONDS": 5}[limit])

    def ask(arguments: OaiArguments) -> bytes:
        asked.append(dict(arguments).get("resumptionToken"))
        number = int(asked[-1] or 0) + 1
        return page_of(number, str(number))

    ours = make("ours")
    times = iter(range(1000))
    for _run in range(2):
        source = HarvestSource(URL)
        harvesting = Harvest(ours, source, ask, own="nlb", clock=lambda: NOW + next(times))
        with pytest.raises(StorageError, match="enough for one") as caught:
            harvesting.run()
        assert caught.value.exit_status == 3
    assert asked == [None, *map(str, range(1, len(asked)))]


def test_salvaging_costs_no_more_than_the_page(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root element with many namespaces would be parsed again for each of many small pieces."""
    parsed: list[int] = []

    def counting(data: bytes) -> etree._Element:
        parsed.append(len(data))
        return safe.parse(data)

    monkeypatch.setattr(responses, "parse", counting)
    root = ROOT.replace(b">", b"".join(b' xmlns:n%d="u"' % n for n in range(600)) + b">")
    page = root + b"<ListRecords>" + b"<record><header/>" * 50_000 + b"</OAI-PMH>"
    with pytest.raises(StorageError):
        harvest(make("ours"), lambda _arguments: page)
    assert sum(parsed) < 10 * len(page)
