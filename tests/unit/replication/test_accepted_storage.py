"""A storage that was rebuilt has another id: it is accepted by what lies in it, and by people."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from preserva import config as configuration
from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.archive.identities import storage_id
from preserva.archive.two_persons import answer, decisions
from preserva.core.policy.two_persons import DecisionState
from preserva.core.values.codes import Code
from preserva.core.values.entries import STORAGE_IDENTITY
from preserva.core.values.facts import IdentityLearned
from preserva.core.values.report import Outcome
from preserva.errors import AwaitsConfirmation, UsageError, WrongLedger, WrongStorage
from preserva.fixity.audit import audit
from preserva.ingest.package import package
from preserva.ledger import Ledger
from preserva.replication.accepted_storage import accept_storage
from preserva.replication.accession import receive
from preserva.replication.rebuild_storage import rebuild_storage
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from tests.support.books import make_book
from tests.support.identities import IDENTITY, tree
from tests.support.partners import OURS, THEIRS, forged, institution, plant, two_institutions

HELD, COPY = "from-nlb", "aonb-copy"


def ours(place: Path, person: str = "kolas") -> ArchivalStorage:
    return open_archive(place / "aonb" / configuration.NAME, person=person)


def theirs(place: Path) -> ArchivalStorage:
    return open_archive(place / "nlb" / configuration.NAME)


def page_of(place: Path, storage: str) -> Path:
    return next((place / storage).rglob("0001.tif"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The storage that we hold for the other institution was lost, and rebuilt by it."""
    two_institutions(tmp_path)
    with ours(tmp_path) as archive:
        assert {one.outcome for one in receive(archive)} == {Outcome.PASS}
    shutil.rmtree(tmp_path / HELD)
    with theirs(tmp_path) as archive:
        assert {one.outcome for one in rebuild_storage(archive, HELD)} == {Outcome.PASS}
    with ours(tmp_path) as archive:
        assert list(audit(archive).unreachable) == [HELD]
        assert [(one.package, one.storage) for one in open_incidents(archive)] == [(None, HELD)]
    return tmp_path


def identity_of(place: Path, storage: str) -> str:
    return str(json.loads((place / storage / IDENTITY).read_bytes())["id"])


def test_a_held_storage_that_its_owner_rebuilt_is_accepted_by_one_person(place: Path) -> None:
    before = tree(place / HELD)
    with ours(place) as archive:
        known, found = storage_id(archive.ledger, HELD), identity_of(place, HELD)
        planned = accept_storage(archive, HELD, dry_run=True)
        assert (planned.accepted, planned.outcome) == (False, Outcome.PASS)
        assert storage_id(archive.ledger, HELD) == known != found
        done = accept_storage(archive, HELD, reason="they replaced the disk")
        assert (done.accepted, done.known, done.found) == (True, known, found)
        (report,) = done.reports  # the record of its recovery waits for `receive`
        assert [finding.code for finding in report.findings] == [Code.LOG_UNKNOWN]
        entry = archive.ledger.newest(STORAGE_IDENTITY)
        assert entry is not None
        assert entry.facts_as(IdentityLearned) == IdentityLearned(
            found, known, "they replaced the disk", person="kolas"
        )
        assert open_incidents(archive) == []
        assert audit(archive).outcome is Outcome.PASS
        assert [one.acknowledged for one in receive(archive)] == [True]
        with pytest.raises(UsageError, match="nothing to accept"):
            accept_storage(archive, HELD)
    assert tree(place / HELD) == before


def test_nobody_in_particular_accepts_nothing(place: Path) -> None:
    with ours(place, "") as archive, pytest.raises(UsageError, match="name of the person"):
        accept_storage(archive, HELD)


def test_new_versions_there_wait_for_receive_and_hinder_nothing(place: Path) -> None:
    record = make_book(place / "more", seed=8)
    with theirs(place) as archive:
        package(place / "more", record, archive, local="bk-2")
        replicate(archive)
    with ours(place) as archive:
        assert accept_storage(archive, HELD).accepted
        assert [one.acknowledged for one in receive(archive)] == [True, True]
        assert audit(archive).outcome is Outcome.PASS


def test_where_anything_differs_two_persons_decide_and_it_stays_damage(place: Path) -> None:
    with theirs(place) as archive:
        record = make_book(place / "more", seed=8)
        package(place / "more", record, archive, local="bk-2")
        replicate(archive)
    shutil.copytree(place / HELD, place / "rebuilt")
    with ours(place) as archive:
        assert accept_storage(archive, HELD).accepted
        assert receive(archive)[0].acknowledged
    _with_another_id(place)
    damaged = page_of(place, HELD)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
    with ours(place) as archive:
        known = storage_id(archive.ledger, HELD)
        with pytest.raises(UsageError, match="--reason"):
            accept_storage(archive, HELD)
        with pytest.raises(AwaitsConfirmation) as waiting:
            accept_storage(archive, HELD, reason="their disk failed")
        assert storage_id(archive.ledger, HELD) == known
    with ours(place, "kupala") as archive:
        answer(archive, waiting.value.decision, confirm=True)
        done = accept_storage(archive, HELD)
        assert done.accepted and done.outcome is Outcome.FAIL
        assert storage_id(archive.ledger, HELD) == identity_of(place, HELD) != known
        (incident,) = open_incidents(archive)
        assert incident.storage == HELD and incident.package is not None
        (decision,) = decisions(archive)
        assert decision.state(archive.clock()) is DecisionState.DONE
        assert audit(archive).outcome is Outcome.FAIL


