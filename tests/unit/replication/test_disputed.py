"""What no rule can decide, two persons can: and then it is over."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from preserva import config
from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.two_persons import answer, decisions
from preserva.cli.main import status_of
from preserva.core.policy.two_persons import DecisionState
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import AwaitsConfirmation, StorageError, UsageError
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.revision import Change, update
from preserva.ledger import Ledger
from preserva.replication.disputed import give_up_records, set_aside
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from tests.support.books import RECORD

BOOK = PackageId("aonb", "kp-7")


def by(place: Path, person: str) -> ArchivalStorage:
    """The archive, as this person opens it."""
    return open_archive(place / config.NAME, person=person)


def folder(archive: ArchivalStorage, storage: str) -> Path:
    """Where a copy of the book lies."""
    return Path(archive.store(storage).storage.url) / archive.store(storage).root.path_of(BOOK.uri)


def content(path: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


def confirm(place: Path, number: int) -> None:
    """What the second person does."""
    with by(place, "petrov") as archive:
        answer(archive, number, confirm=True)


@pytest.fixture
def diverged(one_book: Path) -> Path:
    """The partner's copy has a second version that goes on from ours, and we made none."""
    other = one_book.with_name("other")
    shutil.copytree(one_book, other)
    (one_book.parent / "new.xml").write_text(RECORD.replace("Амурѣ", "Зеѣ"), encoding="utf-8")
    with by(other, "stranger") as archive:
        update(archive, BOOK, Change(one_book.parent / "new.xml", reason="a test"))
        replicate(archive)
        made = folder(archive, "nlb-copy")
    with by(one_book, "ivanova") as archive:
        target = folder(archive, "nlb-copy")
    shutil.rmtree(target)
    shutil.copytree(made, target)
    return one_book


def test_a_version_that_nobody_of_ours_made_is_set_aside_by_two_persons(diverged: Path) -> None:
    """The copy is again what was recorded, the version is in quarantine, the incident is over."""
    with by(diverged, "ivanova") as archive:
        audit(archive)
        target = folder(archive, "nlb-copy")
        version = content(target / "v2")
        assert len(open_incidents(archive)) == 1
        (refused,) = repair(archive, [BOOK], storage="nlb-copy", apply=True)
        assert Code.DIVERGED in {finding.code for finding in refused.report.findings}
        before = content(target)
        with pytest.raises(UsageError, match="--reason"):
            set_aside(archive, BOOK, "nlb-copy")
        with pytest.raises(AwaitsConfirmation) as waiting:
            set_aside(archive, BOOK, "nlb-copy", reason="nobody of ours made it")
        assert content(target) == before
    confirm(diverged, waiting.value.decision)
    with by(diverged, "ivanova") as archive:
        done = set_aside(archive, BOOK, "nlb-copy")
        assert (done.applied, done.report.findings) == (True, [])
        assert not (target / "v2").exists()
        quarantine = Path(archive.store("nlb-copy").storage.url) / "quarantine" / BOOK.portable
        (kept,) = quarantine.glob("*/v2")
        assert content(kept) == version
        outcomes = [report.outcome for report in validate_stored(archive, BOOK)]
        assert outcomes == [Outcome.PASS, Outcome.PASS]
        assert open_incidents(archive) == []
        assert decisions(archive)[-1].state(archive.clock()) is DecisionState.DONE
        with pytest.raises(UsageError, match="never made"):
            set_aside(archive, BOOK, "nlb-copy", reason="again")


class PowerFailureError(Exception):
    """Nothing of this run happens from here on."""


