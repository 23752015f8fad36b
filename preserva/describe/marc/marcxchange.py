"""A record as MarcXchange (ISO 25577, version 2 of its namespace): every field, in UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

from lxml import etree

from preserva.describe.catalogue_record import Dialect, Field, Record, Subfield
from preserva.describe.mods.xml_text import clean
from preserva.describe.xml_record import MARCXCHANGE

# the stubs do not know of the default namespace, whose prefix is None
_NAMESPACES = cast("dict[str, str]", {None: MARCXCHANGE})
_TAG = re.compile("(?!000)[0-9A-Za-z]{3}")
_CONTROL = re.compile("00[1-9A-Za-z]")
_NOT_A_CODE = re.compile("[^\x20-\x7e\xa0-\xff]")
_HOMOGLYPHS = str.maketrans("аеорсухАЕОРСУХ", "aeopcyxAEOPCYX")


def marcxchange(record: Record) -> etree._Element | None:
    """The record element; None if it is not MARC: MODS, Dublin Core, IRBIS in its own tags.

    It is valid by marcxchange-2-0.xsd, whatever the record is like: a tag that the schema forbids
    becomes 999, such a subfield code `?` or the Latin letter that looks like it.
    Fields inside a field ($1) are written as ISO 2709 has them, one after another.
    """
    if not record.fields or record.dialect is Dialect.IRBIS:
        return None
    root = etree.Element(f"{{{MARCXCHANGE}}}record", nsmap=_NAMESPACES)
    if record.dialect is not Dialect.NONE:
        root.set("format", record.dialect.value)
    root.set("type", "Bibliographic")
    leader = leader_in_unicode(record)
    if leader:
        _add(root, "leader", leader)
    for field in sorted(record.fields, key=_is_data):
        _field(root, with_charset(field, record))
    return root


def leader_in_unicode(record: Record) -> str:
    """The leader for the same record in UTF-8: ASCII only, no lengths, `a` in MARC 21's place 9."""
    if not record.leader:
        return ""
    text = record.leader.translate(_HOMOGLYPHS).ljust(24)[:24]
    text = "".join(character if " " <= character <= "~" else " " for character in text)
    ninth = "a" if record.dialect is Dialect.MARC21 else text[9]
    return f"00000{text[5:9]}{ninth}2200000{text[17:20]}4500"


def _is_data(field: Field) -> bool:
    return bool(field.subfields or not _CONTROL.fullmatch(field.tag))


def with_charset(field: Field, record: Record) -> Field:
    """UNIMARC 100 $a/26-33 says UTF-8 now, as the text is."""
    if field.tag != "100" or record.dialect in (Dialect.MARC21, Dialect.IRBIS, Dialect.NONE):
        return field
    return Field(
        field.tag,
        field.indicators,
        tuple(
            Subfield("a", subfield.value[:26] + "50      " + subfield.value[34:])
            if subfield.code == "a" and len(subfield.value) >= 34
            else subfield
            for subfield in field.subfields
        ),
    )


def _field(root: etree._Element, field: Field) -> None:
    tag = field.tag if _TAG.fullmatch(field.tag) else "999"
    if not _is_data(field):
        _add(root, "controlfield", field.value).set("tag", tag)
        return
    if not (field.value or field.subfields or field.embedded):
        return  # the schema wants a subfield in every field
    element = _add(root, "datafield", None)
    element.set("tag", tag)
    for place, indicator in enumerate(field.indicators.ljust(2)[:9], 1):
        element.set(f"ind{place}", indicator if " " <= indicator <= "~" else " ")
    if field.value:
        _subfield(element, "a", field.value)
    _subfields(element, field.subfields)
    for inner in field.embedded:
        start = inner.value if inner.tag.startswith("00") else inner.indicators
        _subfield(element, "1", inner.tag + start)
        _subfields(element, inner.subfields)


def _subfields(element: etree._Element, subfields: Iterable[Subfield]) -> None:
    for subfield in subfields:
        _subfield(element, subfield.code, subfield.value)


def _subfield(element: etree._Element, code: str, text: str) -> None:
    code = _NOT_A_CODE.sub("?", code.translate(_HOMOGLYPHS))
    _add(element, "subfield", text).set("code", code)


def _add(parent: etree._Element, name: str, text: str | None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{MARCXCHANGE}}}{name}")
    if text is not None:
        element.text = clean(text)
    return element