class PowerFailureError(Exception):
    """Nothing of this run happens from here on."""


@pytest.mark.parametrize("written", range(6))
def test_a_run_that_ends_between_two_entries_is_completed_by_the_next(
    place: Path, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was written: the damage is known, the decision used up, the id learned once."""
    with theirs(place) as archive:
        package(place / "more", make_book(place / "more", seed=8), archive, local="bk-2")
        replicate(archive)
    with ours(place) as archive:
        accept_storage(archive, HELD)
        receive(archive)
    _with_another_id(place)
    damaged = page_of(place, HELD)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
    with ours(place) as archive, pytest.raises(AwaitsConfirmation) as waiting:
        accept_storage(archive, HELD, reason="their disk failed")
    append, entries = Ledger.append, 0

    def failing(*arguments: Any, **options: Any) -> Any:
        nonlocal entries
        if entries == written:
            raise PowerFailureError
        entries += 1
        return append(*arguments, **options)

    with ours(place, "kupala") as archive:
        answer(archive, waiting.value.decision, confirm=True)
        monkeypatch.setattr(Ledger, "append", failing)
        with suppress(PowerFailureError):
            accept_storage(archive, HELD)
        monkeypatch.undo()
    with ours(place, "kupala") as archive:
        with suppress(UsageError):  # it was accepted already
            assert accept_storage(archive, HELD).accepted
        assert storage_id(archive.ledger, HELD) == identity_of(place, HELD)
        learned = archive.ledger.entries(storage=HELD, types=(STORAGE_IDENTITY,))
        assert [entry.facts_as(IdentityLearned).decision for entry in learned] == [
            None,
            None,
            waiting.value.decision,
        ]
        (decision,) = decisions(archive)
        assert decision.state(archive.clock()) is DecisionState.DONE
        assert [one.storage for one in open_incidents(archive) if one.package] == [HELD]


def _with_another_id(place: Path) -> None:
    path = place / HELD / IDENTITY
    content = json.loads(path.read_bytes())
    content["id"] = "00000000-0000-4000-8000-000000000000"
    path.write_text(json.dumps(content), "utf-8")


def test_a_storage_in_which_nothing_is_as_recorded_is_never_accepted(place: Path) -> None:
    plant(forged(place, THEIRS), place / HELD, THEIRS)
    with ours(place) as archive:
        before = archive.ledger.size, storage_id(archive.ledger, HELD)
        with pytest.raises(WrongStorage, match="is what was recorded in"):
            accept_storage(archive, HELD, reason="it is theirs")
        assert before[1] == storage_id(archive.ledger, HELD)
        assert decisions(archive) == []


def test_what_is_not_theirs_in_a_held_storage_is_for_two_persons(place: Path) -> None:
    plant(forged(place, OURS), place / HELD, OURS)
    with ours(place) as archive, pytest.raises(AwaitsConfirmation):
        accept_storage(archive, HELD, reason="they replaced the disk")


def test_another_ledgers_replica_is_refused_whatever_lies_in_it(place: Path) -> None:
    """The disk of another archive that copied our packages, as a test system does."""
    config = institution(
        place / "other",
        "aonb",
        ("nlb",),
        ("aonb-main", "aonb", "primary", "main"),
        (COPY, "aonb", "replica", "copy"),
    )
    record = make_book(place / "test", seed=1)
    with open_archive(config) as archive:
        package(place / "test", record, archive, local=OURS.local)
        replicate(archive)
    (place / COPY).rename(place / "right")
    (place / "other" / "copy").rename(place / COPY)
    before = tree(place / COPY)
    with ours(place) as archive, pytest.raises(WrongLedger, match="belongs to another ledger"):
        accept_storage(archive, COPY, reason="ours")
    assert tree(place / COPY) == before


def test_a_replica_of_ours_is_accepted_and_written_to_again(place: Path) -> None:
    """It was brought back from a copy of the disk that another program made."""
    path = place / COPY / IDENTITY
    content = json.loads(path.read_bytes())
    content["id"] = "00000000-0000-4000-8000-000000000000"
    path.write_text(json.dumps(content), "utf-8")
    record = make_book(place / "more", seed=8)
    with ours(place) as archive:
        package(place / "more", record, archive, local="kp-2")
        refused = [one for one in replicate(archive, to=COPY) if one.report.findings]
        assert {one.report.findings[0].code for one in refused} == {Code.STORAGE_WRONG}
        done = accept_storage(archive, COPY)
        assert done.accepted and [report.findings for report in done.reports] == [[]]
        assert {one.report.outcome for one in replicate(archive, to=COPY)} == {Outcome.PASS}
        assert audit(archive, only=(COPY,), moved=(COPY,)).outcome is Outcome.PASS


def test_what_cannot_be_read_is_not_accepted_by_anybody(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from preserva.errors import StorageError
    from preserva.storage.local import LocalStorage

    opened = LocalStorage.open

    def refuse(self: LocalStorage, path: str, *, bypass_cache: bool = False) -> object:
        if path.endswith("0001.tif"):
            raise StorageError("a fault on purpose", path=path)
        return opened(self, path, bypass_cache=bypass_cache)

    monkeypatch.setattr(LocalStorage, "open", refuse)
    with ours(place) as archive:
        done = accept_storage(archive, HELD, reason="they replaced the disk")
        assert (done.accepted, done.outcome) == (False, Outcome.UNKNOWN)
        assert decisions(archive) == []
