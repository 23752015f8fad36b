"""The years in which a book was published, or may have been."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)")
_PARTLY = re.compile(r"(?<!\d)(1[0-9]|20)([0-9]?)([-u?.\u2013\u2014]{1,2})(?!\d)")
_LONGEST = 200
"""Years between two that a text gives as limits, at most."""
_BETWEEN = re.compile(
    r"между|між|паміж|between|или|або|ці|\bor\b|\d\s*[-/\u2013\u2014]\s*\[?\d", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Period:
    """The years of publication: one, or the first and the last of those that are possible."""

    first: int
    last: int | None = None


def period_of_text(text: str) -> Period | None:
    """The years that a text names: `1798`, `[17--]`, `179u`, `[между 1798 и 1801]`."""
    years = [int(match[1]) for match in _YEAR.finditer(text)]
    if len(years) > 1 and years[0] < years[-1] <= years[0] + _LONGEST and _BETWEEN.search(text):
        return Period(years[0], years[-1])
    if years:
        return Period(years[0])
    match = _PARTLY.search(text)
    if match is None:
        return None
    known = match[1] + match[2]
    if len(known) + len(match[3]) not in (4, 3):
        return None
    first = int(known.ljust(4, "0"))
    return Period(first, first + 10 ** (4 - len(known)) - 1)


def centuries(period: Period) -> Iterator[int]:
    """The centuries of the years, 18 for 1701 to 1800; `17--` is the eighteenth all the same."""
    first, last = period.first, period.last or period.first
    if first % 100 == 0 and last > first:
        first += 1
    yield from range((first + 99) // 100, (last + 99) // 100 + 1)
