"""What was done, as PREMIS says it: the events of a package and the agents that stand behind them.

Events up to packaging stand in the package's own premis.xml. What happens to a stored package
later (ingestion, replication, repair) must not make a new version each time: those events are
PREMIS documents of their own in the object's `logs/` folder, which OCFL keeps outside versions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from preserva.config import Institution
from preserva.core.canonical import Value
from preserva.core.eark.aip import entity_id
from preserva.core.eark.premis import (
    Agent,
    Event,
    Identifier,
    IntellectualEntity,
    LinkedAgent,
    event_document,
)
from preserva.core.eark.vocabulary import AgentType, EventOutcome, EventRelatedAgentRole, EventType
from preserva.core.layout import STAGING
from preserva.core.model import PackageId
from preserva.storage.base import Storage
from preserva.version import __version__

LOGS = "logs"
LARGEST_LOG = 1 << 20
"""Bytes of the record of an event that are read at most."""


def agents(institution: Institution) -> tuple[Agent, Agent]:
    """Who acts: this software, and the institution that runs it."""
    return (
        Agent(Identifier("local", "preserva"), "preserva", AgentType.SOFTWARE, __version__),
        Agent(
            Identifier("ISIL", institution.isil)
            if institution.isil
            else Identifier("local", institution.id),
            institution.names["en"],
            AgentType.ORGANIZATION,
        ),
    )


def event(
    type_: EventType,
    *,
    identifier: str,
    time: str,
    institution: Institution,
    detail: str,
    package: PackageId | None = None,
    outcome: EventOutcome = EventOutcome.SUCCESS,
    objects: tuple[Identifier, ...] = (),
) -> Event:
    """An event by this software for an institution, about a package."""
    software, organization = agents(institution)
    return Event(
        Identifier("UUID", identifier),
        type_,
        time,
        outcome,
        detail=detail,
        agents=(
            LinkedAgent(software.identifier, EventRelatedAgentRole.EXECUTING_PROGRAM),
            LinkedAgent(organization.identifier, EventRelatedAgentRole.IMPLEMENTER),
        ),
        objects=(entity_id(package),) if package else objects,
    )


@dataclass(frozen=True, slots=True)
class LogRecord:
    """An event as a file of an object's `logs/` folder."""

    path: str
    data: bytes
    facts: dict[str, Value]
    """What the ledger keeps of it: identifier and SHA-256 of the document."""


def log_record(happened: Event, institution: Institution, package: PackageId) -> LogRecord:
    """The event's own PREMIS document, with what it links to."""
    entity = IntellectualEntity((entity_id(package),))
    data = event_document(happened, agents(institution), [entity])
    stamp = happened.when.replace("-", "").replace(":", "").partition("+")[0]
    kind = happened.type.label if isinstance(happened.type, EventType) else happened.type
    name = f"{stamp}-{kind.replace(' ', '-')}-{happened.identifier.value}.xml"
    facts: dict[str, Value] = {
        "event": happened.identifier.value,
        "premis_sha256": hashlib.sha256(data).hexdigest(),
    }
    return LogRecord(f"{LOGS}/{name}", data, facts)


def keep_log(storage: Storage, path: str, log: LogRecord, by: str) -> None:
    """Put the record of an event into the `logs/` of the object at `path`. Raises StorageError.

    `by` makes its name in staging ours alone, so that it needs no lock of the storage.
    """
    staged = f"{STAGING}/replicate-log-{by}.xml"
    storage.discard(staged)
    storage.create(staged, [log.data])
    storage.publish(staged, f"{path}/{log.path}")
