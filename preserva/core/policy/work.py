"""What people did in a period: the entries of the ledger as work, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class WorkKind(StrEnum):
    """A kind of work, as reports and data call it."""

    PACKAGED = "packaged"
    CORRECTED = "corrected"
    RECEIVED = "received"
    REPLICATED = "replicated"
    CHECKED = "checked"
    REPAIRED = "repaired"
    EXPORTED = "exported"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    RESTORED = "withdrawal undone"
    REMOVED = "removed"
    RELATED = "related"
    RETIRED = "retired"
    KEPT = "retirement undone"


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done, by the ledger's entry `number`. `details` say to whom and why.

    `size` is in bytes: what was written, or read by a check. `person` is a code.
    """

    number: int
    time: datetime
    kind: WorkKind
    outcome: str
    person: str | None = None
    package: str | None = None
    version: str | None = None
    storage: str | None = None
    pages: int | None = None
    size: int | None = None
    details: tuple[str, ...] = ()


@dataclass(slots=True)
class Sum:
    """The total of deeds of one kind; `packages` counts different ones."""

    count: int = 0
    packages: set[str] = field(default_factory=set)
    pages: int = 0
    size: int = 0
    failed: int = 0

    def add(self, deed: Deed, succeeded: bool) -> None:
        """Count one more."""
        self.count += 1
        self.pages += deed.pages or 0
        self.size += deed.size or 0
        self.failed += not succeeded
        if deed.package is not None:
            self.packages.add(deed.package)


@dataclass(slots=True)
class Work:
    """The work of a period, from `since` until before `until`; of one `person` if it is given.

    `deeds` are those that people look for one by one, the oldest first: checks are only counted.
    """

    since: datetime | None
    until: datetime | None
    person: str | None
    sums: dict[WorkKind, Sum] = field(default_factory=dict)
    people: dict[str | None, Counter[WorkKind]] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)

    def includes(self, deed: Deed) -> bool:
        """Whether a deed belongs to the period and the person."""
        return (
            (self.since is None or deed.time >= self.since)
            and (self.until is None or deed.time < self.until)
            and self.person in {None, deed.person}
        )


def work_of(deeds: Iterable[Deed], into: Work, success: str) -> Work:
    """Add up the deeds that belong to it; `success` is the outcome of what succeeded."""
    for deed in filter(into.includes, deeds):
        into.sums.setdefault(deed.kind, Sum()).add(deed, deed.outcome == success)
        into.people.setdefault(deed.person, Counter())[deed.kind] += 1
        if deed.kind is not WorkKind.CHECKED:
            into.deeds.append(deed)
    return into
