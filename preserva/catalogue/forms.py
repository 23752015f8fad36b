"""A record of the catalogue in each form in which it is given out, so that it can come back.

What comes back finds its record by the number in it. Where a record has none, or its form has no
place for it (Dublin Core), the number of the catalogue is put in.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

from lxml import etree

from preserva.catalogue.entry import library_of
from preserva.core.xml.safe import parse
from preserva.describe.marc.iso2709_write import iso2709
from preserva.describe.mods import reading
from preserva.describe.record import (
    Field,
    Record,
    Syntax,
    mods_of,
    to_dc,
    to_marcxchange,
    to_mods,
)
from preserva.describe.xml_record import DC, MODS


def as_iso2709(uri: str, record: Record) -> bytes | None:
    """ISO 2709 in UTF-8; None for what cannot be written so."""
    return iso2709(_numbered(uri, record))


def as_marcxchange(uri: str, record: Record) -> bytes | None:
    """MarcXchange; None for what is no MARC."""
    return to_marcxchange(_numbered(uri, record))


def as_mods(uri: str, record: Record) -> bytes:
    """MODS."""
    root = mods_of(record)
    if reading.number(root) or reading.identifier(root) == _number(uri):
        return to_mods(record)
    about = root.find(f"{{{MODS}}}recordInfo")
    if about is None:
        about = etree.SubElement(root, f"{{{MODS}}}recordInfo")
    etree.SubElement(about, f"{{{MODS}}}recordIdentifier").text = _number(uri)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def as_dc(uri: str, record: Record) -> bytes:
    """Dublin Core, with the identifier of the record among the others."""
    root = parse(to_dc(record))
    node = etree.SubElement(root, f"{{{DC}}}identifier")
    node.text = uri
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def uri_in(record: Record, library: str) -> str | None:
    """The identifier that a record in Dublin Core had when we gave it out."""
    if record.syntax is not Syntax.DC:
        return None
    identifiers = (node.text or "" for node in parse(record.original).iter(f"{{{DC}}}identifier"))
    return next((text for text in identifiers if library_of(text) == library), None)


def is_same(uri: str, known: Record, incoming: Record) -> bool:
    """Whether the incoming record is the known one, in the same form or in another of these."""
    if incoming.syntax is Syntax.DC:
        theirs = _canonical(_without_uri(incoming.original))
        return theirs == _canonical(_without_uri(to_dc(known)))
    if incoming.syntax is Syntax.MODS:
        return _canonical(incoming.original) == _canonical(as_mods(uri, known))
    # ISO 2709 has no third indicator, and MarcXchange no limit of length
    pairs = ((make(uri, known), make(uri, incoming)) for make in (as_iso2709, as_marcxchange))
    return any(mine is not None and mine == theirs for mine, theirs in pairs)


def _number(uri: str) -> str:
    return unquote(uri.rpartition(":")[2])


def _numbered(uri: str, record: Record) -> Record:
    if record.identifier or record.control("001") or not record.fields:
        return record
    return replace(record, fields=(Field("001", value=_number(uri)), *record.fields))


def _without_uri(document: bytes) -> bytes:
    root = parse(document)
    for node in list(root.iter(f"{{{DC}}}identifier")):
        parent = node.getparent()
        if parent is not None and library_of(node.text or "") is not None:
            parent.remove(node)
    return etree.tostring(root, encoding="UTF-8")


def _canonical(document: bytes) -> str:
    """The same for what differs only in prefixes and in spaces between elements."""
    text: str = etree.canonicalize(
        etree.tostring(parse(document), encoding="unicode", with_tail=False),
        strip_text=True, rewrite_prefixes=True, exclude_attrs=[_LOCATION],
    )  # fmt: skip
    return text


_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
