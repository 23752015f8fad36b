"""The union catalogue: what goes in is found, decisions stay, what comes out is the same."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from preserva.batch.packaged_records import PackagesOfRecords
from preserva.catalogue import record_file
from preserva.catalogue.agreement import Agreement
from preserva.catalogue.database import Database
from preserva.catalogue.decisions import MatchDecision, MatchVerdict, Undone
from preserva.catalogue.edition_view import lines, shown
from preserva.catalogue.entry import CatalogueEntry, Facet, dumps, library_of, loads, uri_of
from preserva.catalogue.entry_from_mods import entry_of
from preserva.catalogue.export import ExportFormat, export_catalogue
from preserva.catalogue.import_records import import_file, import_packages, incoming_of
from preserva.catalogue.index import Index
from preserva.catalogue.matching import Matching
from preserva.catalogue.search import RANKED, MatchedWord, Search
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding
from preserva.describe.record import Record, read_records
from preserva.errors import NotFound, Refused, StorageError, UsageError
from preserva.ingest.package import package
from tests.support.books import an_archive, make_book
from tests.support.marc_records import RARE_BOOK, Fields, iso2709
from tests.support.marcxchange import violations

MINSK: Fields = (
    ("001", "BY-NLB-br5"),
    ("010", "  $a5-7667-2983-9"),
    ("012", "  $aн.о. ъ.и. вхъа воиа (3) 1799 (A)$2fei"),
    ("100", "  $a20241105d1799    |||y0bely50      ca"),
    ("101", "0 $arus"),
    ("200", "1 $aРассуждения о вере$fФ. Иванов"),
    ("210", "  $aМосква$cУнив. тип.$d1799"),
    ("700", " 1$aИванов$bФ."),
    ("801", " 0$aBY$bBY-HM0000"),
    ("899", "  $aНББ$jСтар-5"),
)
KNIHI: Fields = (
    ("001", "BY-NLB-br6"),
    ("100", "  $a20241105d1925    |||y0bely50      ca"),
    ("101", "0 $abel"),
    ("200", "1 $aКнігі пра <script>alert(1)</script> Амур"),
    ("210", "  $aМінск$d1925"),
    ("801", " 0$aBY$bBY-HM0000"),
)
OURS = uri_of("aonb", "RU\\AONB\\rare\\17")
THEIRS = uri_of("nlb", "BY-NLB-br5")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """The catalogue of two libraries with a book in common."""
    opened = Database(tmp_path / "catalogue.sqlite")
    (tmp_path / "aonb.iso").write_bytes(iso2709(RARE_BOOK))
    (tmp_path / "nlb.iso").write_bytes(iso2709(MINSK) + iso2709(KNIHI))
    import_file(opened, tmp_path / "aonb.iso", "aonb", 100)
    import_file(opened, tmp_path / "nlb.iso", "nlb", 200)
    yield opened
    opened.close()


def decide(
    database: Database, one: str, other: str, verdict: MatchVerdict, library: str = "aonb"
) -> MatchDecision:
    """A decision of a person of that library."""
    time = "2026-11-23T12:00:00+00:00"
    return Matching(database).decide(one, other, verdict, library=library, person="Анна", time=time)


def found(database: Database, text: str, **facets: str) -> list[str]:
    """The identifiers that a search brings."""
    page = Search(database).page(text, {Facet(name): value for name, value in facets.items()})
    return [hit.record.uri for hit in page.hits]


def test_an_entry_survives_being_stored(database: Database) -> None:
    """With its agents, copies and numbers."""
    entry = Index(database).by_id(1).entry
    assert entry is not None
    assert loads(dumps(entry)) == entry
    assert [item.shelfmark for item in entry.items] == ["Р-17", "Р-18"]
    assert (entry.year, entry.centuries, entry.place) == (1799, (18,), "Москва")
    assert [agent.roles for agent in entry.agents] == [("aut",), ("fmo",)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("вера", {OURS, THEIRS}),
        ("разсужденіями", {OURS, THEIRS}),
        ("книги", {OURS, uri_of("nlb", "BY-NLB-br6")}),
        ("кнігі", {OURS, uri_of("nlb", "BY-NLB-br6")}),
        ("knihi амура", {uri_of("nlb", "BY-NLB-br6")}),
        ("Чурин", {OURS}),
        ("р-17", {OURS}),
        ("расс*", {OURS, THEIRS}),
        ("расс", set()),
        ('" OR title:вера', set()),
        ("*", set()),
        ("facets", set()),
    ],
)
def test_searching(database: Database, question: str, expected: set[str]) -> None:
    """By any orthography, ending, owner, shelfmark; nothing that is asked is a command."""
    assert set(found(database, question)) == expected


def test_facets_count_and_narrow(database: Database) -> None:
    """Each by its own values."""
    page = Search(database).page("", {})
    assert (page.total, page.more) == (3, False)
    assert page.facets[Facet.HOLDER] == (("АОНБ", 1), ("НББ", 1))
    assert page.facets[Facet.CENTURY] == (("18", 2), ("20", 1))
    assert page.facets[Facet.LANGUAGE] == (("rus", 2), ("bel", 1))
    assert found(database, "вера", holder="НББ", century="18") == [THEIRS]
    assert found(database, "", language="bel") == [uri_of("nlb", "BY-NLB-br6")]


def test_results_say_why(database: Database) -> None:
    """The words as they stand in the record."""
    hit = Search(database).page("рассуждение", {Facet.HOLDER: "АОНБ"}).hits[0]
    assert hit.reasons == (MatchedWord("title", "Разсужденія"), MatchedWord("title", "Рассуждения"))


def test_importing_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    """And a corrected record replaces what was there."""
    again = import_file(database, tmp_path / "aonb.iso", "aonb", 300)
    assert (again.read, again.changed, again.findings) == (1, 0, [])
    corrected = [(tag, text.replace("вѣрѣ", "надеждѣ")) for tag, text in RARE_BOOK]
    (tmp_path / "aonb.iso").write_bytes(iso2709(corrected) * 2)
    again = import_file(database, tmp_path / "aonb.iso", "aonb", 400)
    assert (again.read, again.changed) == (2, 1)
    assert again.findings == [Finding(Code.RECORD_TWICE, OURS)]
    assert found(database, "надежда") == [OURS]
    assert Index(database).count() == 3


def test_importing_again_reads_again(database: Database, tmp_path: Path) -> None:
    """What an earlier version made of a record is made anew; the record has not changed."""
    before = Index(database).get(OURS)
    assert before is not None
    database.run("UPDATE entry SET body = replace(body, 'rus', 'eng')")
    database.run("DELETE FROM facet")
    again = import_file(database, tmp_path / "aonb.iso", "aonb", 300)
    assert (again.read, again.changed) == (1, 0)
    assert Index(database).get(OURS) == replace(before, source="aonb.iso 300")
    facets = database.run("SELECT value FROM facet WHERE name = 'language'")
    assert facets == [("rus",)]


def test_a_complete_file_deletes_what_it_has_not(database: Database, tmp_path: Path) -> None:
    """As a mark that stays; nothing of another library; and never because a file is empty."""
    (tmp_path / "empty.iso").write_bytes(b"\n")
    with pytest.raises(Refused):
        import_file(database, tmp_path / "empty.iso", "nlb", 300, complete=True)
    assert Index(database).count() == 3
    (tmp_path / "now.iso").write_bytes(iso2709(MINSK))
    for records in (None, 2):  # it may have been cut off after its first record
        with pytest.raises(Refused):
            import_file(database, tmp_path / "now.iso", "nlb", 350, complete=True, records=records)
    assert Index(database).count() == 3
    done = import_file(database, tmp_path / "now.iso", "nlb", 400, complete=True, records=1)
    assert (done.changed, done.deleted) == (0, 1)
    gone = Index(database).get(uri_of("nlb", "BY-NLB-br6"))
    assert gone is not None
    assert (gone.entry, gone.changed) == (None, 400)
    assert found(database, "кнігі") == [OURS]


def test_the_clock_may_run_backwards(database: Database, tmp_path: Path) -> None:
    """Changes keep their order."""
    (tmp_path / "late.iso").write_bytes(iso2709([("001", "9"), ("200", "1 $aНовое")]))
    import_file(database, tmp_path / "late.iso", "aonb", 50)
    changes = list(Index(database).changed_since())
    assert [one.changed for one in changes] == [100, 200, 200, 200]
    rest = Index(database).changed_since(after=(200, changes[1].id))
    assert [one.uri for one in rest] == [one.uri for one in changes[2:]]


def test_editions_are_proposed_and_joined_by_a_person(database: Database) -> None:
    """The decision is kept, can be undone, and is kept as undone."""
    matching = Matching(database)
    (proposal,) = matching.proposals()
    assert {proposal.record.uri, proposal.other.uri} == {OURS, THEIRS}
    assert Agreement.FINGERPRINT in proposal.evidence
    assert len(shown(database, OURS).records) == 1
    decision = decide(database, OURS, THEIRS, MatchVerdict.SAME)
    assert [one.uri for one in shown(database, THEIRS).records] == [OURS, THEIRS]
    assert list(matching.proposals()) == []
    matching.undo(decision.number, library="aonb", person="Олег", time="2027-01-01")
    assert len(shown(database, OURS).records) == 1
    assert len(list(matching.proposals())) == 1
    undone = Undone("2027-01-01", "Олег")
    assert [(one.verdict, one.undone) for one in matching.decisions()] == [
        (MatchVerdict.SAME, undone)
    ]
    decide(database, THEIRS, OURS, MatchVerdict.DIFFERENT)
    assert list(matching.proposals()) == []
    with pytest.raises(NotFound):
        matching.undo(decision.number, library="aonb", person="Анна", time="2027-01-01")
    with pytest.raises(NotFound):
        decide(database, OURS, "urn:no", MatchVerdict.SAME)
    with pytest.raises(UsageError):
        decide(database, OURS, OURS, MatchVerdict.SAME)
    with pytest.raises(Refused):
        decide(database, OURS, THEIRS, MatchVerdict.SAME)


@pytest.mark.parametrize("form", [ExportFormat.MARC, ExportFormat.MARCXCHANGE, ExportFormat.MODS])
def test_what_is_exported_comes_back_the_same(
    database: Database, tmp_path: Path, form: ExportFormat
) -> None:
    """Under the same identifiers, with the same entries."""
    out = tmp_path / "out"
    assert export_catalogue(database, out, form).written == 3
    back = [one for one in read_records(out.read_bytes(), name="out") if isinstance(one, Record)]
    if form is ExportFormat.MARCXCHANGE:
        assert violations(etree.parse(out).getroot()) == []
    kept = list(Index(database).changed_since())
    assert [entry_of(one) for one in back] == [one.entry for one in kept]
    libraries = ["aonb", "nlb", "nlb"]
    uris = [incoming_of(*one, "out").uri for one in zip(back, libraries, strict=True)]
    assert uris == [one.uri for one in kept]


def test_exports_since_a_date_and_of_a_library(database: Database, tmp_path: Path) -> None:
    """CSV has a line for each copy, and no formula; XML is well-formed; nothing is overwritten."""
    since = datetime.fromtimestamp(150, UTC)
    assert export_catalogue(database, tmp_path / "new", ExportFormat.DC, since=since).written == 2
    assert len(etree.parse(tmp_path / "new").getroot()) == 2
    export_catalogue(database, tmp_path / "csv", ExportFormat.CSV, library="aonb")
    with (tmp_path / "csv").open(encoding="utf-8", newline="") as stream:
        rows = [(row["shelfmark"], row["inventory"]) for row in csv.DictReader(stream)]
    assert rows == [("Р-17", "1234"), ("Р-18", "1235")]
    with pytest.raises(Refused):
        export_catalogue(database, tmp_path / "csv", ExportFormat.CSV)


def test_the_records_of_packages(tmp_path: Path) -> None:
    """Each one names its package; doing it again changes nothing."""
    with an_archive(tmp_path) as archive:
        record = make_book(tmp_path / "book")
        made = package(tmp_path / "book", record, archive)
        database = Database(tmp_path / "catalogue.sqlite")
        assert import_packages(archive, database, 1).changed == 1
        again = import_packages(archive, database, 2)
        assert (again.read, again.changed, again.findings) == (1, 0, [])
        one = Index(database).get(uri_of("aonb", "KP 7"))
        assert one is not None
        assert one.package == made.package.uri
        database.close()


def test_a_record_has_any_number_of_packages(tmp_path: Path) -> None:
    """All are shown; importing again changes nothing; a second packaging says so beforehand."""
    with an_archive(tmp_path) as archive:
        record = make_book(tmp_path / "book")
        first = package(tmp_path / "book", record, archive)
        (described,) = read_records(record.read_bytes(), name=record.name)
        assert isinstance(described, Record)
        assert PackagesOfRecords(archive).of(described) == [first.package]
        second = package(
            tmp_path / "book",
            record,
            archive,
            local="kp-7-2",
            having=PackagesOfRecords(archive).of,
        )
        noted = [note.seen for note in second.notes if note.code is Code.RECORD_PACKAGED]
        assert noted == [first.package.portable]
        both = (first.package.uri, second.package.uri)
        database = Database(archive.config.ledger.parent / "catalogue.sqlite")
        uri = uri_of("aonb", "KP 7")
        imported = import_packages(archive, database, 1)
        assert (imported.changed, imported.findings) == (2, [])
        before = Index(database).get(uri)
        assert before is not None
        assert before.packages == both
        again = import_packages(archive, database, 2)
        assert (again.read, again.changed, again.findings) == (2, 0, [])
        assert Index(database).get(uri) == before
        assert PackagesOfRecords(archive).of(described) == list(map(PackageId.parse, both))
        printed = [line.strip() for line in lines(shown(database, uri))]
        assert [line for line in printed if line.startswith("digitised")] == [
            f"digitised: {package}" for package in both
        ]
        assert shown(database, second.package.portable) == shown(database, uri)
        with database.writing():
            assert Index(database).release(first.package.uri, 3) == 0
        known = Index(database).get(uri)
        assert known is not None
        assert known.packages == (second.package.uri,)
        with database.writing():
            assert Index(database).release(second.package.uri, 4) == 1
            assert Index(database).release(second.package.uri, 5) == 0
        with pytest.raises(NotFound):
            shown(database, second.package.portable)
        database.close()


def test_the_record_of_the_first_package_stays(tmp_path: Path) -> None:
    """Another package that describes the book otherwise is named, in every import."""
    with an_archive(tmp_path) as archive:
        record = make_book(tmp_path / "book")
        made = package(tmp_path / "book", record, archive)
        database = Database(tmp_path / "catalogue.sqlite")
        other = tmp_path / "other.xml"
        other.write_text(record.read_text("utf-8").replace("<title>", "<title>Другое "), "utf-8")
        second = package(tmp_path / "book", other, archive, local="kp-7-2")
        named = set[str]()
        for time, changed in ((1, 1), (2, 0), (3, 0)):
            imported = import_packages(archive, database, time)
            assert imported.changed == changed
            (finding,) = imported.findings
            assert finding.code is Code.PACKAGES_DIFFER
            assert finding.seen in {made.package.uri, second.package.uri}
            named.add(finding.seen)
        assert len(named) == 1
        known = Index(database).get(uri_of("aonb", "KP 7"))
        assert known is not None
        assert len(known.packages) == 2
        assert known.entry is not None
        assert known.entry.title.startswith("Другое") == (made.package.uri in named)
        database.close()


def test_a_large_file_is_read_piece_by_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is too long for a record is told and passed over, in ISO 2709 and in XML."""
    monkeypatch.setattr(record_file, "LARGEST", 2000)
    monkeypatch.setattr(record_file, "AT_ONCE", 2000)
    monkeypatch.setattr(record_file, "_CHUNK", 500)
    monster = iso2709([("001", "x"), ("200", "1 $a" + "я" * 4000)])
    path = tmp_path / "long.iso"
    path.write_bytes(iso2709(MINSK) * 3 + monster + iso2709(KNIHI))
    seen = list(record_file.records_of(path))
    assert [one.identifier if isinstance(one, Record) else one.code for one in seen] == [
        *["BY-NLB-br5"] * 3, Code.RECORD_TOO_LARGE, "BY-NLB-br6",
    ]  # fmt: skip


