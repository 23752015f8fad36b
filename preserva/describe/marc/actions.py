"""Actions on the item that a record mentions, such as a restoration: each becomes a PREMIS event.

UNIMARC and RUSMARC 318, MARC 21 583: the same subfields in both.
"""

from __future__ import annotations

from dataclasses import dataclass

from preserva.describe.catalogue_record import Dialect, Field, Record
from preserva.describe.mods.xml_text import plain


@dataclass(frozen=True, slots=True)
class Action:
    """One action on an item. Empty where the record does not say; dates are as it writes them.

    For PREMIS: `kind` is the eventType, `date` the eventDateTime, `agent` the linking agent,
    `outcome` the eventOutcome; `method` and `site` belong to the eventDetail. `item` is $5.
    """

    kind: str
    date: str = ""
    method: str = ""
    site: str = ""
    agent: str = ""
    outcome: str = ""
    item: str = ""


def actions(record: Record) -> tuple[Action, ...]:
    """Every action that the record notes, in its order."""
    tag = "583" if record.dialect is Dialect.MARC21 else "318"
    if record.dialect in (Dialect.IRBIS, Dialect.NONE):
        return ()
    return tuple(_action(field) for field in record.all(tag) if field.first("a").strip())


def _action(field: Field) -> Action:
    def text(code: str) -> str:
        return ", ".join(plain(value) for value in field.all(code))

    return Action(text("a"), text("c"), text("i"), text("j"), text("k"), text("l"), text("5"))
