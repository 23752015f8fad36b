"""What was done in a period, and by whom: read from the ledger alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from preserva.archive.archive import ArchivalStorage
from preserva.core.policy.work import Deed, Work, WorkKind, work_of
from preserva.core.values import entries
from preserva.core.values.facts import (
    Arrival,
    Check,
    DecisionRequest,
    DecisionStep,
    DecisionTaken,
    Export,
    Recovery,
    RelationStated,
    Removal,
    Retirement,
    Withdrawal,
)
from preserva.ledger import LedgerEntry

_Facts = tuple[WorkKind, int | None, int | None, tuple[str, ...]]
"""What an entry adds to an action: its kind, pages, bytes, details."""


def work(
    archive: ArchivalStorage,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    person: str | None = None,
) -> Work:
    """What was done from `since` until before `until`, by one person or by anybody.

    Both are aware. Raises LedgerError.
    """
    return work_of(_deeds(archive, since, until), Work(since, until, person), entries.SUCCESS)


def _deeds(
    archive: ArchivalStorage, since: datetime | None, until: datetime | None
) -> Iterator[Deed]:
    for entry in archive.ledger.entries(types=tuple(_READERS), period=(since, until)):
        facts = _READERS[entry.type](entry)
        if facts is None:
            continue
        kind, pages, size, details = facts
        yield Deed(
            entry.number,
            datetime.fromisoformat(entry.time),
            kind,
            entry.outcome,
            entry.person,
            entry.package,
            entry.version,
            entry.storage,
            pages,
            size,
            details,
        )


def _arrival(entry: LedgerEntry) -> _Facts | None:
    """A version that was stored or copied; one that a rebuilt ledger records is not work."""
    facts = entry.facts_as(Arrival)
    if facts.rebuilt is not None or entry.outcome != entries.SUCCESS:
        return None
    kind = {entries.REPLICATION: WorkKind.REPLICATED, entries.ACCESSION: WorkKind.RECEIVED}.get(
        entry.type, WorkKind.PACKAGED if entry.version == "v1" else WorkKind.CORRECTED
    )
    return kind, facts.pages, facts.size, (facts.reason,) if facts.reason else ()


def _check(entry: LedgerEntry) -> _Facts | None:
    """A copy that was read; a look at an inventory or a storage is not a reading."""
    facts = entry.facts_as(Check)
    if entry.package is None or facts.extent is not None:
        return None
    return WorkKind.CHECKED, None, facts.size, ()


def _recovery(entry: LedgerEntry) -> _Facts:
    source = entry.facts_as(Recovery).source
    return WorkKind.REPAIRED, None, None, (source,) if source else ()


def _export(entry: LedgerEntry) -> _Facts:
    facts = entry.facts_as(Export)
    details = (facts.what, facts.recipient, facts.reason)
    return WorkKind.EXPORTED, None, None, tuple(text for text in details if text)


def _incident(entry: LedgerEntry) -> _Facts:
    facts = entry.facts_as(DecisionTaken)
    return WorkKind.DECIDED, None, None, (f"{facts.by}: {facts.decision}",)


def _request(entry: LedgerEntry) -> _Facts:
    facts = entry.facts_as(DecisionRequest)
    return WorkKind.DECIDED, None, None, (entry.type, facts.kind, facts.reason)


def _step(entry: LedgerEntry) -> _Facts:
    facts = entry.facts_as(DecisionStep)
    number = (f"no. {facts.decision}",)
    return WorkKind.DECIDED, None, None, (entry.type, *number, *filter(None, (facts.reason,)))


def _withdrawal(entry: LedgerEntry) -> _Facts:
    facts = entry.facts_as(Withdrawal)
    kind = WorkKind.RESTORED if facts.undone else WorkKind.WITHDRAWN
    return kind, None, None, (facts.reason,)


def _retirement(entry: LedgerEntry) -> _Facts:
    facts = entry.facts_as(Retirement)
    kind = WorkKind.KEPT if facts.undone else WorkKind.RETIRED
    return kind, None, None, (facts.reason,)


def _removal(entry: LedgerEntry) -> _Facts:
    facts = entry.facts_as(Removal)
    decision = () if facts.decision is None else (f"no. {facts.decision}",)
    return WorkKind.REMOVED, None, facts.size, decision


def _relation(entry: LedgerEntry) -> _Facts:
    facts = entry.facts_as(RelationStated)
    undone = ("undone",) if facts.undone else ()
    return WorkKind.RELATED, None, None, (*undone, facts.kind, facts.other, facts.reason)


_READERS: Mapping[str, Callable[[LedgerEntry], _Facts | None]] = {
    **dict.fromkeys(entries.ARRIVALS, _arrival),
    entries.FIXITY_CHECK: _check,
    entries.RECOVERY: _recovery,
    entries.EXPORT: _export,
    entries.DECISION: _incident,
    entries.DECISION_REQUESTED: _request,
    entries.DECISION_CONFIRMED: _step,
    entries.DECISION_REFUSED: _step,
    entries.DECISION_DONE: _step,
    entries.WITHDRAWAL: _withdrawal,
    entries.RETIREMENT: _retirement,
    entries.REMOVAL: _removal,
    entries.RELATION: _relation,
}
