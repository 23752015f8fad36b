"""Which names mean the same page, though they are not alike: `AONB_kp123_0001` and `1`.

Names are taken for the same page only where both sides have the same number of them and every
reading that pairs all of them pairs them in one and the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from preserva.core.book.file_names import folded, natural_key
from preserva.core.book.page_order import common_prefix

_NUMBER = re.compile(r"([0-9]+)(?:[ _.-]*(recto|verso|r|v|об|адв)(?![^\W\d_]))?")
_SIDES = {"recto": "r", "verso": "v", "об": "v", "адв": "v"}
_MOST_NUMBERS = 6
"""Numbers in one name that are tried: a date and a shelfmark have three each."""

NameReading = Callable[[str], object]


def pair(left: Sequence[str], right: Sequence[str]) -> dict[str, str] | None:
    """The name of the left side for each of the right; None where that is not certain.

    First by what is left of the names without their common beginning and end, then by the numbers
    in them.
    """
    if len(left) != len(right) or not left:
        return None
    for ours, theirs in ((_bare(left), _bare(right)), (_numbers, _numbers)):
        pairing = _read(left, ours, right, theirs)
        if pairing is not None:
            return pairing
    pairings = [
        pairing
        for ours in _single_numbers()
        for theirs in _single_numbers()
        if (pairing := _read(left, ours, right, theirs)) is not None
    ]
    return pairings[0] if pairings and all(other == pairings[0] for other in pairings) else None


def share_numbers(left: Sequence[str], right: Sequence[str]) -> bool:
    """Whether the last number of each name of the shorter side stands in one of the other."""
    one_side, other_side = sorted((left, right), key=len)
    numbers = {_numbered(-1)(name) for name in other_side}
    return bool(one_side) and all(
        number is not None and number in numbers for number in map(_numbered(-1), one_side)
    )


def by_suffix(names: Sequence[str], words: Mapping[str, str]) -> dict[str, str] | None:
    """What each name is for by its last word (`0001_m`, `0001_a`), if all of them end in one.

    None if any does not, or if all are for the same.
    """
    purposes = {}
    for name in names:
        match = re.fullmatch(r".*[0-9][ _.-]*([^\W\d_]+)", folded(name))
        if match is None or match[1] not in words:
            return None
        purposes[name] = words[match[1]]
    return purposes if len(set(purposes.values())) > 1 else None


def _read(
    left: Sequence[str], ours: NameReading, right: Sequence[str], theirs: NameReading
) -> dict[str, str] | None:
    """The pairing of names with the same meaning; None unless it pairs all of them."""
    meanings = {meaning: name for name in left if (meaning := ours(name)) is not None}
    pairing = {name: meanings[meaning] for name in right if (meaning := theirs(name)) in meanings}
    complete = len(meanings) == len(left) and len(set(pairing.values())) == len(right)
    return pairing if complete else None


def _bare(names: Sequence[str]) -> NameReading:
    """A name without what all names begin and end with."""
    start = len(common_prefix(map(folded, names)))
    end = len(common_prefix(folded(name)[start:][::-1] for name in names))

    def rest(name: str) -> object:
        bare = folded(name)[start:]
        return natural_key(bare[: len(bare) - end]) or None

    return rest


def _numbers(name: str) -> object:
    """All numbers of a name, each with the side of its leaf."""
    return (
        tuple(
            (int(match[1]), _SIDES.get(match[2], match[2]))
            for match in _NUMBER.finditer(folded(name))
        )
        or None
    )


def _numbered(place: int) -> NameReading:
    """The number at one place of a name, from the beginning or the end."""

    def number(name: str) -> object:
        numbers = _numbers(name)
        inside = isinstance(numbers, tuple) and -len(numbers) <= place < len(numbers)
        return numbers[place] if isinstance(numbers, tuple) and inside else None

    return number


def _single_numbers() -> list[NameReading]:
    return [_numbered(place) for place in range(-_MOST_NUMBERS, _MOST_NUMBERS)]
