"""Health lasts: night after night the archive is not well, until the cause is gone or decided."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.archive.runs import last_success, note_success
from preserva.cli.main import status_of
from preserva.core.policy.health import Aspect, Job
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.fixity.audit import audit
from preserva.ledger import Ledger
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.health import health
from preserva.reporting.incidents import decide, open_incidents
from tests.conftest import require

START = datetime(2027, 1, 30, 6, tzinfo=UTC)
BOOK = PackageId("aonb", "kp-1")

Unwell = list[tuple[Aspect, Job | None, str | None]]


@contextmanager
def at(place: Path, day: float, *, reading: bool = False) -> Iterator[ArchivalStorage]:
    """The archive on a day after START."""
    now = START + timedelta(days=day)
    with open_archive(place / config.NAME, clock=lambda: now, reading=reading) as archive:
        yield archive


def night(place: Path, day: float) -> None:
    """What the timers do."""
    with at(place, day) as archive:
        replicate(archive)
        audit(archive)
        note_success(archive.config, Job.BACKUP, archive.clock())


def unwell(place: Path, day: float) -> Unwell:
    """What is not well on a day, seen by who may only read."""
    with at(place, day, reading=True) as archive:
        return [
            (check.aspect, check.job, check.subject)
            for check in health(archive).checks
            if check.outcome is not Outcome.PASS
        ]


def page_of(place: Path, storage: str) -> Path:
    """A page in one copy of the book."""
    with at(place, 0) as archive:
        store = archive.store(storage)
        return min((Path(store.storage.url) / store.root.path_of(BOOK.uri)).rglob("*.tif"))


def damage(page: Path) -> None:
    """Change one bit."""
    page.chmod(0o644)
    content = page.read_bytes()
    page.write_bytes(bytes([content[0] ^ 1]) + content[1:])


def test_what_never_ran_is_not_well_and_what_ran_stays_well_for_its_days(three_books: Path) -> None:
    with at(three_books, 0) as archive:
        copied = last_success(archive.config, Job.LEDGER_COPY, "nlb-copy")
    assert copied is not None, "replication brings the ledger"
    assert unwell(three_books, 0) == [
        (Aspect.JOB, Job.AUDIT, None),
        (Aspect.JOB, Job.BACKUP, None),
        (Aspect.JOB, Job.REPLICATE, None),
        (Aspect.JOB, Job.LEDGER_COPY, "nlb-copy"),
    ]
    night(three_books, 0)
    assert unwell(three_books, 0) == []
    assert unwell(three_books, 3) == []
    assert unwell(three_books, 3.1) == [
        (Aspect.JOB, Job.AUDIT, None),
        (Aspect.JOB, Job.REPLICATE, None),
        (Aspect.JOB, Job.LEDGER_COPY, "nlb-copy"),
    ]
    night(three_books, 4)
    assert unwell(three_books, 4) == []


def test_damage_stays_until_it_is_repaired(three_books: Path) -> None:
    """Also in nights in which the copy is not due."""
    damage(page_of(three_books, "nlb-copy"))
    for day in range(4):
        night(three_books, day)
        assert unwell(three_books, day) == [
            (Aspect.DAMAGED, None, None),
            (Aspect.TOO_FEW, None, None),
        ]
    with at(three_books, 4) as archive:
        (repaired,) = repair(archive, apply=True)
        assert repaired.applied
    night(three_books, 4)
    assert unwell(three_books, 4) == []


def test_damage_that_a_person_decided_about_waits_no_more(three_books: Path) -> None:
    """The package that has too few copies because of it still does."""
    damage(page_of(three_books, "nlb-copy"))
    night(three_books, 0)
    with at(three_books, 0) as archive:
        (incident,) = open_incidents(archive)
        decide(archive, incident.number, decision="rescan in spring", by="ivanova")
    assert unwell(three_books, 0) == [(Aspect.TOO_FEW, None, None)]


def test_an_audit_of_one_storage_or_with_work_left_is_no_success(three_books: Path) -> None:
    with at(three_books, 0) as archive:
        before = last_success(archive.config, Job.REPLICATE)
        audit(archive, only=("nlb-copy",))
        replicate(archive, to="nlb-copy")
        assert last_success(archive.config, Job.AUDIT) is None
        assert last_success(archive.config, Job.REPLICATE) == before
    away = three_books / "storages" / "nlb-copy"
    away.rename(three_books / "away")
    with at(three_books, 0) as archive:
        audit(archive)
        replicate(archive)
        assert last_success(archive.config, Job.AUDIT) is None
        assert last_success(archive.config, Job.REPLICATE) == before
    assert (Aspect.INCIDENTS, None, None) in unwell(three_books, 0)


def test_a_note_that_is_no_note_is_none(three_books: Path) -> None:
    with at(three_books, 0) as archive:
        note_success(archive.config, Job.AUDIT, START)
        assert last_success(archive.config, Job.AUDIT) == START
        (noted,) = three_books.rglob("audit.json")
        for text in ("", "[]", '{"succeeded": 7}', '{"succeeded": "2027-01-30T06:00:00"}'):
            noted.write_text(text, "utf-8")
            assert last_success(archive.config, Job.AUDIT) is None


def test_the_command_line_says_so_to_people_and_programs(
    three_books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status, JSON and metrics tell the same; with -q nothing is printed that is well."""
    metrics = three_books / "metrics" / "health.prom"
    command = ["--config", str(three_books / config.NAME), "health", "--metrics", str(metrics)]
    assert status_of(command) == 3
    assert "never succeeded" in capsys.readouterr().out
    gauges = read_gauges(metrics)
    assert gauges["preserva_health_well"] == "0"
    assert gauges['preserva_health_check{check="audit",storage=""}'] == "0"
    assert gauges['preserva_health_check{check="damaged",storage=""}'] == "1"
    with open_archive(three_books / config.NAME) as archive:
        audit(archive)
        replicate(archive)
        note_success(archive.config, Job.BACKUP, archive.clock())
    assert status_of([*command, "-q"]) == 0
    assert capsys.readouterr().out == ""
    assert read_gauges(metrics)["preserva_health_well"] == "1"
    assert status_of([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["outcome"], {check["outcome"] for check in document["checks"]}) == (
        "pass",
        {"pass"},
    )
    (three_books / "ledger.sqlite").unlink()
    assert status_of(command) == 10
    assert read_gauges(metrics).keys() == {
        "preserva_health_well",
        "preserva_health_timestamp_seconds",
    }
    assert read_gauges(metrics)["preserva_health_well"] == "0"


def read_gauges(path: Path) -> dict[str, str]:
    """The metrics of a file, by name and labels."""
    lines = path.read_text("utf-8").splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


@pytest.mark.parametrize("verb", ["health", "status", "report", "incidents", "list"])
@pytest.mark.parametrize("busy", [False, True])
def test_who_may_only_read_the_ledger_can_look(
    verb: str, busy: bool, three_books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While nobody has it open, and while somebody does."""
    require(os.geteuid() == 0, "only root can become somebody else")
    ledger = Ledger(three_books / "ledger.sqlite") if busy else None
    for path in (*three_books.rglob("*"), three_books, *three_books.parents):
        mode = path.stat().st_mode
        if mode & 0o44 != 0o44 or (path.is_dir() and mode & 0o11 != 0o11):
            path.chmod(mode | (0o55 if path.is_dir() else 0o44))
    before = (three_books / "ledger.sqlite").read_bytes()
    os.seteuid(65534)
    try:
        with pytest.raises(PermissionError):
            (three_books / "new").write_bytes(b"")
        status = status_of(["--config", str(three_books / config.NAME), verb])
    finally:
        os.seteuid(0)
        if ledger is not None:
            ledger.close()
    assert status == (3 if verb == "health" else 0), capsys.readouterr()
    assert (three_books / "ledger.sqlite").read_bytes() == before
