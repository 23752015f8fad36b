"""An entry of the ledger as a line for people: when, what, where, by whom, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from preserva.core.policy.two_persons import Matter
from preserva.core.values.people import Person
from preserva.core.values.report import printable
from preserva.ledger import LedgerEntry
from preserva.local_time import local_time
from preserva.outputs.decisions import named
from preserva.outputs.findings import for_people
from preserva.outputs.words import word

_TOLD = ("kind", "what", "to", "decision", "reason")
"""The facts that tell people more, in this order."""


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
        "; ".join(_told(entry)),
    )
    return "\t".join(columns)


def _told(entry: LedgerEntry) -> Iterator[str]:
    """What the facts say, as far as it is a word or a number."""
    for name in _TOLD:
        value = entry.facts.get(name)
        if value is None:
            continue
        if name == "kind":
            yield Matter(str(value)).title
        elif isinstance(value, str | int):
            yield printable(str(value))
