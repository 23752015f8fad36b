"""How packages stand to each other, and how PREMIS says it.

PREMIS 3.0, semantic unit 1.13, with the vocabularies relationshipType and relationshipSubType of
the Library of Congress. Why these terms: docs/adr/0049-relations-between-packages.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from preserva.core.eark.premis import Identifier, Relationship
from preserva.core.eark.vocabulary import RelationshipSubType, RelationshipType


class RelationKind(StrEnum):
    """How a package stands to another, as the ledger and JSON call it."""

    VOLUME_OF = "volume of"
    SAME_EDITION = "same edition as"
    REPLACES = "replaces"
    BOUND_WITH = "bound with"

    @property
    def inverse(self) -> str:
        """How the other package stands to it; the same word where both stand alike."""
        return _INVERSE.get(self, self.value)

    @property
    def mutual(self) -> bool:
        """Whether both packages stand alike to each other."""
        return self not in _INVERSE


_INVERSE = {RelationKind.VOLUME_OF: "has volume", RelationKind.REPLACES: "replaced by"}

_TERMS = {
    "volume of": (RelationshipType.STRUCTURAL, RelationshipSubType.IS_PART_OF),
    "has volume": (RelationshipType.STRUCTURAL, RelationshipSubType.HAS_PART),
    "same edition as": (RelationshipType.LOGICAL, RelationshipSubType.HAS_SIBLING),
    "replaces": (RelationshipType.REPLACEMENT, RelationshipSubType.SUPERSEDES),
    "replaced by": (RelationshipType.REPLACEMENT, RelationshipSubType.IS_SUPERSEDED_BY),
    "bound with": (RelationshipType.STRUCTURAL, RelationshipSubType.HAS_SIBLING),
}


@dataclass(frozen=True, slots=True)
class Relation:
    """A package stands in a relation to an `other`: since when (ISO 8601, UTC), and why.

    `entry` is that of the ledger, `person` the code of who stated it.
    """

    package: str
    kind: RelationKind
    other: str
    reason: str
    entry: int
    time: str
    person: str | None = None

    @property
    def key(self) -> tuple[RelationKind, tuple[str, ...]]:
        """The same for what says the same."""
        ends = (self.package, self.other)
        return self.kind, tuple(sorted(ends)) if self.kind.mutual else ends

    def from_side_of(self, package: str) -> tuple[str, str]:
        """How one of its two packages stands to the other, and which that is."""
        if package == self.package:
            return self.kind.value, self.other
        return self.kind.inverse, self.package


def relations_of(package: str, relations: Iterable[Relation]) -> list[Relation]:
    """Those in which a package stands, on either side."""
    return [relation for relation in relations if package in {relation.package, relation.other}]


def contradicted(stated: Relation, relations: Iterable[Relation]) -> bool:
    """Whether the same is known the other way round, where that cannot be."""
    turned = (stated.kind, (stated.other, stated.package))
    return not stated.kind.mutual and any(known.key == turned for known in relations)


def premis_relationships(package: str, relations: Iterable[Relation]) -> list[Relationship]:
    """The relations of a package as PREMIS has them, each with the URI of the other one."""
    sides = sorted({known.from_side_of(package) for known in relations_of(package, relations)})
    return [Relationship(*_TERMS[word], (Identifier("URI", other),)) for word, other in sides]
