"""What a record on its way in must not replace: a sound one by a damaged, a rich one by a poor.

A table and Dublin Core say less than MARC and MODS. What they cannot hold must not be lost because
somebody exported a table and imported it again.
"""

from __future__ import annotations

from preserva.catalogue.csv_records import MADE_OF_A_TABLE, columns_that_differ
from preserva.catalogue.entry import CatalogueEntry
from preserva.core.values.codes import Code, Severity
from preserva.core.values.report import Finding
from preserva.describe.record import Record, Syntax


def is_poor(record: Record) -> bool:
    """Whether the form of a record can say little: Dublin Core, or a row of a table."""
    return record.syntax is Syntax.DC or MADE_OF_A_TABLE.encode() in record.original


def damaged(record: Record) -> bool:
    """True where characters of the record are lost or its character set is not known."""
    return any(note.code.severity is not Severity.WARNING for note in record.notes)


def objection(
    uri: str, known: Record, entry: CatalogueEntry, incoming: Record, new: CatalogueEntry
) -> Finding | None:
    """Why the incoming record must not replace the known one; None if it may.

    A table that agrees with the record is accepted: it changes nothing.
    """
    if damaged(incoming) and not damaged(known):
        return Finding(Code.RECORD_DAMAGED, uri)
    if is_poor(known) or not is_poor(incoming):
        return None
    if MADE_OF_A_TABLE.encode() in incoming.original:
        return Finding(Code.ROW_POORER, uri, seen=", ".join(columns_that_differ(entry, new)))
    return Finding(Code.RECORD_POORER, uri, known.syntax.value, incoming.syntax.value)
