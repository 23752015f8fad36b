"""Whether a ledger is the one that a storage has seen, or an older, a forked or another one.

Digests decide: an entry with the digest that the storage saw proves that everything up to it is the
same. The ids of ledgers only say what is wrong where it is not.
"""

from __future__ import annotations

from collections.abc import Set
from enum import Enum, auto

from preserva.core.formats.storage_identity import LedgerMark


class Standing(Enum):
    """How a ledger relates to what a storage has seen."""

    CURRENT = auto()  # as new as what was seen, or newer
    OLDER = auto()  # entries are missing at its end
    FORKED = auto()  # it has another entry of that number
    OTHER = auto()  # the storage belongs to another ledger


def standing(
    mark: LedgerMark, *, size: int, digest: str | None, ledger: str | None, former: Set[str]
) -> Standing:
    """How a ledger of `size` entries and the id `ledger` relates to a mark.

    `digest` is that of its own entry `mark.entry`, None if it has none. `former` are the ids of
    the ledgers that were lost and that it replaces: what those wrote no longer binds it.
    """
    if digest == mark.digest or mark.ledger in former:
        return Standing.CURRENT
    if ledger is not None and mark.ledger != ledger:
        return Standing.OTHER
    return Standing.OLDER if mark.entry > size else Standing.FORKED
