"""A damaged copy gets back what was recorded; nothing is guessed, deleted or made worse."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from preserva.archive.archive import ArchivalStorage
from preserva.archive.events import LogRecord
from preserva.archive.stored_copy import StoredCopy
from preserva.core.eark.premis_read import read_events
from preserva.core.values.codes import Code
from preserva.core.values.entries import RECOVERY, RECOVERY_START
from preserva.core.values.facts import Recovery, RecoveryStart
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import NotFound, PreservaError, Refused
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from tests.faults.damage import CASES, COPIES, MANIFEST, P1, P2, PACKAGE, flip, folder
from tests.support.books import RECORD, an_archive, make_book


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive with one package of two versions, in two copies."""
    record = make_book(tmp_path / "book")
    (tmp_path / "new.xml").write_text(RECORD.replace("Амурѣ", "Зеѣ"), encoding="utf-8")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
        update(archive, PACKAGE, Change(tmp_path / "new.xml", reason="a test"))
        (done,) = replicate(archive)
        assert done.acknowledged == ["v1", "v2"]
    return tmp_path


def content(path: Path) -> dict[str, bytes]:
    """Every file of an object, but for the records of what happened to it since."""
    return {
        str(one.relative_to(path)): one.read_bytes()
        for one in sorted(path.rglob("*"))
        if one.is_file() and "recovery" not in one.name
    }


