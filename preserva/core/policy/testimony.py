"""Whose testimony counts: which entries of the ledger say what a package must be.

For a package of ours that is what we recorded when we stored it, and nothing else: nothing that
came to a storage that we hold for others, and nothing that another institution wrote. For a package
of another institution it is what we recorded when we first read it in the storage that is held for
exactly that institution. The first such entry commits; no later one overrides it, unless two
persons decided that another institution's claim about its own package counts from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION, END
from preserva.core.values.model import PackageId


@dataclass(frozen=True, slots=True)
class Custody:
    """Whose packages lie where: our own institution's id, and for whom each held storage is kept.

    `held` gives the institution by the id of the storage; None where nothing says which it is.
    """

    institution: str
    held: Mapping[str, str | None]

    def is_ours(self, package: PackageId) -> bool:
        """Whether a package is one of our own institution."""
        return package.institution == self.institution

    def belongs(self, package: PackageId, storage: str) -> bool:
        """Whether a copy of a package may be in a storage at all."""
        if storage in self.held:
            return not self.is_ours(package) and self.held[storage] == package.institution
        return self.is_ours(package)

    def intruder(self, package: PackageId, storage: str) -> Code:
        """What a package is that does not belong in a storage."""
        if storage in self.held and not self.is_ours(package):
            return Code.HELD_FOR_ANOTHER
        return Code.OURS_IN_HELD if storage in self.held else Code.NOT_PUT_HERE

    def commits(self, type_: str, package: PackageId, storage: str | None) -> bool:
        """Whether a successful entry of this type says what a version of a package must be."""
        if self.is_ours(package):
            return type_ == END and storage not in self.held
        return type_ == ACCESSION and storage is not None and self.belongs(package, storage)


@dataclass(frozen=True, slots=True)
class Commitment:
    """What an entry of the ledger says of a version: the digest of its inventory.

    One that two persons `decided` on counts in place of those before.
    """

    entry: int
    version: str
    inventory: str
    decided: bool = False


@dataclass(slots=True)
class Testimony:
    """The statement on each version that counts, and later ones that say something else."""

    first: dict[str, Commitment] = field(default_factory=dict)
    contradictions: list[Commitment] = field(default_factory=list)


def weigh(statements: Iterable[Commitment]) -> Testimony:
    """The result of statements that all count and are in the order of the ledger."""
    testimony = Testimony()
    for statement in statements:
        if statement.decided:
            testimony.first[statement.version] = statement
            continue
        first = testimony.first.setdefault(statement.version, statement)
        if first.inventory != statement.inventory:
            testimony.contradictions.append(statement)
    return testimony
