"""A simulated year of nightly audits: damage, outages, kills, growth, a clock that jumps.

Reading is played, by who knows what is damaged; choosing, budget, ledger, incidents and forecast
are the real ones. PRESERVA_LONG=1 plays it with thousands of packages.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.codes import Code
from preserva.core.values.entries import END, FAIL, FIXITY_CHECK, REPLICATION, SUCCESS
from preserva.core.values.facts import Arrival
from preserva.core.values.model import PackageId
from preserva.core.values.report import Advanced, Finding, Observer, Report
from preserva.fixity.audit import Budget, audit
from preserva.reporting.incidents import open_incidents
from tests.support.books import an_archive

START = datetime(2026, 12, 1, tzinfo=UTC)
INTERVAL = 90
GROWTH = 12  # packages a month for each hundred
PACKAGES = 3000 if os.environ.get("PRESERVA_LONG") == "1" else 40
SIZE = 1000
STORAGES = {"aonb-main": END, "nlb-copy": REPLICATION}
AWAY = range(200, 204)
JUMPS = {120: 15.0, 280: -10.0}

Copy = tuple[str, str]


class World:
    """What is true of the copies, and what the audits did."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.chance = random.Random(2026)
        self.day = 0.0
        self.copies: dict[Copy, float] = {}
        self.damaged: dict[Copy, float] = {}
        self.told: dict[Copy, float] = {}
        self.read: dict[Copy, list[float]] = defaultdict(list)
        self.kill_at: int | None = None

    def check(
        self,
        stored: StoredCopy,
        _official: object,
        observer: Observer,
        _resume: object,
        *,
        fixity: bool,
    ) -> Report:
        """A reading of a copy, as `check_copy` gives it."""
        assert fixity
        if self.kill_at is not None:
            self.kill_at -= 1
            if self.kill_at < 0:
                self.kill_at = None
                raise KeyboardInterrupt
        copy = (stored.package.uri, stored.store.id)
        findings = []
        if copy in self.damaged:
            findings = [Finding(Code.OBJECT_DIGEST_MISMATCH, "page")]
            self.told.setdefault(copy, self.day)
        observer(Advanced(SIZE, "page"))
        self.read[copy].append(self.day)
        return Report(stored.subject, findings, 1, 1, SIZE, {"v1": "00"})

    @contextmanager
    def archive(self, jump: float = 0.0) -> Iterator[ArchivalStorage]:
        """The archive on this day, by a clock that may be wrong."""
        now = START + timedelta(days=self.day + jump)
        with open_archive(self.place / configuration.NAME, clock=lambda: now) as archive:
            yield archive

    def grow(self, archive: ArchivalStorage, count: int) -> None:
        """More packages, stored and replicated."""
        for _package in range(count):
            uri = PackageId("aonb", f"kp-{len(self.copies) // 2}").uri
            for storage, type_ in STORAGES.items():
                archive.ledger.append(
                    type_,
                    time=archive.now(),
                    outcome=SUCCESS,
                    package=uri,
                    storage=storage,
                    version="v1",
                    facts=Arrival(inventory="00"),
                )
                self.copies[uri, storage] = self.day


def test_a_year(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No interval is exceeded, each damage is told within one, once, and none is invented."""
    with an_archive(tmp_path):
        pass
    world = World(tmp_path)
    monkeypatch.setattr("preserva.fixity.audit_run.check_copy", world.check)
    with world.archive() as archive:
        world.grow(archive, PACKAGES)
    storage, hidden = tmp_path / "storages/nlb-copy", tmp_path / "hidden"
    for day in range(365):
        world.day = float(day)
        if day == AWAY.start:
            storage.rename(hidden)
        if day == AWAY.stop:
            hidden.rename(storage)
        with world.archive(JUMPS.get(day, 0.0)) as archive:
            if day % 30 == 29:
                world.grow(archive, PACKAGES * GROWTH // 100)
            if world.chance.random() < 0.06:
                sound = sorted(world.copies.keys() - world.damaged.keys())
                world.damaged[world.chance.choice(sound)] = world.day
            if world.chance.random() < 0.1:
                world.kill_at = world.chance.randrange(3)
            nightly = max(6, len(world.copies) * 2 // INTERVAL) * SIZE  # twice what it takes
            try:
                found = audit(archive, budget=Budget(size=nightly))
            except KeyboardInterrupt:
                continue
            away = day in AWAY
            assert list(found.unreachable) in ([], ["nlb-copy"]) and (away or not found.unreachable)
            told = any(when <= day < when + 20 for when in JUMPS)  # what lies ahead is not known
            if day > INTERVAL and not told and not away:
                assert found.forecast.overdue == 0, day
    world.kill_at = None
    judge(world)


def judge(world: World) -> None:
    """What the year must have been like."""
    slack = len(AWAY) + 2  # nights on which nothing could be read, or were cut short
    for copy, arrived in world.copies.items():
        days = [arrived, *world.read[copy], 365.0]
        gaps = [later - earlier for earlier, later in pairwise(days)]
        assert max(gaps) <= INTERVAL + slack, (copy, days)
    for copy, when in world.damaged.items():
        told = world.told.get(copy)
        assert told is not None or when > 365 - INTERVAL - slack, (copy, when)
        assert told is None or when <= told <= when + INTERVAL + slack
    with world.archive() as archive:
        assert archive.ledger.verify() == archive.ledger.verify_copies() == []
        entries = list(archive.ledger.entries(types=(FIXITY_CHECK,)))
        incidents = open_incidents(archive)
    failed = {(one.package, one.storage) for one in entries if one.outcome == FAIL}
    assert failed == set(world.told)
    assert {(one.package, one.storage) for one in incidents} == set(world.told)
    assert len(incidents) == len(world.told) > 10
