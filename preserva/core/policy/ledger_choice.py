"""Which copy of a lost ledger is taken over: what copies prove of each other, and who decides.

Each entry holds the digest of the one before it, so two copies that have the same digest at one
place are the same up to there. Copies of which one goes on from the other do not contradict each
other. Where they do, neither length nor number decides: only a digest that was kept elsewhere, or
a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

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
    """A whole copy of a ledger: the storage it is in, and the digest of each entry in order."""

    storage: str
    digests: Sequence[str]

    def place(self, anchor: Anchor) -> int | None:
        """The number of the anchor's entry in this chain; None if it has no such entry."""
        try:
            number = self.digests.index(anchor.digest) + 1
        except ValueError:
            return None
        return number if anchor.number in {None, number} else None

    def continues(self, other: Chain) -> bool:
        """Whether it is the other one, or goes on from its end."""
        last = len(other.digests)
        return len(self.digests) >= last and self.digests[last - 1] == other.digests[last - 1]


def contradictions(chains: Sequence[Chain]) -> Iterator[tuple[Chain, Chain, int]]:
    """Each two that contradict each other, and the number of the first entry that differs."""
    for one, other in combinations(chains, 2):
        if not (one.continues(other) or other.continues(one)):
            pairs = enumerate(zip(one.digests, other.digests, strict=False), 1)
            yield one, other, next(number for number, (a, b) in pairs if a != b)
