"""Decisions on editions: one result for what is joined, and decisions that travel and disagree."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.catalogue.database import Database
from preserva.catalogue.decision_files import export_decisions, import_decisions, take_decisions
from preserva.catalogue.decisions import (
    MatchDecision,
    MatchVerdict,
    Undone,
    decision_of,
    editions,
    line_of,
)
from preserva.catalogue.edition_view import lines, shown
from preserva.catalogue.entry import Facet, uri_of
from preserva.catalogue.import_records import import_file
from preserva.catalogue.matching import Matching
from preserva.catalogue.search import Search
from preserva.core.values.codes import Code
from preserva.errors import NotFound, Refused
from tests.support.marc_records import RARE_BOOK, iso2709
from tests.unit.catalogue.test_catalogue import KNIHI, MINSK, OURS, THEIRS, decide

TIME = "2026-11-23T12:00:00+00:00"
RECORDS = [uri_of("aonb", "1"), uri_of("aonb", "2"), uri_of("nlb", "1"), uri_of("nlb", "2")]


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """The catalogues of two libraries with the same records."""
    (tmp_path / "aonb.iso").write_bytes(iso2709(RARE_BOOK))
    (tmp_path / "nlb.iso").write_bytes(iso2709(MINSK) + iso2709(KNIHI))
    opened = [Database(tmp_path / f"{name}.sqlite") for name in ("one", "two")]
    for database in opened:
        import_file(database, tmp_path / "aonb.iso", "aonb", 100)
        import_file(database, tmp_path / "nlb.iso", "nlb", 200)
    yield opened[0], opened[1]
    for database in opened:
        database.close()


def travel(source: Database, target: Database, folder: Path) -> list[str]:
    """Take every decision of one catalogue to another; the findings."""
    path = folder / f"{len(list(folder.iterdir()))}.jsonl"
    export_decisions(source, path)
    return [one.message() for one in import_decisions(target, path).findings]


def results(database: Database, question: str) -> list[set[str]]:
    """The records of each result."""
    page = Search(database).page(question, {})
    assert page.total == len(page.hits)
    return [{hit.record.uri, *(one.uri for one in hit.joined)} for hit in page.hits]


def test_joined_records_are_one_result(databases: tuple[Database, Database]) -> None:
    """Found by what only one of them says, counted once, and two again when it is undone."""
    database, _other = databases
    assert results(database, "вера") == [{THEIRS}, {OURS}] or results(database, "вера") == [
        {OURS},
        {THEIRS},
    ]
    one = decide(database, OURS, THEIRS, MatchVerdict.SAME)
    assert results(database, "вера") == [{OURS, THEIRS}]
    assert results(database, "чурин") == [{OURS, THEIRS}]
    page = Search(database).page("вера", {})
    assert page.facets[Facet.HOLDER] == (("АОНБ", 1), ("НББ", 1))
    assert page.facets[Facet.CENTURY] == (("18", 1),)
    assert Search(database).page("вера", {}, start=1).hits == ()
    text = "\n".join(lines(shown(database, OURS)))
    assert "Р-17" in text
    assert "Стар-5" in text
    assert "Анна, 2026-11-23" in text
    Matching(database).undo(one.number, library="aonb", person="Анна", time=TIME)
    assert len(results(database, "вера")) == 2


def test_decisions_travel_and_come_back(
    databases: tuple[Database, Database], tmp_path: Path
) -> None:
    """With who and when; twice changes nothing; an undone one is undone there."""
    ours, theirs = databases
    one = decide(ours, OURS, THEIRS, MatchVerdict.SAME)
    assert travel(ours, theirs, tmp_path) == []
    assert Matching(theirs).decisions() == [one]
    assert results(theirs, "вера") == [{OURS, THEIRS}]
    with pytest.raises(Refused):
        Matching(theirs).undo(one.number, library="nlb", person="Ян", time=TIME)
    Matching(ours).undo(one.number, library="aonb", person="Олег", time=TIME)
    path = tmp_path / "again.jsonl"
    export_decisions(ours, path)
    assert import_decisions(theirs, path).changed == 1
    assert import_decisions(theirs, path).changed == 0
    assert Matching(theirs).decisions() == [replace(one, undone=Undone(TIME, "Олег"))]
    assert len(results(theirs, "вера")) == 2
    with pytest.raises(Refused):
        export_decisions(ours, path)


def test_libraries_that_disagree_are_both_heard(
    databases: tuple[Database, Database], tmp_path: Path
) -> None:
    """Nothing is joined while they do, in neither catalogue."""
    ours, theirs = databases
    decide(ours, OURS, THEIRS, MatchVerdict.SAME)
    no = decide(theirs, THEIRS, OURS, MatchVerdict.DIFFERENT, "nlb")
    assert len(travel(theirs, ours, tmp_path)) == 2
    assert len(travel(ours, theirs, tmp_path)) == 2
    assert travel(ours, theirs, tmp_path) == []
    for database in databases:
        assert len(results(database, "вера")) == 2
        decisions = shown(database, OURS).decisions
        assert {(one.library, one.verdict, one.disputed) for one in decisions} == {
            ("aonb", MatchVerdict.SAME, True),
            ("nlb", MatchVerdict.DIFFERENT, True),
        }
    Matching(theirs).undo(no.number, library="nlb", person="Ян", time=TIME)
    travel(theirs, ours, tmp_path)
    for database in databases:
        assert results(database, "вера") == [{OURS, THEIRS}]


def test_ours_are_not_taken_from_another(databases: tuple[Database, Database]) -> None:
    """A harvest brings no decision in our name, and undoes none."""
    ours, _theirs = databases
    one = decide(ours, OURS, THEIRS, MatchVerdict.SAME)
    forged = [line_of(replace(one, undone=Undone(TIME, "x"))), line_of(replace(one, person="y"))]
    done = take_decisions(ours, [line.encode() for line in forged], "there", own="aonb")
    assert (done.read, done.own, done.changed) == (2, 2, 0)
    assert Matching(ours).decisions() == [one]


def test_what_is_no_decision_is_named(databases: tuple[Database, Database]) -> None:
    """With its line; the others are taken in."""
    ours, _theirs = databases
    good = json.loads(line_of(MatchDecision(0, "nlb", TIME, "Ян", MatchVerdict.SAME, OURS, THEIRS)))
    bad = [
        {**good, "other": OURS}, {**good, "one": "urn:x"}, {**good, "time": "yesterday"},
        {**good, "verdict": "maybe"}, {**good, "person": ""}, {**good, "person": "x" * 5000},
        {**good, "library": "N L B"}, {**good, "undone": "yes"}, {**good, "format": "other"},
        {**good, "person": "\\ud800"}, [good], None,
    ]  # fmt: skip
    data = [json.dumps(one).encode().replace(b"\\\\ud800", b"\\ud800") for one in (*bad, good)]
    done = take_decisions(ours, [*data, b"\n", b"\xff", b"[" * 50_000], "f")
    numbers = [*range(1, len(bad) + 1), len(bad) + 3, len(bad) + 4]
    assert [(one.code, one.path) for one in done.findings] == [
        (Code.DECISION_UNREADABLE, f"f:{number}") for number in numbers
    ]
    assert done.changed == 1


def test_a_file_that_is_not_there(databases: tuple[Database, Database], tmp_path: Path) -> None:
    """Is an error that names it."""
    with pytest.raises(NotFound, match=r"none\.jsonl"):
        import_decisions(databases[0], tmp_path / "none.jsonl")


def numbered(facts: list[tuple[MatchVerdict, str, str]]) -> list[MatchDecision]:
    """Decisions of one person."""
    return [
        MatchDecision(number, "aonb", TIME, "A", verdict, one, other)
        for number, (verdict, one, other) in enumerate(facts, 1)
    ]


def test_a_contradiction_by_way_of_a_third_record() -> None:
    """Tears the whole edition, and no other."""
    a, b, c, d = RECORDS
    e, f = uri_of("kdl", "1"), uri_of("kdl", "2")
    found = editions(
        numbered(
            [(MatchVerdict.SAME, a, b), (MatchVerdict.SAME, b, c), (MatchVerdict.DIFFERENT, c, a),
             (MatchVerdict.SAME, e, f), (MatchVerdict.DIFFERENT, e, d)]
        )
    )  # fmt: skip
    assert found.joined == dict.fromkeys((e, f), (e, f))
    assert found.disputed == {1, 2, 3}


def test_a_long_chain_of_decisions_is_one_edition() -> None:
    """As another's file may have it; and one word against it tears all of it."""
    uris = [uri_of("kdl", str(number)) for number in range(20_000)]
    chain = [(MatchVerdict.SAME, one, other) for one, other in pairwise(uris)]
    found = editions(numbered(chain))
    assert len(found.joined) == len(found.joined[uris[5]]) == 20_000
    found = editions(numbered([*chain, (MatchVerdict.DIFFERENT, uris[0], uris[-1])]))
    assert (found.joined, len(found.disputed)) == ({}, 20_000)


