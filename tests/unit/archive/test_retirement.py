"""A copy that two persons retired is no longer brought, checked or missed; no byte is touched."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import create_archive
from preserva.archive.judgements import judgements, rules_of, tally_of
from preserva.archive.retirement import dropped_storages, retire, retired, undo
from preserva.archive.two_persons import answer, decisions
from preserva.core.policy.health import Aspect
from preserva.core.policy.judgement import State
from preserva.core.policy.retirement import Retired
from preserva.core.policy.two_persons import DecisionState
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.core.values.subjects import CopyInStorage
from preserva.errors import AwaitsConfirmation, NotFound, Refused, UsageError
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.revision import Change, update
from preserva.ledger import Ledger
from preserva.replication.rebuild_storage import rebuild_storage
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.health import health
from preserva.reporting.incidents import open_incidents
from preserva.reporting.status import status
from tests.support.house import BOOK, NOW, OTHER, House

THIRD = '\n[storages.third]\ninstitution = "nlb"\nurl = "storages/third"\nrole = "replica"\n'


@pytest.fixture
def house(tmp_path: Path) -> House:
    """The archive, with a third storage, and every copy proved."""
    house = House(tmp_path)
    path = _config(house)
    path.write_text(path.read_text("utf-8") + THIRD, "utf-8")
    create_archive(config.load(path))
    with house.by("") as archive:
        replicate(archive)
        assert audit(archive).outcome is Outcome.PASS
    return house


def _config(house: House) -> Path:
    return house.place / "archive" / config.NAME


def _retire(house: House, storage: str, package: PackageId | None = None) -> None:
    """Two persons do it."""
    with house.by("ivanova") as archive, pytest.raises(AwaitsConfirmation) as waiting:
        retire(archive, storage, package, "no room")
    with house.by("petrov") as archive:
        answer(archive, waiting.value.decision, confirm=True)
    with house.by("ivanova") as archive:
        retire(archive, storage, package, None)
        assert decisions(archive)[-1].state(NOW + timedelta(days=1)) is DecisionState.DONE


def _copies(house: House, storage: str) -> dict[str, bytes]:
    folder = house.place / "archive" / "storages" / storage / "ocfl"
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _states(house: House) -> dict[tuple[str, str], State]:
    with house.by("") as archive:
        return {
            (judged.package, copy.known.storage): copy.state
            for judged in judgements(archive, rules_of(archive))
            for copy in judged.copies
        }


def test_a_copy_that_was_retired_may_be_erased_and_nobody_asks_for_it(house: House) -> None:
    before = _copies(house, "third")
    _retire(house, "third", BOOK)
    assert _copies(house, "third") == before
    states = {(BOOK.uri, "third"): State.RETIRED}
    assert _states(house) == {
        (package.uri, storage): states.get((package.uri, storage), State.SOUND)
        for package in (BOOK, OTHER)
        for storage in ("aonb-main", "nlb-copy", "third")
    }
    shutil.rmtree(next((house.place / "archive/storages/third/ocfl").rglob("urn*kp-1")))
    house.later = timedelta(days=365)
    with house.by("") as archive:
        done = audit(archive)
        assert done.outcome is Outcome.PASS
        read = {report.subject for report in done.reports}
        assert CopyInStorage(BOOK, "third") not in read and len(read) == 5
        outcomes = [report.outcome for report in validate_stored(archive, BOOK)]
        assert outcomes == [Outcome.PASS, Outcome.PASS]
        assert [copy.state for copy in status(archive, BOOK)[0].copies] == [
            State.SOUND, State.SOUND, State.RETIRED,
        ]  # fmt: skip
        assert [one for one in replicate(archive) if one.acknowledged] == []
        assert repair(archive, [BOOK], apply=True)[0].outcome is Outcome.PASS
        rebuilt = rebuild_storage(archive, "third")
        assert [copy.package for copy in rebuilt] == [OTHER.uri]
        assert open_incidents(archive) == []
        assert tally_of(archive).count(*State) == 5
    letter = house.place / "letter.txt"
    letter.write_text("Письмо", "utf-8")
    with house.by("ivanova") as archive:
        update(archive, BOOK, Change(reason="found", documents=(letter,)))
        replicate(archive)
    assert _states(house)[BOOK.uri, "third"] is State.RETIRED
    assert [path for path in _copies(house, "third") if "kp-1" in path] == []


def test_one_person_takes_it_back_and_the_copy_is_brought_again(house: House) -> None:
    _retire(house, "third", BOOK)
    shutil.rmtree(next((house.place / "archive/storages/third/ocfl").rglob("urn*kp-1")))
    with house.by("") as archive, pytest.raises(UsageError):
        undo(archive, "third", BOOK, "there is room")
    with house.by("petrov") as archive:
        with pytest.raises(UsageError):
            undo(archive, "third", BOOK, None)
        with pytest.raises(UsageError):
            undo(archive, "third", OTHER, "there is room")
        undo(archive, "third", BOOK, "there is room")
        assert retired(archive.ledger) == Retired()
        replicate(archive)
        assert audit(archive, moved=("third",)).outcome is Outcome.PASS
    assert set(_states(house).values()) == {State.SOUND}


def test_a_storage_is_retired_taken_out_and_erased(house: House) -> None:
    _retire(house, "third")
    with house.by("") as archive:
        assert retired(archive.ledger) == Retired(frozenset({"third"}))
        assert {one.to for one in replicate(archive)} == {"nlb-copy"}
        with pytest.raises(Refused):
            replicate(archive, to="third")
        with pytest.raises(Refused):
            rebuild_storage(archive, "third")
    shutil.rmtree(house.place / "archive" / "storages" / "third")
    path = _config(house)
    path.write_text(path.read_text("utf-8").replace(THIRD, ""), "utf-8")
    house.later = timedelta(days=365)
    with house.by("") as archive:
        assert audit(archive).outcome is Outcome.PASS
        assert dropped_storages(archive.ledger, archive.config) == []
        assert open_incidents(archive) == []


def test_a_storage_that_is_dropped_without_two_persons_is_noticed(house: House) -> None:
    path = _config(house)
    path.write_text(path.read_text("utf-8").replace(THIRD, ""), "utf-8")
    with house.by("") as archive:
        assert dropped_storages(archive.ledger, archive.config) == ["third"]
        (check,) = [one for one in health(archive).checks if one.aspect is Aspect.DROPPED]
        assert (check.outcome, check.number) == (Outcome.UNKNOWN, 1)
    _retire(house, "third")  # afterwards is early enough
    with closing(Ledger(config.load(path).ledger)) as ledger:
        assert dropped_storages(ledger, config.load(path)) == []


def test_what_is_still_needed_is_not_retired(house: House) -> None:
    """Nor if a copy elsewhere is damaged, or not proved; the primary storage never."""
    house.damage()
    with house.by("ivanova") as archive:
        validate_stored(archive, BOOK)
        for package in (BOOK, None):
            with pytest.raises(Refused, match="aonb-kp-1: 1"):
                retire(archive, "third", package, "no room")
        with pytest.raises(AwaitsConfirmation):
            retire(archive, "third", OTHER, "no room")
        with pytest.raises(Refused):
            retire(archive, "aonb-main", None, "no room")
        with pytest.raises(NotFound):
            retire(archive, "fourth", None, "no room")
        with pytest.raises(NotFound):
            retire(archive, "third", PackageId("aonb", "kp-9"), "no room")
        assert retired(archive.ledger) == Retired()


def test_what_was_confirmed_is_looked_at_once_more(house: House) -> None:
    """A copy that was damaged meanwhile counts no more."""
    with house.by("ivanova") as archive, pytest.raises(AwaitsConfirmation) as waiting:
        retire(archive, "third", BOOK, "no room")
    with house.by("petrov") as archive:
        answer(archive, waiting.value.decision, confirm=True)
    house.damage()
    with house.by("ivanova") as archive:
        validate_stored(archive, BOOK)
        with pytest.raises(Refused):
            retire(archive, "third", BOOK, None)
        assert retired(archive.ledger) == Retired()
