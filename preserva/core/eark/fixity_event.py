"""A fixity check as a PREMIS event, derived only from its ledger entry.

Checks are many, and the storage that is audited may be mounted read-only, so their documents are
not stored: an entry holds the digest of its document, and gives the same bytes for ever.
Source: PREMIS Data Dictionary 3.0, 2.0 (event); docs/adr/0021-checks-are-events.md.
"""

from __future__ import annotations

from collections.abc import Mapping

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
from preserva.core.eark.vocabulary import AgentType, EventOutcome, EventRelatedAgentRole, EventType
from preserva.core.formats.canonical_json import Value, canonical
from preserva.core.values.facts import Check
from preserva.core.values.model import PackageId

_DIGEST = "premis_sha256"


def check_document(
    package: str, storage: str, time: str, outcome: str, facts: Mapping[str, Value]
) -> bytes:
    """The PREMIS document of a check. `facts` are those of its entry, as they are there.

    They name the event, the institution and the version of the software. An unknown outcome is a
    warning in PREMIS, which has no such outcome; the note contains all facts. Raises
    ValueError for facts that are not those of a check.
    """
    check = Check.from_facts(facts)
    noted = {name: value for name, value in facts.items() if name != _DIGEST}
    software = Agent(
        Identifier("local", "preserva"), "preserva", AgentType.SOFTWARE, str(check.software)
    )
    name = str(check.institution)
    institution = Agent(Identifier("local", name), name, AgentType.ORGANIZATION)
    endings = {ending.label: ending for ending in EventOutcome}
    people = [institution]
    if check.person is not None:
        people.append(person_agent(check.person))
    entity = entity_id(PackageId.parse(package))
    event = Event(
        Identifier("UUID", str(check.event)),
        EventType.FIXITY_CHECK,
        time,
        endings.get(outcome, EventOutcome.WARNING),
        detail=f"{check.files} files, {check.size} bytes, read in storage {storage}",
        note=canonical(noted).decode(),
        agents=(
            LinkedAgent(software.identifier, EventRelatedAgentRole.EXECUTING_PROGRAM),
            *(LinkedAgent(agent.identifier, EventRelatedAgentRole.IMPLEMENTER) for agent in people),
        ),
        objects=(entity,),
    )
    return event_document(event, (software, *people), [IntellectualEntity((entity,))])
