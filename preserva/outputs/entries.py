"""An entry of the ledger as a line for people: when, what, where, by whom, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from preserva.core.policy.two_persons import Matter
from preserva.core.values.fact import Facts
from preserva.core.values.facts import (
    Arrival,
    DecisionRequest,
    DecisionStep,
    DecisionTaken,
    Export,
    RelationStated,
    Removal,
    Withdrawal,
)
from preserva.core.values.people import Person
from preserva.core.values.report import printable
from preserva.i18n import _
from preserva.ledger import LedgerEntry
from preserva.local_time import local_time
from preserva.outputs.decisions import named
from preserva.outputs.findings import for_people
from preserva.outputs.words import word


def entry_line(entry: LedgerEntry, people: Mapping[str, Person]) -> str:
    """The entry, its columns separated by tabs."""
    place = " ".join(
        part for part in (for_people(entry.package or ""), entry.version, entry.storage) if part
    )
    event = f"{word(entry.type)}: {word(entry.outcome)}"
    columns = (
        str(entry.number),
        local_time(entry.time),
        event,
        place,
        named(entry.person, people),
        "; ".join(printable(text) for text in _told(entry.facts_as(Facts)) if text),
    )
    return "\t".join(columns)


def _told(facts: Facts) -> Iterator[str | None]:
    """The facts in words: who, to whom, why."""
    match facts:
        case DecisionRequest():
            yield from (Matter(facts.kind).title, facts.reason)
        case DecisionStep():
            yield from (_("no. {number}").format(number=facts.decision), facts.reason)
        case DecisionTaken():
            yield f"{facts.by}: {facts.decision}"
        case Export():
            yield from (facts.what, facts.recipient, facts.reason)
        case Removal() if facts.decision is not None:
            yield _("no. {number}").format(number=facts.decision)
        case RelationStated():
            if facts.undone:
                yield _("no longer")
            yield from (f"{word(facts.kind)} {for_people(facts.other)}", facts.reason)
        case Arrival() | Withdrawal():
            yield facts.reason
