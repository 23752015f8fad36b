"""Dates from the coded data of a record: UNIMARC 100 $a/8-16, MARC 21 008/6-14."""

from __future__ import annotations

import re

from lxml import etree

from preserva.describe.catalogue_record import Dialect, Record
from preserva.describe.xml_record import MODS

_YEAR = re.compile(r"\d{4}")
_PARTLY_KNOWN = re.compile(r"1\d[\d u|?-][ u|?-]|20[\d u|?-][ u|?-]")
_RANGE = {"UNIMARC": "abcg", "MARC21": "cdikmu"}


def coded_dates(record: Record) -> tuple[str, str, str]:
    """Type of date, first and second date, as the record has them; empty if it has none."""
    if record.dialect is Dialect.MARC21:
        data = record.control("008")
        return data[6:7], data[7:11], data[11:15]
    field = record.first("100")
    data = field.first("a") if field else ""
    return data[8:9], data[9:13], data[13:17]


def add_dates(root: etree._Element, record: Record) -> None:
    """Put the coded years into originInfo: the first is the key date.

    A year of which digits are not known stands as MARC has it: `17uu`.
    """
    kind, first, second = coded_dates(record)
    partly = _PARTLY_KNOWN.fullmatch(first) is not None
    if not (partly or _YEAR.fullmatch(first)):
        return
    family = "MARC21" if record.dialect is Dialect.MARC21 else "UNIMARC"
    origins = root.iterfind(f"{{{MODS}}}originInfo")
    origin = next((node for node in origins if not node.get("eventType")), None)
    if origin is None:
        origin = etree.SubElement(root, f"{{{MODS}}}originInfo")
    issued = _date(origin, "dateIssued", re.sub("[^0-9]", "u", first))
    issued.set("encoding", "marc" if partly else "w3cdtf")
    issued.set("keyDate", "yes")
    uncertain = kind == ("q" if family == "MARC21" else "f")
    if uncertain:
        issued.set("qualifier", "questionable")
    second_known = _YEAR.fullmatch(second) is not None and second != "9999"
    if (kind in _RANGE[family] and not partly) or (uncertain and second_known):
        issued.set("point", "start")
        if second_known:
            end = _date(origin, "dateIssued", second)
            end.set("point", "end")
            if uncertain:
                end.set("qualifier", "questionable")
    elif second_known and (
        (kind == "e" and family == "UNIMARC") or (kind == "r" and family == "MARC21")
    ):
        # a reproduction: the second year is that of the original
        _date(origin, "dateOther", second).set("type", "original")


def _date(origin: etree._Element, name: str, text: str) -> etree._Element:
    element = etree.SubElement(origin, f"{{{MODS}}}{name}", encoding="w3cdtf")
    element.text = text
    return element
