"""The judgement of a package: what counts as a copy, whose packages are counted, what is worst."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.core.policy.judgement import (
    Judgement,
    KnownCopy,
    Rules,
    State,
    StoragePlace,
    Tally,
    judge,
    trouble_after,
    with_stranger,
)
from preserva.core.values.report import Outcome

OURS, THEIRS = "urn:preserva:aonb:kp-1", "urn:preserva:nlb:kp-1"
RULES = Rules(
    "aonb",
    {
        "main": StoragePlace("aonb", "RU"),
        "copy": StoragePlace("nlb", "BY"),
        "held": StoragePlace("aonb", "RU", held=True),
    },
    wanted=2,
)


def copy(storage: str, version: int | None = 1, package: str = OURS) -> KnownCopy:
    """A copy that was found sound."""
    return KnownCopy(package, storage, version, checked=1, proved=True)


def states(judgement: Judgement) -> dict[str, State]:
    """The states of the copies by their storage."""
    return {one.known.storage: one.state for one in judgement.copies}


def test_two_sound_copies_are_enough() -> None:
    judged = judge(OURS, [copy("main"), copy("copy")], RULES)
    assert (judged.counted, judged.few, judged.outcome) == (2, False, Outcome.PASS)
    assert set(states(judged).values()) == {State.SOUND}


@pytest.mark.parametrize(
    ("other", "away", "state", "outcome"),
    [
        (copy("copy", version=1), (), State.INCOMPLETE, Outcome.UNKNOWN),
        (replace(copy("copy", 2), trouble=State.DAMAGED, problem=1), (), State.DAMAGED,
         Outcome.FAIL),
        (replace(copy("copy", 2), trouble=State.MISSING, problem=1), (), State.MISSING,
         Outcome.FAIL),
        (replace(copy("copy", 2), trouble=State.UNREAD, problem=1), (), State.UNREAD,
         Outcome.UNKNOWN),
        (copy("copy", 2), ("copy",), State.UNREACHABLE, Outcome.UNKNOWN),
        (replace(copy("copy", 2), trouble=State.DAMAGED, problem=1), ("copy",), State.DAMAGED,
         Outcome.FAIL),
    ],
)  # fmt: skip
def test_what_does_not_count(
    other: KnownCopy, away: tuple[str, ...], state: State, outcome: Outcome
) -> None:
    """A copy without the newest version, in trouble, or in a storage that was not there."""
    judged = judge(OURS, [copy("main", 2), other], replace(RULES, away=frozenset(away)))
    assert states(judged) == {"main": State.SOUND, "copy": state}
    assert (judged.newest, judged.counted, judged.few, judged.outcome) == (2, 1, True, outcome)


def test_a_copy_that_was_read_back_when_it_was_made_counts() -> None:
    """Until it is checked it is proved by that, and not called sound."""
    fresh = KnownCopy(OURS, "copy", 1)
    judged = judge(OURS, [copy("main"), fresh], RULES)
    assert states(judged)["copy"] is State.NEVER
    assert (judged.few, judged.outcome) == (False, Outcome.PASS)


def test_what_others_write_says_nothing_of_our_packages() -> None:
    """A copy in a storage that is held counts for nothing, and a newer version there is none."""
    judged = judge(OURS, [copy("main"), copy("held", version=9)], RULES)
    assert (judged.newest, judged.counted, judged.few) == (1, 1, True)


def test_packages_of_others_are_never_short_of_copies() -> None:
    """They are no part of our policy; their damage is told all the same."""
    held = copy("held", package=THEIRS)
    judged = judge(THEIRS, [held], RULES)
    assert (judged.own, judged.few, judged.outcome) == (False, False, Outcome.PASS)
    damaged = replace(held, trouble=State.DAMAGED, problem=4)
    assert judge(THEIRS, [damaged], RULES).outcome is Outcome.FAIL


def test_what_was_taken_over_from_others_is_ours() -> None:
    """A package of another institution that lies in our own storage is ours to keep."""
    assert judge(THEIRS, [copy("main", package=THEIRS)], RULES).few


def test_a_storage_that_was_given_up_is_no_place() -> None:
    judged = judge(OURS, [copy("main"), copy("sold")], RULES)
    assert (list(states(judged)), judged.few) == (["main"], True)


@pytest.mark.parametrize("name", [OURS, "ocfl/0a1/no package"])
def test_what_the_ledger_does_not_know_is_named_and_not_counted(name: str) -> None:
    """Seen by a check, or by a look at the storage."""
    recorded = KnownCopy(name, "copy", None, trouble=State.UNRECORDED, problem=3)
    for judged in (judge(name, [recorded], RULES), with_stranger(judge(name, [], RULES), "copy")):
        assert states(judged) == {"copy": State.UNRECORDED}
        assert (judged.counted, judged.few, judged.outcome) == (0, False, Outcome.UNKNOWN)


@pytest.mark.parametrize(
    ("outcome", "seen", "before", "after"),
    [
        ("success", [], State.DAMAGED, None),
        ("fail", [("E203", "v1/content/a")], None, State.DAMAGED),
        ("fail", [("E302", "main")], None, State.MISSING),
        ("fail", [("E302", "v2")], None, State.DAMAGED),
        ("unknown", [("U305", "main")], None, State.UNREAD),
        ("unknown", [("U305", "main")], State.DAMAGED, State.DAMAGED),
        ("unknown", [("U305", "main")], State.MISSING, State.MISSING),
    ],
)
def test_known_damage_stays_known_until_a_check_proves_it_gone(
    outcome: str, seen: list[tuple[str, str]], before: State | None, after: State | None
) -> None:
    assert trouble_after(outcome, seen, before, acknowledged=True) is after


copies = st.lists(
    st.builds(
        KnownCopy,
        st.just(OURS),
        st.sampled_from(["main", "copy", "held", "sold"]),
        st.one_of(st.none(), st.integers(1, 3)),
        proved=st.sampled_from([None, True]),
        trouble=st.sampled_from([None, State.DAMAGED, State.UNREAD]),
        problem=st.just(5),
    ),
    max_size=4,
    unique_by=lambda one: one.storage,
)


@given(copies)
def test_trouble_never_makes_a_judgement_better(known: list[KnownCopy]) -> None:
    """Whatever the other copies are like; only what counts is counted."""
    judged = judge(OURS, known, RULES)
    worst = judge(OURS, [replace(one, trouble=State.DAMAGED) for one in known], RULES)
    assert worst.counted == 0
    assert Outcome.worst((judged.outcome, worst.outcome)) is worst.outcome or not worst.copies
    assert all(one.known.storage in {"main", "copy"} for one in judged.copies if one.counted)


def test_a_tally_is_the_worst_of_all_and_proves_the_least() -> None:
    """Held packages count for incidents alone."""
    tally = Tally()
    tally.add(judge(OURS, [copy("main"), copy("copy")], RULES), RULES)
    assert (tally.packages, tally.proved, tally.institutions, tally.countries) == (1, 2, 2, 2)
    assert (tally.outcome, tally.waits) == (Outcome.PASS, False)
    held = replace(copy("held", package=THEIRS), trouble=State.DAMAGED, problem=4, decided=True)
    tally.add(judge(THEIRS, [held], RULES), RULES)
    assert (tally.packages, tally.proved, tally.count(State.DAMAGED)) == (1, 2, 1)
    assert (tally.incidents, tally.undecided, tally.outcome) == (1, 0, Outcome.FAIL)
    assert not tally.waits  # somebody has decided
    other = "urn:preserva:aonb:kp-2"
    tally.add(judge(other, [copy("main", package=other)], RULES), RULES)
    assert (tally.packages, tally.proved, tally.institutions, tally.countries) == (2, 1, 1, 1)
    assert (tally.few, tally.waits) == ([(other, 1)], True)
