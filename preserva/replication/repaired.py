"""What a repair does, or would do, to one copy."""

from __future__ import annotations

from dataclasses import dataclass

from preserva.core.values.report import BookPage, Outcome, Report


@dataclass(frozen=True, slots=True)
class Brought:
    """A file to restore: what is in its place, and the storages that have the recorded content.

    No storage is needed if the content follows from what was recorded. `page` is the page of the
    book.
    """

    path: str
    seen: str
    stores: tuple[str, ...]
    page: BookPage | None = None


@dataclass(slots=True)
class Repair:
    """One copy: what is set aside, restored, found nowhere; and whether it was done."""

    package: str
    storage: str
    report: Report
    aside: tuple[str, ...] = ()
    put: tuple[Brought, ...] = ()
    applied: bool = False

    @property
    def needed(self) -> bool:
        """Whether there is anything that can be done."""
        return bool(self.aside or self.put)

    @property
    def outcome(self) -> Outcome:
        """That of the report; FAIL as well while a repair that can be done was not done."""
        return Outcome.FAIL if self.needed and not self.applied else self.report.outcome
