"""Each side knows by itself what was brought to it; what one side lost comes from the other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.archive.archive import (
    ArchivalStorage,
    create_archive,
    new_identifier,
    open_archive,
    utc_now,
)
from preserva.archive.stored_copy import StoredCopy
from preserva.cli.main import status_of
from preserva.core.policy.judgement import State
from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION, FIXITY_CHECK
from preserva.core.values.report import Finding, Outcome
from preserva.errors import Refused, UsageError
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.accession import receive
from preserva.replication.rebuild_ledger import rebuild_ledger
from preserva.replication.rebuild_storage import rebuild_storage
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from preserva.reporting.levels import evidence
from preserva.reporting.overview import overview
from preserva.reporting.status import status
from tests.faults.damage import P1, PACKAGE, flip
from tests.support.books import RECORD, an_archive, make_book, object_folder
from tests.support.partners import OTHER_SIDE


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two institutions: one has a package of one version, and has brought it to the other."""
    (tmp_path / "new.xml").write_text(RECORD.replace("Амурѣ", "Зеѣ"), encoding="utf-8")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", make_book(tmp_path / "book"), archive)
        replicate(archive)
    (tmp_path / "minsk").mkdir()
    path = tmp_path / "minsk" / configuration.NAME
    path.write_text(OTHER_SIDE, "utf-8")
    create_archive(configuration.load(path))
    return tmp_path


@contextmanager
def minsk(place: Path) -> Iterator[ArchivalStorage]:
    """The archive of the institution that keeps the copies."""
    with open_archive(place / "minsk" / configuration.NAME) as archive:
        yield archive


def test_an_object_in_the_wrong_place_is_not_acknowledged(place: Path) -> None:
    """Every audit would miss it where it should be."""
    with minsk(place) as archive:
        store = archive.store("nlb-copy")
        right = store.root.path_of(PACKAGE.uri)
        there = Path(store.storage.url) / right
        there.rename(there.with_name("moved"))
        wrong = f"{right.rpartition('/')[0]}/moved"
        for dry_run in (True, False):
            (receipt,) = receive(archive, dry_run=dry_run)
            assert receipt.report.findings == [Finding(Code.MISPLACED_OBJECT, wrong, right)]
            assert (receipt.package, receipt.acknowledged) == (PACKAGE.uri, False)
        assert StoredCopy(archive, store, PACKAGE).acknowledged() == set()
        there.with_name("moved").rename(there)
        assert [receipt.acknowledged for receipt in receive(archive)] == [True]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()
    }


def test_what_we_hold_for_others_is_no_part_of_our_policy(place: Path) -> None:
    """It is never short of copies, and proves nothing of ours; its damage is told everywhere."""
    with minsk(place) as archive:
        receive(archive)
        (row,) = status(archive)
        assert [(one.storage, one.state) for one in row.copies] == [("nlb-copy", State.SOUND)]
        assert (row.enough, row.outcome) == (True, Outcome.PASS)
        report, proved = overview(archive), evidence(archive)
        assert (report.few, report.outcome, report.copies) == ((), Outcome.PASS, 1)
        assert (proved.packages, proved.copies) == (0, 0)
        assert audit(archive).outcome is Outcome.PASS
        flip(object_folder(place / "archive", "nlb-copy", PACKAGE) / P1)
        assert audit(archive, moved=("nlb-copy",)).outcome is Outcome.FAIL
        assert [one.outcome for one in status(archive)] == [Outcome.FAIL]
        assert (overview(archive).few, overview(archive).outcome) == ((), Outcome.FAIL)
        assert evidence(archive).damaged == 1


