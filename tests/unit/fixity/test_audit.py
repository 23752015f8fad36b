"""The audit: what is due is read and recorded, damage is told from absence, nothing is invented."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.core.policy.audit import Reason
from preserva.core.policy.judgement import State
from preserva.core.values.codes import Code
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.entries import START as BEGUN
from preserva.core.values.facts import Arrival
from preserva.core.values.model import PackageId
from preserva.core.values.report import Advanced, Outcome, Progress
from preserva.core.values.subjects import CopyInStorage, ObjectInStorage
from preserva.errors import Locked, UsageError
from preserva.fixity import ocfl_object as objectcheck
from preserva.fixity.audit import Audit, Budget, audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.reporting.incidents import open_incidents
from preserva.reporting.levels import evidence
from preserva.reporting.overview import copy_states, overview
from preserva.reporting.status import status
from tests.support.books import an_archive, make_book
from tests.support.reports import copy_of

START = datetime(2026, 12, 1, tzinfo=UTC)
BOOKS = 3


@pytest.fixture
def place(three_books: Path) -> Path:
    """An archive of three packages in two storages."""
    return three_books


@contextmanager
def at(place: Path, day: float) -> Iterator[ArchivalStorage]:
    """The archive on a day after START."""
    now = START + timedelta(days=day)
    with open_archive(place / config.NAME, clock=lambda: now) as archive:
        yield archive


def run(place: Path, day: float, budget: Budget | None = None) -> Audit:
    """One run."""
    with at(place, day) as archive:
        return audit(archive, budget=budget or Budget())


def page(place: Path, storage: str = "nlb-copy", number: int = 1) -> Path:
    """A page of a book in a storage."""
    with at(place, 0) as archive:
        store = archive.store(storage)
        folder = store.root.path_of(PackageId("aonb", f"kp-{number}").uri)
        found = sorted((Path(store.storage.url) / folder).rglob("*.tif"))
    return found[0]


def flip(path: Path) -> bytes:
    """Change one bit; the bytes as they were."""
    before = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(bytes([before[0] ^ 1]) + before[1:])
    return before


def test_each_copy_is_read_once_in_its_interval(place: Path) -> None:
    """And recorded with bytes, time and the digest that it was held to."""
    first = run(place, 0)
    assert [report.outcome for report in first.reports] == [Outcome.PASS] * 2 * BOOKS
    assert (first.left, first.unreachable, first.forecast.overdue) == ([], {}, 0)
    assert run(place, 1).reports == []
    assert len(run(place, 85).reports) == 2 * BOOKS
    with at(place, 85) as archive:
        checks = list(archive.ledger.entries(types=(FIXITY_CHECK,)))
    assert len(checks) == 4 * BOOKS
    assert sum(one.facts["bytes"] for one in checks[: 2 * BOOKS]) == first.bytes_read
    assert {one.facts["newest"] for one in checks} == {"v1"}
    assert all(len(one.facts["inventory"]) == 128 for one in checks)
    assert all(one.facts["milliseconds"] >= 0 for one in checks)


def test_a_budget_ends_a_run_and_the_next_goes_on(place: Path) -> None:
    """Nothing is read twice, nothing is left out; what was left is named."""
    one, two = run(place, 0, budget=Budget(size=1)), run(place, 0, budget=Budget(size=1))
    assert (len(one.reports), len(one.left)) == (1, 2 * BOOKS - 1)
    assert (len(two.reports), len(two.left)) == (1, 2 * BOOKS - 2)
    assert one.reports[0].subject != two.reports[0].subject
    assert one.forecast.missed_from is not None
    ticks = count()
    with at(place, 0) as archive:
        three = audit(archive, budget=Budget(seconds=0), timer=lambda: float(next(ticks)))
    assert (three.reports, len(three.left)) == ([], 2 * BOOKS - 2)
    assert len(run(place, 0).reports) == 2 * BOOKS - 2


@pytest.mark.parametrize("kept", ["whole", "torn", "old", "nonsense"])
def test_a_large_copy_is_gone_on_with(
    place: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    """File by file; what an earlier run read counts if its memory is whole and not too old."""
    monkeypatch.setattr("preserva.fixity.audit_run._WORTH_A_PAUSE", 1)
    read: list[str] = []

    def watch(progress: Progress) -> None:
        if isinstance(progress, Advanced) and progress.path:
            read.append(progress.path)

    with at(place, 0) as archive:
        objects = archive.store("aonb-main").root.read("urn:preserva:aonb:kp-0")
        names = set(objects.inventory.content())
    only = ("aonb-main", "aonb-kp-0")
    for turn in range(1, 4):
        with at(place, turn / 10) as archive:
            found = audit(archive, only=only, budget=Budget(size=1), observer=watch)
            assert (found.reports, found.left_count) == ([], 1)
            assert archive.ledger.newest(FIXITY_CHECK) is None
    first = list(read)  # of files that are read together any may end first
    assert (len(set(first)), set(first) <= names) == (3, True)
    memory = place / "ledger-audits/aonb-main/aonb-kp-0.jsonl"
    if kept == "torn":
        memory.write_bytes(memory.read_bytes()[:-3])
    elif kept == "nonsense":
        memory.write_bytes(b"[1]\n\xff")
    day = 8 if kept == "old" else 1
    with at(place, day) as archive:
        (report,) = audit(archive, only=only, observer=watch).reports
        entry = archive.ledger.newest(FIXITY_CHECK)
    again = {"whole": [], "torn": first[2:], "old": first, "nonsense": first}[kept]
    assert sorted(read[3:]) == sorted([*again, *names.difference(first)])
    assert report.outcome is Outcome.PASS
    assert entry is not None
    since = None if kept in {"old", "nonsense"} else (START + timedelta(days=0.1)).isoformat()
    assert entry.facts.get("begun") == since
    assert entry.facts["files"] == report.listed
    assert not memory.exists()


def test_a_second_reading_reads_only_what_was_not_as_recorded(place: Path) -> None:
    """The whole of a large book need not be read twice for one page."""
    flip(page(place))
    read: list[str] = []

    def watch(progress: Progress) -> None:
        if isinstance(progress, Advanced) and progress.path:
            read.append(progress.path)

    with at(place, 0) as archive:
        (report,) = audit(archive, only=("nlb-copy", "aonb-kp-1"), observer=watch).reports
    wrong = Code.OBJECT_DIGEST_MISMATCH
    damaged = [one.path or "" for one in report.findings if one.code is wrong]
    assert len(damaged) == 1
    assert sorted(read) == sorted([*set(read), *damaged])


def test_what_is_as_recorded_is_not_validated_once_more(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was valid when it was stored; what a person asks to be validated always is."""
    validated: list[str] = []
    monkeypatch.setattr(
        objectcheck._Check,
        "_bag",
        lambda check, _inventory, version, _seen: validated.append(f"{check.path} {version}"),
    )
    found = run(place, 0)
    assert [one.outcome for one in found.reports] == [Outcome.PASS] * 2 * BOOKS
    assert validated == []
    with at(place, 0) as archive:
        validate_stored(archive, PackageId("aonb", "kp-1"))
    assert len(validated) == 2


