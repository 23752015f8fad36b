"""A question to the catalogue: its words, phrases and places, in the language of FTS5."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from preserva.catalogue.entry import TEXTS, Facet
from preserva.catalogue.fold import fold, keys, stem, stems, words
from preserva.catalogue.index import facet_token
from preserva.catalogue.places import names_of, spans

ALL_TEXTS = f"{{{' '.join(TEXTS)}}}"
"""The parts of a record as a filter of columns."""

_PREFIX = 3  # letters before an implied truncation: shorter ones would bring half the catalogue
_BELARUSIAN = set("іў'’ʼ")
_OLD = set("ѣѳѵъ")
_QUOTED = re.compile(r"\"([^\"]{0,200})\"|«([^»]{0,200})»|[„“”]([^„“”]{0,200})[“”]")
_INITIALS = re.compile(r"(?:\w\.)+(?:-\w\.)?", re.UNICODE)


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A word that is searched for: its key, and whether what begins so is meant as well.

    `others` are keys of other readings. A phrase, and the name of a place, may be several words;
    then all names of the `place` are meant. An `initial` stands for any name that begins with it.
    """

    key: str
    prefix: bool = False
    place: str = ""
    others: tuple[str, ...] = ()
    initial: bool = False

    def finds(self, part: str, word: str) -> bool:
        """Whether a word as it is written in a part of a record is meant."""
        if self.initial:
            return part == "agent" and stem(word).startswith(self.key)
        own, mine = keys(word), {self.key, *self.others}
        begins = self.prefix and any(key.startswith(self.key) for key in own)
        return begins or not mine.isdisjoint(own) or own[0] in self.key.split()

    @property
    def condition(self) -> str:
        """The term in the language of FTS5; folded words hold nothing that has a meaning there."""
        if self.initial:
            return f'agent : ("{self.key}" *) OR {ALL_TEXTS} : "{self.key}"'
        names = [" ".join(stems(name)) for name in names_of(self.place)] if self.place else []
        expression = " OR ".join(
            f'"{key}"' + (" *" if self.prefix else "")
            for key in dict.fromkeys([self.key, *self.others, *names])
        )
        where = f"{{{' '.join(TEXTS)} other}} : ({expression})"
        printed = facet_token(Facet.PLACE, self.place) if self.place else ""
        return f'{where} OR facets : "{printed}"' if printed else where


def terms(text: str) -> list[QueryTerm]:
    """The words of a question; one with `*` at its end, or Belarusian, is meant as a beginning.

    What is in quotation marks is one phrase. The name of a place means the place, whatever it was
    called.
    """
    query: list[QueryTerm] = []
    for piece, is_phrase in _pieces(text):
        query += _phrase(piece) if is_phrase else _words(piece)
    return query


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    last = 0
    for quoted in _QUOTED.finditer(text):
        yield text[last : quoted.start()], False
        yield next(filter(None, quoted.groups()), ""), True
        last = quoted.end()
    yield text[last:], False


def _phrase(text: str) -> list[QueryTerm]:
    every = stems(text)
    return _words(text) if len(every) < 2 else [QueryTerm(" ".join(every))]


def _words(text: str) -> list[QueryTerm]:
    query, written = [], []
    for piece in text.split():
        every = words(piece)
        initials = _INITIALS.fullmatch(piece.rstrip(",;")) is not None
        for place, word in enumerate(every, 1):
            cut = piece.endswith("*") and place == len(every)
            query.append(QueryTerm(stem(word), initial=True) if initials else _term(word, cut))
            written.append("" if cut or initials else word)  # a beginning is no name
    for span in reversed(list(spans(written))):
        key = " ".join(term.key for term in query[span.start : span.end])
        query[span.start : span.end] = [QueryTerm(key, place=span.place)]
    return query


def _term(word: str, cut: bool) -> QueryTerm:
    letters = set(word.lower())
    belarusian = bool(letters & _BELARUSIAN) and not letters & _OLD
    key, *others = keys(word)
    if cut and not fold(word).startswith(key):
        key = fold(word)
    return QueryTerm(
        key, cut or (belarusian and len(key) > _PREFIX), others=() if cut else tuple(others)
    )
