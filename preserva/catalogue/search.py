"""Searching: a page of records, why each was found, and by what the search can be narrowed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from preserva.catalogue.database import Database
from preserva.catalogue.entry import TEXTS, CatalogueEntry, Facet
from preserva.catalogue.fold import fold, stem, stems, words
from preserva.catalogue.index import Catalogued, Index, facet_token
from preserva.catalogue.matching import Matching
from preserva.catalogue.places import names_of, places, spans

RANKED = 1_000
"""Records that are ordered by weight and counted by facet; a search that finds more says so."""

_PREFIX = 3  # letters before an implied truncation: shorter ones would bring half the catalogue
_BELARUSIAN = set("іў'’ʼ")
_OLD = set("ѣѳѵъ")


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A word that is searched for: its key, and whether what begins so is meant as well.

    The name of a place may be several words; then all names of the `place` are meant.
    """

    key: str
    prefix: bool = False
    place: str = ""

    def finds(self, word: str) -> bool:
        """Whether a word as it is written in a record is meant."""
        own = stem(word)
        return own == self.key or (self.prefix and own.startswith(self.key))

    @property
    def expression(self) -> str:
        """The term in the language of FTS5; folded words hold nothing that has a meaning there."""
        keys = dict.fromkeys([self.key, *_names(self.place)])
        return " OR ".join(f'"{key}"' + (" *" if self.prefix else "") for key in keys)

    @property
    def condition(self) -> str:
        """The same for the parts of a record, or the record's place."""
        printed = facet_token(Facet.PLACE, self.place) if self.place else ""
        where = f"{{{' '.join(TEXTS)}}} : ({self.expression})"
        return f'{where} OR facets : "{printed}"' if printed else where


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
    """A page of what was found. `total` counts editions; `more` says that there are others yet."""

    hits: tuple[Hit, ...]
    total: int
    more: bool
    facets: Mapping[Facet, tuple[tuple[str, int], ...]]


def terms(text: str) -> list[QueryTerm]:
    """The words of a question; one with `*` at its end, or Belarusian, is meant as a beginning.

    The name of a place means the place, whatever it was called.
    """
    query, written = [], []
    for piece in text.split():
        every = words(piece)
        for place, word in enumerate(every, 1):
            cut = piece.endswith("*") and place == len(every)
            query.append(_term(word, cut))
            written.append("" if cut else word)  # a beginning is no name
    for span in reversed(list(spans(written))):
        key = " ".join(term.key for term in query[span.start : span.end])
        query[span.start : span.end] = [QueryTerm(key, place=span.place)]
    return query


def _term(word: str, cut: bool) -> QueryTerm:
    letters = set(word.lower())
    belarusian = bool(letters & _BELARUSIAN) and not letters & _OLD
    key = stem(word)
    if cut and not fold(word).startswith(key):
        key = fold(word)
    return QueryTerm(key, cut or (belarusian and len(key) > _PREFIX))


def _names(place: str) -> list[str]:
    return [" ".join(stems(name)) for name in names_of(place)] if place else []


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

        The most relevant come first. Records that a person joined count as one.
        """
        asked = terms(text)
        if text.strip() and not asked:
            return ResultPage((), 0, False, {})
        parts = [term.condition for term in asked]
        for facet, value in narrowed.items():
            known = places(value) if facet is Facet.PLACE else [value]
            parts += [f'facets : "{facet_token(facet, name)}"' for name in known]
        ids = self._ids(" AND ".join(f"({part})" for part in parts))
        more, ids = len(ids) > RANKED, ids[:RANKED]
        heads = self._heads(ids)
        editions = list(dict.fromkeys(heads.values()))
        hits = tuple(self._hit(id_, asked) for id_ in editions[start : start + limit])
        return ResultPage(hits, len(editions), more, self._facets(heads))

    def _hit(self, id_: int, asked: list[QueryTerm]) -> Hit:
        record = self._index.by_id(id_)
        others = [self._index.get(uri) for uri in self._matching.edition_of(record.uri)]
        joined = tuple(other for other in others if other and other.entry and other.id != id_)
        reasons = [
            reason for member in (record, *joined) for reason in _reasons(member.entry, asked)
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
                " ORDER BY bm25(words, 8, 4, 2, 2, 4, 1, 0), rowid DESC", expression,
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


def _reasons(entry: CatalogueEntry | None, asked: list[QueryTerm]) -> tuple[MatchedWord, ...]:
    """Words that are meant, and names of places that are, in the order of the record."""
    wanted = {term.place for term in asked if term.place}
    reasons: dict[MatchedWord, None] = {}
    for part, text in entry.texts() if entry else ():
        row = words(text)
        named = spans(row, everyday=part == "imprint") if wanted else ()
        meant = {at for span in named if span.place in wanted for at in range(span.start, span.end)}
        for at, word in enumerate(row):
            if at in meant or any(term.finds(word) for term in asked):
                reasons[MatchedWord(part, word)] = None
    return tuple(reasons)
