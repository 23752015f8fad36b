"""Catalogue records as a library exports them: every syntax, dialect and character set.

    for record in read_records(data, name="export.iso"):
        if isinstance(record, Finding): ...      # not a record; the others are read all the same
        else: record.title, record.notes, to_mods(record)

Nothing raises because of the content: anything that is not a record becomes a finding.
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
from preserva.describe.marc.holdings import Holding, HoldingKind, RegisterEntry, read_holdings
from preserva.describe.marc.marcxchange import marcxchange
from preserva.describe.mods import dates, dublin_core, from_dublin_core, reading
from preserva.describe.mods.crosswalk import FAMILY, crosswalk
from preserva.describe.mods.mods import mods
from preserva.describe.mods.xml_text import has_forbidden

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
    "mods_of",
    "read_record",
    "read_records",
    "to_dc",
    "to_marcxchange",
    "to_mods",
]

_BOM = b"\xef\xbb\xbf"


def read_records(data: bytes, *, name: str, charset: str | None = None) -> list[Record | Finding]:
    """Every record of a file, in its order; a finding in place of a record that cannot be read.

    `charset` overrides what the records declare and what their bytes look like (not for XML, which
    declares its own). Raises UsageError for the name of a character set that is not known.
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
    """False for MARC records of holdings (MARC 21 leader/6 u, v, x, y) and of headings (x to z)."""
    return not record.fields or record.leader[6:7] not in ("u", "v", "x", "y", "z")


def holdings_of(record: Record) -> list[Holding]:
    """The holdings that the record describes, with what it says of each; none for MODS and DC."""
    family = FAMILY.get(record.dialect)
    return [] if family is None else read_holdings(record, crosswalk().rules[family])


def to_mods(record: Record) -> bytes:
    """The record as MODS 3.8 in UTF-8. A record that is already MODS is unchanged."""
    return record.original if record.syntax is Syntax.MODS else _serialise(mods_of(record))


def mods_of(record: Record) -> etree._Element:
    """The record as a mods element. Raises UnsafeXMLError for what cannot be read safely."""
    if record.syntax is Syntax.MODS:
        root = parse(record.original)
        return next(root.iter(f"{{{xml_record.MODS}}}mods"), root)
    if record.syntax is Syntax.DC:
        return from_dublin_core.mods_of_dc(from_dublin_core.dc_of_dc(parse(record.original)))
    return mods(record)


def to_dc(record: Record) -> bytes:
    """The record as simple Dublin Core (oai_dc) in UTF-8; one of Dublin Core is kept."""
    if record.syntax is Syntax.DC:
        elements = from_dublin_core.dc_of_dc(parse(record.original))
        return _serialise(dublin_core.document(elements))
    return _serialise(dublin_core.document(dublin_core.elements(mods_of(record))))


def to_marcxchange(record: Record) -> bytes | None:
    """The record as MarcXchange in UTF-8; None if it is not MARC (MODS, Dublin Core, IRBIS)."""
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
    notes = record.notes
    forbidden = sorted({field.tag for field in record.fields if _has_forbidden(field)})
    if forbidden:
        where = f"{record.name}#{record.position}"
        notes = (
            *notes,
            Finding(Code.RECORD_FORBIDDEN_CHARACTERS, where, seen=" ".join(forbidden)),
        )
    described = mods_of(record)
    return replace(
        record,
        notes=notes,
        title=next((title.text for title in reading.titles(described)), ""),
        identifier=reading.identifier(described),
        creators=tuple(name.text for name in reading.names(described) if name.creates),
        date=_date(described),
        language=next(iter(reading.languages(described)), ""),
    )


def _date(described: etree._Element) -> str:
    """The year, or the date as written if it is not a single year."""
    period = dates.period(described)
    written = dates.text(described)
    return written if written and (period is None or period.last) else dates.years(described)


def _has_forbidden(field: Field) -> bool:
    own = (field.value, *(subfield.value for subfield in field.subfields))
    return any(map(has_forbidden, own)) or any(map(_has_forbidden, field.embedded))


def _serialise(root: etree._Element) -> bytes:
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