some = st.lists(
    st.builds(
        MatchDecision,
        number=st.just(0),
        library=st.sampled_from(["aonb", "nlb"]),
        time=st.just(TIME),
        person=st.sampled_from(["A", "Я"]),
        verdict=st.sampled_from(MatchVerdict),
        record=st.sampled_from(RECORDS[:2]),
        other=st.sampled_from(RECORDS[2:]),
        undone=st.none() | st.builds(Undone, st.sampled_from([TIME, "2027-01-01"]), st.just("B")),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(some)
def test_the_order_does_not_matter(decisions: list[MatchDecision]) -> None:
    """Two catalogues that took in the same decisions have the same editions and disputes."""
    outcomes = []
    mixed = [decision_of(line_of(one)) for one in decisions]
    assert mixed == decisions
    for order in (decisions, list(reversed(decisions)), sorted(mixed, key=line_of)):
        database = Database(Path(":memory:"))
        try:
            matching = Matching(database)
            for one in order:
                matching.take([one])
            outcomes.append((matching.editions(), {replace(one, number=0)
                                                   for one in matching.decisions()}))  # fmt: skip
        finally:
            database.close()
    assert outcomes[0] == outcomes[1] == outcomes[2]
    joined = outcomes[0][0]
    for uri, other in product(RECORDS, RECORDS):
        assert (other in joined.get(uri, ())) == (uri in joined.get(other, ()))
