"""The document of `report` for a period: what was done, and by whom."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from preserva.core.policy.work import Deed, Sum, Work
    from preserva.outputs.json.parts import JsonDocument


def work_document(work: Work) -> JsonDocument:
    """The work of a period. Persons are codes: the names are in the configuration."""
    return {
        "work": {
            "since": _time(work.since),
            "until": _time(work.until),
            "person": work.person,
            "sums": {kind.value: _sum(total) for kind, total in work.sums.items()},
            "people": [
                {"person": person, "counts": {kind.value: counts[kind] for kind in counts}}
                for person, counts in work.people.items()
            ],
            "deeds": [_deed(deed) for deed in work.deeds],
        }
    }


def _sum(total: Sum) -> JsonDocument:
    return {
        "count": total.count,
        "packages": len(total.packages),
        "pages": total.pages,
        "bytes": total.size,
        "failed": total.failed,
    }


def _deed(deed: Deed) -> JsonDocument:
    return {
        "entry": deed.number,
        "time": deed.time.isoformat(),
        "what": deed.kind.value,
        "outcome": deed.outcome,
        "person": deed.person,
        "package": deed.package,
        "version": deed.version,
        "storage": deed.storage,
        "pages": deed.pages,
        "bytes": deed.size,
        "details": list(deed.details),
    }


def _time(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()
