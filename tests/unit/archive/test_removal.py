"""The bytes of a withdrawn package go by a decision of its own, and nothing brings them back."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import new_identifier
from preserva.archive.judgements import tally_of
from preserva.archive.listed_books import listed_books
from preserva.archive.removal import CopyRemoval, remove_bytes
from preserva.archive.two_persons import answer, decisions
from preserva.archive.withdrawal import tombstones, undo
from preserva.core.eark.premis_read import read_events
from preserva.core.policy.judgement import State
from preserva.core.policy.two_persons import DecisionState
from preserva.core.values import entries
from preserva.core.values.codes import Code
from preserva.core.values.facts import Removal
from preserva.errors import AwaitsConfirmation, Refused, StorageError, UsageError
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.replication.disputed import give_up_records
from preserva.replication.rebuild_ledger import rebuild_ledger
from preserva.replication.rebuild_storage import rebuild_storage
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from preserva.reporting.overview import overview
from preserva.reporting.status import status
from preserva.storage.local import LocalStorage
from tests.support.house import BOOK, NOW, OTHER, House

GRACE = timedelta(days=30)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An archive whose replica is another institution's; the book is withdrawn."""
    house = House(tmp_path)
    house.withdraw()
    return house


@pytest.fixture
def own(tmp_path: Path) -> House:
    """The same, both storages ours."""
    house = House(tmp_path, own=True)
    house.withdraw()
    return house


def _decide(house: House, *, wait: timedelta = GRACE) -> int:
    """Two persons decide to remove the bytes, and the grace period goes by."""
    with house.by("ivanova") as archive, pytest.raises(AwaitsConfirmation) as waiting:
        remove_bytes(archive, BOOK, "private letters")
    number = waiting.value.decision
    with house.by("petrov") as archive:
        answer(archive, number, confirm=True)
    house.later += wait
    return number


def _remove(house: House) -> list[CopyRemoval]:
    with house.by("petrov") as archive:
        return remove_bytes(archive, BOOK)


def _storage(house: House, name: str) -> Path:
    return house.place / "archive/storages" / name


def _bytes_of(house: House, name: str) -> list[str]:
    """Every file of the book, or made for it, anywhere in a storage."""
    root = _storage(house, name)
    paths = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return sorted(path for path in paths if "kp-1" in path)


def test_two_persons_and_thirty_days_then_only_the_evidence_stays(own: House) -> None:
    number = _decide(own, wait=GRACE - timedelta(minutes=5))
    before = {name: _bytes_of(own, name) for name in ("aonb-main", "nlb-copy")}
    with pytest.raises(Refused, match="may be carried out from 2026-12-30"):
        _remove(own)
    assert {name: _bytes_of(own, name) for name in before} == before
    own.later += timedelta(minutes=10)
    removals = _remove(own)
    assert [(each.storage, each.ours, each.removed) for each in removals] == [
        ("aonb-main", True, True),
        ("nlb-copy", True, True),
    ]
    assert all(each.files > 10 and each.size > 6000 for each in removals)
    for each in removals:
        kept = _bytes_of(own, each.storage)
        assert all(path.startswith(f"{each.tombstone}/") for path in kept)
        names = {path.removeprefix(f"{each.tombstone}/") for path in kept}
        assert {"inventory.json", "inventory.json.sha512", "v1/inventory.json"} <= names
        assert not any(name.endswith((".tif", ".txt", "mods.xml")) for name in names)
        events = [
            event
            for path in (_storage(own, each.storage) / str(each.tombstone)).rglob("*.xml")
            for event in read_events(io.BytesIO(path.read_bytes()))
        ]
        types = {str(getattr(event.type, "label", event.type)) for event in events}
        assert {"deletion", "ingestion", "information package creation"} <= types
        assert not list((_storage(own, each.storage) / "staging").glob("remov*/*"))
    with own.by("") as archive:
        done = archive.ledger.entries(package=BOOK.uri, types=(entries.REMOVAL,))
        facts = {str(entry.storage): entry.facts_as(Removal) for entry in done}
        assert {fact.decision for fact in facts.values()} == {number}
        assert facts["aonb-main"].inventories.keys() == {"v1"}
        decision = next(each for each in decisions(archive) if each.number == number)
        assert decision.state(archive.clock()) is DecisionState.DONE


