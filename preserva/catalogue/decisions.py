"""What people decided of two records, in a form that travels, and what follows from all of it.

A decision is identified by its content, not by a number, so it is the same wherever and however
often it arrives. It can only be added, and only be undone by the library that made it: two
catalogues with the same decisions have the same editions, in whatever order they arrived.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from preserva.catalogue.entry import library_of
from preserva.core.formats.guarded_json import read_json

FORMAT = "preserva decision"
_TEXTS = ("library", "time", "person", "verdict", "one", "other")
_LIBRARY = re.compile(r"[a-z][a-z0-9]*")
_LONGEST = 1_000


class MatchVerdict(StrEnum):
    """What a person decided of two records."""

    SAME = "same"  # they describe one edition
    DIFFERENT = "different"  # they do not, and shall not be proposed again


@dataclass(frozen=True, slots=True)
class Undone:
    """When a decision was taken back, and by whom."""

    time: str
    person: str


@dataclass(frozen=True, slots=True)
class MatchDecision:
    """A person's decision, and of which library the person is; one that is undone is kept.

    `number` is this catalogue's own. `disputed` is true if decisions in force contradict each
    other: then none of them has an effect until a person has undone one.
    """

    number: int
    library: str
    time: str
    person: str
    verdict: MatchVerdict
    record: str
    other: str
    undone: Undone | None = None
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Editions:
    """For each joined record all records of its edition, sorted; numbers of disputed decisions."""

    joined: Mapping[str, tuple[str, ...]]
    disputed: frozenset[int]


def editions(decisions: Iterable[MatchDecision]) -> Editions:
    """The editions that follow from the decisions in force.

    Records that some join and others separate are not joined, even if the contradiction arises only
    through a third record.
    """
    standing = [decision for decision in decisions if not decision.undone]
    same = [decision for decision in standing if decision.verdict is MatchVerdict.SAME]
    groups = _groups(same)
    against = [
        decision
        for decision in standing
        if decision.verdict is MatchVerdict.DIFFERENT
        and decision.other in groups.get(decision.record, ())
    ]
    torn: set[str] = set()
    for decision in against:
        if decision.record not in torn:
            torn |= groups[decision.record].keys()
    disputed = {decision.number for decision in against} | {
        decision.number for decision in same if decision.record in torn
    }
    joined: dict[str, tuple[str, ...]] = {}
    for uri, group in groups.items():
        if uri not in joined and uri not in torn:
            joined |= dict.fromkeys(group, tuple(sorted(group)))
    return Editions(joined, frozenset(disputed))


def line_of(decision: MatchDecision) -> str:
    """The decision as a line of JSON, without data of this catalogue only."""
    facts: dict[str, object] = {
        "format": FORMAT,
        "library": decision.library,
        "time": decision.time,
        "person": decision.person,
        "verdict": decision.verdict.value,
        "one": decision.record,
        "other": decision.other,
    }
    if decision.undone:
        facts["undone"] = {"time": decision.undone.time, "person": decision.undone.person}
    return json.dumps(facts, ensure_ascii=False)


def decision_of(line: str) -> MatchDecision:
    """The decision of `line_of`, with the number 0. Raises ValueError for any other text."""
    facts = read_json(line)
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise ValueError("not a decision")
    library, time, person, verdict, record, other = (_text(facts, name) for name in _TEXTS)
    if not _LIBRARY.fullmatch(library):
        raise ValueError("library")
    if record == other or not library_of(record) or not library_of(other):
        raise ValueError("records")
    undone = None
    if (taken_back := facts.get("undone")) is not None:
        undone = Undone(_text(taken_back, "time"), _text(taken_back, "person"))
        datetime.fromisoformat(undone.time)
    datetime.fromisoformat(time)
    return MatchDecision(0, library, time, person, MatchVerdict(verdict), record, other, undone)


def _text(facts: object, name: str) -> str:
    text = facts.get(name) if isinstance(facts, dict) else None
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
        raise ValueError(name)
    text.encode()  # a lone surrogate is no text
    return text


def _groups(same: Iterable[MatchDecision]) -> dict[str, dict[str, None]]:
    """For each record those that are joined with it, by way of others too (union-find)."""
    above: dict[str, str] = {}

    def top(uri: str) -> str:
        while above[uri] != uri:
            above[uri] = above[above[uri]]
            uri = above[uri]
        return uri

    for decision in same:
        for uri in (decision.record, decision.other):
            above.setdefault(uri, uri)
        above[top(decision.other)] = top(decision.record)
    groups: dict[str, dict[str, None]] = {}
    for uri in above:
        groups.setdefault(top(uri), {})[uri] = None
    return {uri: group for group in groups.values() for uri in group}
