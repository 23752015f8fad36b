"""Whether a name in a catalogue record is that of a writer of the exhibition.

Records write one person in several ways, and some of them at once: UNIMARC 700 has the surname with
initials in $a and $b, and what these stand for in $g; another library writes Latin letters. The
catalogue has all of it (`Contributor.name`, `forms`), so a writer needs to be named in one way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from preserva.catalogue.entry import CatalogueEntry, Contributor
from preserva.catalogue.fold import fold, words
from preserva.exhibition.spec import Writer

_INITIAL = 2
"""Letters of the longest initial: Ю., Ch., Yu."""

_LATIN = str.maketrans(
    dict(zip("абвгдезийклмнопрстуфыэў", "abvgdeziiklmnoprstufyev", strict=True))
    | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "iu", "я": "ia"}
    | {"ё": "e", "ь": "", "ъ": ""}
)
_MARKED = str.maketrans(
    {"č": "ch", "š": "sh", "ž": "zh", "ŝ": "shch", "ł": "l", "â": "ia", "û": "iu"}
)
_DIFFERENCES = [
    (re.compile(pattern), letters)
    for pattern, letters in (
        ("y(?=[au])", "i"), ("y[eo]", "e"), ("[yj]", "i"), ("ii+", "i"), ("x", "ks"), ("w", "v"),
        ("tz", "ts"), ("c(?!h)", "ts"), ("(?<![kczs])h", "kh"),
    )
]  # fmt: skip

_YEAR = re.compile("1[0-9]{3}|20[0-9]{2}")


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a name: how many letters it is written with, and its possible spellings."""

    letters: int
    spellings: frozenset[str]

    @property
    def is_name(self) -> bool:
        """Whether it is more than an initial."""
        return self.letters > _INITIAL

    def is_like(self, other: _Word) -> bool:
        """Whether it can be the same word."""
        return bool(self.spellings & other.spellings)

    def may_be(self, other: _Word) -> bool:
        """Whether one is the other, or its initial."""
        if self.is_name and other.is_name:
            return self.is_like(other)
        pairs = [sorted(pair, key=len) for pair in product(self.spellings, other.spellings)]
        return any(long.startswith(short) for short, long in pairs)


def is_by(writer: Writer, entry: CatalogueEntry) -> bool:
    """Whether somebody in the record is this writer, by authority record or by name."""
    numbers = set(writer.authorities)
    names = (*writer.name.values(), *writer.names)
    return any(
        agent.authority in numbers or any(has_name(writer, name, agent) for name in names)
        for agent in entry.agents
    )


def unmatched(writer: Writer, agents: list[Contributor]) -> Iterator[tuple[str, str]]:
    """What the exhibition says of the writer that no record has: the key and the text."""
    for name in writer.names:
        if not any(has_name(writer, name, agent) for agent in agents):
            yield "names", name
    numbers = {agent.authority for agent in agents}
    for number in writer.authorities:
        if number not in numbers:
            yield "authorities", number


def has_name(writer: Writer, name: str, agent: Contributor) -> bool:
    """Whether a name of the writer is one that a record has for somebody born in the same year.

    Initials agree with any name that begins with them. So where the record says what its own
    initials stand for, that must agree, unless the name is written as the record has it.
    """
    if not _born_alike(writer, agent):
        return False
    written = _words(name)
    if _agree(written, _words(agent.name), initials=False):
        return True
    return any(_agree(written, _words(form)) for form in agent.forms or (agent.name,))


def _born_alike(writer: Writer, agent: Contributor) -> bool:
    """True as well where one of them does not say; records are wrong by a year now and then."""
    year, other = _YEAR.search(writer.born), _YEAR.search(agent.dates)
    return year is None or other is None or abs(int(year[0]) - int(other[0])) <= 1


def _words(name: str) -> list[_Word]:
    return [_Word(len(word), _spellings(word)) for word in words(name)]


def _agree(name: Sequence[_Word], other: Sequence[_Word], *, initials: bool = True) -> bool:
    """Whether two names have a word in common, and what is left of them agrees in its order."""
    common = [word for word in name if word.is_name and any(map(word.is_like, other))]
    rest = [word for word in name if word not in common]
    others = [word for word in other if not any(map(word.is_like, common))]
    if not common or len(rest) != len(others):
        return False
    agreeing = _Word.may_be if initials else _Word.is_like
    return all(map(agreeing, rest, others))


def _spellings(word: str) -> frozenset[str]:
    """The word in plain Latin letters; one in Latin letters may be Belarusian or romanised."""
    plain = word.lower().translate(_MARKED)
    plain = "".join(c for c in unicodedata.normalize("NFD", plain) if c.isalpha())
    spellings = {_plain(fold(word))}
    if plain.isascii():
        spellings.add(_plain(plain))
    return frozenset(spellings)


def _plain(word: str) -> str:
    """Without what systems of romanisation differ in (ALA-LC, BGN/PCGN, ISO 9, GOST 7.79)."""
    for pattern, letters in _DIFFERENCES:
        word = pattern.sub(letters, word.translate(_LATIN))
    return word