def test_the_program_on_the_disk_misses_nothing_after_a_removal(own: House) -> None:
    """What two persons removed is not missing, though the ledger says that it came."""
    _decide(own)
    _remove(own)
    with own.by("petrov") as archive:
        replicate(archive)
    for name in ("aonb-main", "nlb-copy"):
        program = _storage(own, name) / "check.py"
        run = subprocess.run(
            [sys.executable, "-X", "utf8", str(program)],
            check=False,
            capture_output=True,
            encoding="utf-8",
        )
        assert (run.returncode, "NOT SOUND" in run.stdout) == (0, False), run.stdout
    assert "entries; the last one is" in run.stdout


def test_no_view_misses_it_and_no_verb_brings_it_back(house: House) -> None:
    _decide(house)
    mine, theirs = _remove(house)
    assert mine.removed and not theirs.removed and not theirs.ours
    assert [finding.code for finding in theirs.report.findings] == [Code.NOT_OURS_TO_REMOVE]
    assert len(_bytes_of(house, "nlb-copy")) > 10
    with house.by("ivanova") as archive:
        (shown,) = status(archive, BOOK)
        states = {copy.storage: copy.state for copy in shown.copies}
        assert states == {"aonb-main": State.REMOVED, "nlb-copy": State.WITHDRAWN}
        assert [each.package for each in status(archive)] == [OTHER.uri]
        tally = tally_of(archive)
        assert (tally.packages, tally.few, tally.count(State.REMOVED)) == (1, [], 0)
        assert overview(archive).outcome.value == "pass"
        assert [book.id for book in listed_books(archive, archive.primary)] == [OTHER.uri]
        assert {report.outcome.value for report in audit(archive).reports} == {"pass"}
        reports = validate_stored(archive, BOOK)
        codes = {str(report.subject): [f.code for f in report.findings] for report in reports}
        assert sorted(codes.values(), key=len) == [[], [Code.BYTES_REMOVED]]
        assert open_incidents(archive) == []
        with pytest.raises(Refused, match="decided to remove it"):
            repair(archive, [BOOK], apply=True)
        with pytest.raises(Refused, match="decided to remove it"):
            give_up_records(archive, BOOK, reason="they are gone")
        assert repair(archive, [], apply=True) == []
        with pytest.raises(Refused, match="was withdrawn"):
            replicate(archive, [BOOK])
        assert {each.package for each in replicate(archive)} == {str(OTHER)}
        rebuilt = rebuild_storage(archive, "aonb-main")
        assert [each.package for each in rebuilt] == [OTHER.uri]
        assert not archive.primary.root.holds(BOOK.uri)
        with pytest.raises(Refused, match="stays withdrawn"):
            undo(archive, BOOK, "we want it again")
    with house.by("petrov") as archive:  # nothing is left to be done
        again = remove_bytes(archive, BOOK)
        assert [each.removed for each in again] == [True, False]


@pytest.mark.parametrize("copied", ["after", "before", "never"])
def test_a_rebuilt_ledger_knows_that_it_is_gone(house: House, copied: str) -> None:
    """Its copy is from after the removal, from before it, or there is none."""
    _decide(house)
    _remove(house)
    if copied == "after":
        with house.by("petrov") as archive:
            replicate(archive)
    if copied == "never":
        shutil.rmtree(_storage(house, "nlb-copy") / "ledgers")
    path = house.place / "archive" / config.NAME
    ledger = config.load(path).ledger
    ledger.rename(ledger.with_name("lost"))
    reports = rebuild_ledger(
        config.load(path), clock=lambda: NOW + house.later, identifiers=new_identifier
    )
    assert not [f for report in reports for f in report.findings if f.code is Code.COPY_MISSING]
    with house.by("petrov") as archive:
        tombstone = tombstones(archive.ledger)[BOOK.uri]
        assert tombstone.is_removed("aonb-main") and not tombstone.is_removed("nlb-copy")
        assert (tombstone.reason, tombstone.confirmed_by) == ("the same as kp-2", "petrov")
        assert archive.ledger.verify() == []
        with pytest.raises(Refused, match="decided to remove"):
            repair(archive, [BOOK], apply=True)
        assert open_incidents(archive) == []
        assert not archive.primary.root.holds(BOOK.uri)


