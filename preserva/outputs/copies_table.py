"""The state of every copy as a table for programs: CSV."""

from __future__ import annotations

from collections.abc import Sequence

from preserva.core.policy.overview import CopyState
from preserva.core.values.facts import RecordedFinding
from preserva.i18n import english

CSV_COLUMNS = (
    "package",
    "institution",
    "storage",
    "state",
    "checked",
    "deadline",
    "bytes",
    "entry",
    "entry_sha256",
    "findings",
)


def csv_row(copy: CopyState, findings: Sequence[RecordedFinding] = ()) -> tuple[str, ...]:
    """A copy as a row below CSV_COLUMNS, with the findings of its incident if it has one.

    It is the same in every language.
    """
    times = (copy.checked, copy.deadline)
    checked, deadline = ("" if time is None else time.isoformat() for time in times)
    numbers = ("" if number is None else str(number) for number in (copy.size, copy.entry))
    return (
        copy.package,
        copy.institution,
        copy.storage,
        copy.state.value,
        checked,
        deadline,
        *numbers,
        copy.digest or "",
        "; ".join(english(finding.place()) for finding in findings),
    )
