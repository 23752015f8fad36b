"""Words of different orthographies as one form, so that what means the same is found together.

    fold("Кнігъ") == fold("книг")           the same word, whatever its letters
    stem("книгами") == stem("кнігі")        the same word, whatever its ending
    keys("Pushkin") & keys("Пушкин")        the same word, whoever romanised it

The table is fold.json, for programs in other languages too; docs/reference/folding.md explains it.
A folded word is for searching only: nothing here is shown or stored.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import TypedDict

import snowballstemmer

_CYRILLIC = re.compile("[Ѐ-ԯ\u1c80-\u1c88\ua640-\ua69f]")
_REMEMBERED = 1 << 16
"""Words whose stem is kept: those of a catalogue repeat."""


class _File(TypedDict):
    marks: str
    apostrophes: str
    letters: dict[str, str]
    homoglyphs: dict[str, str]
    latin: dict[str, str]
    beginnings: dict[str, str]
    softness: str
    dropped_at_the_end: str
    endings: dict[str, str]
    letters_before_an_ending: int
    without_ending: str
    stemmed_again: str
    readings: dict[str, dict[str, str]]
    short_u: dict[str, str]
    light: str
    loose: dict[str, str]


class Folding:
    """The table, ready for use."""

    def __init__(self, table: _File) -> None:
        marks, apostrophes = table["marks"], re.escape(table["apostrophes"])
        self._words = re.compile(
            rf"[^\W_][{marks}]*(?:(?:[^\W_]|[{apostrophes}](?=[^\W_]))[{marks}]*)*"
        )
        self._marks = re.compile(f"[{marks}{apostrophes}]")
        self._letters = str.maketrans(table["letters"])
        self._homoglyphs = str.maketrans(table["homoglyphs"])
        self._foreign = re.compile(f"[a-z{''.join(k for k in table['latin'] if len(k) == 1)}]")
        self._alike = re.compile(f"[{''.join(table['homoglyphs'])}]")
        self._latin = _Replacement("", table["latin"])
        self._beginnings = _Replacement("^", table["beginnings"])
        self._softness = re.compile(table["softness"])
        self._end = table["dropped_at_the_end"]
        self._endings = table["endings"]
        self._before = table["letters_before_an_ending"]
        self._without_ending = re.compile(table["without_ending"], re.IGNORECASE | re.ASCII)
        self._stemmed_again = re.compile(table["stemmed_again"])
        self._combining = re.compile(f"[{marks}]")
        self._readings = [_Replacement("", pairs) for pairs in table["readings"].values()]
        self._short_u = table["short_u"]
        self._light = re.compile(table["light"])
        self._loose = _Replacement("", table["loose"])

    def words(self, text: str) -> Iterator[re.Match[str]]:
        """Each word of the text as written, with its position."""
        return self._words.finditer(text)

    def fold(self, word: str) -> str:
        """The word in modern Cyrillic letters, as far as the letters alone determine it."""
        text = unicodedata.normalize("NFC", word.lower())
        if _CYRILLIC.search(text) and not self._foreign.search(self._alike.sub("", text)):
            text = text.translate(self._homoglyphs)
        text = self._latin.apply(self._marks.sub("", text).translate(self._letters))
        text = self._latin.apply(self._without_marks(text))
        text = self._softness.sub("", text.rstrip(self._end) or text)
        return self._beginnings.apply(text)

    def has_ending(self, word: str) -> bool:
        """Whether the word, as it is written, may have an ending; Roman numerals have none."""
        return self._without_ending.fullmatch(word) is None

    def modern(self, folded: str) -> str:
        """The folded word with today's ending in the place of one that was given up in 1918."""
        for old, new in self._endings.items():
            if folded.endswith(old) and len(folded) - len(old) >= self._before:
                return folded.removesuffix(old) + new
        return folded

    def looks_cyrillic(self, text: str) -> str:
        """The text with Cyrillic letters in the place of Latin ones that look alike."""
        return text.translate(self._homoglyphs)

    def is_stemmed_again(self, stem: str) -> bool:
        """Whether a stem still ends like a word: Андрея and Андреем become Андре."""
        return self._stemmed_again.search(stem) is not None

    def readings(self, word: str) -> list[str]:
        """A word in Latin letters, folded as libraries and Poles write it; none of most others.

        Быкаў is Быкава in its other cases.
        """
        text = self._combining.sub("", unicodedata.normalize("NFC", word.lower())).replace("ſ", "s")
        if text[-1:] in self._short_u:
            return [self.fold(text[:-1] + self._short_u[text[-1]])]
        if _CYRILLIC.search(text) or not self._foreign.search(text):
            return []
        return [self.fold(reading.apply(text)) for reading in self._readings]

    def light(self, folded: str) -> str:
        """A folded word without the ending of a noun, where it may be no verb, nor Russian."""
        return self._light.sub("", folded)

    def loose(self, stem: str) -> str:
        """A stem without what is often not written when a word is romanised."""
        return self._loose.apply(stem) or stem

    def _without_marks(self, text: str) -> str:
        """Base letters only; й is a letter, not и with a mark."""
        parts = (c if c == "й" else unicodedata.normalize("NFD", c) for c in text)
        return self._marks.sub("", "".join(parts)).translate(self._letters)


