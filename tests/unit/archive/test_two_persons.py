"""Decisions of two persons as entries of the ledger: requested, answered, used once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.archive.two_persons import answer, decided, decisions, matter_of, note_done, request
from preserva.core.policy.two_persons import KINDS, DecisionState, Matter
from preserva.errors import AwaitsConfirmation, Refused, UsageError
from preserva.exit_status import ExitStatus
from tests.support.books import an_archive

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
REPAIR = Matter("repair", "urn:preserva:aonb:kp-7", "nlb-copy", {"from": "aonb-main"})
REMOVAL = Matter("removal", "urn:preserva:aonb:kp-7", "aonb-main")


class House:
    """An archive that persons open, one after the other; `now` is its time."""

    def __init__(self, place: Path) -> None:
        with an_archive(place):
            self.place = place
        self.now = NOW

    def by(self, person: str) -> ArchivalStorage:
        """The archive, as this person opens it."""
        return open_archive(self.place / config.NAME, person=person, clock=lambda: self.now)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An archive in which nothing was decided."""
    return House(tmp_path)


def test_a_verb_waits_for_the_second_person_and_goes_on_then(house: House) -> None:
    with house.by("ivanova") as archive:
        with pytest.raises(AwaitsConfirmation) as waiting:
            decided(archive, REPAIR, "the copy here is damaged")
        number = waiting.value.decision
        assert waiting.value.exit_status is ExitStatus.UNFINISHED
        with pytest.raises(AwaitsConfirmation) as again:  # asked again, requested once
            decided(archive, REPAIR)
        assert again.value.decision == number
        with pytest.raises(Refused, match="another person must confirm it"):
            answer(archive, number, confirm=True)
    with house.by("petrov") as archive:
        confirmed = answer(archive, number, confirm=True, reason="seen")
        assert confirmed.answer is not None
        assert (confirmed.person, confirmed.answer.person) == ("ivanova", "petrov")
        assert (confirmed.reason, confirmed.answer.reason) == ("the copy here is damaged", "seen")
    with house.by("ivanova") as archive:
        decision = decided(archive, REPAIR)
        assert decision == confirmed
        note_done(archive, decision)
        assert decisions(archive)[0].state(NOW) is DecisionState.DONE
        with pytest.raises(UsageError, match="--reason"):  # it is used up
            decided(archive, REPAIR)
        entries = [(e.type, e.person, e.package, e.storage) for e in archive.ledger.entries()][-3:]
    assert entries == [
        ("decision requested", "ivanova", REPAIR.package, "nlb-copy"),
        ("decision confirmed", "petrov", REPAIR.package, "nlb-copy"),
        ("decision carried out", "ivanova", REPAIR.package, "nlb-copy"),
    ]


def test_what_was_refused_is_requested_anew(house: House) -> None:
    with house.by("ivanova") as archive:
        first = request(archive, REPAIR, "r")
    with house.by("petrov") as archive:
        assert answer(archive, first.number, confirm=False).state(NOW) is DecisionState.REFUSED
        with pytest.raises(Refused, match="it is refused"):
            answer(archive, first.number, confirm=True)
        with pytest.raises(AwaitsConfirmation) as waiting:
            decided(archive, REPAIR, "r2")
    assert waiting.value.decision != first.number


def test_a_request_lapses(house: House) -> None:
    with house.by("ivanova") as archive:
        number = request(archive, REPAIR, "r").number
    house.now += timedelta(days=KINDS["repair"].expires_days)
    with house.by("petrov") as archive, pytest.raises(Refused, match="it is expired"):
        answer(archive, number, confirm=True)


def test_a_removal_waits_for_the_end_of_its_grace(house: House) -> None:
    with house.by("ivanova") as archive:
        number = request(archive, REMOVAL, "r").number
    with house.by("petrov") as archive:
        answer(archive, number, confirm=True)
    house.now += timedelta(days=KINDS["removal"].grace_days, seconds=-1)
    with house.by("petrov") as archive, pytest.raises(Refused, match="from 2026-12-30"):
        decided(archive, REMOVAL)
    house.now += timedelta(seconds=1)
    with house.by("petrov") as archive:
        assert decided(archive, REMOVAL).number == number


def test_somebody_must_be_named_and_know_what_there_is(house: House) -> None:
    with house.by("") as archive:
        with pytest.raises(UsageError, match="name of the person who decides"):
            request(archive, REPAIR, "r")
        assert decisions(archive) == []
    with house.by("ivanova") as archive:
        with pytest.raises(UsageError, match="no kind of decision teleportation"):
            matter_of(archive, "teleportation")
        with pytest.raises(UsageError, match="there is no storage moon"):
            matter_of(archive, "removal", storage="moon")
        number = request(archive, REPAIR, "r").number
        with pytest.raises(UsageError, match="there is no decision 999"):
            answer(archive, 999, confirm=True)
    with house.by("") as archive, pytest.raises(UsageError, match="name of the person who decides"):
        answer(archive, number, confirm=True)


def test_a_policy_is_decided_as_the_configuration_has_it(house: House) -> None:
    with house.by("ivanova") as archive:
        known = request(archive, matter_of(archive, "policy"), "agreed in Minsk")
        assert decisions(archive) == [known]
    assert known.matter == Matter(
        "policy",
        terms={"digests": "sha512 sha256", "copies": "2", "audit_interval_days": "90"},
    )
