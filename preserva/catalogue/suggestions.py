"""What a reader may have meant: the keyboard was in another layout, or a letter is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from preserva.catalogue.fold import fold, stem, words

Vocabulary = Callable[[Iterable[str]], list[str]]
"""The written words of a catalogue that have one of these stems, the most frequent first."""

_LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,." + '~QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>'
_LAYOUTS = tuple(
    keys + keys.upper()
    for keys in ("ёйцукенгшщзхъфывапролджэячсмитьбю", "ёйцукенгшўзх'фывапролджэячсмітьбю")
)
_LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_SHORTEST, _LONGEST = 4, 30
"""Letters of a word that may hold an error: in a shorter one any other word would be as near."""


def suggestions(text: str, vocabulary: Vocabulary) -> Iterator[str]:
    """Other questions, likelier ones first; none is sure to find anything."""
    for keys in _LAYOUTS:
        for typed, meant in ((_LATIN, keys), (keys, _LATIN)):
            other = text.translate(str.maketrans(typed, meant))
            if other != text:
                yield other
    yield from _corrected(text, vocabulary)


def _corrected(text: str, vocabulary: Vocabulary) -> Iterator[str]:
    """The question with each word that the catalogue does not have replaced by a near one."""
    near: dict[str, list[str]] = {}
    for word in dict.fromkeys(words(text)):
        folded = fold(word)
        if _SHORTEST <= len(folded) <= _LONGEST and not vocabulary([stem(word)]):
            near[word] = vocabulary({stem(other) for other in _variants(folded)} - {""})
    for number in range(max(map(len, near.values()), default=0)):
        other = text
        for word, choice in near.items():
            if choice:
                other = other.replace(word, choice[min(number, len(choice) - 1)])
        if other != text:
            yield other


def _variants(word: str) -> Iterator[str]:
    """Every word that differs by one letter: left out, added, another, or two exchanged."""
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        for letter in _LETTERS:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