def test_a_broken_record_of_a_large_file_is_named_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted from 1, as in a small one."""
    monkeypatch.setattr(record_file, "AT_ONCE", 100)
    path = tmp_path / "x.iso"
    path.write_bytes(iso2709(MINSK) + b"nonsense\x1d" + iso2709(KNIHI))
    seen = list(record_file.records_of(path))
    assert [one.identifier if isinstance(one, Record) else one.path for one in seen] == [
        "BY-NLB-br5", "x.iso#2", "BY-NLB-br6",
    ]  # fmt: skip


def test_large_xml_is_read_element_by_element(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same records as when it is read at once."""
    out = tmp_path / "all.xml"
    export_catalogue(database, out, ExportFormat.MODS)
    whole = [one.title for one in record_file.records_of(out) if isinstance(one, Record)]
    monkeypatch.setattr(record_file, "LARGEST", 1000)
    monkeypatch.setattr(record_file, "AT_ONCE", 1000)
    pieces = [one.title for one in record_file.records_of(out) if isinstance(one, Record)]
    assert len(whole) == 3
    assert pieces == whole
    monster = b"<title>" + b"x" * 300_000 + b"</title>"
    out.write_bytes(out.read_bytes().replace(b"</modsCollection>", b"<mods>" + monster))
    seen = list(record_file.records_of(out))
    assert [one.title for one in seen if isinstance(one, Record)] == whole
    assert [one.code for one in seen if isinstance(one, Finding)] == [Code.RECORD_TOO_LARGE]


