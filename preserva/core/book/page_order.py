"""The order of pages and folders by their names: covers outside, Roman numbers before Arabic ones.

Within that names are sorted as people count. Only names of the same folder are compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum

from preserva.core.book.file_names import folded, natural_key
from preserva.core.book.labels import numeral_value


class PagePlace(IntEnum):
    """Where a name says that its page belongs."""

    FRONT_COVER = 0
    FRONT_ENDPAPER = 1
    TITLE = 2
    ROMAN = 3
    BODY = 4
    BACK_ENDPAPER = 5
    BACK_COVER = 6
    SPINE = 7


Key = tuple[int, int, tuple[tuple[int, int | str], ...]]

_COVERS = frozenset(
    {"cover", "covers", "binding", "обложка", "вокладка", "переплет", "пераплет", "крышка", "вечка"}
)
_ENDPAPERS = frozenset(["endpaper", "endpapers", "flyleaf", "форзац", "форзацы"])
_BACK_ENDPAPERS = frozenset({"нахзац"})
_SPINES = frozenset(["spine", "корешок", "карашок", "карэшок"])
_TITLES = frozenset(["title", "titlepage", "титул", "титульный", "титульны"])
_BACK = frozenset(
    [
        "back",
        "rear",
        "end",
        "зад",
        "задний",
        "задняя",
        "задн",
        "задняя",
        "низ",
        "ниж",
        "нижний",
        "нижняя",
        "конец",
        "верз",
        "задні",
    ]
)
LOOK_ALIKE = str.maketrans("іхсмІХСМ", "ixcmIXCM")
"""Cyrillic letters in which Roman numbers are typed."""

_TYPES = {
    PagePlace.FRONT_COVER: "cover",
    PagePlace.BACK_COVER: "cover",
    PagePlace.SPINE: "spine",
    PagePlace.FRONT_ENDPAPER: "endpaper",
    PagePlace.BACK_ENDPAPER: "endpaper",
}


def page_type(place: PagePlace) -> str:
    """The type of a page at this place (`preserva.core.book.structure.PageType`)."""
    return _TYPES.get(place, "page")


def place_by(names: Sequence[str]) -> Callable[[str], tuple[PagePlace, Key]]:
    """How these names, all of one folder, are sorted: the place of a name, and its key.

    Roman numbers are taken for such only where nothing contradicts it: `c` and `d` among `a`, `b`,
    `c`, `d` are letters.
    """
    start = len(common_prefix([folded(name) for name in names]))
    romans = _romans({name: _rest(name, start) for name in names})

    def placed(name: str) -> tuple[PagePlace, Key]:
        if name in romans:
            return PagePlace.ROMAN, (PagePlace.ROMAN, romans[name], natural_key(name))
        place = _by_word(_rest(name, start))
        return place, (place, 0, natural_key(name))

    return placed


def common_prefix(names: Iterable[str]) -> str:
    """What all names begin with, cut where a word or a number ends; "" for a single name."""
    several = list(names)
    if len(several) < 2:
        return ""
    first, last = min(several), max(several)
    same = [a == b for a, b in zip(first, last, strict=False)]
    prefix = first[: same.index(False) if False in same else len(same)]
    while prefix and any(_inside(prefix[-1], name[len(prefix) :]) for name in several):
        prefix = prefix[:-1]
    return prefix


def _inside(last: str, rest: str) -> bool:
    """Whether a cut here would part a word or a number."""
    if not rest:
        return last.isalnum()
    return (last.isalpha() and rest[0].isalpha()) or (last.isdigit() and rest[0].isdigit())


def _rest(name: str, start: int) -> str:
    return folded(name)[start:].replace("ё", "е")


def _by_word(rest: str) -> PagePlace:
    """By the words of a name that begins with a word, not with a number."""
    tokens = re.findall(r"[^\W\d_]+|[0-9]+", rest)
    if not tokens or tokens[0].isdigit():
        return PagePlace.BODY
    words = set(tokens)
    if words & _SPINES:
        return PagePlace.SPINE
    if words & _BACK_ENDPAPERS:
        return PagePlace.BACK_ENDPAPER
    # the four sides of a paper cover are counted: the third and fourth are at the end
    back = bool(words & _BACK or (words & _COVERS and tokens[-1] in {"3", "4"}))
    if words & _ENDPAPERS:
        return PagePlace.BACK_ENDPAPER if back else PagePlace.FRONT_ENDPAPER
    if words & _COVERS:
        return PagePlace.BACK_COVER if back else PagePlace.FRONT_COVER
    return PagePlace.TITLE if tokens[0] in _TITLES else PagePlace.BODY


def _romans(rests: dict[str, str]) -> dict[str, int]:
    """The values of the names that are Roman numbers."""
    values = {}
    for name, rest in rests.items():
        match = re.fullmatch(r"[\W_]*(?:[^\W\d_]+[\W_]+)?([^\W\d_]+)[\W_]*", rest)
        if match is None:
            continue
        value = numeral_value(match[1].translate(LOOK_ALIKE))
        if value is not None:
            values[name] = value
        elif len(match[1]) == 1:
            return {}
    return values if len(values) > 1 or 1 in values.values() else {}
