"""A fixity check as a PREMIS event, derived only from its ledger entry.

Checks are many, and the storage that is audited may be mounted read-only, so their documents are
not stored: an entry holds the digest of its document, and gives the same bytes for ever.
Source: PREMIS Data Dictionary 3.0, 2.0 (event); docs/adr/0021-checks-are-events.md.
"""

from __future__ import annotations

from collections.abc import Mapping

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
from preserva.core.formats.canonical_json import Value, canonical
from preserva.core.values.model import PackageId

DIGEST = "premis_sha256"


def check_document(
    package: str, storage: str, time: str, outcome: str, facts: Mapping[str, Value]
) -> bytes:
    """The PREMIS document of a check. `facts` are those of its entry, `DIGEST` left out.

    They name the event, the institution and the version of the software. An unknown outcome is a
    warning in PREMIS, which has no such outcome; the note contains all facts.
    """
    noted = {name: value for name, value in facts.items() if name != DIGEST}
    software = Agent(
        Identifier("local", "preserva"), "preserva", AgentType.SOFTWARE, str(facts["software"])
    )
    name = str(facts["institution"])
    institution = Agent(Identifier("local", name), name, AgentType.ORGANIZATION)
    endings = {ending.label: ending for ending in EventOutcome}
    entity = entity_id(PackageId.parse(package))
    event = Event(
        Identifier("UUID", str(facts["event"])),
        EventType.FIXITY_CHECK,
        time,
        endings.get(outcome, EventOutcome.WARNING),
        detail=f"{facts['files']} files, {facts['bytes']} bytes, read in storage {storage}",
        note=canonical(noted).decode(),
        agents=(
            LinkedAgent(software.identifier, EventRelatedAgentRole.EXECUTING_PROGRAM),
            LinkedAgent(institution.identifier, EventRelatedAgentRole.IMPLEMENTER),
        ),
        objects=(entity,),
    )
    return event_document(event, (software, institution), [IntellectualEntity((entity,))])
