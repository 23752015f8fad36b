"""Servers that end oddly, cut their answers off, or speak for others; and no record is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.catalogue.database import Database
from preserva.catalogue.entry import uri_of
from preserva.catalogue.import_records import import_file
from preserva.catalogue.index import Index
from preserva.catalogue.oai.client import in_folder, over_http
from preserva.catalogue.oai.harvester import Ask, Harvest, OaiArguments
from preserva.catalogue.oai.protocol import Prefix
from preserva.catalogue.oai.provider import About, Repository
from preserva.catalogue.oai.receiver import HarvestResult, HarvestSource
from preserva.catalogue.oai.resourcesync import dump
from preserva.core.values.codes import Code
from preserva.describe.record import Record, read_records, to_mods
from preserva.errors import StorageError, Unreachable
from tests.support.marc_records import iso2709
from tests.unit.catalogue.oai.test_provider import fields

NOW = 1_764_000_000
URL = "http://library.example/oai"
ROOT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    "<responseDate>2026-11-30T10:00:00Z</responseDate>"
)
STAMP = "2026-11-01T00:00:00Z"


def record(
    number: int, title: str = "", *, stamp: str = STAMP, deleted: bool = False, uri: str = ""
) -> str:
    """A record of a list."""
    status = ' status="deleted"' if deleted else ""
    mods = (
        '<metadata><mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>'
        f"{title or f'Книга {number}'}</title></titleInfo></mods></metadata>"
    )
    return (
        f"<record><header{status}><identifier>{uri or f'urn:preserva:record:nlb:{number}'}"
        f"</identifier><datestamp>{stamp}</datestamp></header>{'' if deleted else mods}</record>"
    )


def listing(records: Sequence[str], token: str | None = None, about: str = "") -> bytes:
    """A page."""
    last = "" if token is None else f"<resumptionToken{about}>{token}</resumptionToken>"
    return f"{ROOT}<ListRecords>{''.join(records)}{last}</ListRecords></OAI-PMH>".encode()


def error(code: str) -> bytes:
    """An answer that is an error of the protocol."""
    return f'{ROOT}<error code="{code}">no</error></OAI-PMH>'.encode()


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "ours.sqlite")
    yield database
    database.close()


def harvest(
    into: Database, ask: Ask, *, library: str = "", url: str = URL, anew: bool = False
) -> HarvestResult:
    """One harvest into the catalogue of aonb."""
    source = HarvestSource(url, library=library)
    return Harvest(into, source, ask, own="aonb", clock=lambda: NOW + 20_000_000).run(anew=anew)


def answers(pages: dict[str | None, bytes], asked: list[str | None] | None = None) -> Ask:
    """A server with a page for each token."""

    def ask(arguments: OaiArguments) -> bytes:
        values = dict(arguments)
        if values["verb"] == "Identify":
            return f"{ROOT}<Identify/></OAI-PMH>".encode()
        token = values.get("resumptionToken")
        if asked is not None:
            asked.append(token)
        return pages.get(token, error("badResumptionToken"))

    return ask


def titles(database: Database) -> dict[str, str]:
    """The title of each record that is not deleted, by its number."""
    return {
        known.uri.rpartition(":")[2]: known.entry.title
        for known in Index(database).changed_since()
        if known.entry
    }


def told(result: HarvestResult) -> list[tuple[Code, str | None]]:
    """The findings by code and place."""
    return [(finding.code, finding.path) for finding in result.findings]


WHOLE = listing([record(1), record(2), record(3)], "t2")
LAST = listing([record(4), record(5)], "")


@pytest.mark.parametrize(
    "mark",
    ["<record><header><identifier>urn:preserva:record:nlb:3", "<title>Книга 3", "<resumptionToken",
     ">t2</resumptionToken", "/resumptionToken"],
)  # fmt: skip
def test_a_page_that_was_cut_off_is_asked_for_again(ours: Database, mark: str) -> None:
    """What is sound in it is kept, the last record too if it came whole; nothing is finished."""
    cut = WHOLE[: WHOLE.index(mark.encode())]
    asked: list[str | None] = []
    with pytest.raises(StorageError, match="cut off") as caught:
        harvest(ours, answers({None: cut, "t2": LAST}, asked))
    assert caught.value.exit_status == 3
    assert asked == [None]
    whole = {"1", "2", "3"} if "esumption" in mark else {"1", "2"}
    assert set(titles(ours)) == whole
    done = harvest(ours, answers({None: WHOLE, "t2": LAST}, asked))
    assert (done.read, done.findings) == (5, [])
    assert set(titles(ours)) == {"1", "2", "3", "4", "5"}


def test_a_later_page_that_was_cut_off_keeps_its_token(ours: Database) -> None:
    asked: list[str | None] = []
    cut = LAST[: LAST.index(b"<resumptionToken")]
    for _run in range(2):
        with pytest.raises(StorageError, match="cut off"):
            harvest(ours, answers({None: WHOLE, "t2": cut}, asked))
    assert asked == [None, "t2", "t2"]
    assert harvest(ours, answers({None: WHOLE, "t2": LAST}, asked)).findings == []
    assert asked == [None, "t2", "t2", "t2"]


@pytest.mark.parametrize(
    ("pages", "proper"),
    [
        ({None: WHOLE, "t2": listing([])}, True),
        ({None: WHOLE, "t2": error("noRecordsMatch")}, True),
        ({None: WHOLE, "t2": LAST}, True),
        ({None: WHOLE, "t2": listing([record(4)], "t2")}, False),
        ({None: WHOLE, "t2": listing([record(4)], "")}, True),
        ({None: WHOLE, "t2": listing([], "t3"), "t3": listing([], "t2")}, False),
        ({None: WHOLE, "t2": listing([record(4)], "", ' completeListSize="4"')}, True),
        ({None: WHOLE, "t2": listing([record(4)], "", ' completeListSize="500"')}, False),
        ({None: WHOLE, "t2": LAST.replace(b"2026-11-30T", b"2026-11-29T")}, False),
    ],
)
def test_odd_ends(ours: Database, pages: dict[str | None, bytes], proper: bool) -> None:
    """The harvest ends. If nothing shows that the list is whole, all is asked for next time."""
    done = harvest(ours, answers(pages))
    codes = [] if proper else [Code.HARVEST_ENDED_ODDLY]
    assert [finding.code for finding in done.findings] == codes
    assert len(titles(ours)) >= 3
    requests: list[OaiArguments] = []

    def ask(arguments: OaiArguments) -> bytes:
        requests.append(arguments)
        return answers(pages)(arguments)

    harvest(ours, ask)
    first = next(dict(arguments) for arguments in requests if dict(arguments)["verb"] != "Identify")
    assert ("from" in first) == proper


def test_records_without_metadata_and_strange_identifiers_are_named(ours: Database) -> None:
    """And the others are taken."""
    bare = record(9).replace(record(9)[record(9).index("<metadata") :], "</record>")
    long = "urn:preserva:record:nlb:" + "x" * 5_000
    page = listing([record(1), bare, record(2, uri="кн. 5"), record(3, uri=long), record(4)])
    done = harvest(ours, answers({None: page}))
    assert told(done) == [
        (Code.HARVEST_WITHOUT_METADATA, "urn:preserva:record:nlb:9"),
        (Code.HARVEST_IDENTIFIER, "кн. 5"),
        (Code.HARVEST_IDENTIFIER, long[:2_000]),
    ]
    assert (done.read, done.changed, set(titles(ours))) == (5, 2, {"1", "4"})


def test_declarations_and_other_noise_are_read_over(ours: Database) -> None:
    """An XML declaration in each record, a warning of PHP before the answer, blank lines."""
    declared = WHOLE.replace(b"<metadata>", b'<metadata><?xml version="1.0" encoding="UTF-8"?>')
    pages = {None: b"<br />\n<b>Warning</b>: x<br />\n" + declared, "t2": b"\n\n" + LAST}
    done = harvest(ours, answers(pages))
    assert (done.findings, len(titles(ours))) == ([], 5)


def test_only_the_library_itself_changes_its_records(ours: Database, tmp_path: Path) -> None:
    """A third server with a newer stamp does not, nor may it delete them; the library may."""
    path = tmp_path / "nlb.xml"
    (known_record,) = read_records(iso2709(fields(1)), name="nlb")
    assert isinstance(known_record, Record)
    path.write_bytes(to_mods(known_record))
    import_file(ours, path, "nlb", NOW)
    (uri,) = [known.uri for known in Index(ours).changed_since()]
    before = Index(ours).get(uri)
    later = "2030-01-01T00:00:00Z"
    spoofed = listing([record(1, "Подмена", uri=uri, stamp=later)])
    deleting = listing([record(1, uri=uri, deleted=True, stamp=later)])
    other = "http://third.example/oai"
    for page in (spoofed, deleting):
        assert told(harvest(ours, answers({None: page}), url=other, anew=True)) == [
            (Code.HARVEST_OF_ANOTHER, uri)
        ]
        assert Index(ours).get(uri) == before
    done = harvest(ours, answers({None: spoofed}), url=other, library="kdl", anew=True)
    assert told(done) == [(Code.HARVEST_OF_ANOTHER, uri)]
    assert Index(ours).get(uri) == before
    done = harvest(ours, answers({None: spoofed}), library="nlb")
    assert (done.changed, done.findings) == (1, [])
    assert harvest(ours, answers({None: deleting}), library="nlb", anew=True).deleted == 1
    assert told(harvest(ours, answers({None: spoofed}), url=other, anew=True)) == [
        (Code.HARVEST_OF_ANOTHER, uri)
    ]
    assert titles(ours) == {}


def test_the_same_content_from_a_third_server_gives_it_no_rights(
    ours: Database, tmp_path: Path
) -> None:
    path = tmp_path / "nlb.iso"
    path.write_bytes(iso2709(fields(1)))
    import_file(ours, path, "nlb", NOW)
    (known,) = Index(ours).changed_since()
    other = "http://third.example/oai"
    about = About(URL, "a@library.example")
    repository = Repository(ours, about, lambda _: b"", clock=lambda: NOW + 10_000)
    page = repository.answer([("verb", "ListRecords"), ("metadataPrefix", "marcxchange")])
    harvest(ours, answers({None: page}), url=other)
    deleting = listing([record(1, uri=known.uri, deleted=True, stamp="2030-01-01T00:00:00Z")])
    assert harvest(ours, answers({None: deleting}), url=other, anew=True).deleted == 0
    assert Index(ours).get(known.uri) == known


def test_between_third_servers_the_newer_copy_wins(ours: Database) -> None:
    """Whichever is harvested last; the one that a record came from may always bring a newer one."""
    first, second = "http://one.example/oai", "http://two.example/oai"

    def bring(url: str, day: int, title: str) -> list[Code]:
        page = listing([record(1, title, stamp=f"2026-11-{day:02}T00:00:00Z")])
        done = harvest(ours, answers({None: page}), url=url, anew=url != first)
        return [finding.code for finding in done.findings]

    assert bring(first, 10, "A") == []
    assert bring(second, 9, "B") == [Code.HARVEST_OLDER]
    assert bring(second, 10, "C") == [Code.HARVEST_OLDER]
    assert bring(second, 10, "A") == []
    assert titles(ours) == {"1": "A"}
    assert bring(second, 11, "D") == []
    assert bring(first, 10, "A") == [Code.HARVEST_OLDER]
    assert bring(first, 12, "E") == []
    assert bring(first, 11, "D") == [Code.HARVEST_OLDER]
    assert titles(ours) == {"1": "E"}


def _filled(database: Database, folder: Path, count: int) -> Repository:
    path = folder / "records.iso"
    path.write_bytes(b"".join(iso2709(fields(number)) for number in range(count)))
    import_file(database, path, "nlb", NOW)
    about = About(URL, "a@library.example")
    return Repository(database, about, lambda _: b"", clock=lambda: NOW + 10_000, page=10)


def _cut(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: _cut(folder, "000001.xml"),
        lambda folder: _cut(folder, "000003.xml"),
        lambda folder: (folder / "000002.xml").unlink(),
        lambda folder: (folder / "000003.xml").unlink(),
        lambda folder: (folder / "000002.xml").write_bytes((folder / "000001.xml").read_bytes()),
        lambda folder: _cut(folder, "resourcelist.xml"),
    ],
)
def test_a_dump_is_what_its_list_says_or_unfinished(
    ours: Database, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    theirs = Database(tmp_path / "theirs.sqlite")
    folder = tmp_path / "dump"
    made = _filled(theirs, tmp_path, 25)
    dump(made, folder, Prefix.MODS, time="2026-11-23T00:00:00Z", url=URL)
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    harm(folder)
    with pytest.raises(StorageError) as caught:
        harvest(ours, in_folder(folder))
    assert caught.value.exit_status == 3
    for name, data in kept.items():
        (folder / name).write_bytes(data)
    assert harvest(ours, in_folder(folder)).findings == []
    assert titles(ours) == titles(theirs)
    assert len(titles(ours)) == 25
    theirs.close()


class Faulty(ThreadingHTTPServer):
    """A server whose answers go wrong as the test says, one fault for each request."""

    def __init__(self, answer: Callable[[list[tuple[str, str]]], bytes]) -> None:
        self.answer = answer
        self.faults: list[tuple[str, float]] = []
        self.before = b""
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Faulty

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer, rightly or wrongly."""
        right = self.server.answer(parse_qsl(urlsplit(self.path).query))
        fault, share = self.server.faults.pop(0) if self.server.faults else ("", 1.0)
        body, status, location = right, 200, ""
        if fault == "cut":
            body = right[: int(len(right) * share)]
        elif fault == "repeat":
            body = self.server.before or right
        elif fault in {"404", "422", "503"}:
            status, body = int(fault), b"no"
        elif fault == "error":
            status, body = 400, error("badResumptionToken")
        elif fault == "redirect":
            status, body, location = 302, b"", self.path
        self.server.before = body if status == 200 and fault != "cut" else self.server.before
        self.send_response(status)
        length = len(right) if fault == "drop" else len(body)
        self.send_header("Content-Length", str(length))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body[: int(len(body) * share)] if fault == "drop" else body)
        self.close_connection = True


