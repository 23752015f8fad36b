"""What is in dispute between copies or institutions takes two persons, and then it is done."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.two_persons import answer, decisions
from preserva.core.policy.two_persons import DecisionState
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.errors import AwaitsConfirmation, UsageError
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.accession import receive
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from tests.faults.damage import PACKAGE
from tests.support.books import RECORD, an_archive, make_book, object_folder
from tests.support.partners import OTHER_SIDE


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A package of ours, with a copy at the partner's."""
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", make_book(tmp_path / "book"), archive)
        replicate(archive)
    return tmp_path


def _ours(place: Path, person: str) -> ArchivalStorage:
    return open_archive(place / "archive" / configuration.NAME, person=person)


def _theirs(place: Path, person: str) -> ArchivalStorage:
    return open_archive(place / "minsk" / configuration.NAME, person=person)


def _go_on_from_it(place: Path) -> Path:
    """Somebody else adds a version to our copy at the partner's."""
    target = object_folder(place / "archive", "nlb-copy", PACKAGE)
    (place / "third.xml").write_text(RECORD.replace("Амурѣ", "Буреѣ"), encoding="utf-8")
    shutil.copytree(place / "archive", place / "other")
    with an_archive(place / "other") as other:
        update(other, PACKAGE, Change(place / "third.xml"))
    changed = object_folder(place / "other", "aonb-main", PACKAGE)
    shutil.copytree(changed / "v2", target / "v2")
    for name in ("inventory.json", "inventory.json.sha512"):
        shutil.copy(changed / name, target / name)
    return target


def test_a_disputed_copy_is_repaired_when_two_persons_decided_it(place: Path) -> None:
    target = _go_on_from_it(place)
    further = {path.name: path.read_bytes() for path in target.glob("v2/inventory*")}
    with _ours(place, "ivanova") as archive:
        (refused,) = repair(archive, [PACKAGE], storage="nlb-copy", apply=True)
        assert [each.code for each in refused.report.findings] == [Code.DIVERGED]
        assert (target / "v2").is_dir() and not refused.needed
        with pytest.raises(AwaitsConfirmation) as waiting:
            repair(archive, [PACKAGE], storage="nlb-copy", apply=True, reason="not ours")
        assert (target / "v2").is_dir()
    with _ours(place, "petrov") as archive:
        answer(archive, waiting.value.decision, confirm=True)
        (planned,) = repair(archive, [PACKAGE], storage="nlb-copy")
        assert "v2" in planned.aside and not planned.applied
        (done,) = repair(archive, [PACKAGE], storage="nlb-copy", apply=True)
        assert (done.applied, done.report.findings, done.outcome) == (True, [], Outcome.PASS)
        assert not (target / "v2").exists()
        kept = place.glob("archive/storages/nlb-copy/quarantine/**/v2/inventory*")
        assert {path.name: path.read_bytes() for path in kept} == further
        assert {each.outcome for each in validate_stored(archive, PACKAGE)} == {Outcome.PASS}
        (decision,) = decisions(archive)
        assert decision.state(archive.clock()) is DecisionState.DONE


def test_a_decision_is_about_exactly_what_was_there(place: Path) -> None:
    target = _go_on_from_it(place)
    with _ours(place, "ivanova") as archive, pytest.raises(AwaitsConfirmation) as waiting:
        repair(archive, [PACKAGE], storage="nlb-copy", apply=True, reason="not ours")
    path = target / "v2/inventory.json"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")
    with _ours(place, "petrov") as archive:
        answer(archive, waiting.value.decision, confirm=True)
        (refused,) = repair(archive, [PACKAGE], storage="nlb-copy", apply=True)
        assert [each.code for each in refused.report.findings] == [Code.DIVERGED]
        assert path.exists()


@pytest.fixture
def claimed(place: Path) -> Path:
    """The partner has received the copy; then its owner puts another package in its place."""
    (place / "minsk").mkdir()
    path = place / "minsk" / configuration.NAME
    path.write_text(OTHER_SIDE, "utf-8")
    create_archive(configuration.load(path))
    with _theirs(place, "kupala") as archive:
        receive(archive)
    with an_archive(place / "elsewhere") as elsewhere:
        record = make_book(place / "anew", seed=9)
        package(place / "anew", record, elsewhere)
    target = object_folder(place / "archive", "nlb-copy", PACKAGE)
    shutil.rmtree(target)
    shutil.copytree(object_folder(place / "elsewhere", "aonb-main", PACKAGE), target)
    return place


def test_a_claim_over_our_record_counts_when_two_persons_decided_it(claimed: Path) -> None:
    with _theirs(claimed, "kupala") as archive:
        (refused,) = receive(archive)
        assert refused.outcome is Outcome.FAIL and not refused.acknowledged
        before = StoredCopy(archive, archive.store("nlb-copy"), PACKAGE).recorded.inventories()
        with pytest.raises(UsageError, match="--reason"):
            receive(archive, accept=PACKAGE)
        with pytest.raises(AwaitsConfirmation) as waiting:
            receive(archive, accept=PACKAGE, reason="they began anew")
        assert len(open_incidents(archive)) == 1
    with _theirs(claimed, "kolas") as archive:
        answer(archive, waiting.value.decision, confirm=True)
        (done,) = receive(archive)
        assert (done.acknowledged, done.report.findings) == (True, [])
        copy = StoredCopy(archive, archive.store("nlb-copy"), PACKAGE)
        after = copy.recorded.inventories()
        assert after.keys() == before.keys() and after != before
        assert after["v1"] == copy.read().digest
        assert open_incidents(archive) == []
        assert audit(archive).outcome is Outcome.PASS
        assert {each.outcome for each in validate_stored(archive, PACKAGE)} == {Outcome.PASS}
        assert receive(archive) == []
        assert archive.ledger.verify() == []


def test_a_claim_is_about_exactly_these_digests(claimed: Path) -> None:
    with _theirs(claimed, "kupala") as archive, pytest.raises(AwaitsConfirmation) as waiting:
        receive(archive, accept=PACKAGE, reason="they began anew")
    target = object_folder(claimed / "archive", "nlb-copy", PACKAGE)
    with an_archive(claimed / "third") as third:
        package(claimed / "yet", make_book(claimed / "yet", seed=31), third)
    shutil.rmtree(target)
    shutil.copytree(object_folder(claimed / "third", "aonb-main", PACKAGE), target)
    with _theirs(claimed, "kolas") as archive:
        answer(archive, waiting.value.decision, confirm=True)
        (refused,) = receive(archive)
        assert not refused.acknowledged
        assert Code.NOT_AS_RECORDED in {each.code for each in refused.report.findings}
