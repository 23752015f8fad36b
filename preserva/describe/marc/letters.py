"""Whether a text that was decoded looks like words of a language, or like a wrong guess."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# letters per thousand in Russian text; the few that only Belarusian or the old spelling have
# count as common, since no wrong decoding yields them often
_FREQUENCY = {
    letter: frequency
    for frequency, letters in (
        (109, "о"), (85, "е"), (80, "а"), (70, "интс"), (45, "рвлк"), (40, "і"), (31, "мдп"),
        (24, "уя"), (20, "ўѣ"), (18, "ыьг"), (16, "зб"), (13, "чйх"), (8, "жшю"), (4, "цщэф"),
        (15, "’"), (1, "ъё"), (0, "їєґѳѵ"),
    )
    for letter in letters
}  # fmt: skip
_RARE = 15
_PUNCTUATION = frozenset("«»№—–“”„…°§©·•\xa0 ")
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[DFGJLNQRSUVWZbdfghklmnqrtuvwz]")
"""Latin letters that nobody types instead of a Cyrillic letter, because they resemble none."""
_LONG_ENOUGH = 3
"""Letters of a word that shows a script; Latin texts in a wrong set give words of one letter."""

_CARON = "\u030c"
_FURTHER = frozenset("ʹʺʼʻơưẹọạėṃḥṭḍ")
_ROMANISATION = frozenset("\u0304\u0306\u0307\u0308\u030a\u030c\ufe20\ufe21\u0323")


def likeness(text: str) -> float:
    """How much the text is like Russian or Belarusian; above 0 if it may be.

    Words that mix scripts disprove it.
    """
    mixed = whole = 0
    for word in _WORD.findall(text):
        if _CYRILLIC.search(word):
            latin = _LATIN.search(word) is not None
            mixed += latin
            whole += not latin and len(word) >= _LONG_ENOUGH
    if mixed * 4 > whole:
        return -1
    score = 0
    count = 0
    before = ""
    for character in text:
        if character > "\x7f":
            count += 1
            score += _weight(character, before)
        before = character
    return score / count if count else 0


def begin_with_capitals(text: str) -> bool:
    """Whether every word with Cyrillic letters is in capitals, or has one at its beginning only."""
    words = [word for word in _WORD.findall(text) if _CYRILLIC.search(word)]
    return bool(words) and all(
        word[0].isupper() and (word[1:].islower() or word.isupper()) for word in words
    )


def _weight(character: str, before: str) -> int:
    if character in _PUNCTUATION:
        return 0
    frequency = _FREQUENCY.get(character.lower(), -40) - _RARE
    if character.islower():
        return frequency
    if before.islower() or frequency < -_RARE:
        return -60
    return frequency // 2 if before.isupper() else 10


@dataclass(frozen=True, slots=True)
class Accents:
    """Letters beyond ASCII: those that some language of Europe or a romanisation writes, others,
    and, of the first, vowels whose accent no other Latin set would put there by chance."""

    known: int = 0
    strange: int = 0
    certain: int = 0

    def __add__(self, other: Accents) -> Accents:
        return Accents(
            self.known + other.known, self.strange + other.strange, self.certain + other.certain
        )


def accents(text: str) -> Accents:
    """The kinds of letters beyond ASCII in a composed text (NFC)."""
    counted = Accents()
    for before, character, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if character > "\x7f" and character not in _PUNCTUATION:
            counted += _kind(character, before, after)
    return counted


def _kind(character: str, before: str, after: str) -> Accents:
    if character.isupper() and before.isalpha() and (before.islower() or after.islower()):
        return Accents(strange=1)
    if unicodedata.combining(character):
        known = before.isascii() and before.isalpha() and character in _ROMANISATION
        return Accents(known=known, strange=not known)
    if not (character.isalpha() or character == "\ufffd"):
        return Accents(strange=before.isalpha() and after.isalpha())
    if character >= "\u0180" and character not in _FURTHER:
        return Accents(strange=1)
    apart = unicodedata.normalize("NFD", character)
    certain = apart[0] in "aeiouyAEIOUY" and apart[1:] not in ("", _CARON)
    return Accents(known=1, certain=certain)
