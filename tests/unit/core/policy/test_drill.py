"""What becomes of an exercise: well only if it was planted, seen by all, and mended completely."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from preserva.core.policy.drill import EXPECTED, Drill, DrillVerb, ExerciseResult, Trouble
from preserva.core.values.report import Outcome

TROUBLE = Trouble.BIT_FLIP
WELL = ExerciseResult(TROUBLE, ("page",), EXPECTED[TROUBLE], ("repair --apply",))
STILL = {DrillVerb.HEALTH: frozenset(["damaged"])}
FEW = {DrillVerb.HEALTH: frozenset(["damaged", "too few copies"])}


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_must_be_seen_by_health_and_another_verb(trouble: Trouble) -> None:
    assert DrillVerb.HEALTH in EXPECTED[trouble]
    assert len(EXPECTED[trouble]) > 1


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (WELL, Outcome.PASS),
        (replace(WELL, seen={**WELL.seen, **FEW}), Outcome.PASS),
        (replace(WELL, planted=()), Outcome.UNKNOWN),
        (replace(WELL, seen={}), Outcome.FAIL),
        (replace(WELL, left=STILL), Outcome.FAIL),
        (replace(WELL, differing=("nlb-copy/page",)), Outcome.FAIL),
        (replace(WELL, mended=()), Outcome.FAIL),
        (replace(WELL, problem="a reason"), Outcome.FAIL),
    ],
)
def test_an_exercise_is_well_only_with_all_of_it(result: ExerciseResult, outcome: Outcome) -> None:
    assert result.outcome is outcome
    drill = Drill("aonb", datetime(2026, 12, 1, tzinfo=UTC), (WELL, result), 1.0)
    assert drill.outcome is outcome


def test_what_a_verb_did_not_say_is_named() -> None:
    """Each that should have said it; what was not planted is not missed."""
    deaf = replace(WELL, seen={DrillVerb.AUDIT: WELL.seen[DrillVerb.AUDIT]})
    assert deaf.missed == {
        DrillVerb.INCIDENTS: frozenset(["damaged"]),
        DrillVerb.HEALTH: frozenset(["damaged"]),
    }
    assert replace(deaf, planted=()).missed == {}
