"""What is missing in the numbers of a folder of pages: 4 after 1, 2, 3, 5; 7v after 7r."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise

from preserva.core.book.file_names import folded
from preserva.core.book.labels import numeral_value, roman_numeral

_NUMBERED = re.compile(r"(.*?)([0-9]{1,9})([^0-9]*)", re.DOTALL)
_SIDE = re.compile(r"[ _.-]*(r|v|recto|verso|об|адв)(?![^\W\d_])")
_FEW = 3
_MOST = 1_000
"""The most missing numbers listed; with more there is no gap but no numbering."""


def gaps(stems: Sequence[str]) -> list[str]:
    """The numbers that the names of a folder's pages lack, as people write them.

    Names with the same beginning are numbered together; fewer than three are no numbering. What is
    counted in steps (1, 3, 5: a spread in each image) has no gaps.
    """
    numbers: dict[str, dict[int, set[str]]] = {}
    widths: dict[str, int] = {}
    written: dict[str, str] = {}
    marks: dict[tuple[str, str], str] = {}
    for stem in stems:
        if match := _NUMBERED.fullmatch(folded(stem)):
            as_written = _NUMBERED.fullmatch(stem)
            written.setdefault(match[1], as_written[1] if as_written else match[1])
            mark = _SIDE.match(match[3])
            side = _back_or_front(mark[1] if mark else "")
            marks.setdefault((match[1], side), mark[0] if mark else "")
            numbers.setdefault(match[1], {}).setdefault(int(match[2]), set()).add(side)
            widths[match[1]] = min(widths.get(match[1], 99), len(match[2]))
    missing = []
    for prefix, leaves in numbers.items():
        if len(leaves) >= _FEW:
            absent = _spans(_absent(list(leaves)), widths[prefix])
            absent += [
                number + marks[prefix, side]
                for number, side in _missing_sides(leaves, widths[prefix])
            ]
            missing += [written[prefix] + text for text in absent]
    return missing + _missing_romans(map(folded, stems))


def _absent(numbers: Sequence[int]) -> list[int]:
    """The numbers between the lowest and the highest; and 1 where the count begins with 2."""
    ordered = sorted(numbers)
    steps = Counter(after - before for before, after in pairwise(ordered))
    if len(steps) == 1 and 1 not in steps:
        return []
    first = 1 if ordered[0] == 2 else ordered[0]
    absent = ordered[-1] - first + 1 - len(ordered)
    if not 0 < absent <= min(len(ordered), _MOST):
        return []
    return sorted(set(range(first, ordered[-1])) - set(ordered))


def _missing_sides(sides: Mapping[int, set[str]], width: int) -> list[tuple[str, str]]:
    """Leaves of which one side is there, where most have both; the first and last may have one.

    The number of each, and the side that is missing.
    """
    both = sum(len(present) > 1 for present in sides.values())
    if both * 2 < len(sides):
        return []
    return [
        (f"{number:0{width}}", "v" if "r" in present else "r")
        for number, present in sorted(sides.items())
        if len(present) == 1 and number not in {min(sides), max(sides)}
    ]


def _missing_romans(names: Iterable[str]) -> list[str]:
    values = {value for name in names if (value := numeral_value(name)) is not None}
    if len(values) < _FEW or 1 not in values:
        return []
    missing = set(range(1, max(values))) - values
    return [roman_numeral(value) for value in sorted(missing)] if len(missing) < len(values) else []


def _back_or_front(side: str) -> str:
    return "v" if side in {"v", "verso", "об", "адв"} else "r"


def _spans(numbers: Sequence[int], width: int) -> list[str]:
    """Neighbours as one: 3, 7-9."""
    spans = []
    for _distance, run in groupby(enumerate(numbers), lambda item: item[1] - item[0]):
        members = [number for _place, number in run]
        ends = dict.fromkeys((members[0], members[-1]))
        spans.append("-".join(f"{number:0{width}}" for number in ends))
    return spans
