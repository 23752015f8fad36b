"""What happened to a package while it was made or received, on its way into PREMIS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from preserva.archive import events as history
from preserva.archive.acting import Actor
from preserva.archive.archive import Identifiers
from preserva.core.eark.premis import Agent, Event, Identifier
from preserva.core.eark.vocabulary import EventOutcome, EventType
from preserva.core.values.model import PackageId


@dataclass(frozen=True, slots=True)
class Happened:
    """The facts of an event: its type, its outcome with a note, and its object if not the book.

    `agents` are those that had a part in it besides whoever acts here.
    """

    type: EventType
    detail: str
    outcome: EventOutcome = EventOutcome.SUCCESS
    objects: tuple[Identifier, ...] = ()
    note: str | None = None
    agents: tuple[Agent, ...] = ()


def number_of(count: int, noun: str) -> str:
    """How many there are, in English, which PREMIS has: 1 file, 2 files."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def events_of(
    happened: Iterable[Happened],
    package: PackageId,
    actor: Actor,
    identifiers: Identifiers,
    time: str,
) -> list[Event]:
    """The events in their order, each with an identifier of its own; `time` is ISO 8601."""
    return [
        history.event(
            each.type,
            identifier=identifiers(),
            time=time,
            actor=actor,
            detail=each.detail,
            package=None if each.objects else package,
            outcome=each.outcome,
            objects=each.objects,
            note=each.note,
            others=each.agents,
        )
        for each in happened
    ]
