"""Which records may describe one edition: what they have in common, for a person to decide.

Nothing is joined here. The fingerprint (UNIMARC 012) and standard numbers speak of the edition
alone; a title says so only together with the year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from preserva.catalogue.entry import CatalogueEntry
from preserva.catalogue.fold import stems
from preserva.catalogue.places import places
from preserva.catalogue.standard_numbers import isbn13

_NUMBERS = ("isbn", "issn", "fingerprint")
_TITLE_WORDS = 6
_IMPRINT_WORDS = re.compile(r"\[[^][]*\]|\W")


class Agreement(StrEnum):
    """What two records agree in."""

    FINGERPRINT = "fingerprint"
    NUMBER = "number"
    TITLE = "title"
    DATE = "date"
    PLACE = "place"
    PUBLISHER = "publisher"
    AGENT = "agent"


def keys(entry: CatalogueEntry) -> Iterator[str]:
    """Records with a key in common are compared. Each key once."""
    numbers = (_number(identifier.type, identifier.value) for identifier in entry.identifiers)
    yield from dict.fromkeys(number for number in numbers if number)
    title = stems(entry.title)[:_TITLE_WORDS]
    if title and entry.year is not None:
        yield f"title:{' '.join(title)}:{entry.year}"


def agreements(entry: CatalogueEntry, other: CatalogueEntry) -> list[Agreement]:
    """In what the two agree."""
    mine, theirs = set(keys(entry)), set(keys(other))
    agreements = []
    if any(key.startswith("fingerprint:") for key in mine & theirs):
        agreements.append(Agreement.FINGERPRINT)
    if any(key.startswith(("isbn:", "issn:")) for key in mine & theirs):
        agreements.append(Agreement.NUMBER)
    if stems(entry.title)[:_TITLE_WORDS] == stems(other.title)[:_TITLE_WORDS] != []:
        agreements.append(Agreement.TITLE)
    if entry.year is not None and entry.year == other.year:
        agreements.append(Agreement.DATE)
    if set(places(entry.place)) & set(places(other.place)):
        agreements.append(Agreement.PLACE)
    for kind, a, b in (
        (Agreement.PUBLISHER, entry.publisher, other.publisher),
        (Agreement.AGENT, _agent(entry), _agent(other)),
    ):
        if stems(a) == stems(b) != []:
            agreements.append(kind)
    return agreements


def _number(type_: str, value: str) -> str:
    value = isbn13(value) if type_ == "isbn" else value
    number = _IMPRINT_WORDS.sub("", value).lower()
    return f"{type_}:{number}" if type_ in _NUMBERS and number else ""


def _agent(entry: CatalogueEntry) -> str:
    return entry.agents[0].name.partition(",")[0] if entry.agents else ""