def test_a_bandwidth_is_kept_to(place: Path) -> None:
    """All that is read has had its time when the next is read; by a clock that only we move."""
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    with at(place, 0) as archive:
        budget = Budget(bandwidth=1_000)
        found = audit(archive, budget=budget, timer=lambda: now, sleep=sleep)
    assert len(found.reports) == 2 * BOOKS
    least = (found.bytes_read - 2 * 100_000) / 1_000  # of each storage, the last file need not wait
    assert least <= now <= 1.2 * found.bytes_read / 1_000  # the records of events are read as well
    assert found.forecast.capacity is not None and found.forecast.capacity <= 1_000 * 86_400


def test_one_audit_of_a_storage_at_a_time(place: Path) -> None:
    """A run that takes longer than a day is not overtaken; other storages can be read."""
    with at(place, 0) as archive, archive.auditing("nlb-copy"):
        with pytest.raises(Locked, match=r"nlb-copy.*process"):
            audit(archive)
        assert len(audit(archive, only=("aonb-main",)).reports) == BOOKS
        assert len(audit(archive, dry_run=True).left) == BOOKS


def test_a_dry_run_says_what_is_due_and_records_nothing(place: Path) -> None:
    """In the order in which it would be read."""
    with at(place, 0) as archive:
        found = audit(archive, dry_run=True)
        assert archive.ledger.last(types=(FIXITY_CHECK,)) is None
    assert (found.reports, found.bytes_read) == ([], 0)
    assert {one.reason for one in found.left} == {Reason.NEVER}
    assert len(found.left) == 2 * BOOKS


def test_only_and_moved_choose_copies(place: Path) -> None:
    """A package, a storage, both; a name that is neither is refused."""
    run(place, 0)
    with at(place, 2) as archive:
        found = audit(archive, only=("aonb-kp-1",), moved=("nlb-copy",))
        assert [one.subject for one in found.reports] == [
            CopyInStorage(PackageId("aonb", "kp-1"), "nlb-copy")
        ]
        assert len(audit(archive, moved=("nlb-copy",), only=("nlb-copy",)).reports) == BOOKS
        assert audit(archive, moved=("nlb-copy",), only=("aonb-main",)).reports == []
        with pytest.raises(UsageError, match="NOTHING"):
            audit(archive, only=("NOTHING",))
        with pytest.raises(UsageError, match="nowhere"):
            audit(archive, moved=("nowhere",))


