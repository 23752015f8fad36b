"""Catalogue records as a library exports them: every syntax, dialect and character set.

    for one in read_records(data, name="export.iso"):
        if isinstance(one, Finding): ...      # not a record; the others are read all the same
        else: one.title, one.notes, to_mods(one)

Nothing raises because of what is in the bytes: what is no record becomes a finding.
"""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.core.xml.safe import parse
from preserva.describe import xml_record
from preserva.describe.catalogue_record import Dialect, Field, Record, Subfield, Syntax
from preserva.describe.marc import irbis, iso2709, iso2709_read
from preserva.describe.marc.actions import Action, actions
from preserva.describe.marc.coded_data import year
from preserva.describe.marc.holdings import Holding, HoldingKind, RegisterEntry, read_holdings
from preserva.describe.marc.marcxchange import marcxchange
from preserva.describe.mods import dublin_core, mods_and_dc
from preserva.describe.mods.crosswalk import FAMILY, crosswalk
from preserva.describe.mods.mods import mods
from preserva.describe.mods.xml_text import has_forbidden, plain

__all__ = [
    "Action",
    "Dialect",
    "Field",
    "Holding",
    "HoldingKind",
    "Record",
    "RegisterEntry",
    "Subfield",
    "Syntax",
    "actions",
    "describes_a_book",
    "holdings_of",
    "read_record",
    "read_records",
    "to_dc",
    "to_marcxchange",
    "to_mods",
]

_BOM = b"\xef\xbb\xbf"


def read_records(data: bytes, *, name: str, charset: str | None = None) -> list[Record | Finding]:
    """Every record of a file, in its order; a finding in the place of what cannot be read.

    `charset` overrides what the records declare and what their bytes look like (not for XML, which
    always knows). Raises UsageError for the name of a character set that is not known.
    """
    return [
        record if isinstance(record, Finding) else _summarised(record)
        for record in _read(data, name, charset)
    ]


def read_record(
    data: bytes, *, name: str, position: int = 1, charset: str | None = None
) -> Record | Finding:
    """The record at that position of the file, counted from 1; a finding if it cannot be read."""
    records = read_records(data, name=name, charset=charset)
    if 1 <= position <= len(records):
        return records[position - 1]
    return Finding(Code.RECORD_UNREADABLE, f"{name}#{position}", seen=f"1-{len(records)}")


def describes_a_book(record: Record) -> bool:
    """False for MARC records of holdings (leader/6 u, v, x, y in MARC 21) and of headings (x, y, z)."""
    return not record.fields or record.leader[6:7] not in ("u", "v", "x", "y", "z")


def holdings_of(record: Record) -> list[Holding]:
    """The holdings that the record describes, with what it says of each; none for MODS and DC."""
    family = FAMILY.get(record.dialect)
    return [] if family is None else read_holdings(record, crosswalk().rules[family])


def to_mods(record: Record) -> bytes:
    """The record as MODS 3.8 in UTF-8. A record that is MODS stays as it came."""
    if record.syntax is Syntax.MODS:
        return record.original
    if record.syntax is Syntax.DC:
        return _serialise(mods_and_dc.mods_of_dc(_dublin_core(record)))
    return _serialise(mods(record))


def to_dc(record: Record) -> bytes:
    """The record as simple Dublin Core (oai_dc) in UTF-8."""
    return _serialise(dublin_core.document(_dublin_core(record)))


def to_marcxchange(record: Record) -> bytes | None:
    """The record as MarcXchange in UTF-8; None for what is no MARC (MODS, Dublin Core, IRBIS)."""
    element = marcxchange(record)
    return None if element is None else _serialise(element)


def _read(data: bytes, name: str, charset: str | None) -> list[Record | Finding]:
    body = data.removeprefix(_BOM)
    if xml_record.looks_like(data):
        return list(xml_record.read(data, name))
    if irbis.looks_like(body):
        return list(irbis.read(body, name, charset))
    if iso2709.looks_like(body) or iso2709.RECORD_END in body:
        return list(iso2709_read.read(body, name, charset))
    return [Finding(Code.RECORD_UNREADABLE, name, seen=f"{data[:40]!r}"[2:-1])]


def _summarised(record: Record) -> Record:
    """The record with title, identifier and so on, and a note if XML cannot hold its characters."""
    elements = _dublin_core(record)
    notes = record.notes
    forbidden = sorted({field.tag for field in record.fields if _has_forbidden(field)})
    if forbidden:
        where = f"{record.name}#{record.position}"
        notes = (
            *notes,
            Finding(Code.RECORD_FORBIDDEN_CHARACTERS, where, seen=" ".join(forbidden)),
        )
    return replace(
        record,
        notes=notes,
        title=_title(record, _first(elements, "title")),
        identifier=_number(record) or _first(elements, "identifier"),
        creators=tuple(element.text for element in elements if element.name == "creator"),
        date=year(record) or _first(elements, "date"),
        language=_first(elements, "language"),
    )


def _dublin_core(record: Record) -> list[dublin_core.Element]:
    if record.syntax is Syntax.MODS:
        return mods_and_dc.dc_of_mods(_root(record, f"{{{xml_record.MODS}}}mods"))
    if record.syntax is Syntax.DC:
        return mods_and_dc.dc_of_dc(parse(record.original))
    return dublin_core.elements(record)


def _root(record: Record, tag: str) -> etree._Element:
    root = parse(record.original)
    return next(root.iter(tag), root)


def _title(record: Record, own: str) -> str:
    """The title for a list: that of a volume has the title of its set before it."""
    host = record.first("461")
    if host is None or not (record.dialect is Dialect.IRBIS or record.leader[8:9] == "2"):
        return own
    inner = next((field.first("a") for field in host.embedded if field.tag == "200"), "")
    whole = plain(inner or host.first("t") or host.first("c"))
    return ". ".join(text for text in (whole.rstrip(" ."), own) if text)


def _number(record: Record) -> str:
    return "" if record.dialect is Dialect.NONE else record.control("001").strip()


def _first(elements: list[dublin_core.Element], name: str) -> str:
    return next((element.text for element in elements if element.name == name), "")


def _has_forbidden(field: Field) -> bool:
    own = (field.value, *(subfield.value for subfield in field.subfields))
    return any(map(has_forbidden, own)) or any(map(_has_forbidden, field.embedded))


def _serialise(root: etree._Element) -> bytes:
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