class _Replacement:
    """Sequences of letters and their replacements; the longest match is used."""

    def __init__(self, anchor: str, pairs: Mapping[str, str]) -> None:
        longest_first = sorted(pairs, key=lambda key: (-len(key), key))
        self._pairs = pairs
        self._pattern = re.compile(f"{anchor}(?:{'|'.join(longest_first)})")

    def apply(self, text: str) -> str:
        return self._pattern.sub(lambda match: self._pairs[match[0]], text)


@cache
def _folding() -> Folding:
    table: _File = json.loads(files(__package__).joinpath("fold.json").read_text("utf-8"))
    return Folding(table)


def words(text: str) -> list[str]:
    """The words of a text as they are written."""
    return [match[0] for match in _folding().words(text)]


@lru_cache(_REMEMBERED)
def fold(word: str) -> str:
    """One word in modern Cyrillic letters. fold(fold(x)) == fold(x)."""
    return _folding().fold(word)


@lru_cache(_REMEMBERED)
def stem(word: str) -> str:
    """One word folded and without its ending, by the rules of Russian (Snowball).

    What has no Russian ending stays as it is folded: so do many forms of Belarusian words, which
    searches reach by their beginning.
    """
    folded = fold(word)
    return _stem(folded) if _folding().has_ending(word) else folded


def _stem(folded: str) -> str:
    """The stem of a folded word."""
    text = _stemmer().stemWord(_folding().modern(folded)) or folded
    while _folding().is_stemmed_again(text):
        shorter = _stemmer().stemWord(text)
        if shorter in ("", text):
            break
        text = shorter
    return text


@lru_cache(_REMEMBERED)
def keys(word: str) -> tuple[str, ...]:
    """The stem of a word, and those of its other readings; words that share one may be the same.

    A word in Latin letters is read as Łacinka, as libraries romanise Russian, and as Polish. Each
    reading is also taken for a noun: the rules of Russian take Грибоедов for a genitive and Купала
    for a verb, and do not know кнігай.
    """
    own, table = stem(word), _folding()
    if not table.has_ending(word):
        return (own,)
    read = [fold(word), *table.readings(word)]
    others = [table.loose(key) for folded in read for key in (_stem(folded), table.light(folded))]
    return tuple(dict.fromkeys([own, *others]))


def homoglyphs(text: str) -> str:
    """A text in small letters, those that look Cyrillic as Cyrillic ones."""
    return _folding().looks_cyrillic(text.lower())


def stems(text: str) -> list[str]:
    """The stem of each word of a text, in its order."""
    return [stem(word) for word in words(text)]


@cache
def _stemmer() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("russian")