def paged(arguments: list[tuple[str, str]]) -> bytes:
    """A list of 45 records in pages of ten; none of them has changed lately."""
    values = dict(arguments)
    if values["verb"] == "Identify":
        return f"{ROOT}<Identify/></OAI-PMH>".encode()
    if "from" in values:
        return error("noRecordsMatch")
    start = int(values.get("resumptionToken", "0"))
    records = [record(number) for number in range(start, min(start + 10, 45))]
    return listing(records, str(start + 10) if start < 40 else "")


@contextmanager
def served(server: Faulty) -> Iterator[tuple[Faulty, str]]:
    """The server at work, and its address."""
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


FAULTS = st.tuples(
    st.sampled_from(["", "cut", "drop", "repeat", "404", "422", "503", "error", "redirect"]),
    st.floats(0, 1),
)


@settings(max_examples=25, deadline=None)
@given(faults=st.lists(st.lists(FAULTS, max_size=12), max_size=3))
def test_whatever_goes_wrong_no_record_is_lost_for_good(
    tmp_path_factory: pytest.TempPathFactory, faults: list[list[tuple[str, float]]]
) -> None:
    """The next harvest that goes well has everything, and one after it brings nothing new."""
    ours = Database(tmp_path_factory.mktemp("faulty") / "ours.sqlite")
    with served(Faulty(paged)) as (server, url):
        ask = over_http(url, sleep=lambda _seconds: None)
        for run in faults:
            server.faults = list(run)
            try:
                harvest(ours, ask)
            except StorageError as refused:
                assert refused.exit_status == 3
        server.faults = []
        harvest(ours, ask)
        assert titles(ours) == {str(number): f"Книга {number}" for number in range(45)}
        again = harvest(ours, ask)
        assert (again.changed, again.findings) == (0, [])
    ours.close()