def sound(archive: ArchivalStorage) -> bool:
    """Whether both copies are what was recorded, without so much as a warning."""
    reports = validate_stored(archive, PACKAGE)
    return [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("kind", sorted(CASES))
def test_every_kind_of_damage_is_repaired_from_the_other_copy(
    kind: str, copy: str, place: Path
) -> None:
    """To the last byte; the plan alone changes nothing, and a second repair does nothing."""
    with an_archive(place / "archive") as archive:
        target = folder(archive.store(copy))
        before = content(target)
        CASES[kind][0](target)
        damaged = content(target)
        (planned,) = repair(archive, [PACKAGE], storage=copy)
        assert (planned.needed, planned.applied, planned.report.findings) == (True, False, [])
        assert content(target) == damaged
        (done,) = repair(archive, [PACKAGE], storage=copy, apply=True)
        assert (done.aside, done.put) == (planned.aside, planned.put)
        assert (done.applied, done.report.findings) == (True, [])
        assert content(target) == before
        assert sound(archive)
        entries = len(list(archive.ledger.entries()))
        (again,) = repair(archive, [PACKAGE], storage=copy, apply=True)
        assert (again.needed, again.applied, again.report.findings) == (False, False, [])
        assert len(list(archive.ledger.entries())) == entries
        assert archive.ledger.verify() == []


@pytest.mark.parametrize("copy", COPIES)
def test_what_was_in_the_way_is_kept_and_the_events_are_recorded(copy: str, place: Path) -> None:
    """The damaged bytes in quarantine, the ledger's entries, a PREMIS event in both copies."""
    with an_archive(place / "archive") as archive:
        store = archive.store(copy)
        target = folder(store) / P1
        flip(target)
        bad = target.read_bytes()
        (done,) = repair(archive, [PACKAGE], storage=copy, apply=True)
        (other,) = set(COPIES) - {copy}
        assert (done.aside, [(one.path, one.stores) for one in done.put]) == (
            (P1,),
            [(P1, (other,))],
        )
        moved = archive.ledger.last(package=PACKAGE.uri, types=(RECOVERY_START,))
        came = archive.ledger.last(package=PACKAGE.uri, types=(RECOVERY,))
        assert moved is not None
        assert came is not None
        assert (moved.storage, moved.outcome, moved.facts["aside"]) == (copy, "success", [P1])
        assert (Path(store.storage.url) / moved.facts["quarantine"] / P1).read_bytes() == bad
        assert (came.storage, came.outcome, came.facts["from"]) == (copy, "success", other)
        for one in archive.stores():
            (log,) = (folder(one) / "logs").glob("*recovery*.xml")
            with log.open("rb") as stream:
                (event,) = read_events(stream)
            assert event.identifier.value == came.facts["event"]


def test_without_a_name_it_repairs_what_the_last_checks_found(place: Path) -> None:
    """Only copies that a check found damaged, and each of them."""
    with an_archive(place / "archive") as archive:
        assert repair(archive, apply=True) == []
        for copy, path in zip(COPIES, (P1, P2), strict=True):
            flip(folder(archive.store(copy)) / path)
        assert repair(archive, apply=True) == []
        assert not sound(archive)
        done = repair(archive, apply=True)
        assert [(one.storage, one.aside, one.applied) for one in done] == [
            ("aonb-main", (P1,), True),
            ("nlb-copy", (P2,), True),
        ]
        assert sound(archive)
        assert repair(archive, apply=True) == []


def test_the_same_file_damaged_in_both_copies_stays_as_it_is(place: Path) -> None:
    """What can be mended beside it is; two copies that agree on a wrong file prove nothing."""
    with an_archive(place / "archive") as archive:
        wrong = b"the same in both, and not what was recorded"
        for copy in COPIES:
            (folder(archive.store(copy)) / P1).write_bytes(wrong)
        flip(folder(archive.primary) / MANIFEST)
        done = repair(archive, [PACKAGE], apply=True)
        assert [(one.storage, one.aside, one.applied) for one in done] == [
            ("aonb-main", (MANIFEST,), True),
            ("nlb-copy", (), False),
        ]
        for one in done:
            assert [(found.code, found.path) for found in one.report.findings] == [
                (Code.NO_GOOD_COPY, P1)
            ]
            assert (folder(archive.store(one.storage)) / P1).read_bytes() == wrong


def test_without_the_other_storage_nothing_is_called_lost(place: Path) -> None:
    """It may have what is missing here."""
    with an_archive(place / "archive") as archive:
        flip(folder(archive.primary) / P1)
        other = Path(archive.store("nlb-copy").storage.url)
    other.rename(other.with_name("unmounted"))
    with an_archive(place / "archive") as archive:
        (done,) = repair(archive, [PACKAGE], storage="aonb-main", apply=True)
        assert (done.needed, done.applied) == (False, False)
        assert [(one.code, one.path) for one in done.report.findings] == [(Code.NO_COPY_SEEN, P1)]
        assert done.report.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("copy", COPIES)
def test_another_valid_package_in_its_place_is_put_aside_whole(copy: str, place: Path) -> None:
    """It is not damaged in itself: only what was recorded shows that it is the wrong one."""
    record = make_book(place / "other", seed=9)
    with an_archive(place / "elsewhere") as elsewhere:
        package(place / "other", record, elsewhere)
        strange = folder(elsewhere.primary)
    with an_archive(place / "archive") as archive:
        target = folder(archive.store(copy))
        before = content(target)
        shutil.rmtree(target)
        shutil.copytree(strange, target)
        log = next(iter((target / "logs").iterdir()))
        (done,) = repair(archive, [PACKAGE], storage=copy, apply=True)
        assert (done.applied, done.report.findings) == (True, [])
        assert {key: data for key, data in content(target).items() if log.name not in key} == before
        reports = validate_stored(archive, PACKAGE)
        assert {found.code for one in reports for found in one.findings} == {Code.LOG_UNKNOWN}


def test_a_version_that_goes_on_from_ours_is_for_a_person_to_decide(place: Path) -> None:
    """Somebody made it on purpose: nothing is moved."""
    shutil.copytree(place / "archive", place / "other")
    (place / "third.xml").write_text(RECORD.replace("Амурѣ", "Буреѣ"), encoding="utf-8")
    with an_archive(place / "other") as other:
        update(other, PACKAGE, Change(place / "third.xml", reason="a test"))
        further = folder(other.primary) / "v3"
    with an_archive(place / "archive") as archive:
        target = folder(archive.store("nlb-copy"))
        shutil.copytree(further, target / "v3")
        flip(target / P1)
        before = content(target)
        (done,) = repair(archive, [PACKAGE], storage="nlb-copy", apply=True)
        assert (done.needed, done.applied) == (False, False)
        assert [(one.code, one.path) for one in done.report.findings] == [(Code.DIVERGED, "v3")]
        assert content(target) == before


def test_too_many_at_once_are_refused(place: Path) -> None:
    """Then the storage fails, and a repair would write to what fails."""
    with an_archive(place / "archive") as archive:
        packages = [PACKAGE]
        for number in range(1, 4):
            record = make_book(place / f"book{number}", pages=1, seed=number)
            made = package(place / f"book{number}", record, archive, local=f"n{number}")
            packages.append(made.package)
        replicate(archive)
        store = archive.store("nlb-copy")
        for one in packages:
            flip(
                Path(store.storage.url)
                / store.root.path_of(one.uri)
                / P1.replace("kp-7", one.local)
            )
        before = content(Path(store.storage.url) / "ocfl")
        with pytest.raises(Refused, match="4 copies in nlb-copy need repair, more than 3"):
            repair(archive, packages, storage="nlb-copy", apply=True)
        assert content(Path(store.storage.url) / "ocfl") == before
        assert len(repair(archive, packages, storage="nlb-copy")) == 4
        done = repair(archive, packages, storage="nlb-copy", apply=True, limit=4)
        assert [one.applied for one in done] == [True] * 4


def test_a_package_that_nobody_recorded_is_not_touched(place: Path) -> None:
    """There is nothing to compare with."""
    with an_archive(place / "archive") as archive, pytest.raises(NotFound, match="kp-8"):
        repair(archive, [PackageId("aonb", "kp-8")], apply=True)


class _KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("later", [timedelta(), timedelta(hours=5)], ids=["at once", "later"])
@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_kill_between_the_records_of_a_repair_and_the_ledger_costs_nothing(
    kept: int, later: timedelta, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each record: the next run makes the same ones, at whatever time, and completes it."""
    keep_log, calls = StoredCopy.keep_log, count()

    def killed(copy: StoredCopy, log: LogRecord, by: str) -> None:
        number = next(calls)
        if number < kept:
            keep_log(copy, log, by)
        if number == max(kept - 1, 0):
            raise _KilledError

    with an_archive(place / "archive") as archive:
        now = archive.clock()
        archive.clock = lambda: now
        flip(folder(archive.store("nlb-copy")) / P1)
        with monkeypatch.context() as patched, pytest.raises(_KilledError):
            patched.setattr(StoredCopy, "keep_log", killed)
            repair(archive, [PACKAGE], storage="nlb-copy", apply=True)
        assert archive.ledger.last(package=PACKAGE.uri, types=(RECOVERY,)) is None
        left = [
            len(list((folder(store) / "logs").glob("*recovery*"))) for store in archive.stores()
        ]
        assert left == [int(kept > 1), int(kept > 0)]
        archive.clock = lambda: now + later
        (done,) = repair(archive, [PACKAGE], storage="nlb-copy", apply=True)
        assert (done.outcome, done.needed) == (Outcome.PASS, False)
        assert sound(archive)
        start = archive.ledger.last(package=PACKAGE.uri, types=(RECOVERY_START,))
        end = archive.ledger.last(package=PACKAGE.uri, types=(RECOVERY,))
        assert start is not None and end is not None
        facts = end.facts_as(Recovery)
        assert (end.outcome, facts.event) == ("success", start.facts_as(RecoveryStart).event)
        for store in archive.stores():
            (record,) = (folder(store) / "logs").glob("*recovery*.xml")
            assert hashlib.sha256(record.read_bytes()).hexdigest() == facts.sha256


def test_another_record_under_the_name_of_ours_is_not_taken_for_it(place: Path) -> None:
    """The same name is not enough: nothing is overwritten, and that is said."""
    with an_archive(place / "archive") as archive:
        copy = StoredCopy(archive, archive.store("nlb-copy"), PACKAGE)
        log = LogRecord("logs/20261123T100000-recovery-x.xml", b"ours", "x")
        copy.keep_log(log, "main")
        copy.keep_log(log, "main")
        kept = folder(copy.store) / log.path
        assert kept.read_bytes() == b"ours"
        with pytest.raises(PreservaError):
            copy.keep_log(replace(log, data=b"other"), "main")
        assert kept.read_bytes() == b"ours"
