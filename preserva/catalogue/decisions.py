"""What people decided of two records, in a form that travels, and what follows from all of it.

A decision is known by what it says, not by a number, so it is the same wherever it arrives and
however often. It can only be added, and only be undone by the library that made it: two catalogues
that know of the same decisions have the same editions, whatever came first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from preserva.catalogue.model import library_of

FORMAT = "preserva decision"
_TEXTS = ("library", "time", "person", "verdict", "one", "other")
_LIBRARY = re.compile(r"[a-z][a-z0-9]*")
_LONGEST = 1_000


class Verdict(StrEnum):
    """What a person decided of two records."""

    SAME = "same"  # they describe one edition
    DIFFERENT = "different"  # they do not, and shall not be proposed again


@dataclass(frozen=True, slots=True)
class Undone:
    """When a decision was taken back, and by whom."""

    time: str
    person: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's decision, and of which library the person is; one that is undone is kept.

    `number` is this catalogue's own. `disputed` is true where decisions that stand contradict each
    other: then none of them has an effect until a person has undone one.
    """

    number: int
    library: str
    time: str
    person: str
    verdict: Verdict
    one: str
    other: str
    undone: Undone | None = None
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Editions:
    """For each joined record all records of its edition, sorted; numbers of disputed decisions."""

    joined: Mapping[str, tuple[str, ...]]
    disputed: frozenset[int]


def editions(decisions: Iterable[Decision]) -> Editions:
    """The editions that follow from the decisions that stand.

    Records that are joined by some and told apart by others are not joined, also where that is so
    only by way of a third record.
    """
    standing = [one for one in decisions if not one.undone]
    same = [one for one in standing if one.verdict is Verdict.SAME]
    groups = _groups(same)
    against = [
        one
        for one in standing
        if one.verdict is Verdict.DIFFERENT and one.other in groups.get(one.one, ())
    ]
    torn: set[str] = set()
    for one in against:
        if one.one not in torn:
            torn |= groups[one.one].keys()
    disputed = {one.number for one in against} | {one.number for one in same if one.one in torn}
    joined: dict[str, tuple[str, ...]] = {}
    for uri, group in groups.items():
        if uri not in joined and uri not in torn:
            joined |= dict.fromkeys(group, tuple(sorted(group)))
    return Editions(joined, frozenset(disputed))


def line_of(one: Decision) -> str:
    """The decision as a line of JSON, without what is this catalogue's own."""
    facts: dict[str, object] = {"format": FORMAT, "library": one.library, "time": one.time,
                                "person": one.person, "verdict": one.verdict.value,
                                "one": one.one, "other": one.other}  # fmt: skip
    if one.undone:
        facts["undone"] = {"time": one.undone.time, "person": one.undone.person}
    return json.dumps(facts, ensure_ascii=False)


def decision_of(line: str) -> Decision:
    """The decision of `line_of`, with the number 0. Raises ValueError for any other text."""
    try:
        facts = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise ValueError("not a decision")
    library, time, person, verdict, one, other = (_text(facts, name) for name in _TEXTS)
    if not _LIBRARY.fullmatch(library):
        raise ValueError("library")
    if one == other or not library_of(one) or not library_of(other):
        raise ValueError("records")
    undone = None
    if (told := facts.get("undone")) is not None:
        undone = Undone(_text(told, "time"), _text(told, "person"))
        datetime.fromisoformat(undone.time)
    datetime.fromisoformat(time)
    return Decision(0, library, time, person, Verdict(verdict), one, other, undone)


def _text(facts: object, name: str) -> str:
    found = facts.get(name) if isinstance(facts, dict) else None
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST:
        raise ValueError(name)
    found.encode()  # a lone surrogate is no text
    return found


def _groups(same: Iterable[Decision]) -> dict[str, dict[str, None]]:
    """For each record those that are joined with it, by way of others too (union-find)."""
    above: dict[str, str] = {}

    def top(uri: str) -> str:
        while above[uri] != uri:
            above[uri] = above[above[uri]]
            uri = above[uri]
        return uri

    for one in same:
        for uri in (one.one, one.other):
            above.setdefault(uri, uri)
        above[top(one.other)] = top(one.one)
    groups: dict[str, dict[str, None]] = {}
    for uri in above:
        groups.setdefault(top(uri), {})[uri] = None
    return {uri: group for group in groups.values() for uri in group}
