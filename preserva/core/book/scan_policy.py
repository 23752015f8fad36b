"""What an institution does about each kind of mistake in a set of scans: warn, refuse, ignore.

So it does about what nobody said of them: how they were made, who decided on their rights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding


class ScanAction(StrEnum):
    """The action on a finding."""

    WARN = "warn"
    REFUSE = "refuse"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class ScanPolicy:
    """The action for each check of a set of scans.

    Refused by default is what cannot be right: unfinished files, and files that would hide a page.
    """

    gaps: ScanAction = ScanAction.WARN
    same: ScanAction = ScanAction.WARN
    similar: ScanAction = ScanAction.WARN
    stored: ScanAction = ScanAction.WARN
    frames: ScanAction = ScanAction.REFUSE
    ending: ScanAction = ScanAction.WARN
    unfinished: ScanAction = ScanAction.REFUSE
    unsupported: ScanAction = ScanAction.REFUSE
    extent: ScanAction = ScanAction.WARN
    history: ScanAction = ScanAction.WARN
    rights: ScanAction = ScanAction.WARN
    requirements: ScanAction = ScanAction.WARN

    @classmethod
    def among(cls, settings: Mapping[str, Any]) -> tuple[ScanPolicy, dict[str, Any]]:
        """The policy that these settings have by the names of its checks, and the other ones."""
        checks = {check.name for check in fields(cls)}
        actions = {key: ScanAction(word) for key, word in settings.items() if key in checks}
        others = {key: value for key, value in settings.items() if key not in checks}
        return cls(**actions), others

    def action(self, code: Code) -> ScanAction | None:
        """The action on a finding with this code; None if it is not from these checks."""
        key = _CHECKS.get(code)
        return None if key is None else getattr(self, key)

    def without_refusals(self) -> ScanPolicy:
        """The policy for what others made: it is stored unchanged, and refusals are reported."""
        actions = {field.name: getattr(self, field.name) for field in fields(self)}
        return ScanPolicy(
            **{
                check: ScanAction.WARN if action is ScanAction.REFUSE else action
                for check, action in actions.items()
            }
        )

    def divide(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
        """The findings for which a source is refused, and those that are only reported."""
        refused, said = [], []
        for finding in findings:
            match self.action(finding.code):
                case ScanAction.REFUSE:
                    refused.append(finding)
                case ScanAction.WARN | None:
                    said.append(finding)
        return refused, said


USUAL_POLICY = ScanPolicy()

_CHECKS = {
    Code.SCAN_GAP: "gaps",
    Code.SCAN_SAME_BYTES: "same",
    Code.SCAN_NAMED_COPY: "same",
    Code.SCAN_SIMILAR: "similar",
    Code.SCAN_STORED: "stored",
    Code.SCAN_NOT_COMPARED: "stored",
    Code.SCAN_FRAMES: "frames",
    Code.FORMAT_CONTRADICTION: "ending",
    Code.SCAN_UNFINISHED: "unfinished",
    Code.SOURCE_UNSETTLED: "unfinished",
    Code.SCAN_UNSUPPORTED: "unsupported",
    Code.SCAN_NAMELESS: "unsupported",
    Code.SCAN_EXTENT: "extent",
    Code.SCAN_HISTORY: "history",
    Code.RIGHTS_DECISION: "rights",
    Code.SCAN_RESOLUTION: "requirements",
    Code.SCAN_COLOUR: "requirements",
    Code.SCAN_BITS: "requirements",
    Code.SCAN_LOSSY: "requirements",
    Code.SCAN_LOSS_UNKNOWN: "requirements",
}
