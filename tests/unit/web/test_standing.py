"""The judgement that is kept between requests is always the one made anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from preserva import config as configuration
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive
from preserva.archive.judgements import judgements, rules_of, tally_of
from preserva.core.values import entries
from preserva.core.values.fact import Facts
from preserva.core.values.facts import (
    Arrival,
    Check,
    RecordedFinding,
    Removal,
    Retirement,
    Withdrawal,
)
from preserva.errors import LedgerError
from preserva.ledger import Ledger
from preserva.web.pages.books import FILTERS
from preserva.web.standing import ArchiveStanding
from tests.support import books

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PACKAGES = [f"urn:preserva:aonb:kp-{number}" for number in range(3)]
STORAGES = ["aonb-main", "nlb-copy"]
FOUND = RecordedFinding(code="E203", path="a")
GOING = Removal(tombstone="tombstones/a", inventories={}, files=1, size=5)
SOUND = Check(size=10, files=1, findings=(), more=0, begun=NOW)
STORED = Arrival(inventory="0" * 64)
DAMAGED = Check(size=10, files=1, findings=(FOUND,), more=0, begun=NOW)

Event = tuple[str, str, str | None, str | None, Facts | None]
"""A type, an outcome, a package, a storage, and what else the entry says."""


def event(kind: str, package: str, storage: str, version: int) -> tuple[Event, str | None]:
    """An entry such as a verb writes, and its version."""
    made: dict[str, tuple[Event, str | None]] = {
        "stored": ((entries.END, "success", package, storage, STORED), f"v{version}"),
        "copied": ((entries.REPLICATION, "success", package, storage, STORED), f"v{version}"),
        "sound": ((entries.FIXITY_CHECK, "success", package, storage, SOUND), None),
        "damaged": ((entries.FIXITY_CHECK, "fail", package, storage, DAMAGED), None),
        "unread": (
            (entries.FIXITY_CHECK, "unknown", package, storage, Check(findings=(), more=0)), None
        ),
        "away": (
            (entries.FIXITY_CHECK, "unknown", None, storage, Check(findings=(), more=0)), None
        ),
        "there": ((entries.FIXITY_CHECK, "success", None, storage, SOUND), None),
        "removing": ((entries.REMOVAL_START, "success", package, storage, GOING), None),
    }  # fmt: skip
    return made[kind]


KINDS = ["stored", "copied", "sound", "damaged", "unread", "away", "there", "removing"]
steps = some.lists(
    some.tuples(
        some.sampled_from([*KINDS, "withdrawn", "restored", "retired", "wanted", "look"]),
        some.sampled_from(PACKAGES),
        some.sampled_from(STORAGES),
        some.integers(1, 3),
    ),
    max_size=25,
)


def append(archive: ArchivalStorage, kind: str, package: str, storage: str, version: int) -> None:
    if kind in ("retired", "wanted"):
        last = archive.ledger.newest(entries.RETIREMENT)
        previous = None if last is None else last.number
        undone = True if kind == "wanted" else None
        retirement = Retirement(reason="no", undone=undone, before=previous)
        archive.ledger.append(
            entries.RETIREMENT, time=archive.now(), outcome="success",
            package=None if version == 3 else package, storage=storage, facts=retirement,
        )  # fmt: skip
        return
    if kind in ("withdrawn", "restored"):
        before = archive.ledger.newest(entries.WITHDRAWAL)
        facts = Withdrawal("no", undone=kind == "restored").following(
            None if before is None else before.number
        )
        archive.ledger.append(
            entries.WITHDRAWAL, time=archive.now(), outcome="success", package=package, facts=facts
        )
        return
    (type_, outcome, name, place, said), number = event(kind, package, storage, version)
    archive.ledger.append(
        type_, time=archive.now(), outcome=outcome, package=name, storage=place, version=number,
        facts=said,
    )  # fmt: skip


def compare(archive: ArchivalStorage, standing: ArchiveStanding) -> None:
    anew = tally_of(archive)
    assert standing.tally(archive) == anew
    rules = rules_of(archive)
    for _title, fits in FILTERS.values():
        fitting = [one.package for one in judgements(archive, rules) if fits(one)]
        assert standing.packages(archive, fits) == fitting


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / configuration.NAME
    path.write_text(configuration.TEMPLATE, encoding="utf-8")
    create_archive(configuration.load(path))
    return path


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps)
def test_it_is_the_judgement_made_anew(
    place: Path, history: list[tuple[str, str, str, int]]
) -> None:
    """After any entries, looked at now and then; the ledger of the last example goes on."""
    standing = ArchiveStanding()
    with open_archive(place) as archive:
        for kind, package, storage, version in history:
            if kind == "look":
                compare(archive, standing)
            else:
                append(archive, kind, package, storage, version)
        compare(archive, standing)


def test_another_ledger_is_judged_anew(tmp_path: Path) -> None:
    """One that was restored, and that another has grown from, as long as before."""
    standing = ArchiveStanding()
    for number, name in enumerate(("one", "two")):
        with books.an_archive(tmp_path / name) as archive:
            append(archive, "stored", PACKAGES[number], "aonb-main", 1)
            append(archive, "damaged" if number else "sound", PACKAGES[number], "aonb-main", 1)
            compare(archive, standing)


def test_the_overview_is_made_again_when_something_changed(place: Path) -> None:
    """The ledger, the time, or the configuration."""
    standing, now = ArchiveStanding(), NOW

    def look() -> tuple[int, datetime]:
        with open_archive(place, clock=lambda: now) as archive:
            state = standing.overview(archive)
        return state.wanted, state.at

    first = look()
    assert first[1] == now
    now += timedelta(seconds=59)
    assert look() == first
    now += timedelta(seconds=1)
    assert look()[1] == now
    before, now = now, now + timedelta(seconds=1)
    assert look()[1] == before
    with open_archive(place) as archive:
        append(archive, "stored", PACKAGES[0], "aonb-main", 1)
    assert look()[1] == now
    now += timedelta(seconds=1)
    text = place.read_text(encoding="utf-8").replace("copies = 2", "copies = 3")
    place.write_text(text, encoding="utf-8")
    assert look() == (3, now)
    now -= timedelta(days=1)  # a clock that was set back
    assert look() == (3, now)


def test_what_was_verified_is_verified_again_only_where_it_is_new(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another ledger, or one that was cut off, is verified as one seen for the first time."""
    with open_archive(place) as archive:
        for _check in range(3):
            append(archive, "stored", PACKAGES[0], "aonb-main", 1)
        size, digest = archive.ledger.size, archive.ledger.digest
    begun: list[int] = []
    verify = Ledger.verify

    def noting(ledger: Ledger, *, since: int = 1) -> list[str]:
        begun.append(since)
        return verify(ledger, since=since)

    monkeypatch.setattr(Ledger, "verify", noting)
    config = configuration.load(place)
    for verified in (
        None,
        (size, digest),
        (size - 1, digest),
        (size, "0" * 64),
        (size + 5, digest),
    ):
        ArchivalStorage(config, verified=verified).ledger.close()
    assert begun == [1, size + 1, 1, 1, 1]


def test_an_entry_that_was_changed_is_found_although_the_others_were_verified(place: Path) -> None:
    with open_archive(place) as archive:
        size, digest = archive.ledger.size, archive.ledger.digest
        append(archive, "stored", PACKAGES[0], "aonb-main", 1)
    config = configuration.load(place)
    with closing(sqlite3.connect(config.ledger)) as raw, raw:
        raw.execute("DROP TRIGGER never_changed")
        raw.execute("UPDATE entry SET package = 'x' WHERE number = ?", [size + 1])
    with pytest.raises(LedgerError, match="was changed"):
        ArchivalStorage(config, verified=(size, digest))
