"""Catalogue records as a library exports them: every syntax, dialect and character set.

    for one in read_records(data, name="export.iso"):
        if isinstance(one, Finding): ...      # not a record; the others are read all the same
        else: one.title, one.notes, to_mods(one)

Nothing raises because of what is in the bytes: what is no record becomes a finding.
"""

from __future__ import annotations

from preserva.core.codes import Code
from preserva.core.report import Finding
from preserva.describe import irbis, iso2709, marc, xmlrecord
from preserva.describe.model import Dialect, Field, Record, Subfield, Syntax

__all__ = ["Dialect", "Field", "Record", "Subfield", "Syntax", "read_record", "read_records"]

_BOM = b"\xef\xbb\xbf"


def read_records(data: bytes, *, name: str, charset: str | None = None) -> list[Record | Finding]:
    """Every record of a file, in its order; a finding in the place of what cannot be read.

    `charset` overrides what the records declare and what their bytes look like (not for XML, which
    always knows). Raises UsageError for the name of a character set that is not known.
    """
    body = data.removeprefix(_BOM)
    if xmlrecord.looks_like(data):
        return list(xmlrecord.read(data, name))
    if irbis.looks_like(body):
        return list(irbis.read(body, name, charset))
    if iso2709.looks_like(body) or iso2709.RECORD_END in body:
        return list(marc.read(body, name, charset))
    return [Finding(Code.RECORD_UNREADABLE, name, seen=f"{data[:40]!r}"[2:-1])]


def read_record(
    data: bytes, *, name: str, position: int = 1, charset: str | None = None
) -> Record | Finding:
    """The record at that position of the file, counted from 1; a finding if it cannot be read."""
    found = read_records(data, name=name, charset=charset)
    if 1 <= position <= len(found):
        return found[position - 1]
    return Finding(Code.RECORD_UNREADABLE, f"{name}#{position}", seen=f"1-{len(found)}")
