"""The state machine: anybody does anything, in any order, and the truth is looked at every time."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from preserva.core.values.model import PackageId
from tests.simulator import verbs
from tests.simulator.faults import ACCIDENTS, DISKS, FORGED, LIES, Fault, Forgeries, forgeries
from tests.simulator.truth import act, an_interval_later, interval, views_agree
from tests.simulator.world import AONB, BOOKS, NLB, PARTNERS, STORAGES, Institution, Saved, World

ALL_BOOKS = tuple(book for books in BOOKS.values() for book in books)
VERBS = (*verbs.VERBS, interval)
DONE: Counter[str] = Counter()
"""Sequences, steps, verbs that were done, and that were refused, in this process."""


@cache
def beginnings() -> tuple[World, Forgeries, dict[str, Saved]]:
    """The world and what each sequence begins with, made once in this process."""
    place = Path(tempfile.mkdtemp(prefix="preserva-simulator-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    lies = forgeries(World(place / "liars", "liars-", seed=2))
    world = World(place / "world")
    saved = {"empty": world.save()}
    ours, theirs = world.people[AONB], world.people[NLB]
    for who, book in ((ours, BOOKS[AONB][0]), (theirs, BOOKS[NLB][0])):
        for verb in (verbs.store, verbs.replicate):
            act(world, who, verb, book, who.main)
    for who in (ours, theirs):
        for verb in (verbs.receive, verbs.audit_due):
            act(world, who, verb, ALL_BOOKS[0], who.main)
    saved["kept"] = world.save()
    act(world, ours, verbs.store, BOOKS[AONB][0], ours.main)
    act(world, ours, verbs.replicate, BOOKS[AONB][0], ours.main)
    saved["corrected"] = world.save()
    return world, lies, saved


class TwoInstitutions(RuleBasedStateMachine):
    """A sequence of steps."""

    def __init__(self) -> None:
        super().__init__()
        self.world, self.lies, self.saved = beginnings()
        self.world.restore(self.saved["empty"])

    @initialize(start=st.sampled_from(["empty", "kept", "kept", "corrected"]))
    def begin(self, start: str) -> None:
        self.world.restore(self.saved[start])
        DONE["sequences"] += 1

    @rule(verb=st.sampled_from(VERBS), number=st.integers(0, 1), place=st.integers(0, 3))
    def we(self, verb: verbs.Verb, number: int, place: int) -> None:
        """The one institution does something."""
        self._do(self.world.people[AONB], verb, number, place)

    @rule(verb=st.sampled_from(VERBS), number=st.integers(0, 2), place=st.integers(0, 3))
    def they(self, verb: verbs.Verb, number: int, place: int) -> None:
        """The other one does something."""
        self._do(self.world.people[NLB], verb, number, place)

    @rule(
        fault=st.sampled_from(ACCIDENTS + DISKS),
        storage=st.sampled_from(tuple(STORAGES)),
        number=st.integers(0, 1),
    )
    def accident(self, fault: Fault | str, storage: str, number: int) -> None:
        """Something befalls a storage, or the disk of another archive is plugged in."""
        books = BOOKS[NLB if storage in {"nlb-main", "from-nlb"} else AONB]
        self._befalls(fault, storage, books[number % len(books)])

    @rule(
        fault=st.sampled_from(LIES + FORGED),
        storage=st.sampled_from(PARTNERS),
        book=st.sampled_from(ALL_BOOKS),
    )
    def lie(self, fault: Fault | str, storage: str, book: PackageId) -> None:
        """The hostile partner writes to a storage that it can write to."""
        self._befalls(fault, storage, book)

    def _do(self, who: Institution, verb: verbs.Verb, number: int, place: int) -> None:
        books = ALL_BOOKS if verb is verbs.validate else BOOKS[who.name]
        storages = who.storages()
        book, storage = books[number % len(books)], storages[place % len(storages)]
        done = act(self.world, who, verb, book, storage)
        DONE[f"{verb.__name__}: {'done' if done else 'refused'}"] += 1
        DONE["steps"] += 1
        views_agree(self.world, who)

    def _befalls(self, fault: Fault | str, storage: str, book: PackageId) -> None:
        change = getattr(self.lies, fault) if isinstance(fault, str) else fault
        change(self.world, storage, book)
        DONE["steps"] += 1

    def teardown(self) -> None:
        for who in self.world.people.values():
            an_interval_later(self.world, who)
