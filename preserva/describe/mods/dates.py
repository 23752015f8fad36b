"""When a book was published, as its MODS record says: years, and what people read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from preserva.describe.mods import reading

_KINDS = ("dateIssued", "dateCreated", "copyrightDate", "dateOther")
_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)")
_PARTLY = re.compile(r"(?<!\d)(1[0-9]|20)([0-9]?)([-u?.\u2013\u2014]{1,2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Period:
    """The years of publication: one, or the first and the last of those that are possible."""

    first: int
    last: int | None = None


def period(mods: etree._Element) -> Period | None:
    """The years, coded ones before others; None where the record has none."""
    for kind in _KINDS:
        nodes = reading.published(mods, f"m:{kind}")
        coded = [node for node in nodes if node.get("encoding")]
        for found in (_coded(coded), _coded([node for node in nodes if node not in coded])):
            if found is not None:
                return found
    return None


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


_LONGEST = 200
_BETWEEN = re.compile(
    r"между|між|паміж|between|или|або|ці|\bor\b|\d\s*[-/\u2013\u2014]\s*\[?\d", re.IGNORECASE
)


def years(mods: etree._Element) -> str:
    """The years: one, or two with a slash between them (EDTF)."""
    found = period(mods)
    if found is None:
        return ""
    return str(found.first) if found.last is None else f"{found.first}/{found.last}"


def text(mods: etree._Element) -> str:
    """The date as the title page or the cataloguer says it; empty if there are coded years only."""
    nodes = [node for kind in _KINDS for node in reading.published(mods, f"m:{kind}")]
    written = next((reading.text_of(node) for node in nodes if not node.get("encoding")), "")
    return _without_loose_bracket(written)


def _coded(nodes: list[etree._Element]) -> Period | None:
    start = next((node for node in nodes if node.get("point") != "end"), None)
    if start is None:
        return None
    found = period_of_text(reading.text_of(start))
    if found is None or start.get("point") != "start":
        return found
    ends = (period_of_text(reading.text_of(node)) for node in nodes if node.get("point") == "end")
    last = next((end.last or end.first for end in ends if end is not None), None)
    return found if last is None or last <= found.first else Period(found.first, last)


def centuries(found: Period) -> Iterator[int]:
    """The centuries of the years, 18 for 1701 to 1800; `17--` is the eighteenth all the same."""
    first, last = found.first, found.last or found.first
    if first % 100 == 0 and last > first:
        first += 1
    yield from range((first + 99) // 100, (last + 99) // 100 + 1)


def _without_loose_bracket(text: str) -> str:
    if text.count("[") != text.count("]"):
        text = text.strip("[]") if text[:1] == "[" or text[-1:] == "]" else text
    return text.strip()