@pytest.mark.parametrize("step", range(8))
def test_whatever_fails_the_next_run_ends_it(
    own: House, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change of a storage fails once, after it was done: nothing is lost."""
    _decide(own)
    calls = 0

    def fails(name: str) -> None:
        act = getattr(LocalStorage, name)

        def failing(storage: LocalStorage, *values: object) -> None:
            nonlocal calls
            act(storage, *values)
            if any("remov" in str(value) for value in values):
                calls += 1
                if calls == step + 1:
                    raise StorageError("the disk went away", path=str(values[0]))

        monkeypatch.setattr(LocalStorage, name, failing)

    for name in ("quarantine", "publish", "discard", "create"):
        fails(name)
    first = _remove(own)
    assert [each.removed for each in first].count(False) == 1
    (finding,) = next(each.report.findings for each in first if not each.removed)
    assert finding.code is Code.NOT_REMOVED
    with own.by("ivanova") as archive:
        with pytest.raises(Refused, match="decided to remove"):
            repair(archive, [BOOK], apply=True)
        replicate(archive)  # a writer between the two runs clears nothing of it away
        assert not archive.primary.root.holds(BOOK.uri) or not first[0].removed
    assert all(each.removed for each in _remove(own))
    for each in first:
        kept = _bytes_of(own, each.storage)
        assert len([path for path in kept if path.endswith("inventory.json")]) == 2
        assert all(path.startswith("tombstones/aonb-kp-1/") for path in kept)


def test_what_repairs_set_aside_of_it_goes_too(tmp_path: Path) -> None:
    house = House(tmp_path, own=True)
    house.damage()
    with house.by("petrov") as archive:
        validate_stored(archive, BOOK)
        (mended,) = repair(archive, [BOOK], storage="nlb-copy", apply=True)
        assert mended.applied and mended.aside
    house.withdraw()
    _decide(house)
    assert all(each.removed for each in _remove(house))
    assert all(path.startswith("tombstones/") for path in _bytes_of(house, "nlb-copy"))
    records = [path for path in _bytes_of(house, "nlb-copy") if "-recovery-" in path]
    assert len(records) == 1


def test_only_what_is_withdrawn_and_as_often_as_it_was_decided(own: House) -> None:
    with own.by("ivanova") as archive:
        with pytest.raises(UsageError, match="only what is withdrawn"):
            remove_bytes(archive, OTHER, "r")
        with pytest.raises(UsageError, match="--reason"):
            remove_bytes(archive, BOOK)
    _decide(own)
    with own.by("ivanova") as archive:
        undo(archive, BOOK, "another edition")
    own.withdraw()
    with own.by("petrov") as archive:  # what was decided before it was withdrawn again is void
        with pytest.raises(UsageError, match="--reason"):
            remove_bytes(archive, BOOK)
        assert archive.primary.root.holds(BOOK.uri)


def test_the_grace_period_is_that_of_the_policy_when_it_was_requested(own: House) -> None:
    path = own.place / "archive" / config.NAME
    text = path.read_text("utf-8")
    path.write_text(text.replace("removal_grace_days = 30", "removal_grace_days = 3"), "utf-8")
    _decide(own, wait=timedelta(days=3))
    path.write_text(text, "utf-8")
    assert all(each.removed for each in _remove(own))
