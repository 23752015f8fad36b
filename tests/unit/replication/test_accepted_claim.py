"""What another institution claims about its own package counts when two persons decided so."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from preserva import config as configuration
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.two_persons import answer, decisions
from preserva.core.policy.two_persons import DecisionState
from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION
from preserva.core.values.report import Outcome
from preserva.errors import AwaitsConfirmation, UsageError
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.ledger import Ledger, LedgerEntry
from preserva.replication.accession import receive
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from tests.faults.damage import PACKAGE
from tests.support.books import an_archive, make_book, object_folder
from tests.support.partners import OTHER_SIDE


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A package of ours in two versions, with a copy at the partner's."""
    with an_archive(tmp_path / "archive") as archive:
        two_versions(archive, tmp_path / "book", seed=0)
        replicate(archive)
    return tmp_path


def two_versions(archive: ArchivalStorage, book: Path, seed: int) -> None:
    """Package a book, and correct its record."""
    record = make_book(book, seed=seed)
    package(book, record, archive)
    record.write_text(record.read_text("utf-8").replace("Амурѣ", "Зеѣ"), "utf-8")
    update(archive, PACKAGE, Change(record, reason="a test"))


def _theirs(place: Path, person: str) -> ArchivalStorage:
    return open_archive(place / "minsk" / configuration.NAME, person=person)


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
        two_versions(elsewhere, place / "anew", seed=9)
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
        assert after["v2"] == copy.read().digest
        assert open_incidents(archive) == []
        assert audit(archive).outcome is Outcome.PASS
        assert {report.outcome for report in validate_stored(archive, PACKAGE)} == {Outcome.PASS}
        assert receive(archive) == []
        assert archive.ledger.verify() == []
        (decision,) = decisions(archive)
        assert decision.state(archive.clock()) is DecisionState.DONE


@pytest.mark.parametrize("entry", range(4))
def test_an_interrupted_acceptance_is_completed(
    claimed: Path, monkeypatch: pytest.MonkeyPatch, entry: int
) -> None:
    """It ends before an entry of the ledger: a version, the other one, the check, the decision."""
    with _theirs(claimed, "kupala") as archive, pytest.raises(AwaitsConfirmation) as waiting:
        receive(archive, accept=PACKAGE, reason="they began anew")
    with _theirs(claimed, "kolas") as archive:
        answer(archive, waiting.value.decision, confirm=True)
        append, left = Ledger.append, iter(range(entry))

        def interrupted(ledger: Ledger, type_: str, **facts: Any) -> LedgerEntry:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return append(ledger, type_, **facts)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Ledger, "append", interrupted)
            receive(archive)
    with _theirs(claimed, "kupala") as archive:
        (done,) = receive(archive)
        assert (done.acknowledged, done.report.findings) == (True, [])
        copy = StoredCopy(archive, archive.store("nlb-copy"), PACKAGE)
        assert copy.recorded.inventories()["v2"] == copy.read().digest
        assert [one.version for one in archive.ledger.entries(types=(ACCESSION,))] == [
            *("v1", "v2"),
            *("v1", "v2"),
        ]
        assert open_incidents(archive) == []
        (decision,) = decisions(archive)
        assert decision.state(archive.clock()) is DecisionState.DONE
        assert receive(archive) == []


def test_a_claim_is_about_exactly_these_digests(claimed: Path) -> None:
    with _theirs(claimed, "kupala") as archive, pytest.raises(AwaitsConfirmation) as waiting:
        receive(archive, accept=PACKAGE, reason="they began anew")
    target = object_folder(claimed / "archive", "nlb-copy", PACKAGE)
    with an_archive(claimed / "third") as third:
        two_versions(third, claimed / "yet", seed=31)
    shutil.rmtree(target)
    shutil.copytree(object_folder(claimed / "third", "aonb-main", PACKAGE), target)
    with _theirs(claimed, "kolas") as archive:
        answer(archive, waiting.value.decision, confirm=True)
        (refused,) = receive(archive)
        assert not refused.acknowledged
        assert Code.NOT_AS_RECORDED in {finding.code for finding in refused.report.findings}
