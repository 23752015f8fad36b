"""Searching: a page of records, why each was found, and by what the search can be narrowed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import cast

from preserva.catalogue.database import Database
from preserva.catalogue.entry import CatalogueEntry, Facet
from preserva.catalogue.fold import stem, words
from preserva.catalogue.index import Catalogued, Index, facet_token
from preserva.catalogue.matching import Matching
from preserva.catalogue.numbers import package_words, whole
from preserva.catalogue.places import places, spans
from preserva.catalogue.query import ALL_TEXTS, QueryTerm, terms
from preserva.catalogue.suggestions import suggestions

_SUGGESTED = 3
RANKED = 1_000
"""Records that are ordered by weight and counted by facet; a search that finds more says so."""


@dataclass(frozen=True, slots=True)
class MatchedWord:
    """Why a record was found: a part of it, and the word in it as it is written there."""

    part: str
    word: str


@dataclass(frozen=True, slots=True)
class Hit:
    """An edition that was found: the record that weighs most, and those joined with it."""

    record: Catalogued
    reasons: tuple[MatchedWord, ...]
    joined: tuple[Catalogued, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultPage:
    """A page of what was found. `total` counts editions; `more` says that there are others yet.

    `suggestions` are questions that find something, where this one does not.
    """

    hits: tuple[Hit, ...]
    total: int
    more: bool
    facets: Mapping[Facet, tuple[tuple[str, int], ...]]
    suggestions: tuple[str, ...] = ()


class Search:
    """Questions to a catalogue."""

    def __init__(self, database: Database) -> None:
        self._run = database.run
        self._index = Index(database)
        self._matching = Matching(database)

    def page(
        self, text: str, narrowed: Mapping[Facet, str], *, start: int = 0, limit: int = 20
    ) -> ResultPage:
        """Editions of which a record holds every word and belongs under every facet.

        The most relevant come first. Records that a person joined count as one. A number that is
        the whole question leads to its record, whichever number of the book it is.
        """
        asked = terms(text)
        if text.strip() and not asked:
            return ResultPage((), 0, False, {})
        ids = self._ids(_expression(text, asked, narrowed))
        more, ids = len(ids) > RANKED, ids[:RANKED]
        heads = self._heads(ids)
        editions = list(dict.fromkeys(heads.values()))
        meant = set(whole(text))
        hits = tuple(self._hit(id_, asked, meant) for id_ in editions[start : start + limit])
        suggested = () if ids or not asked else self._suggested(text, narrowed)
        return ResultPage(hits, len(editions), more, self._facets(heads), suggested)

    def _suggested(self, text: str, narrowed: Mapping[Facet, str]) -> tuple[str, ...]:
        """Other questions that find something: some, the likeliest first."""
        finding = (
            other
            for other in suggestions(text, self._vocabulary)
            if self._ids(_expression(other, terms(other), narrowed))
        )
        return tuple(islice(finding, _SUGGESTED))

    def _vocabulary(self, stems: Iterable[str]) -> list[str]:
        """Words of the catalogue that have one of these stems, the most frequent first."""
        rows = self._run(
            "SELECT term FROM json_each(?) AS wanted JOIN vocabulary ON term = wanted.value"
            " ORDER BY doc DESC, term LIMIT ?", json.dumps(sorted(stems)), _SUGGESTED,
        )  # fmt: skip
        return [written for (term,) in rows if (written := self._written(str(term)))]

    def _written(self, term: str) -> str:
        """How a record writes a word with that stem; empty if it is but another reading."""
        rows = self._run(
            "SELECT rowid FROM words WHERE words MATCH ? LIMIT 1", f'{ALL_TEXTS} : "{term}"'
        )
        for (id_,) in rows:
            entry = self._index.by_id(cast("int", id_)).entry
            for _part, text in entry.texts() if entry else ():
                for word in words(text):
                    if stem(word) == term:
                        return word.lower()
        return ""

    def _hit(self, id_: int, asked: list[QueryTerm], meant: set[str]) -> Hit:
        record = self._index.by_id(id_)
        others = [self._index.get(uri) for uri in self._matching.edition_of(record.uri)]
        joined = tuple(other for other in others if other and other.entry and other.id != id_)
        reasons = [
            reason
            for member in (record, *joined)
            for reason in (*_numbers(member, meant), *_reasons(member.entry, asked))
        ]
        return Hit(record, tuple(dict.fromkeys(reasons)), joined)

    def _heads(self, ids: list[int]) -> dict[int, int]:
        """For each record the first of those found that is of the same edition, in their order."""
        rows = self._run(
            "SELECT record.id, edition FROM json_each(?) AS found JOIN record"
            " ON record.id = found.value JOIN joined USING (uri)", json.dumps(ids),
        )  # fmt: skip
        editions = {cast("int", id_): str(edition) for id_, edition in rows}
        first: dict[str, int] = {}
        return {
            id_: first.setdefault(editions[id_], id_) if id_ in editions else id_ for id_ in ids
        }

    def _ids(self, expression: str) -> list[int]:
        """The records found, in order: of few by weight, of many the newest, of none all."""
        if not expression:
            rows = self._run("SELECT id FROM entry ORDER BY id DESC LIMIT ?", RANKED + 1)
            return [cast("int", id_) for (id_,) in rows]
        rows = self._run(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?",
            expression, RANKED + 1,
        )  # fmt: skip
        if len(rows) <= RANKED:
            rows = self._run(
                "SELECT rowid FROM words WHERE words MATCH ?"
                " ORDER BY bm25(words, 8, 4, 5, 2, 4, 1, 0, 2, 40), rowid DESC", expression,
            )  # fmt: skip
        return [cast("int", id_) for (id_,) in rows]

    def _facets(self, heads: Mapping[int, int]) -> dict[Facet, tuple[tuple[str, int], ...]]:
        """How many editions are under each value."""
        counted: dict[Facet, Counter[str]] = {facet: Counter() for facet in Facet}
        rows = self._run(
            "SELECT name, facet.value, count(DISTINCT found.value) FROM json_each(?) AS found"
            " JOIN facet ON facet.id = CAST(found.key AS INTEGER) GROUP BY name, facet.value",
            json.dumps(heads),
        )
        for name, value, number in rows:
            counted[Facet(str(name))][str(value)] = cast("int", number)
        return {
            facet: tuple(sorted(counts.items(), key=lambda count: (-count[1], count[0])))
            for facet, counts in counted.items()
        }


def _expression(text: str, asked: list[QueryTerm], narrowed: Mapping[Facet, str]) -> str:
    """The question in the language of FTS5."""
    every = " AND ".join(f"({term.condition})" for term in asked)
    numbers = " OR ".join(f'whole : "{word}"' for word in whole(text))
    parts = [f"({' OR '.join(filter(None, (every, numbers)))})"] if every else []
    for facet, value in narrowed.items():
        known = places(value) if facet is Facet.PLACE else [value]
        parts += [f'(facets : "{facet_token(facet, name)}")' for name in known]
    return " AND ".join(parts)


def _numbers(record: Catalogued, meant: set[str]) -> Iterator[MatchedWord]:
    """The number that was asked for, as the record or its package has it."""
    for package in record.packages if meant else ():
        if meant & set(package_words(package)):
            yield MatchedWord("package", package)
    for part, text in record.entry.numbers() if record.entry and meant else ():
        if meant & set(whole(text)):
            yield MatchedWord(part, text)


def _reasons(entry: CatalogueEntry | None, asked: list[QueryTerm]) -> tuple[MatchedWord, ...]:
    """Words that are meant, and names of places that are, in the order of the record."""
    wanted = {term.place for term in asked if term.place}
    reasons: dict[MatchedWord, None] = {}
    for part, text in entry.texts() if entry else ():
        row = words(text)
        named = spans(row, everyday=part == "imprint") if wanted else ()
        meant = {at for span in named if span.place in wanted for at in range(span.start, span.end)}
        for at, word in enumerate(row):
            if at in meant or any(term.finds(part, word) for term in asked):
                reasons[MatchedWord(part, word)] = None
    return tuple(reasons)
