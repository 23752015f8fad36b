"""Places under their several names: Вильна, Вільня, Wilno and Vilnius are one.

The table is places.toml; docs/reference/places.md explains it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from preserva.catalogue.fold import fold, words

_ENDINGS = re.compile("(?:[аеийоуыьэюя]|[ая][мх]|[ео][мйю])?")
_OF_ADJECTIVES = re.compile("[иы](?:[йемх]|ми)|[ео](?:го|му|[ейм])|ая|яя|ую|юю")
_ADJECTIVE = re.compile("(.{3,})(?:[иы][йе]|ая|ое)")
_NOUN = re.compile("(.{2,})[аеийоуыьэюя]")
_SHORT = 2
_NOWHERE = re.compile(r"[бs]\. ?[мl]", re.IGNORECASE)
"""Без места, sine loco."""

_PARTS = re.compile("[;/]")


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a row of words: which, and the words from `start` to before `end`."""

    place: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Name:
    words: tuple[tuple[str, re.Pattern[str]], ...]  # folded, without an ending; which it may have
    place: str
    everyday: bool


def places(text: str) -> list[str]:
    """The places that a text names which is known to be one, by today's names; each once.

    What the table does not know stays as it is written.
    """
    names: list[str] = []
    for part in _PARTS.split(text):
        known = [span.place for span in spans(words(part), everyday=True)]
        names += known or [part.strip().strip(" []?.,:")]
    return [name for name in dict.fromkeys(names) if name and not _NOWHERE.fullmatch(name)]


def spans(row: Sequence[str], *, everyday: bool = False) -> Iterator[Span]:
    """The places among words, the longest names first; `everyday` words among them, or not."""
    names, folded = _names(), [fold(word) for word in row]
    at = 0
    while at < len(folded):
        fitting = [
            name
            for root in _roots(folded[at])
            for name in names.get(root, ())
            if (everyday or not name.everyday) and _fits(name, folded, at)
        ]
        best = max(fitting, key=lambda name: len(name.words), default=None)
        if best is None:
            at += 1
            continue
        yield Span(best.place, at, at + len(best.words))
        at += len(best.words)


def names_of(place: str) -> list[str]:
    """Every name of a place that is not an everyday word, as the table writes it."""
    table, everyday = _table()
    return [name for name in (place, *table[place]) if name not in everyday]


def _fits(name: _Name, folded: Sequence[str], at: int) -> bool:
    row = folded[at : at + len(name.words)]
    if len(name.words) == 1 and len(name.words[0][0]) <= _SHORT and len(folded) > 1:
        return False
    return len(row) == len(name.words) and all(
        word.startswith(root) and endings.fullmatch(word, len(root))
        for word, (root, endings) in zip(row, name.words, strict=True)
    )


def _roots(word: str) -> Iterator[str]:
    """What the word may be without an ending."""
    for cut in range(min(3, len(word) - 1) + 1):
        yield word[: len(word) - cut]


def _declined(word: str) -> tuple[str, re.Pattern[str]]:
    """What stays of a folded word when it is declined, and with which endings."""
    if match := _ADJECTIVE.fullmatch(word):
        return match[1], _OF_ADJECTIVES
    match = _NOUN.fullmatch(word)
    return match[1] if match else word, _ENDINGS


@cache
def _names() -> dict[str, tuple[_Name, ...]]:
    """The names by the root of their first word."""
    by_root: dict[str, tuple[_Name, ...]] = {}
    table, everyday = _table()
    for place, others in table.items():
        for written in (place, *others):
            name = _Name(
                tuple(_declined(fold(word)) for word in words(written)), place, written in everyday
            )
            root, _endings = name.words[0]
            by_root[root] = (*by_root.get(root, ()), name)
    return by_root


@cache
def _table() -> tuple[dict[str, list[str]], frozenset[str]]:
    data = tomllib.loads(files(__package__).joinpath("places.toml").read_text("utf-8"))
    return data["names"], frozenset(data["everyday"])
