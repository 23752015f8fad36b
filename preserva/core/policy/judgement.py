"""The one judgement of a package: the state of each copy, by what the ledger knows about it.

Every view comes from it: `status`, `report`, `levels`, `incidents`, `audit`, mails, pings, metrics,
the pages of an exhibition and the exit statuses. Why it is so: docs/adr/0028-one-judgement.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from preserva.core.policy.retirement import NOTHING_RETIRED, Retired
from preserva.core.values.codes import Code
from preserva.core.values.entries import FAIL, SUCCESS
from preserva.core.values.report import Outcome

_VERSION = re.compile(r"v[1-9][0-9]*")


class State(StrEnum):
    """The state of a copy, from the best to the worst."""

    SOUND = "sound"  # holds the newest version, and its last check found nothing wrong
    NEVER = "never checked"  # read back when it was made, and not since
    INCOMPLETE = "incomplete"  # lacks the newest version
    ABSENT = "absent"  # there never was a copy
    WITHDRAWN = "withdrawn"  # the package is a tombstone: nothing is asked of its copies
    REMOVED = "removed"  # two persons decided that the bytes of a withdrawn package go
    RETIRED = "retired"  # two persons decided that this copy is no longer wanted
    UNREAD = "unread"  # its last check could not read all of it
    UNREACHABLE = "unreachable"  # its storage was not there
    UNRECORDED = "unrecorded"  # it is there, and the ledger does not know of it
    MISSING = "missing"  # the ledger acknowledged it, and it is gone
    DAMAGED = "damaged"  # it is not what was recorded

    @property
    def counts(self) -> bool:
        """Whether such a copy is one of those that the policy wants."""
        return self is State.SOUND or self is State.NEVER

    @property
    def outcome(self) -> Outcome:
        """FAIL for a copy that is missing or damaged, UNKNOWN for one of which nothing is known."""
        return _OUTCOMES[self]

    @classmethod
    def worst(cls, *states: State) -> State:
        """The worst of these."""
        return max(states, key=list(cls).index)


_OUTCOMES = {
    **dict.fromkeys(State, Outcome.PASS),
    **dict.fromkeys((State.UNREAD, State.UNREACHABLE, State.UNRECORDED), Outcome.UNKNOWN),
    **dict.fromkeys((State.MISSING, State.DAMAGED), Outcome.FAIL),
}

_GIVEN_UP = {State.REMOVED, State.RETIRED}

Seen = tuple[str, str | None]
"""The code and the path of a finding, as an entry of the ledger names them."""


def trouble_after(
    outcome: str, seen: Iterable[Seen], before: State | None, *, acknowledged: bool
) -> State | None:
    """What is wrong with a copy after a check; None if the check proved it sound.

    `before` is what was wrong until then. Damage that is known stays known: an unfinished check
    proves nothing. `acknowledged`: the ledger knows a copy there.
    """
    if outcome == SUCCESS:
        return None
    if outcome == FAIL:
        gone = any(
            code == Code.COPY_MISSING.value and not _VERSION.fullmatch(path or "")
            for code, path in seen
        )
        return State.MISSING if gone else State.DAMAGED
    if before in {State.MISSING, State.DAMAGED}:
        return before
    return State.UNREAD if acknowledged else State.UNRECORDED


@dataclass(frozen=True, slots=True)
class KnownCopy:
    """A copy as the ledger sums it up.

    `version` is the number of the newest that was acknowledged there, None if none was. `checked`
    (seconds since 1970) is when a reading was last completed, and `proved` whether that, or a later
    look, found nothing wrong; None if nobody looked. `trouble` is what is wrong, since entry
    `problem`, seen `seen` times; `decided` whether a person decided what to do. `entry` and
    `digest` are those of its newest check, `size` the bytes that were read.
    """

    package: str
    storage: str
    version: int | None
    checked: int | None = None
    proved: bool | None = None
    trouble: State | None = None
    problem: int | None = None
    seen: int = 0
    decided: bool = False
    size: int | None = None
    entry: int | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class StoragePlace:
    """A storage: whose it is, in which country, and whether others write their copies there."""

    institution: str
    country: str
    held: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """By what copies are judged: who we are, which storages there are, how many copies we want.

    `away` are the storages that were unavailable at the last look, `withdrawn` the withdrawn
    packages, each with the storages from which its bytes were removed; `retired` are copies that
    are no longer wanted.
    """

    institution: str
    places: Mapping[str, StoragePlace]
    wanted: int
    away: frozenset[str] = frozenset()
    withdrawn: Mapping[str, frozenset[str]] = field(default_factory=dict)
    retired: Retired = NOTHING_RETIRED


@dataclass(frozen=True, slots=True)
class JudgedCopy:
    """A copy, its state, and whether it is one of those that the policy wants."""

    known: KnownCopy
    state: State
    counted: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """A package and its copies. `newest` is the number of its newest version, 0 if there is none.

    `own` packages are those that this institution must keep; those of others, of which it only
    holds copies, are never short of any.
    """

    package: str
    own: bool
    newest: int
    wanted: int
    copies: tuple[JudgedCopy, ...]
    withdrawn: bool = False

    @property
    def counted(self) -> int:
        """How many copies count."""
        return sum(copy.counted for copy in self.copies)

    @property
    def few(self) -> bool:
        """Whether that is fewer than the policy wants."""
        kept = self.own and not self.withdrawn
        return kept and self.newest > 0 and self.counted < self.wanted

    @property
    def outcome(self) -> Outcome:
        """The worst of its copies; UNKNOWN if there are too few."""
        enough = Outcome.UNKNOWN if self.few else Outcome.PASS
        return Outcome.worst((enough, *(copy.state.outcome for copy in self.copies)))


def judge(package: str, known: Iterable[KnownCopy], rules: Rules) -> Judgement:
    """What the copies of one package are worth; those in storages that we do not have are left out.

    A copy that others write never decides which version is the newest.
    """
    copies = [copy for copy in known if copy.storage in rules.places]
    ours = [copy for copy in copies if not rules.places[copy.storage].held]
    own = package.startswith(f"urn:preserva:{rules.institution}:") or any(
        copy.version is not None for copy in ours
    )
    newest = max((copy.version or 0 for copy in (ours if own else copies)), default=0)
    withdrawn, judged = package in rules.withdrawn, []
    for copy in copies:
        if withdrawn:
            gone = copy.storage in rules.withdrawn[package]
            state = State.REMOVED if gone else State.WITHDRAWN
        elif rules.retired.has(package, copy.storage):
            state = State.RETIRED
        else:
            state = _state(copy, newest, rules.away)
        if state is not State.ABSENT:
            counted = state.counts and own and not rules.places[copy.storage].held
            judged.append(JudgedCopy(copy, state, counted))
    return Judgement(package, own, newest, rules.wanted, tuple(judged), withdrawn)


def with_stranger(judgement: Judgement, storage: str) -> Judgement:
    """With a copy in a storage that the ledger does not know there."""
    if any(copy.known.storage == storage for copy in judgement.copies):
        return judgement
    known = KnownCopy(judgement.package, storage, None, trouble=State.UNRECORDED)
    stranger = JudgedCopy(known, State.UNRECORDED, counted=False)
    return replace(judgement, copies=(*judgement.copies, stranger))


def _state(copy: KnownCopy, newest: int, away: frozenset[str]) -> State:
    if copy.trouble in {State.MISSING, State.DAMAGED}:
        return copy.trouble
    if copy.version is None:
        return copy.trouble or State.ABSENT
    if copy.storage in away:
        return State.UNREACHABLE
    if copy.trouble is not None:
        return copy.trouble
    if copy.version < newest:
        return State.INCOMPLETE
    return State.NEVER if copy.proved is None else State.SOUND


@dataclass(slots=True)
class StorageTally:
    """The acknowledged copies of one storage; `oldest` check in seconds since 1970, bytes."""

    states: Counter[State] = field(default_factory=Counter)
    oldest: int | None = None
    size: int = 0

    def add(self, copy: JudgedCopy) -> None:
        """Count one more."""
        self.states[copy.state] += 1
        self.size += copy.known.size or 0
        if copy.known.checked is not None:
            times = (copy.known.checked, self.oldest)
            self.oldest = min(time for time in times if time is not None)


@dataclass(slots=True)
class Tally:
    """The judgements of all packages, summed up.

    `few` are the packages with too few copies, and how many count. `incidents` wait for a person,
    `undecided` are those on which nobody has decided yet. `packages` are our own; `proved`,
    `institutions` and `countries` the fewest that any of them has of sound copies, of institutions
    that hold one, and of countries in which one lies.
    """

    storages: dict[str, StorageTally] = field(default_factory=dict)
    few: list[tuple[str, int]] = field(default_factory=list)
    incidents: int = 0
    undecided: int = 0
    packages: int = 0
    proved: int = 0
    institutions: int = 0
    countries: int = 0
    outcome: Outcome = Outcome.PASS

    def add(self, judgement: Judgement, rules: Rules) -> None:
        """Take in one more package."""
        self.outcome = Outcome.worst((self.outcome, judgement.outcome))
        for copy in judgement.copies:
            if not judgement.withdrawn and copy.state is not State.RETIRED:
                self.open(copy.known)
            if copy.known.version is not None and copy.state not in _GIVEN_UP:
                self.storages.setdefault(copy.known.storage, StorageTally()).add(copy)
        if judgement.few:
            self.few.append((judgement.package, judgement.counted))
        if judgement.own and judgement.newest and not judgement.withdrawn:
            self._prove(judgement, rules)

    def open(self, known: KnownCopy) -> None:
        """Count an incident, if there is one: of a copy, or of a whole storage."""
        if known.problem is not None:
            self.incidents += 1
            self.undecided += not known.decided
            assert known.trouble is not None, "an incident is about something"
            self.outcome = Outcome.worst((self.outcome, known.trouble.outcome))

    def _prove(self, judgement: Judgement, rules: Rules) -> None:
        sound = [
            rules.places[copy.known.storage]
            for copy in judgement.copies
            if copy.counted and copy.state is State.SOUND
        ]
        first, self.packages = not self.packages, self.packages + 1
        numbers = (
            len(sound),
            len({place.institution for place in sound}),
            len({place.country for place in sound}),
        )
        fewest = (self.proved, self.institutions, self.countries)
        self.proved, self.institutions, self.countries = (
            numbers if first else tuple(map(min, fewest, numbers))
        )

    def count(self, *states: State) -> int:
        """How many acknowledged copies are in one of these states."""
        return sum(tally.states[state] for tally in self.storages.values() for state in states)

    @property
    def waits(self) -> bool:
        """Whether a person must still do something: an undecided incident, too few copies."""
        return bool(self.undecided or self.few)