def test_a_storage_can_have_an_interval_of_its_own(place: Path) -> None:
    """The other keeps to the policy's."""
    path = place / config.NAME
    text = path.read_text("utf-8")
    path.write_text(
        text.replace('name = "Minsk"', 'name = "Minsk"\naudit_interval_days = 30'), "utf-8"
    )
    run(place, 0)
    found = run(place, 29)
    assert [copy_of(report).storage for report in found.reports] == ["nlb-copy"] * BOOKS


def test_damage_is_read_twice_and_both_readings_are_recorded(place: Path) -> None:
    """The other copies are read all the same."""
    flip(page(place))
    found = run(place, 0)
    assert [one.outcome for one in found.reports].count(Outcome.FAIL) == 1
    assert len(found.reports) == 2 * BOOKS
    with at(place, 0) as archive:
        entries = archive.ledger.entries(types=(FIXITY_CHECK,))
        (entry,) = [one for one in entries if one.outcome == "fail"]
    assert (entry.package, entry.storage) == ("urn:preserva:aonb:kp-1", "nlb-copy")
    assert entry.facts["findings"] == entry.facts["first_reading"]
    assert entry.facts["findings"][0]["code"] == Code.OBJECT_DIGEST_MISMATCH.value


def test_an_error_of_one_reading_is_no_damage(place: Path) -> None:
    """The second reading was sound: the copy is, and the machine is to be looked at."""
    path = page(place)
    before = flip(path)

    def mend(progress: Progress) -> None:
        name = progress.path if isinstance(progress, Advanced) else None
        if name is not None and path.as_posix().endswith(name):
            path.write_bytes(before)

    with at(place, 0) as archive:
        found = audit(archive, only=("aonb-kp-1", "nlb-copy"), observer=mend)
    (report,) = found.reports
    assert report.outcome is Outcome.PASS
    assert [one.code for one in report.findings] == [Code.READINGS_DIFFER]
    with at(place, 0) as archive:
        entry = archive.ledger.last(types=(FIXITY_CHECK,))
    assert entry is not None
    assert entry.outcome == "success"
    assert entry.facts["first_reading"][0]["code"] == Code.OBJECT_DIGEST_MISMATCH.value


def test_a_storage_that_is_away_is_reported_once(place: Path) -> None:
    """Not as so many missing books; its copies stay due, the others are read."""
    storage = place / "storages" / "nlb-copy"
    storage.rename(place / "away")
    storage.mkdir()
    found = run(place, 0)
    assert (len(found.reports), len(found.left), list(found.unreachable)) == (3, 3, ["nlb-copy"])
    assert {one.outcome for one in found.reports} == {Outcome.PASS}
    with at(place, 0) as archive:
        entries = [*archive.ledger.entries(types=(FIXITY_CHECK,), storage="nlb-copy")]
    assert [(one.package, one.outcome) for one in entries] == [(None, "unknown")]
    storage.rmdir()
    (place / "away").rename(storage)
    assert len(run(place, 0).reports) == BOOKS


def test_known_damage_stays_known_though_nothing_is_due(place: Path) -> None:
    """The outcome is that of the archive; a scope that the damage is not in does not have it."""
    flip(page(place))
    assert run(place, 0).outcome is Outcome.FAIL
    for day in (1, 2):
        again = run(place, day)
        assert (again.reports, again.outcome, again.waits) == ([], Outcome.FAIL, True)
        assert again.state is not None
        assert (again.state.incidents, again.state.undecided) == (1, 1)
        assert again.state.few == [("urn:preserva:aonb:kp-1", 1)]
    with at(place, 3) as archive:
        assert audit(archive, only=("aonb-main",)).outcome is Outcome.PASS
        assert audit(archive, only=("aonb-kp-0",)).outcome is Outcome.PASS
        assert audit(archive, only=("aonb-kp-1",)).outcome is Outcome.FAIL
        assert audit(archive, only=("nlb-copy",)).outcome is Outcome.FAIL
        assert audit(archive, dry_run=True).state is None


def test_a_package_with_too_few_copies_is_no_success(place: Path) -> None:
    """All that there is was read, and is sound; that is not enough."""
    path = place / config.NAME
    path.write_text(path.read_text("utf-8").replace("copies = 2 ", "copies = 3 "), "utf-8")
    found = run(place, 0)
    assert {report.outcome for report in found.reports} == {Outcome.PASS}
    assert (found.outcome, found.waits) == (Outcome.UNKNOWN, True)
    assert found.state is not None
    assert [counted for _package, counted in found.state.few] == [2] * BOOKS