@pytest.mark.parametrize("written", range(4))
def test_setting_aside_that_ends_between_two_entries_is_completed_by_the_next_run(
    diverged: Path, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was written: the version is in quarantine, and the decision is used up."""
    with by(diverged, "ivanova") as archive:
        audit(archive)
        with pytest.raises(AwaitsConfirmation) as waiting:
            set_aside(archive, BOOK, "nlb-copy", reason="nobody of ours made it")
    confirm(diverged, waiting.value.decision)
    append, entries = Ledger.append, 0

    def failing(*arguments: Any, **options: Any) -> Any:
        nonlocal entries
        if entries == written:
            raise PowerFailureError
        entries += 1
        return append(*arguments, **options)

    with by(diverged, "ivanova") as archive:
        monkeypatch.setattr(Ledger, "append", failing)
        with suppress(PowerFailureError):
            set_aside(archive, BOOK, "nlb-copy")
        monkeypatch.undo()
    with by(diverged, "ivanova") as archive:
        repair(archive, [BOOK], storage="nlb-copy", apply=True)
        with suppress(UsageError):  # it is over already
            set_aside(archive, BOOK, "nlb-copy")
        target = folder(archive, "nlb-copy")
        assert not (target / "v2").exists()
        quarantine = Path(archive.store("nlb-copy").storage.url) / "quarantine" / BOOK.portable
        assert len(list(quarantine.glob("*/v2"))) == 1
        outcomes = [report.outcome for report in validate_stored(archive, BOOK)]
        assert outcomes == [Outcome.PASS, Outcome.PASS]
        assert open_incidents(archive) == []
        assert decisions(archive)[-1].state(archive.clock()) is DecisionState.DONE


@pytest.fixture
def lost_record(one_book: Path) -> Path:
    """The record of an event is gone from every copy that had it."""
    with by(one_book, "ivanova") as archive:
        for storage in ("aonb-main", "nlb-copy"):
            for record in (folder(archive, storage) / "logs").glob("*"):
                record.unlink()
        audit(archive)
        assert open_incidents(archive)
    return one_book


def test_lost_records_are_given_up_by_two_persons(lost_record: Path) -> None:
    """From then on both copies are sound, and a record that turns up again is welcome."""
    with by(lost_record, "ivanova") as archive:
        lost = {
            finding.code for copy in repair(archive, [BOOK]) for finding in copy.report.findings
        }
        assert lost == {Code.LOG_MISSING}
        with pytest.raises(AwaitsConfirmation) as waiting:
            give_up_records(archive, BOOK, reason="they burned")
        assert open_incidents(archive)
    confirm(lost_record, waiting.value.decision)
    with by(lost_record, "ivanova") as archive:
        checked = give_up_records(archive, BOOK)
        assert {copy.storage for copy in checked} == {"aonb-main", "nlb-copy"}
        assert [copy.report.findings for copy in checked] == [[], []]
        assert open_incidents(archive) == []
        assert [copy.report.findings for copy in repair(archive, [BOOK])] == [[], []]
        with pytest.raises(UsageError, match="has lost no record"):
            give_up_records(archive, BOOK, reason="again")


def test_nothing_is_given_up_while_a_storage_that_may_have_it_is_away(lost_record: Path) -> None:
    (lost_record / "storages" / "nlb-copy").rename(lost_record / "away")
    with by(lost_record, "ivanova") as archive:
        with pytest.raises(StorageError):
            give_up_records(archive, BOOK, reason="they burned")
        assert decisions(archive) == []


def test_a_record_that_is_lost_after_the_decision_is_missed_again(lost_record: Path) -> None:
    """What was agreed on is given up, and no more."""
    with by(lost_record, "ivanova") as archive, pytest.raises(AwaitsConfirmation) as waiting:
        give_up_records(archive, BOOK, reason="they burned")
    confirm(lost_record, waiting.value.decision)
    with by(lost_record, "ivanova") as archive:
        give_up_records(archive, BOOK)
        copy = StoredCopy(archive, archive.store("nlb-copy"), BOOK)
        assert copy.expected_logs() == {}
        next(folder(archive, "nlb-copy").rglob("*.tif")).unlink()
        (repaired,) = repair(archive, [BOOK], storage="nlb-copy", apply=True)
        assert repaired.applied
        for record in (folder(archive, "nlb-copy") / "logs").glob("*"):
            record.unlink()
        (planned,) = repair(archive, [BOOK], storage="nlb-copy")
        assert [file.path.partition("/")[0] for file in planned.put] == ["logs"]
        assert planned.report.findings == []


def test_the_command_line_asks_for_what_it_needs(lost_record: Path) -> None:
    command = ["--config", str(lost_record / config.NAME), "--person", "ivanova", "repair"]
    assert status_of([*command, "aonb-kp-7", "--give-up", "--set-aside"]) == 2
    assert status_of([*command, "aonb-kp-7", "--set-aside"]) == 2
    assert status_of([*command, "--give-up"]) == 2
    assert status_of([*command, "aonb-kp-7", "--give-up"]) == 2
    assert status_of([*command, "aonb-kp-7", "--give-up", "--reason", "they burned"]) == 3
    confirm(lost_record, _newest(lost_record))
    assert status_of([*command, "aonb-kp-7", "--give-up"]) == 0


def _newest(place: Path) -> int:
    with by(place, "petrov") as archive:
        return decisions(archive)[-1].number
