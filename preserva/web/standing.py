"""The judgement of all packages, kept between requests: only what the ledger says anew is judged.

Most packages are in the same state as thousands of others. So what is kept is the state of each,
shared with all that have the same, and how many those are; sizes and ages are asked of the ledger.
The result is always that of `archive.judgements.tally_of`.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from preserva.archive.archive import ArchivalStorage
from preserva.archive.judgements import judgements, rules_of
from preserva.config import Config
from preserva.core.policy.judgement import (
    JudgedCopy,
    Judgement,
    KnownCopy,
    Rules,
    State,
    StorageTally,
    Tally,
    judge,
)
from preserva.core.policy.overview import Overview
from preserva.reporting.overview import overview

_A_MINUTE = timedelta(minutes=1)


def common(judgement: Judgement) -> Judgement:
    """A judgement without what is this package's alone: its name, its sizes, ages and proofs."""
    copies = (
        JudgedCopy(
            KnownCopy("", copy.known.storage, None if copy.known.version is None else 1),
            copy.state,
            copy.counted,
        )
        for copy in judgement.copies
    )
    newest = min(judgement.newest, 1)
    return replace(judgement, package="", newest=newest, copies=tuple(copies))


@dataclass(slots=True)
class _Known:
    """The packages as they were after an entry of the ledger, by rules."""

    rules: Rules
    entry: int
    digest: str
    states: dict[str, Judgement] = field(default_factory=dict)
    shared: dict[Judgement, Judgement] = field(default_factory=dict)
    counts: Counter[Judgement] = field(default_factory=Counter)

    def note(self, package: str, judgement: Judgement | None) -> None:
        """A package is now in this state; with None, there is nothing to know of it."""
        before = self.states.pop(package, None)
        if before is not None:
            self.counts[before] -= 1
        if judgement is not None:
            state = common(judgement)
            self.states[package] = state = self.shared.setdefault(state, state)
            self.counts[state] += 1

    def named(self, fits: Callable[[Judgement], bool]) -> list[str]:
        """The packages whose state fits."""
        fitting = {id(state) for state in self.shared.values() if fits(state)}
        if not fitting:
            return []
        return [name for name, state in self.states.items() if id(state) in fitting]


class ArchiveStanding:
    """How all packages of an archive stand. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: _Known | None = None
        self.verified: tuple[int, str] | None = None  # an entry, and its digest
        self._overview: tuple[Config, datetime, Overview] | None = None

    def overview(self, archive: ArchivalStorage) -> Overview:
        """The report without the past: made again when the ledger has grown, or after a minute."""
        with self._lock:
            if self._overview is not None:
                config, made, kept = self._overview
                age = archive.clock() - made
                same = (kept.entries, kept.newest) == (archive.ledger.size, archive.ledger.digest)
                if same and config == archive.config and timedelta() <= age < _A_MINUTE:
                    return kept
            state = overview(archive, past=False, tally=self._tally(archive))
            self._overview = (archive.config, archive.clock(), state)
            return state

    def tally(self, archive: ArchivalStorage) -> Tally:
        """All judgements summed up, as `tally_of` does."""
        with self._lock:
            return self._tally(archive)

    def packages(self, archive: ArchivalStorage, fits: Callable[[Judgement], bool]) -> list[str]:
        """The packages whose state fits, in their order; `fits` is asked about `common` ones."""
        with self._lock:
            known = self._current(archive)
            return sorted(known.named(fits))

    def _current(self, archive: ArchivalStorage) -> _Known:
        rules, ledger = rules_of(archive), archive.ledger
        known, size = self._known, ledger.size
        if known is not None and _same(known.rules, rules) and _grown_from(archive, known):
            for package in ledger.packages_since(known.entry):
                copies = ledger.copies.of(package)
                known.note(package, judge(package, copies, rules) if copies else None)
        else:
            known = _Known(rules, size, ledger.digest_of(size) or "")
            for judgement in judgements(archive, rules):
                known.note(judgement.package, judgement)
        known.rules, known.entry, known.digest = rules, size, ledger.digest_of(size) or ""
        self._known = known
        return known

    def _tally(self, archive: ArchivalStorage) -> Tally:
        known = self._current(archive)
        tally = Tally()
        for state, count in known.counts.items():
            if count:
                _add(tally, state, count, known.rules)
        few = {id(state): state.counted for state in known.shared.values() if state.few}
        tally.few = sorted(
            ((name, few[id(state)]) for name, state in known.states.items() if id(state) in few),
            key=lambda one: (one[1], one[0]),
        )
        for name, storage in tally.storages.items():
            gone = known.named(partial(_is_given_up, name))
            storage.oldest, storage.size = archive.ledger.copies.sums(name, gone)
        for trouble in archive.ledger.copies.troubled():
            ours = trouble.storage in known.rules.places
            retired = known.rules.retired.has(trouble.package, trouble.storage)
            if ours and not retired and trouble.package not in known.rules.withdrawn:
                tally.open(trouble)
        return tally


def _is_given_up(storage: str, judgement: Judgement) -> bool:
    """Whether nobody asks for the copy of a package in a storage any more."""
    given_up = (State.REMOVED, State.RETIRED)
    return any(
        copy.known.storage == storage and copy.state in given_up for copy in judgement.copies
    )


def _same(one: Rules, other: Rules) -> bool:
    """Whether two rules judge alike; which packages are withdrawn, their entries say."""
    nothing: Mapping[str, frozenset[str]] = {}
    return replace(one, withdrawn=nothing) == replace(other, withdrawn=nothing)


def _grown_from(archive: ArchivalStorage, known: _Known) -> bool:
    """Whether the ledger has the entry that was the newest then: it was not replaced."""
    return (archive.ledger.digest_of(known.entry) or "") == known.digest


def _add(tally: Tally, state: Judgement, count: int, rules: Rules) -> None:
    """Take in so many packages of the same state."""
    one = Tally()
    one.add(state, rules)
    tally.add(state, rules)
    tally.packages += one.packages * (count - 1)
    for name, storage in one.storages.items():
        into: StorageTally = tally.storages[name]
        for kind, copies in storage.states.items():
            into.states[State(kind)] += copies * (count - 1)
