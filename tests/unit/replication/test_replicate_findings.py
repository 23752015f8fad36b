"""What replication finds is an incident like any other; a copy comes again only with that said."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from preserva.archive.archive import ArchivalStorage
from preserva.archive.store import Store
from preserva.cli.main import status_of
from preserva.core.policy.judgement import State
from preserva.core.values.codes import Code
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome
from preserva.fixity.audit import audit
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from preserva.reporting.status import status
from tests.support.books import RECORD, an_archive, make_book

PACKAGE = PackageId("aonb", "kp-7")


def folder(store: Store) -> Path:
    """The object's folder in a storage."""
    return Path(store.storage.url) / store.root.path_of(PACKAGE.uri)


def incidents(archive: ArchivalStorage) -> list[tuple[str | None, str, State, tuple[str, ...]]]:
    """What is open, in short."""
    return [(one.package, one.storage, one.state, one.codes) for one in open_incidents(archive)]


def test_a_copy_that_a_partner_deleted_is_brought_again_and_that_is_said(one_book: Path) -> None:
    """Recorded before it is brought, open until a check has read the new copy, which is whole."""
    with an_archive(one_book) as archive:
        shutil.rmtree(folder(archive.store("nlb-copy")))
        (planned,) = replicate(archive, dry_run=True)
        assert planned.report.findings == [Finding(Code.COPY_MISSING, "nlb-copy")]
        assert incidents(archive) == []
        (done,) = replicate(archive)
        assert (done.acknowledged, done.outcome) == (["v1"], Outcome.FAIL)
        assert done.report.findings == [Finding(Code.COPY_MISSING, "nlb-copy")]
        lost = [(PACKAGE.uri, "nlb-copy", State.MISSING, ("E302",))]
        assert incidents(archive) == lost
        (again,) = replicate(archive)
        assert (again.acknowledged, again.report.findings) == ([], [])
        assert incidents(archive) == lost
        found = audit(archive, only=("nlb-copy",))
        assert [(one.outcome, one.findings) for one in found.reports] == [(Outcome.PASS, [])]
        assert incidents(archive) == []
        checks = [one.outcome for one in archive.ledger.entries(types=(FIXITY_CHECK,))]
        assert checks == ["fail", "success"]


def test_a_copy_that_was_rolled_back_is_told_from_one_that_never_came(one_book: Path) -> None:
    """What was acknowledged and is gone is a loss; what was never brought is only missing."""
    record = one_book.parent / "new.xml"
    record.write_text(RECORD.replace("Амурѣ", "Зеѣ"), encoding="utf-8")
    with an_archive(one_book) as archive:
        update(archive, PACKAGE, Change(record, reason="a test"))
        copy = folder(archive.store("nlb-copy"))
        before = one_book.parent / "before"
        shutil.copytree(copy, before)
        (done,) = replicate(archive)
        assert (done.acknowledged, done.report.findings) == (["v2"], [])
        shutil.rmtree(copy)
        shutil.copytree(before, copy)
        (row,) = status(archive)
        assert {one.storage: one.state for one in row.copies}["nlb-copy"] is State.DAMAGED
        (done,) = replicate(archive)
        assert done.report.findings == [Finding(Code.COPY_MISSING, "v2")]
        assert (done.acknowledged, done.outcome) == (["v2"], Outcome.FAIL)
        assert incidents(archive) == [(PACKAGE.uri, "nlb-copy", State.DAMAGED, ("E302",))]
        assert audit(archive).outcome is Outcome.PASS
        assert incidents(archive) == []


def replace_by_another(archive: ArchivalStorage, source: Path, storage: str) -> None:
    """Another valid package lies where ours was."""
    record = make_book(source / "other", seed=3)
    with an_archive(source / "elsewhere") as elsewhere:
        package(source / "other", record, elsewhere)
        strange = folder(elsewhere.primary)
    target = folder(archive.store(storage))
    shutil.rmtree(target)
    shutil.copytree(strange, target)


def delete(archive: ArchivalStorage, _source: Path, storage: str) -> None:
    """Nothing lies there."""
    shutil.rmtree(folder(archive.store(storage)))


def tear(archive: ArchivalStorage, _source: Path, storage: str) -> None:
    """The inventory is cut short."""
    path = folder(archive.store(storage)) / "inventory.json"
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize(
    ("fault", "storage", "code", "state"),
    [
        (replace_by_another, "nlb-copy", Code.DIVERGED, State.DAMAGED),
        (replace_by_another, "aonb-main", Code.NOT_AS_RECORDED, State.DAMAGED),
        (delete, "aonb-main", Code.COPY_MISSING, State.MISSING),
        (tear, "nlb-copy", Code.INVENTORY_INVALID, State.DAMAGED),
        (tear, "aonb-main", Code.INVENTORY_INVALID, State.DAMAGED),
    ],
)
def test_what_replication_finds_is_an_incident_of_the_copy_that_is_wrong(
    one_book: Path,
    fault: Callable[[ArchivalStorage, Path, str], None],
    storage: str,
    code: Code,
    state: State,
) -> None:
    """Not of the other one; nothing is brought, and the next audit reads that copy at once."""
    with an_archive(one_book) as archive:
        assert audit(archive).outcome is Outcome.PASS
        fault(archive, one_book.parent, storage)
        (done,) = replicate(archive)
        assert ([one.code for one in done.report.findings], done.acknowledged) == ([code], [])
        assert incidents(archive) == [(PACKAGE.uri, storage, state, (code.value,))]
        due = audit(archive, dry_run=True)
        assert [one.copy.storage for one in due.left] == [storage]
        assert audit(archive).outcome is Outcome.FAIL
        assert [one.seen for one in open_incidents(archive)] == [2]


def test_a_replica_that_is_away_is_an_incident_until_it_is_there(one_book: Path) -> None:
    """It does not need a copy that is due to be seen that it is there again."""
    with an_archive(one_book) as archive:
        audit(archive)
        storage = Path(archive.store("nlb-copy").storage.url)
        storage.rename(storage.with_name("away"))
    with an_archive(one_book) as archive:
        replicate(archive, dry_run=True)
        assert incidents(archive) == []
        replicate(archive)
        assert incidents(archive) == [(None, "nlb-copy", State.UNREACHABLE, ("U305",))]
        assert audit(archive).outcome is Outcome.UNKNOWN
        storage.with_name("away").rename(storage)
        assert audit(archive).outcome is Outcome.PASS
        assert incidents(archive) == []


def test_the_command_says_that_a_copy_was_lost_and_that_it_is_there_again(
    one_book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with an_archive(one_book) as archive:
        shutil.rmtree(folder(archive.store("nlb-copy")))
        config = str(archive.config.path)
    assert status_of(["--config", config, "replicate"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("aonb-kp-7 in nlb-copy: NOT SOUND")
    assert lines[1].strip().startswith("E302 nlb-copy: ")
    assert lines[2] == "aonb-kp-7 -> nlb-copy: v1 copied, read back and compared"
