"""Which copy of a lost ledger is taken over: what copies prove of each other, and who decides.

Each entry holds the digest of the one before it, so two copies that have the same digest at one
place are the same up to there. Copies of which one continues the other do not contradict each
other. Where they do, neither length nor number decides: only a digest that was kept elsewhere, or a
person. So it is with the entries at the end of a copy that no other storage has ever seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

from preserva.core.formats.storage_identity import LedgerMark

_ANCHOR = re.compile(r"(?:([1-9][0-9]{0,11}):)?([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry known from elsewhere: its digest, and its number where that is known."""

    digest: str
    number: int | None = None

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """From DIGEST or NUMBER:DIGEST. Raises ValueError."""
        match = _ANCHOR.fullmatch(text.strip().lower())
        if match is None:
            raise ValueError(f"neither DIGEST nor NUMBER:DIGEST: {text!r}")
        return cls(match[2], int(match[1]) if match[1] else None)


@dataclass(frozen=True, slots=True)
class Chain:
    """A whole copy of a ledger: the storage it is in, and the digest of each entry in order.

    `ledgers` are the ids that it had, and those of the ledgers that it replaced.
    """

    storage: str
    digests: Sequence[str]
    ledgers: Set[str] = frozenset()

    def place(self, anchor: Anchor) -> int | None:
        """The number of the anchor's entry in this chain; None if it has no such entry."""
        try:
            number = self.digests.index(anchor.digest) + 1
        except ValueError:
            return None
        return number if anchor.number in {None, number} else None

    def continues(self, other: Chain) -> bool:
        """Whether it is the other one, or continues it."""
        last = len(other.digests)
        return len(self.digests) >= last and self.digests[last - 1] == other.digests[last - 1]


def contradictions(chains: Sequence[Chain]) -> Iterator[tuple[Chain, Chain, int]]:
    """Each two that contradict each other, and the number of the first entry that differs."""
    for one, other in combinations(chains, 2):
        if not (one.continues(other) or other.continues(one)):
            pairs = enumerate(zip(one.digests, other.digests, strict=False), 1)
            yield one, other, next(number for number, (a, b) in pairs if a != b)


def vouched(chain: Chain, others: Iterable[Chain], marks: Mapping[str, LedgerMark]) -> int | None:
    """Up to which entry other storages have seen the same ledger; None if none of them saw any.

    `others` are their copies, `marks` the newest entry that each storage saw of its ledger.
    """
    seen = [
        min(len(chain.digests), len(other.digests))
        if other.continues(chain) or chain.continues(other)
        else 0
        for other in others
        if other.storage != chain.storage
    ]
    seen += [_seen_by(mark, chain) for name, mark in marks.items() if name != chain.storage]
    return max(seen, default=None)


def continued(chain: Chain, others: Iterable[Chain]) -> str | None:
    """The storage with the longest of the copies that a chain continues; None if there is none."""
    shorter = [
        (len(other.digests), other.storage)
        for other in others
        if len(other.digests) < len(chain.digests) and chain.continues(other)
    ]
    return max(shorter, default=(0, None))[1]


def _seen_by(mark: LedgerMark, chain: Chain) -> int:
    """Up to which entry of a chain a storage has seen; all of it where it saw what came after."""
    size = len(chain.digests)
    if mark.entry > size and mark.ledger in chain.ledgers:
        return size
    return mark.entry if mark.digest in chain.digests[mark.entry - 1 : mark.entry] else 0


def of_other_ledgers(
    marks: Mapping[str, LedgerMark], chain: Chain | None, source: str | None
) -> set[str]:
    """The storages that belong to another ledger than the one of `source`, or of the copy chosen.

    None do where all belong to the same: that was begun after the copy was made.
    """
    known = set() if chain is None else set(chain.ledgers)
    if source is not None and source in marks:
        known.add(marks[source].ledger)
    elif chain is None and source is None:
        known |= {mark.ledger for mark in list(marks.values())[:1]}
    if len({mark.ledger for mark in marks.values()}) == 1:
        return set()
    return {name for name, mark in marks.items() if mark.ledger not in known}
