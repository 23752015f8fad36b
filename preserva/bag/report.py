"""The result of validating a bag."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from preserva.core.formats.bagit import FetchEntry
from preserva.core.policy.completeness import Table
from preserva.core.values.codes import Code, Severity
from preserva.core.values.report import Report


class BagVerdict(StrEnum):
    """The state of a bag, in the terms of RFC 8493 section 3."""

    VALID = "valid"
    VALID_WITH_WARNINGS = "valid with warnings"
    COMPLETE = "complete"  # all files are present; on request, digests were not compared
    INCOMPLETE = "incomplete"  # sound except for files in fetch.txt that were not fetched yet
    INVALID = "invalid"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class BagReport(Report):
    """A report on a bag, with the content of its tag files.

    `outcome` is PASS for the two valid verdicts only: a bag whose digests were not compared is
    UNKNOWN even if it is complete. `bag_info` has the elements in order, with repetitions.
    """

    version: str | None = None
    encoding: str | None = None
    media_type: str | None = None
    bag_info: list[tuple[str, str]] = field(default_factory=list)
    algorithms: tuple[str, ...] = ()
    tag_algorithms: tuple[str, ...] = ()
    fetch: list[FetchEntry] = field(default_factory=list)
    payload: Table = field(default_factory=Table)
    tags: Table = field(default_factory=Table)
    completeness_only: bool = False

    @property
    def verdict(self) -> BagVerdict:
        """The state of the bag, as far as it was determined."""
        codes = {finding.code for finding in self.findings}
        errors = {code for code in codes if code.severity is Severity.ERROR}
        unknown = {code for code in codes if code.severity is Severity.UNKNOWN}
        if errors:
            return BagVerdict.INCOMPLETE if errors == {Code.HOLE} else BagVerdict.INVALID
        if unknown == {Code.NOT_DIGESTED} and self.completeness_only:
            return BagVerdict.COMPLETE
        if unknown or self.checked < self.listed:
            return BagVerdict.UNKNOWN
        return BagVerdict.VALID_WITH_WARNINGS if codes else BagVerdict.VALID
