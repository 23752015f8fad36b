"""Which MARC format a record follows, determined from its fields."""

from __future__ import annotations

import re
from collections.abc import Sequence

from preserva.describe.catalogue_record import Dialect, Field

_COUNTRIES = {"RU": Dialect.RUSMARC, "SU": Dialect.RUSMARC, "BY": Dialect.BELMARC}
_LANGUAGES = {"rus": Dialect.RUSMARC, "bel": Dialect.BELMARC}

_CODED = re.compile(r"[0-9]{8}[a-z ]")

FORMATS = {
    "marc21": Dialect.MARC21,
    "unimarc": Dialect.UNIMARC,
    "rusmarc": Dialect.RUSMARC,
    "belmarc": Dialect.BELMARC,
}
"""Values of MarcXchange's format attribute, without spaces and hyphens, in lower case."""


def detect(fields: Sequence[Field]) -> Dialect:
    """The format whose tags these are.

    1. 920 (worksheet) without 801 (source): a record of IRBIS in its own tags.
    2. 245 without 200: MARC 21.
    3. 200, or 100 with 801 or with coded data: of the UNIMARC family; which one, the first of
       these says: the country of the record's source (801 $a), the beginning of its number (001),
       the language of cataloguing (100 $a/22-24).
    """
    tags = {field.tag for field in fields}
    if tags & {"920", "919"} and not tags & {"801", "245"}:
        return Dialect.IRBIS
    if "245" in tags and "200" not in tags:
        return Dialect.MARC21
    if (
        "200" in tags
        or {"100", "801"} <= tags
        or any(field.tag == "100" and _is_coded(field) for field in fields)
    ):
        return _of_the_family(fields)
    return Dialect.NONE


def _is_coded(field: Field) -> bool:
    """Whether it is the coded data of UNIMARC 100 $a, which begins with the date of entry."""
    return _CODED.match(field.first("a")) is not None


def _of_the_family(fields: Sequence[Field]) -> Dialect:
    for field in fields:
        country = field.first("a").upper()
        if field.tag == "801" and country in _COUNTRIES:
            return _COUNTRIES[country]
    for field in fields:
        if field.tag == "001" and field.value[2:3] in ("\\", "/", "-", "|"):
            return _COUNTRIES.get(field.value[:2].upper(), Dialect.UNIMARC)
    for field in fields:
        if field.tag == "100":
            return _LANGUAGES.get(field.first("a")[22:25], Dialect.UNIMARC)
    return Dialect.UNIMARC
