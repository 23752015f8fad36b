"""Decisions of two persons: who may answer, when, and what counts afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from preserva.core.policy.two_persons import (
    KINDS,
    DecisionAnswer,
    DecisionState,
    DecisionTurn,
    JointDecision,
    Matter,
    agreed,
    expiry,
    joined_steps,
    refuse_answer,
)
from preserva.errors import Refused

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MATTER = Matter("withdrawal", "urn:preserva:aonb:kp-7")
ASKED = JointDecision(7, MATTER, "twice", "ivanova", NOW, expiry("withdrawal", NOW))
YES = DecisionAnswer(True, "petrov", NOW + DAY)
NO = DecisionAnswer(False, "petrov", NOW + DAY, "no")


def _after(*steps: DecisionTurn) -> JointDecision:
    (decision,) = joined_steps([ASKED], steps)
    return decision


def test_a_decision_goes_from_waiting_to_done() -> None:
    states = [
        _after(*steps).state(NOW + DAY)
        for steps in (
            (),
            (DecisionTurn(7, YES),),
            (DecisionTurn(7, NO),),
            (DecisionTurn(7, YES), DecisionTurn(7, None, NOW + 2 * DAY)),
        )
    ]
    assert states == [
        DecisionState.WAITING,
        DecisionState.CONFIRMED,
        DecisionState.REFUSED,
        DecisionState.DONE,
    ]


def test_a_request_lapses_at_its_moment_and_an_answer_does_not() -> None:
    last = NOW + timedelta(days=KINDS["withdrawal"].expires_days)
    assert ASKED.state(last - timedelta(seconds=1)) is DecisionState.WAITING
    assert ASKED.state(last) is DecisionState.EXPIRED
    assert _after(DecisionTurn(7, YES)).state(last) is DecisionState.CONFIRMED


def test_the_first_answer_counts_and_one_to_another_request_does_not() -> None:
    assert _after(DecisionTurn(7, NO), DecisionTurn(7, YES)).answer == NO
    assert _after(DecisionTurn(8, YES)).answer is None


@pytest.mark.parametrize(
    ("decision", "person", "confirm", "message"),
    [
        (ASKED, "ivanova", True, "another person must confirm it"),
        (_after(DecisionTurn(7, YES)), "sidorov", True, "it is confirmed"),
        (_after(DecisionTurn(7, NO)), "petrov", True, "it is refused"),
        (_after(DecisionTurn(7, YES)), "petrov", False, "it is confirmed"),
    ],
)
def test_an_answer_that_does_not_count_is_refused(
    decision: JointDecision, person: str, confirm: bool, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        refuse_answer(decision, person, confirm=confirm, now=NOW + DAY)


@pytest.mark.parametrize(
    ("person", "confirm"), [("petrov", True), ("petrov", False), ("ivanova", False)]
)
def test_another_person_answers_and_who_requested_may_take_it_back(
    person: str, confirm: bool
) -> None:
    refuse_answer(ASKED, person, confirm=confirm, now=NOW)
    with pytest.raises(Refused, match="it is expired"):
        refuse_answer(ASKED, person, confirm=confirm, now=ASKED.expires)


def test_what_was_confirmed_may_be_done_when_its_grace_is_over() -> None:
    removal = JointDecision(9, Matter("removal"), "r", "ivanova", NOW, NOW + DAY, YES)
    assert removal.may_be_done == YES.time + timedelta(days=KINDS["removal"].grace_days)
    assert _after(DecisionTurn(7, YES)).may_be_done == YES.time
    assert _after(DecisionTurn(7, NO)).may_be_done is None
    assert ASKED.may_be_done is None


def test_only_a_decision_on_exactly_this_matter_counts() -> None:
    confirmed = {DecisionState.CONFIRMED}
    decision = _after(DecisionTurn(7, YES))
    same = Matter("withdrawal", "urn:preserva:aonb:kp-7", None, {})
    assert agreed([decision], same, confirmed, NOW) is decision
    for other in (
        Matter("removal", MATTER.package),
        Matter("withdrawal", "urn:preserva:aonb:kp-8"),
        Matter("withdrawal", MATTER.package, "aonb-main"),
        Matter("withdrawal", MATTER.package, None, {"inventory": "0"}),
    ):
        assert agreed([decision], other, confirmed, NOW) is None
    assert agreed([ASKED], same, confirmed, NOW) is None


def test_a_kind_of_a_later_version_is_shown_by_its_id() -> None:
    assert Matter("teleportation").title == "teleportation"
    assert Matter("withdrawal").title == "withdraw a package"
