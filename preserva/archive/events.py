"""The history in PREMIS: the events of a package and the agents responsible for them.

Events up to packaging are in the package's own premis.xml. What happens to a stored package later
(ingestion, replication, repair) must not make a new version each time: those events are PREMIS
documents of their own in the object's `logs/` folder, which OCFL keeps outside versions.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from preserva.archive.acting import Actor
from preserva.core.eark.aip import entity_id
from preserva.core.eark.person import person_agent
from preserva.core.eark.premis import (
    Agent,
    Event,
    Identifier,
    IntellectualEntity,
    LinkedAgent,
    event_document,
)
from preserva.core.eark.premis_read import AgentFacts, read_premis
from preserva.core.eark.vocabulary import AgentType, EventOutcome, EventRelatedAgentRole, EventType
from preserva.core.values.model import PackageId
from preserva.describe.supplied.history import History
from preserva.version import __version__

LOGS = "logs"
_ANY = Identifier("", "")
LARGEST_LOG = 1 << 20
"""The most bytes of an event's record that are read."""


def agents(actor: Actor) -> tuple[Agent, ...]:
    """Who acts: this software, the institution that runs it, and the person if one is known."""
    institution = actor.institution
    person = () if actor.person is None else (person_agent(actor.person),)
    return (
        Agent(Identifier("local", "preserva"), "preserva", AgentType.SOFTWARE, __version__),
        Agent(
            Identifier("ISIL", institution.isil)
            if institution.isil
            else Identifier("local", institution.id),
            institution.names["en"],
            AgentType.ORGANIZATION,
        ),
        *person,
    )


def event(
    type_: EventType,
    *,
    identifier: str,
    time: str,
    actor: Actor,
    detail: str,
    package: PackageId | None = None,
    outcome: EventOutcome = EventOutcome.SUCCESS,
    objects: tuple[Identifier, ...] = (),
    note: str | None = None,
    others: Iterable[Agent] = (),
) -> Event:
    """An event by this software for whoever acts, about a package; `others` had a part in it."""
    software, *people = agents(actor)
    return Event(
        Identifier("UUID", identifier),
        type_,
        time,
        outcome,
        detail=detail,
        note=note,
        agents=(
            LinkedAgent(software.identifier, EventRelatedAgentRole.EXECUTING_PROGRAM),
            *(LinkedAgent(agent.identifier, EventRelatedAgentRole.IMPLEMENTER) for agent in people),
            *(LinkedAgent(agent.identifier) for agent in others),
        ),
        objects=(entity_id(package),) if package else objects,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """The events that a record or a file reports about a book, compared with those in its PREMIS.

    `new` are those that PREMIS does not have, with their `agents` that are not described there;
    `recorded` are the identifiers of those that it has.
    """

    new: tuple[Event, ...] = ()
    agents: tuple[Agent, ...] = ()
    recorded: tuple[Identifier, ...] = ()


def told_events(
    premis: bytes,
    package: PackageId,
    tell: Callable[[History], None],
    representations: Collection[str] = (),
) -> Told:
    """What `tell` adds to a history, compared with a package's PREMIS. Raises UnsafeXMLError."""
    items = list(read_premis(io.BytesIO(premis), images=False))
    events = [item for item in items if isinstance(item, Event)]
    agents = {
        (item.name, item.type, item.version): Agent(
            item.identifiers[0], item.name, item.type, item.version
        )
        for item in items
        if isinstance(item, AgentFacts)
    }
    history = History(representations, agents=dict(agents))
    tell(history)
    number = max((_number(event.identifier) for event in events), default=0)
    known = {replace(event, identifier=_ANY): event.identifier for event in events}
    new, recorded = [], []
    for event in history.events:
        about = event.objects or (entity_id(package),)
        happened = replace(event, identifier=_ANY, objects=about)
        if happened in known:
            recorded.append(known[happened])
        else:
            number += 1
            new.append(replace(happened, identifier=Identifier("local", f"event-{number}")))
    linked = {agent.identifier for event in new for agent in event.agents}
    before = {agent.identifier for agent in agents.values()}
    return Told(
        tuple(new),
        tuple(agent for agent in history.agents.values() if agent.identifier in linked - before),
        tuple(recorded),
    )


def _number(identifier: Identifier) -> int:
    """The number of an event reported by people or a record; 0 for any other."""
    match = re.fullmatch(r"event-([0-9]{1,9})", identifier.value)
    return int(match[1]) if match else 0


@dataclass(frozen=True, slots=True)
class LogRecord:
    """An event as a file of an object's `logs/` folder; the ledger keeps its SHA-256."""

    path: str
    data: bytes
    event: str

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file."""
        return hashlib.sha256(self.data).hexdigest()


def log_record(happened: Event, actor: Actor, package: PackageId) -> LogRecord:
    """The event's own PREMIS document, with what it links to."""
    entity = IntellectualEntity((entity_id(package),))
    data = event_document(happened, agents(actor), [entity])
    stamp = happened.when.replace("-", "").replace(":", "").partition("+")[0]
    kind = happened.type.label if isinstance(happened.type, EventType) else happened.type
    name = f"{stamp}-{kind.replace(' ', '-')}-{happened.identifier.value}.xml"
    return LogRecord(f"{LOGS}/{name}", data, happened.identifier.value)
