"""The ledger: the record of what was done, append-only and chained by digests."""

from preserva.ledger.chain import LARGEST_ENTRY, Ledger
from preserva.ledger.entry import LedgerEntry

__all__ = ["LARGEST_ENTRY", "Ledger", "LedgerEntry"]
