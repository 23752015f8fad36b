"""The report answers a librarian: which books are in danger, since when, what to do."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import html as markup

from preserva import config as configuration
from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.cli.main import status_of
from preserva.core.policy.judgement import State
from preserva.core.policy.overview import AGES, count_ages
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.model import PackageId
from preserva.core.values.report import BookPage
from preserva.errors import UsageError
from preserva.fixity.audit import audit
from preserva.outputs.page import html
from preserva.outputs.report import package_page, report_lines, report_page
from preserva.replication.repair import repair
from preserva.reporting.incidents import decide, open_incidents
from preserva.reporting.overview import copy_states, history, overview
from tests.cli.test_commands import SCHEMA

START = datetime(2026, 12, 30, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\x1b[2J"


@pytest.fixture
def place(three_books: Path) -> Path:
    """An archive of three packages in two storages."""
    return three_books


@contextmanager
def at(place: Path, day: float) -> Iterator[ArchivalStorage]:
    """The archive on a day after START."""
    now = START + timedelta(days=day)
    with open_archive(place / configuration.NAME, clock=lambda: now) as archive:
        yield archive


def flip(place: Path, number: int) -> None:
    """One page in Minsk, changed in one bit."""
    with at(place, 0) as archive:
        store = archive.store("nlb-copy")
        folder = Path(store.storage.url) / store.root.path_of(f"urn:preserva:aonb:kp-{number}")
    path = min(folder.rglob("*.tif"))
    path.chmod(0o644)
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])


def test_before_the_first_audit_nothing_is_proved(place: Path) -> None:
    """Copies that nobody has read are not called sound."""
    with at(place, 0) as archive:
        found = overview(archive)
    assert {one.storage: one.states for one in found.storages} == {
        "aonb-main": {State.NEVER: 3},
        "nlb-copy": {State.NEVER: 3},
    }
    assert (found.incidents, found.few, found.months) == ((), (), ())
    assert found.ages == (0, 0, 0, 0, 0, 0, 6)


def test_an_incident_lasts_until_a_check_finds_the_copy_sound(place: Path) -> None:
    """It keeps its number however often it is seen; a later damage is another one."""
    flip(place, 1)
    with at(place, 0) as archive:
        audit(archive)
        (first,) = open_incidents(archive)
        assert (first.package, first.storage) == ("urn:preserva:aonb:kp-1", "nlb-copy")
        assert (first.state, first.seen, first.more) == (State.DAMAGED, 1, 0)
        (finding,) = first.findings
        assert (finding.code, finding.page) == ("E203", BookPage(1, "л. 1"))
        assert finding.path is not None and finding.path.endswith("/master/data/0001.tif")
        assert finding.expected != finding.seen and finding.expected and finding.seen
        assert first.since == first.newest == START.isoformat()
    with at(place, 2) as archive:
        audit(archive, moved=("nlb-copy",))
        decide(archive, first.number, by="И. Иванова", decision="scan page 1 again")
        (again,) = open_incidents(archive)
        assert (again.number, again.seen, again.since) == (first.number, 2, first.since)
        assert [(one.by, one.decision) for one in again.decisions] == [
            ("И. Иванова", "scan page 1 again")
        ]
        with pytest.raises(UsageError, match="no open incident 99999"):
            decide(archive, 99999, by="x", decision="y")
    with at(place, 3) as archive:
        repair(archive, apply=True)
        audit(archive, moved=("nlb-copy",))
        assert open_incidents(archive) == []
    flip(place, 1)
    with at(place, 4) as archive:
        audit(archive, moved=("nlb-copy",))
        (other,) = open_incidents(archive)
    assert other.number > first.number
    assert (other.seen, other.decisions) == (1, ())


def test_a_storage_that_is_away_is_one_incident(place: Path) -> None:
    """Not one for each book; it ends when the storage is read again."""
    (place / "storages/nlb-copy").rename(place / "away")
    (place / "storages/nlb-copy").mkdir()
    for day in (0, 1):
        with at(place, day) as archive:
            audit(archive)
    with at(place, 1) as archive:
        (one,) = open_incidents(archive)
        assert (one.package, one.storage, one.state, one.seen) == (
            None,
            "nlb-copy",
            State.UNREACHABLE,
            2,
        )
        assert one.since == START.isoformat()
    (place / "storages/nlb-copy").rmdir()
    (place / "away").rename(place / "storages/nlb-copy")
    with at(place, 2) as archive:
        audit(archive)
        assert open_incidents(archive) == []


def test_the_sums_are_those_of_the_entries(place: Path) -> None:
    """Over the turn of a year; counted here one by one."""
    flip(place, 2)
    for day in (0, 5, 90):
        with at(place, day) as archive:
            audit(archive, moved=("nlb-copy",))
    with at(place, 91) as archive:
        found = overview(archive)
        entries = list(archive.ledger.entries())
        rows = list(copy_states(archive))
    checks = [one for one in entries if one.type == FIXITY_CHECK]
    by_month = Counter((one.time[:7], one.outcome) for one in checks)
    assert {
        (one.month, kind): number
        for one in found.months
        for kind, number in (("success", one.success), ("fail", one.fail))
        if number
    } == dict(by_month)
    assert sum(one.size for one in found.months) == sum(one.facts["bytes"] for one in checks)
    assert [one.year for one in found.years] == ["2026", "2027"]
    for year in found.years:
        own = [one for one in entries if one.time.startswith(year.year)]
        read = [one for one in own if one.type == FIXITY_CHECK]
        assert (year.first, year.last, year.digest) == (
            own[0].number,
            own[-1].number,
            own[-1].digest,
        )
        assert year.checks == len(read)
        assert year.fail == sum(one.outcome == "fail" for one in read)
        assert year.copies == len({(one.package, one.storage) for one in read})
    assert found.few == (("urn:preserva:aonb:kp-2", 1),)
    assert (found.entries, found.newest) == (len(entries), entries[-1].digest)
    assert len(rows) == found.copies == 6
    assert [one.state for one in rows].count(State.DAMAGED) == found.count(State.DAMAGED) == 1
    assert all(one.digest == entries[(one.entry or 0) - 1].digest for one in rows)


def test_ages_are_counted_between_their_bounds() -> None:
    """A check in the future is of no known age, and so among the oldest."""
    day = timedelta(days=1)
    checks = [*((START - bound * day, 1) for bound in AGES), (START - 400 * day, 2), (None, 3)]
    assert count_ages([*checks, (START + day, 5)], START) == (1, 1, 1, 1, 1, 7, 3)


def test_the_page_needs_nothing_and_runs_nothing(place: Path) -> None:
    """No script, no address, charts with words, and what people wrote is only text."""
    flip(place, 1)
    with at(place, 0) as archive:
        audit(archive)
        (incident,) = open_incidents(archive)
        decide(archive, incident.number, by=HOSTILE, decision=HOSTILE)
        found = overview(archive)
        pages = [html(report_page(found))]
        done, incidents = history(archive, PackageId("aonb", "kp-1"))
        pages.append(html(package_page(PackageId("aonb", "kp-1"), done, incidents, found.at)))
    for text in pages:
        tree = markup.fromstring(text)
        assert not {str(one.tag) for one in tree.iter()} & {"script", "link", "img", "a", "iframe"}
        names = {str(name) for one in tree.iter() for name in one.attrib}
        assert not [one for one in names if one in {"src", "href"} or one.startswith("on")]
        assert "<script" not in text and "\x1b" not in text
        assert "&lt;script&gt;alert(1)" in text
        assert "default-src 'none'" in text
        for chart in tree.iter("svg"):
            assert chart.findtext("title") and chart.findtext("desc")
    first, second = (markup.fromstring(text) for text in pages)
    assert len(list(first.iter("svg"))) == 2
    said = "".join(str(part) for part in first.itertext())
    for answer in (
        "aonb-kp-1 (nlb-copy): damaged",
        "2026-12-30",
        "preserva repair aonb-kp-1 --storage nlb-copy",
        "ledger verify",
        found.years[-1].digest,
    ):
        assert answer in said
    assert len(list(second.iter("tr"))) == 2 + 1 + len(done)  # two heads, one incident


def test_what_is_sound_is_said_to_be(place: Path) -> None:
    """In one sentence, and with 0."""
    with at(place, 0) as archive:
        audit(archive)
        lines = list(report_lines(overview(archive)))
    assert lines[0] == "All 6 copies are sound, as far as they were read."


def test_the_commands(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents by the schema, the table with a row for each copy, statuses as audit has them."""
    monkeypatch.setenv("LANGUAGE", "en")

    def run(*words: str) -> tuple[int, str]:
        status = status_of(["--config", str(place / configuration.NAME), *words])
        return status, capsys.readouterr().out

    with at(place, -40) as archive:  # by the clock of the commands, not long ago
        audit(archive)
    assert run("incidents") == (0, "")
    assert run("report", "--html", str(place / "report.html")) == (0, "")
    assert (place / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    flip(place, 1)
    run("audit", "--event", "nlb-copy")
    status, out = run("incidents", "--json")
    document = json.loads(out)
    SCHEMA.validate(document)
    (incident,) = document["incidents"]
    assert (status, incident["state"]) == (1, "damaged")
    number = str(incident["number"])
    status, out = run("incidents", "decide", number, "rescan", "--by", "me", "--json")
    SCHEMA.validate(json.loads(out))
    assert status == 0
    status, out = run("incidents")
    assert status == 1
    assert re.search(
        rf"^{number}\taonb-kp-1 \(nlb-copy\): damaged since \S+ \S+ UTC, seen 1 time$",
        out,
        re.MULTILINE,
    )
    assert "me: rescan" in out
    for words in (("report",), ("report", "aonb-kp-1")):
        status, out = run(*words, "--json")
        SCHEMA.validate(json.loads(out))
        assert status == (1 if len(words) == 1 else 0)
    rows = list(csv.DictReader(io.StringIO(run("report", "--csv")[1])))
    assert len(rows) == 6
    assert Counter(row["state"] for row in rows) == {"sound": 5, "damaged": 1}
    assert run("report", "aonb-nothing")[0] == 3
