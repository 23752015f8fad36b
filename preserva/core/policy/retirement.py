"""Copies that are no longer wanted, by the decision of two persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Retired:
    """The `storages` that were retired as a whole, and elsewhere the packages by storage."""

    storages: frozenset[str] = frozenset()
    copies: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def has(self, package: str, storage: str) -> bool:
        """Whether the copy of a package in a storage was retired."""
        return storage in self.storages or package in self.copies.get(storage, frozenset())


NOTHING_RETIRED = Retired()