def test_what_was_brought_is_noted_and_audited_from_then_on(place: Path) -> None:
    before = tree(place / "archive/storages")
    with minsk(place) as archive:
        fresh = archive.ledger.size
        (planned,) = receive(archive, dry_run=True)
        assert (planned.versions, planned.acknowledged) == (("v1",), False)
        assert archive.ledger.size == fresh
        (done,) = receive(archive)
        assert (done.package, done.storage, done.versions) == (PACKAGE.uri, "nlb-copy", ("v1",))
        assert (done.acknowledged, done.report.findings) == (True, [])
        assert receive(archive) == []
        (report,) = validate_stored(archive, PACKAGE)
        assert (report.outcome, report.findings) == (Outcome.PASS, [])
        flip(object_folder(place / "archive", "nlb-copy", PACKAGE) / P1)
        run = audit(archive, moved=("nlb-copy",))
        assert [(one.outcome, one.findings[0].code) for one in run.reports] == [
            (Outcome.FAIL, Code.OBJECT_DIGEST_MISMATCH)
        ]
        assert archive.ledger.verify() == []
        with pytest.raises(UsageError, match="only that institution repairs it"):
            repair(archive, [PACKAGE], storage="nlb-copy", apply=True)
    flip(object_folder(place / "archive", "nlb-copy", PACKAGE) / P1)
    assert tree(place / "archive/storages") == before


def test_a_further_version_is_noted_beside_the_first(place: Path) -> None:
    with minsk(place) as archive:
        receive(archive)
    with an_archive(place / "archive") as sender:
        update(sender, PACKAGE, Change(place / "new.xml", reason="a test"))
        replicate(sender)
    with minsk(place) as archive:
        (done,) = receive(archive)
        assert (done.versions, done.acknowledged) == (("v2",), True)
        store = archive.store("nlb-copy")
        assert StoredCopy(archive, store, PACKAGE).acknowledged() == {"v1", "v2"}
        (report,) = validate_stored(archive, PACKAGE)
        assert (report.outcome, report.findings) == (Outcome.PASS, [])


def test_what_arrived_damaged_is_not_noted(place: Path) -> None:
    flip(object_folder(place / "archive", "nlb-copy", PACKAGE) / P1)
    with minsk(place) as archive:
        (done,) = receive(archive)
        assert (done.acknowledged, done.report.outcome) == (False, Outcome.FAIL)
        assert not list(archive.ledger.entries(types=(ACCESSION,)))


def test_another_package_under_the_same_identifier_is_not_noted(place: Path) -> None:
    with minsk(place) as archive:
        receive(archive)
    target = object_folder(place / "archive", "nlb-copy", PACKAGE)
    with an_archive(place / "elsewhere") as elsewhere:
        record = make_book(place / "strange", seed=9)
        package(place / "strange", record, elsewhere)
        update(elsewhere, PACKAGE, Change(place / "new.xml", reason="a test"))
    shutil.rmtree(target)
    shutil.copytree(object_folder(place / "elsewhere", "aonb-main", PACKAGE), target)
    with minsk(place) as archive:
        (done,) = receive(archive)
        assert done.acknowledged is False
        assert Code.NOT_AS_RECORDED in {one.code for one in done.report.findings}


@pytest.mark.parametrize("name", ["aonb-main", "nlb-copy"])
def test_a_lost_storage_comes_back_from_the_other(name: str, place: Path) -> None:
    with an_archive(place / "archive") as archive:
        update(archive, PACKAGE, Change(place / "new.xml", reason="a test"))
        replicate(archive)
    folder = place / "archive/storages" / name
    before = tree(folder / "ocfl")
    shutil.rmtree(folder)
    with an_archive(place / "archive") as archive:
        (planned,) = rebuild_storage(archive, name, dry_run=True)
        assert (planned.needed, planned.applied, folder.exists()) == (True, False, False)
        (done,) = rebuild_storage(archive, name)
        assert (done.applied, done.report.findings) == (True, [])
        after = tree(folder / "ocfl")
        assert {key: data for key, data in after.items() if "recovery" not in key} == before
        reports = validate_stored(archive, PACKAGE)
        assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2
        (again,) = rebuild_storage(archive, name)
        assert (again.needed, again.report.findings) == (False, [])


