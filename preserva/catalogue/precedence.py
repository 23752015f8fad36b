"""What a record on its way in must not replace: a sound one by a damaged, a rich one by a poor.

A table and Dublin Core say less than MODS, and MODS less than MARC. What they cannot hold must not
be lost because somebody exported a table and imported it again, or a partner harvested MODS.
"""

from __future__ import annotations

from preserva.catalogue.csv_records import MADE_OF_A_TABLE, columns_that_differ
from preserva.catalogue.entry import CatalogueEntry
from preserva.catalogue.forms import is_same
from preserva.core.values.codes import Code, Severity
from preserva.core.values.report import Finding
from preserva.describe.record import Record, Syntax


def richness(record: Record) -> int:
    """How much a form can say: a table and Dublin Core little, MODS less than MARC."""
    if record.syntax is Syntax.DC or _is_row(record):
        return 0
    return 1 if record.syntax is Syntax.MODS else 2


def _is_row(record: Record) -> bool:
    return MADE_OF_A_TABLE.encode() in record.original


def damaged(record: Record) -> bool:
    """True where characters of the record are lost or its character set is not known."""
    return any(note.code.severity is not Severity.WARNING for note in record.notes)


def judge(
    uri: str, known: Record, entry: CatalogueEntry, incoming: Record, new: CatalogueEntry
) -> tuple[bool, Finding | None]:
    """Whether the known record must stay, and why, if that is to be said.

    What says the same as the known record, in whatever form, changes nothing.
    """
    if damaged(incoming) and not damaged(known):
        return True, Finding(Code.RECORD_DAMAGED, uri)
    differing = columns_that_differ(entry, new) if _is_row(incoming) else []
    if not differing if _is_row(incoming) else is_same(uri, known, incoming):
        return True, None
    if richness(incoming) >= richness(known):
        return False, None
    if _is_row(incoming):
        return True, Finding(Code.ROW_POORER, uri, seen=", ".join(differing))
    return True, Finding(Code.RECORD_POORER, uri, known.syntax.value, incoming.syntax.value)