@pytest.mark.parametrize("status", [400, 404, 422])
def test_an_error_of_the_protocol_is_what_it_names(ours: Database, status: int) -> None:
    """Whatever the status of HTTP; nothing new is no failure."""

    class Erring(_Handler):
        def do_GET(self) -> None:
            """Answer."""
            body = self.server.answer([])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = Faulty(lambda _: error("noRecordsMatch"))
    server.RequestHandlerClass = Erring
    with served(server) as (_, url):
        ask = over_http(url, sleep=lambda _seconds: None)
        done = harvest(ours, ask)
        assert (done.read, done.findings) == (0, [])
        server.answer = lambda _: error("cannotDisseminateFormat")
        with pytest.raises(StorageError, match="cannotDisseminateFormat"):
            harvest(ours, ask, anew=True)
        server.answer = lambda _: b"no such page"
        with pytest.raises(Unreachable, match=str(status)):
            harvest(ours, ask, anew=True)


def test_what_cannot_change_is_not_asked_again(ours: Database) -> None:
    """A circle of redirects, and an answer that was compressed unasked."""
    asked: list[str] = []

    class Circle(_Handler):
        def do_GET(self) -> None:
            """Answer."""
            asked.append(self.path)
            body = b"" if "/circle" in self.path else b"x"
            self.send_response(302 if "/circle" in self.path else 200)
            self.send_header("Location", self.path)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    slept: list[float] = []
    server = Faulty(lambda _: b"")
    server.RequestHandlerClass = Circle
    with served(server) as (_, url):
        for path in ("circle", "gzip"):
            ask = over_http(f"{url}/{path}", sleep=slept.append)
            with pytest.raises(Unreachable):
                harvest(ours, ask)
    assert slept == []
    assert len([path for path in asked if "gzip" in path]) == 1


def test_the_records_of_a_named_library_are_its_own(ours: Database) -> None:
    """Under identifiers of another scheme too."""
    page = listing([record(1, uri="oai:x:1")])
    harvest(ours, answers({None: page}), library="kdl")
    assert [known.uri for known in Index(ours).changed_since()] == [uri_of("kdl", "oai:x:1")]
