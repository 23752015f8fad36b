"""Audits, copies, reports: what they show, what their forms begin, and tables to take away."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from preserva.archive.archive import open_archive
from preserva.core.values.entries import FIXITY_CHECK
from preserva.errors import UsageError
from preserva.ingest.package import package
from preserva.ledger import Ledger
from preserva.web import jobs
from preserva.web.actions import ACTIONS
from preserva.web.pages import reports
from preserva.web.visit import StaffSite
from tests.support.books import make_book
from tests.unit.web.conftest import Visitor, form_of
from tests.unit.web.state import damage


def rows(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_an_audit_is_begun_within_a_budget(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    page = client.get("/audits").text
    assert "never checked" in page and "aonb-kp-7" in page
    fields = {**form_of(page, "audit"), "time": "6h", "storage": "nlb-copy"}
    assert client.post("/jobs", data=fields).status_code == 303
    (job,) = jobs.recent(site.database)
    line = ACTIONS["audit"].line(site.config, job.fields)
    assert line == ["audit", "--max-time=6h", "--only=nlb-copy"]
    assert f'href="/jobs/{job.number}"' in client.get("/audits").text


@pytest.mark.parametrize("time", ["", "0", "1h --apply", "99h", "--dry-run"])
def test_an_audit_has_a_budget_of_ours(site: StaffSite, time: str) -> None:
    with pytest.raises(UsageError):
        ACTIONS["audit"].line(site.config, {"time": time})


def test_who_looks_begins_no_audit(visitor: Visitor) -> None:
    assert "<form" not in visitor("look").get("/audits").text


def test_what_was_read_is_shown(site: StaffSite, visitor: Visitor) -> None:
    damage(site)
    page = visitor("look").get("/audits").text
    assert page.count(">success<") == 1 and page.count(">failure<") + page.count(">fail<") == 1
    assert "<dt>up to 30 days</dt><dd>2</dd>" in page


def test_what_lacks_in_a_storage_is_named(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    assert "Every package is there in its newest version." in client.get("/copies").text
    book = site.config.path.parent.parent / "more" / "book"
    record = make_book(book, seed=5)
    with open_archive(site.config.path) as archive:
        package(book, record, archive, local="kp-8")
    page = client.get("/copies").text
    assert "1 package is not there in its newest version:" in page
    assert '<a href="/books/aonb-kp-8">' in page
    for action in ("replicate-plan", "replicate"):
        assert client.post("/jobs", data=form_of(page, action)).status_code == 303
    lines = [
        ACTIONS[job.action].line(site.config, job.fields) for job in jobs.recent(site.database)
    ]
    assert lines == [["replicate"], ["replicate", "--dry-run"]]


def test_the_work_of_a_period(site: StaffSite, visitor: Visitor) -> None:
    """As a page and as a table; with codes, of one person, of a period in which nothing was."""
    client = visitor("look")
    page = client.get("/reports/period?from=2026-11&to=2026-11").text
    assert "What was done from 2026-11-01 to 2026-11-30" in page
    assert "1\N{NO-BREAK SPACE}package made" in page
    assert 'href="/reports/period.csv?from=2026-11&amp;to=2026-11"' in page
    head, *deeds = rows(client.get("/reports/period.csv?from=2026-11&to=2026-11").text)
    assert head[:3] == ["entry", "time", "person"]
    assert [(deed[4], deed[6]) for deed in deeds] == [
        ("packaged", "urn:preserva:aonb:kp-7"),
        ("replicated", "urn:preserva:aonb:kp-7"),
    ]
    for query in ("from=2027", "to=2025", "person=nobody"):
        assert rows(client.get(f"/reports/period.csv?{query}").text) == [head]


@pytest.mark.parametrize("query", ["from=soon", "to=2026-13", "from=99999", "from=--", "to=%00"])
def test_what_is_no_date_is_said(visitor: Visitor, query: str) -> None:
    client = visitor("look")
    answer = client.get(f"/reports/period?{query}")
    assert answer.status_code == 400 and "This is not a date" in answer.text
    assert client.get(f"/reports/period.csv?{query}").status_code == 400


def test_all_copies_as_a_table(site: StaffSite, visitor: Visitor) -> None:
    damage(site)
    answer = visitor("look").get("/reports/copies.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="copies.csv"'
    _head, *copies = rows(answer.text)
    assert [copy[0] for copy in copies] == ["urn:preserva:aonb:kp-7"] * 2
    assert [("nlb-copy" in copy, "damaged" in copy) for copy in copies] == [
        (False, False),
        (True, True),
    ]


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"), ("-", "-"), ("л. 1", "л. 1")],
)
def test_a_table_computes_nothing(cell: str, written: str) -> None:
    """What others wrote is no formula in a spreadsheet."""
    assert rows(bytes(reports.table("a.csv", [[cell]]).body).decode()) == [[written]]


def test_the_state_and_the_levels(visitor: Visitor) -> None:
    """With a chart, and with what only a person can vouch for."""
    client = visitor("look")
    whole, levels = (client.get(f"/reports/{name}").text for name in ("archive", "levels"))
    assert "Proof of past audits" in whole and 'class="chart"' in whole
    assert "NDSA Levels of Digital Preservation" in levels and "outside" in levels


def test_a_period_is_found_whatever_the_zone(tmp_path: Path) -> None:
    """Times of entries have offsets; the bounds are to the second, and those on them are in it."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    times = ["2026-11-30T23:59:59+00:00", "2026-12-01T08:59:59+09:00", "2026-12-01T00:00:00+00:00"]
    for time in times:
        ledger.append(FIXITY_CHECK, time=time, outcome="success")
    day = datetime(2026, 12, 1, tzinfo=UTC)

    def numbers(since: datetime | None, until: datetime | None) -> list[int]:
        return [entry.number for entry in ledger.entries(period=(since, until))]

    assert numbers(day, None) == [3]
    assert numbers(None, day) == [1, 2, 3]
    assert numbers(None, datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)) == [1, 2]
    assert numbers(None, None) == [1, 2, 3]
    ledger.close()