def test_a_lost_ledger_begins_anew(place: Path) -> None:
    with an_archive(place / "archive") as archive:
        update(archive, PACKAGE, Change(place / "new.xml", reason="a test"))
        replicate(archive)
        config = archive.config
    with pytest.raises(Refused, match="there is a ledger"):
        rebuild_ledger(config, clock=utc_now, identifiers=new_identifier)
    config.ledger.unlink()
    reports = rebuild_ledger(config, clock=utc_now, identifiers=new_identifier)
    assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2
    with an_archive(place / "archive") as archive:
        assert archive.ledger.verify() == []
        found = validate_stored(archive, PACKAGE)
        assert [(one.outcome, one.findings) for one in found] == [(Outcome.PASS, [])] * 2
        (done,) = replicate(archive)
        assert (done.versions, done.report.findings) == ([], [])
        flip(object_folder(place / "archive", "aonb-main", PACKAGE) / P1)
        (mended,) = repair(archive, [PACKAGE], storage="aonb-main", apply=True)
        assert (mended.applied, mended.report.findings) == (True, [])


def test_the_ledger_knows_again_of_a_copy_that_is_damaged(place: Path) -> None:
    """From the sound one; so it can be repaired."""
    with an_archive(place / "archive") as archive:
        config = archive.config
    flip(object_folder(place / "archive", "nlb-copy", PACKAGE) / P1)
    config.ledger.unlink()
    reports = rebuild_ledger(config, clock=utc_now, identifiers=new_identifier)
    assert sorted(one.outcome for one in reports) == [Outcome.FAIL, Outcome.PASS]
    with an_archive(place / "archive") as archive:
        (mended,) = repair(archive, apply=True)
        assert (mended.storage, mended.applied) == ("nlb-copy", True)


def test_copies_that_contradict_each_other_are_not_noted(place: Path) -> None:
    """Each is sound in itself: a person must say which is right."""
    record = make_book(place / "strange", seed=9)
    with an_archive(place / "elsewhere") as elsewhere:
        package(place / "strange", record, elsewhere)
    target = object_folder(place / "archive", "nlb-copy", PACKAGE)
    shutil.rmtree(target)
    shutil.copytree(object_folder(place / "elsewhere", "aonb-main", PACKAGE), target)
    shutil.rmtree(place / "archive/storages/nlb-copy/ledgers")
    with an_archive(place / "archive") as archive:
        config = archive.config
    config.ledger.unlink()
    reports = rebuild_ledger(config, clock=utc_now, identifiers=new_identifier)
    codes = [[found.code for found in report.findings] for report in reports]
    assert codes == [[Code.COPIES_CONTRADICT]] * 2
    with an_archive(place / "archive") as archive:
        entries = [entry.type for entry in archive.ledger.entries(package=PACKAGE.uri)]
        assert entries == [FIXITY_CHECK] * 2
        assert {incident.storage for incident in open_incidents(archive)} == {
            "aonb-main",
            "nlb-copy",
        }


def test_the_commands_say_what_they_did(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here, there = (str(place / one / configuration.NAME) for one in ("archive", "minsk"))
    assert status_of(["--config", there, "receive"]) == 0
    assert capsys.readouterr().out == f"{PACKAGE.portable} in nlb-copy: v1 read and recorded\n"
    assert status_of(["--config", there, "receive"]) == 0
    assert capsys.readouterr().out == "nothing new\n"
    assert status_of(["--config", there, "receive", "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    shutil.rmtree(place / "archive/storages/aonb-main")
    assert status_of(["--config", here, "rebuild", "storage", "aonb-main"]) == 0
    assert "files restored, read back and validated" in capsys.readouterr().out
    (place / "archive/ledger.sqlite").unlink()
    assert status_of(["--config", here, "rebuild", "ledger"]) == 0
    assert "was rebuilt" in capsys.readouterr().err
