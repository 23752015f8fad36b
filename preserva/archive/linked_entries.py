"""Entries that name the one of their type before them, of whatever package or storage.

So all withdrawals, retirements and relations are found without going through millions of others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from preserva.core.values.facts import RelationStated, Retirement, Withdrawal
from preserva.ledger import Ledger, LedgerEntry

_Linked = TypeVar("_Linked", Withdrawal, Retirement, RelationStated)


def linked(ledger: Ledger, kind: type[_Linked]) -> Iterator[tuple[LedgerEntry, _Linked]]:
    """All entries with facts of this kind, the newest first. Raises LedgerError."""
    (type_,) = kind.types
    entry = ledger.newest(type_)
    while entry is not None:
        facts = entry.facts_as(kind)
        yield entry, facts
        before = facts.before
        if before is not None and before >= entry.number:
            raise entry.unreadable("before")
        entry = None if before is None else ledger.entry(before)


def newest_number(ledger: Ledger, type_: str) -> int | None:
    """The number that the next entry of a type names as the one before it."""
    before = ledger.newest(type_)
    return None if before is None else before.number