@pytest.mark.parametrize("kind", ["package", "nonsense", "elsewhere"])
def test_what_the_ledger_does_not_know_is_named_until_it_is_gone(place: Path, kind: str) -> None:
    """A package that nobody recorded, an object that is none, one in the place of no package."""
    with at(place, 0) as archive:
        assert audit(archive).outcome is Outcome.PASS
        store = archive.store("nlb-copy")
        root, uri = Path(store.storage.url), PackageId("aonb", "kp-9").uri
        right = store.root.path_of(uri)
        target = root / (f"{right}x" if kind == "elsewhere" else right)
        if kind == "package":
            with an_archive(place.parent / "other") as other:
                record = make_book(place.parent / "strange", seed=9)
                package(place.parent / "strange", record, other, local="kp-9")
                lies = Path(other.primary.storage.url) / other.primary.root.path_of(uri)
        else:
            lies = root / store.root.path_of(PackageId("aonb", "kp-0").uri)
        shutil.copytree(lies, target)
        if kind == "nonsense":
            (target / "inventory.json").write_text("[]")
        code = Code.NOT_RECORDED
        name = uri if kind == "package" else target.relative_to(root).as_posix()
        assert audit(archive, only=("aonb-main",)).outcome is Outcome.PASS
        for _night in range(2):
            found = audit(archive)
            (report,) = found.reports
            assert report.subject == ObjectInStorage(name, "nlb-copy")
            assert [one.code for one in report.findings] == [code]
            assert (found.outcome, found.waits) == (report.outcome, True)
            (incident,) = open_incidents(archive)
            assert (incident.package, incident.state) == (name, State.UNRECORDED)
            assert (incident.seen, incident.codes) == (1, (code.value,))
            assert [row.package for row in status(archive) if row.outcome is Outcome.UNKNOWN] == [
                name
            ]
            assert overview(archive).outcome is Outcome.UNKNOWN
            assert [one.package for one in copy_states(archive)].count(name) == 1
            assert evidence(archive).packages == BOOKS
        shutil.rmtree(target)
        assert audit(archive).outcome is Outcome.PASS
        assert open_incidents(archive) == []
        assert archive.ledger.verify_copies() == []


def test_a_package_that_is_being_stored_is_no_stranger(place: Path) -> None:
    """A run was killed between the rename and the ledger: the next writer takes it over."""
    with at(place, 0) as archive:
        audit(archive)
        source = Path(archive.primary.storage.url)
        uri = PackageId("aonb", "kp-9").uri
        shutil.copytree(
            source / archive.primary.root.path_of(PackageId("aonb", "kp-0").uri),
            source / archive.primary.root.path_of(uri),
        )
        archive.ledger.append(
            BEGUN, time=archive.now(), outcome="success", package=uri, storage="aonb-main",
            version="v1", facts=Arrival(inventory="00"),
        )  # fmt: skip
        assert audit(archive).outcome is Outcome.PASS
        assert open_incidents(archive) == []


def test_a_year_with_damage_and_outages(place: Path) -> None:
    """Every damage is told within its interval, none is invented, and no copy is ever late.

    A known damage is told again when the copy is due again or drawn early, and not in between.
    """
    chance = random.Random(7)
    damaged_on = {40: 0, 150: 1, 260: 2}
    away = {102, 201}
    storage, hidden = place / "storages" / "nlb-copy", place / "hidden"
    told: dict[int, list[tuple[int, bool]]] = {number: [] for number in range(BOOKS)}
    for day in range(0, 365, 3):
        for when, number in damaged_on.items():
            if day - 3 < when <= day:
                flip(page(place, number=number))
        if day in away:
            storage.rename(hidden)
        time = day + chance.random()
        with at(place, time) as archive:
            due = audit(archive, dry_run=True).left
            found = audit(archive)
        assert found.forecast.overdue == 0
        assert list(found.unreachable) == (["nlb-copy"] if day in away else [])
        early = {one.copy.package for one in due if one.reason is Reason.EARLY}
        for report in found.reports:
            name = copy_of(report).storage
            number = int(copy_of(report).package.local[-1])
            sound = name == "aonb-main" or not any(
                when <= day for when, which in damaged_on.items() if which == number
            )
            assert report.outcome is (Outcome.PASS if sound else Outcome.FAIL)
            if not sound:
                told[number].append((day, copy_of(report).package.uri in early))
        if day in away:
            hidden.rename(storage)
    for when, number in damaged_on.items():
        assert when <= told[number][0][0] <= when + 90
        pairs = pairwise(told[number])
        assert all(later - earlier >= 78 or drawn for (earlier, _), (later, drawn) in pairs)