def test_identifiers_name_their_library() -> None:
    """Whatever stands in the number of a record."""
    assert library_of(uri_of("nlb", "a:b/c d\\ё")) == "nlb"
    assert library_of("urn:preserva:aonb:kp-1") is None


def test_a_search_that_finds_more_than_it_orders_says_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are shown."""
    assert RANKED >= 1000
    monkeypatch.setattr("preserva.catalogue.search.RANKED", 1)
    page = Search(database).page("вера", {})
    assert (page.total, page.more, [hit.record.uri for hit in page.hits]) == (1, True, [THEIRS])


def test_an_entry_without_anything_is_an_entry() -> None:
    """Of a record that says nothing."""
    assert list(CatalogueEntry("").facets()) == [(Facet.KIND, "single")]


@pytest.mark.parametrize(
    ("version", "told", "advice"),
    [
        (1, "older preserva", "rebuild it"),
        (99, "newer preserva", "Install the version of preserva"),
    ],
)
def test_a_catalogue_of_another_format_is_not_touched(
    tmp_path: Path, version: int, told: str, advice: str
) -> None:
    path = tmp_path / "catalogue.sqlite"
    Database(path).close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute(f"PRAGMA user_version = {version}")
        raw.commit()
    before = path.read_bytes()
    with pytest.raises(StorageError, match=told) as refused:
        Database(path)
    assert advice in (refused.value.advice() or "")
    assert path.read_bytes() == before
