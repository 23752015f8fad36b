"""The ledger: the record of what was done, append-only and chained by digests."""

from preserva.ledger.chain import Ledger
from preserva.ledger.entry import LARGEST_ENTRY, LedgerEntry

__all__ = ["LARGEST_ENTRY", "Ledger", "LedgerEntry"]
