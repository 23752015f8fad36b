"""What was done in a period and by whom, from the ledger alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from preserva import config
from preserva.access.export import export
from preserva.access.handover import Handover
from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.archive.two_persons import answer, matter_of, request
from preserva.core.policy.work import Work, WorkKind
from preserva.core.values.model import PackageId
from preserva.core.values.people import Person
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.outputs.page import html
from preserva.outputs.work import CSV_COLUMNS, work_csv_row, work_lines, work_page
from preserva.replication.replicate import replicate
from preserva.reporting.work import work
from tests.support.books import an_archive, make_book

BOOK = PackageId("aonb", "kp-7")
NOVEMBER = datetime(2026, 11, 20, 12, tzinfo=UTC)
PEOPLE = {"ivanova": Person("ivanova", "И. И. Иванова", "ivanova")}


class House:
    """An archive that persons open, one after the other; `now` is its time."""

    def __init__(self, place: Path) -> None:
        with an_archive(place / "archive"):
            self.place = place
        self.now = NOVEMBER

    def by(self, person: str) -> ArchivalStorage:
        """The archive, as this person opens it."""
        return open_archive(
            self.place / "archive" / config.NAME, person=person, clock=lambda: self.now
        )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A book made by ivanova in November, corrected by petrov in December, and what came of it."""
    house = House(tmp_path_factory.mktemp("house"))
    record = make_book(house.place / "book", pages=3)
    letter = house.place / "letter.txt"
    letter.write_text("письмо\n", "utf-8")
    with house.by("ivanova") as archive:
        package(house.place / "book", record, archive)
        replicate(archive)
        handed = Handover("NLB", "loan 17")
        export(archive, BOOK, house.place / "out.tar", handover=handed)
        asked = request(archive, matter_of(archive, "policy"), "three copies")
    with house.by("") as archive:
        validate_stored(archive, BOOK)
    house.now += timedelta(days=20)
    with house.by("petrov") as archive:
        update(archive, BOOK, Change(documents=(letter,), reason="the letter was found"))
        answer(archive, asked.number, confirm=True, reason="agreed")
    return house


def _in_november(house: House, person: str | None = None) -> Work:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    with house.by("") as archive:
        return work(archive, since=start, until=start + timedelta(days=30), person=person)


def test_november_has_its_books_pages_bytes_and_exports(house: House) -> None:
    done = _in_november(house)
    counted = {
        kind: (total.count, sorted(total.packages), total.pages, total.size > 0, total.failed)
        for kind, total in done.sums.items()
    }
    assert counted == {
        WorkKind.PACKAGED: (1, [BOOK.uri], 3, True, 0),
        WorkKind.REPLICATED: (1, [BOOK.uri], 0, False, 0),
        WorkKind.EXPORTED: (1, [BOOK.uri], 0, False, 0),
        WorkKind.DECIDED: (1, [], 0, False, 0),
        WorkKind.CHECKED: (2, [BOOK.uri], 0, True, 0),
    }
    assert [(deed.kind, deed.person, deed.details) for deed in done.deeds] == [
        (WorkKind.PACKAGED, "ivanova", ()),
        (WorkKind.REPLICATED, "ivanova", ()),
        (WorkKind.EXPORTED, "ivanova", ("AIP", "NLB", "loan 17")),
        (WorkKind.DECIDED, "ivanova", ("decision requested", "policy", "three copies")),
    ]
    assert done.people == {
        "ivanova": {
            WorkKind.PACKAGED: 1,
            WorkKind.REPLICATED: 1,
            WorkKind.EXPORTED: 1,
            WorkKind.DECIDED: 1,
        },
        None: {WorkKind.CHECKED: 2},
    }


def test_a_person_has_corrections_with_their_reasons(house: House) -> None:
    with house.by("") as archive:
        done = work(archive, person="petrov")
    assert [(deed.kind, deed.version, deed.details) for deed in done.deeds] == [
        (WorkKind.CORRECTED, "v2", ("the letter was found",)),
        (WorkKind.DECIDED, None, ("decision confirmed", "no. 12", "agreed")),
    ]
    assert _in_november(house, "petrov").sums == {}


def test_the_end_of_a_period_is_not_in_it(house: House) -> None:
    with house.by("") as archive:
        assert work(archive, until=NOVEMBER).deeds == []
        assert work(archive, since=house.now + timedelta(seconds=1)).deeds == []
        assert len(work(archive, since=house.now).deeds) == 2


def test_names_are_shown_or_left_out(house: House) -> None:
    """As text, as a page, as CSV; codes stay."""
    done = _in_november(house)
    for people, shown in ((PEOPLE, True), ({}, False)):
        text = "\n".join(work_lines(done, people))
        page = html(work_page(done, people, "aonb", NOVEMBER))
        rows = [work_csv_row(deed, people) for deed in done.deeds]
        for output in (text, page, str(rows)):
            assert ("И. И. Иванова" in output) is shown
        assert {row[CSV_COLUMNS.index("person")] for row in rows} == {"ivanova"}
        assert "loan 17" in text and "loan 17" in page
    lines = list(work_lines(done, {}))
    assert lines[0] == "What was done from 2026-11-01 to 2026-11-30"
    assert lines[1].startswith("  packaged: 1 time, 1 package, 3 pages, ")
    first = _row(lines, "packaged")
    assert first[1:] == [
        "2026-11-20 12:00 UTC",
        "ivanova",
        "packaged",
        "aonb-kp-7 v1 aonb-main",
        "",
    ]


def _row(lines: list[str], what: str) -> list[str]:
    return next(line.split("\t") for line in lines if f"\t{what}\t" in line)


def test_a_rebuilt_ledger_does_no_work(house: House, tmp_path: Path) -> None:
    from preserva.replication.rebuild_ledger import rebuild_ledger

    with an_archive(tmp_path / "archive") as archive:
        loaded = archive.config
        record = make_book(tmp_path / "book")
        package(tmp_path / "book", record, archive)
    for ending in ("", "-wal", "-shm"):
        loaded.ledger.with_name(loaded.ledger.name + ending).unlink(missing_ok=True)
    rebuild_ledger(loaded, clock=lambda: NOVEMBER, identifiers=lambda: "0" * 8)
    with an_archive(tmp_path / "archive") as archive:
        assert work(archive).deeds == []
