"""A short set of sequences, and those that once ended in a lie.

The long campaign is `python -m tests.simulator --help`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulator import faults, verbs
from tests.simulator.faults import Forgeries
from tests.simulator.machine import DONE, TwoInstitutions, beginnings
from tests.simulator.truth import act, an_interval_later, interval, views_agree
from tests.simulator.world import AONB, BOOKS, NLB

LONG = os.environ.get("PRESERVA_LONG") == "1"
KP, OTHER = BOOKS[AONB]
MAIN, COPY, PARTNER, HELD = "aonb-main", "aonb-copy", "nlb-copy", "from-nlb"

Step = Callable[..., object]
Steps = list[tuple[Step | str, str]]
"""What is done, by us or to a storage, and in which."""


def test_any_sequence() -> None:
    """Nothing right is lost, nothing forged is called sound, all views agree, no lie lasts."""
    DONE.clear()
    run_state_machine_as_test(
        TwoInstitutions,
        settings=settings(
            max_examples=500 if LONG else 25,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert DONE["sequences"] >= 25
    assert DONE["steps"] > 100


@pytest.mark.parametrize(
    "steps",
    [
        # corrected, and the correction is in one place only
        [(verbs.store, MAIN), (interval, MAIN)],
        # a copy that was gone, and is brought again
        [(faults.delete, PARTNER), (verbs.replicate, MAIN)],
        [(faults.delete, MAIN), (verbs.replicate, MAIN)],
        # known damage stays known
        [(faults.flip, PARTNER), (verbs.wait, MAIN), (verbs.wait, MAIN), (verbs.audit_due, MAIN)],
        [(faults.swap_packages, PARTNER), (verbs.replicate, MAIN)],
        [(verbs.store, MAIN), (verbs.replicate, MAIN), (faults.roll_back, PARTNER),
         (verbs.replicate, MAIN), (verbs.audit_due, MAIN)],
        [("plant_stranger", PARTNER), (verbs.audit_due, MAIN)],
        [("plant_other", PARTNER), (verbs.audit_due, MAIN)],
        [(faults.stray_file, PARTNER), (verbs.audit_due, MAIN)],
        [(faults.take_away, PARTNER), (verbs.replicate, MAIN), (faults.put_back, PARTNER)],
        # a partner who forges what we keep with him, or what he keeps with us
        [("forge", PARTNER), (verbs.repair, MAIN), (verbs.replicate, MAIN)],
        [("forge", HELD), (verbs.receive, MAIN), (verbs.repair_one, MAIN)],
        [("forge_later", HELD), (verbs.receive, MAIN), (verbs.store, MAIN)],
        [(faults.further_version, PARTNER), (verbs.replicate, MAIN), (verbs.store, MAIN)],
        # ledgers: lost, with a partner who lies about it, and put back from an old backup
        [("rewrite_ledger", PARTNER), (verbs.lose_ledger, MAIN)],
        [("replace_ledger", PARTNER), (verbs.lose_ledger, MAIN)],
        [(faults.lengthen_ledger, PARTNER), (verbs.lose_ledger, MAIN), (verbs.repair, MAIN)],
        [(faults.wipe, MAIN), (faults.lengthen_ledger, PARTNER), (verbs.lose_ledger, MAIN)],
        [(faults.forge_mark, PARTNER), (verbs.lose_ledger, MAIN)],
        [(verbs.back_up_ledger, MAIN), (verbs.store, MAIN), (verbs.restore_backup, MAIN),
         (verbs.audit_due, MAIN)],
        # disks of other archives, also where nothing is due, and where the ledger is lost
        [("swap_disk", PARTNER), (interval, MAIN)],
        [("swap_disk", MAIN), (verbs.store, MAIN), (verbs.replicate, MAIN)],
        [("swap_disk", MAIN), (verbs.lose_ledger, MAIN)],
        [("swap_disk", MAIN), (faults.wipe, COPY), (verbs.lose_ledger, MAIN)],
        [(faults.take_away, PARTNER), (verbs.lose_ledger, MAIN)],
    ],
)  # fmt: skip
@pytest.mark.parametrize("start", ["empty", "kept", "corrected"])
def test_what_once_ended_in_a_lie(start: str, steps: Steps) -> None:
    """From three beginnings: nothing yet, one package in three places, one that was corrected."""
    world, lies, saved = beginnings()
    world.restore(saved[start])
    ours = world.people[AONB]
    for step, storage in steps:
        if isinstance(step, str):
            getattr(Forgeries, step)(lies, world, storage, KP)
        elif step in faults.ACCIDENTS or step in faults.LIES:
            step(world, storage, KP)
        else:
            act(world, ours, cast(verbs.Verb, step), KP, storage)
            views_agree(world, ours)
    for who in world.people.values():
        an_interval_later(world, who)


def test_a_rebuilt_storage_is_accepted_by_whoever_holds_it() -> None:
    """And another archive's disk in its place is not; nor what is damaged, by one person."""
    world, lies, saved = beginnings()
    world.restore(saved["corrected"])
    ours, theirs = world.people[AONB], world.people[NLB]
    act(world, theirs, verbs.receive, KP, PARTNER)
    faults.wipe(world, PARTNER, KP)
    assert act(world, ours, verbs.rebuild_storage, KP, PARTNER)
    lies.swap_disk(world, PARTNER, KP)
    assert not act(world, theirs, verbs.accept_storage, KP, PARTNER)
    faults.put_back(world, PARTNER, KP)
    rebuilt = dict(world.disks[PARTNER])
    faults.flip(world, PARTNER, KP)
    assert not act(world, theirs, verbs.accept_storage, KP, PARTNER)
    world.mount(PARTNER, rebuilt)
    assert act(world, theirs, verbs.accept_storage, KP, PARTNER)
    views_agree(world, theirs)
    for who in world.people.values():
        an_interval_later(world, who)


@pytest.mark.parametrize("lost", [[], [MAIN], [MAIN, COPY], [COPY, PARTNER]])
def test_a_configuration_is_what_our_own_storages_say(lost: list[str]) -> None:
    """Also where the partner's storages call us something else, and say that they are ours."""
    world, _lies, saved = beginnings()
    world.restore(saved["kept"])
    ours = world.people[AONB]
    for storage in (PARTNER, HELD):
        faults.call_us_otherwise(world, storage, KP)
    for storage in lost:
        faults.wipe(world, storage, KP)
    act(world, ours, verbs.rebuild_config, KP, MAIN)
