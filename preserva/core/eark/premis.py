"""PREMIS 3.0: objects, events, agents and rights as values, written as a stream.

Source: PREMIS Data Dictionary 3.0 and its XML schema; E-ARK CS Preservation Metadata 1.0.1.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote_from_bytes

from preserva.core.book.image import Image
from preserva.core.eark import mix
from preserva.core.eark.mix import write_mix
from preserva.core.eark.premis_parts import (
    NAMESPACE,
    Identifier,
    write_identifier,
    write_optional,
    write_term,
)
from preserva.core.eark.rights import RightsStatement, write_rights
from preserva.core.eark.vocabulary import (
    AgentType,
    CryptographicHashFunctions,
    EventOutcome,
    EventRelatedAgentRole,
    EventType,
    RelationshipSubType,
    RelationshipType,
    Term,
)
from preserva.core.values.digest import ALGORITHMS, Digests
from preserva.core.xml.write import XSI, XmlWriter, document

__all__ = [
    "NAMESPACE",
    "NAME_NOTE",
    "VERSION",
    "Agent",
    "Event",
    "FileObject",
    "Format",
    "Identifier",
    "IntellectualEntity",
    "LinkedAgent",
    "Object",
    "Relationship",
    "Representation",
    "carried_name",
    "event_document",
    "write_premis",
]

VERSION = "3.0"
NAME_NOTE = "encoding of the original name"

_NAMESPACES: Mapping[str | None, str] = {None: NAMESPACE, "mix": mix.NAMESPACE, "xsi": XSI}


@dataclass(frozen=True, slots=True)
class Format:
    """The format of a file: its name and version, its MIME type, its PRONOM identifier."""

    name: str
    mime: str
    version: str | None = None
    puid: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship of an object with others."""

    type: RelationshipType
    subtype: RelationshipSubType
    objects: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class FileObject:
    """A file: format, size, digests, original name, location.

    `location` is a relative reference from the folder of the METS that names this PREMIS file.
    `image` is written as MIX into objectCharacteristicsExtension.
    """

    identifier: Identifier
    size: int
    digests: Digests
    format: Format
    original_name: str | None = None
    location: str | None = None
    image: Image | None = None
    relationships: tuple[Relationship, ...] = ()


@dataclass(frozen=True, slots=True)
class Representation:
    """The set of files that together render the book: masters, access copies, text."""

    identifier: Identifier
    original_name: str | None = None
    relationships: tuple[Relationship, ...] = ()


@dataclass(frozen=True, slots=True)
class IntellectualEntity:
    """The book itself. `identifiers` holds at least one."""

    identifiers: tuple[Identifier, ...]
    original_name: str | None = None
    relationships: tuple[Relationship, ...] = ()


Object = IntellectualEntity | Representation | FileObject


@dataclass(frozen=True, slots=True)
class LinkedAgent:
    """An agent of an event, and what it did there."""

    identifier: Identifier
    role: EventRelatedAgentRole | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event: time (ISO 8601), outcome, agents, objects.

    `type` is a plain string where the vocabulary, as used here, has no such term.
    """

    identifier: Identifier
    type: EventType | str
    when: str
    outcome: EventOutcome | str
    detail: str | None = None
    note: str | None = None
    agents: tuple[LinkedAgent, ...] = ()
    objects: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Agent:
    """A person, an institution, a program or a device (with its version); None if not known."""

    identifier: Identifier
    name: str
    type: AgentType | None
    version: str | None = None
    note: str | None = None


def write_premis(
    stream: BinaryIO,
    *,
    objects: Iterable[Object],
    events: Iterable[Event] = (),
    agents: Iterable[Agent] = (),
    rights: Iterable[RightsStatement] = (),
) -> None:
    """Write one PREMIS document. Memory does not grow with the number of objects.

    The schema asks for at least one object. Raises ValueError for text that XML cannot carry;
    only `original_name` may hold anything (see `carried_name`).
    """
    with document(stream, "premis", _NAMESPACES, {"version": VERSION}) as writer:
        for item in objects:
            _write_object(writer, item)
        for event in events:
            _write_event(writer, event)
        for agent in agents:
            _write_agent(writer, agent)
        for statement in rights:
            write_rights(writer, statement)


def event_document(event: Event, agents: Iterable[Agent], objects: Iterable[Object]) -> bytes:
    """A complete small PREMIS document for one event: what happened after packaging."""
    stream = io.BytesIO()
    write_premis(stream, objects=objects, events=(event,), agents=agents)
    return stream.getvalue()


def carried_name(name: str) -> tuple[str, bool]:
    """The name as XML can carry it, and whether it had to be percent-encoded for that.

    Encoded is a name with control characters or with bytes that are not UTF-8. All of it is then
    percent-encoded except ASCII letters, digits and ` _.-~/`: decoding gives its exact bytes.
    """
    if all(_is_xml_character(character) for character in name):
        return name, False
    return quote_from_bytes(name.encode("utf-8", "surrogateescape"), safe=" /"), True


def _is_xml_character(character: str) -> bool:
    return (
        " " <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character >= "\U00010000"
        or character in "\t\n"
    )


def _write_object(writer: XmlWriter, item: Object) -> None:
    match item:
        case IntellectualEntity():
            with writer.element("object", {"xsi:type": "intellectualEntity"}):
                for identifier in item.identifiers:
                    write_identifier(writer, "objectIdentifier", identifier)
                _write_name_note(writer, item.original_name)
                _write_original_name(writer, item.original_name)
                _write_relationships(writer, item.relationships)
        case Representation():
            with writer.element("object", {"xsi:type": "representation"}):
                write_identifier(writer, "objectIdentifier", item.identifier)
                _write_name_note(writer, item.original_name)
                _write_original_name(writer, item.original_name)
                _write_relationships(writer, item.relationships)
        case FileObject():
            with writer.element("object", {"xsi:type": "file"}):
                _write_file(writer, item)


def _write_file(writer: XmlWriter, item: FileObject) -> None:
    write_identifier(writer, "objectIdentifier", item.identifier)
    _write_name_note(writer, item.original_name)
    with writer.element("objectCharacteristics"):
        for algorithm, digest in item.digests.items():
            with writer.element("fixity"):
                write_term(writer, "messageDigestAlgorithm", _algorithm(algorithm))
                writer.leaf("messageDigest", digest)
        writer.leaf("size", str(item.size))
        _write_format(writer, item.format)
        if item.image is not None:
            with writer.element("objectCharacteristicsExtension"):
                write_mix(writer, item.image)
    _write_original_name(writer, item.original_name)
    if item.location is not None:
        with writer.element("storage"), writer.element("contentLocation"):
            writer.leaf("contentLocationType", "URI")
            writer.leaf("contentLocationValue", item.location)
    _write_relationships(writer, item.relationships)


def _algorithm(name: str) -> Term | str:
    label = ALGORITHMS[name].label
    return CryptographicHashFunctions.by_label(label) or label


def _write_format(writer: XmlWriter, facts: Format) -> None:
    with writer.element("format"):
        with writer.element("formatDesignation"):
            writer.leaf("formatName", facts.name)
            write_optional(writer, "formatVersion", facts.version)
        if facts.puid is not None:
            with writer.element("formatRegistry"):
                writer.leaf("formatRegistryName", "PRONOM")
                writer.leaf("formatRegistryKey", facts.puid)
                writer.leaf("formatRegistryRole", "specification")
        write_optional(writer, "formatNote", facts.note)


def _write_name_note(writer: XmlWriter, name: str | None) -> None:
    if name is not None and carried_name(name)[1]:
        with writer.element("significantProperties"):
            writer.leaf("significantPropertiesType", NAME_NOTE)
            writer.leaf("significantPropertiesValue", "percent-encoded")


def _write_original_name(writer: XmlWriter, name: str | None) -> None:
    if name is not None:
        writer.leaf("originalName", carried_name(name)[0])


def _write_relationships(writer: XmlWriter, relationships: Iterable[Relationship]) -> None:
    for relationship in relationships:
        with writer.element("relationship"):
            write_term(writer, "relationshipType", relationship.type)
            write_term(writer, "relationshipSubType", relationship.subtype)
            for identifier in relationship.objects:
                write_identifier(writer, "relatedObjectIdentifier", identifier)


def _write_event(writer: XmlWriter, event: Event) -> None:
    with writer.element("event"):
        write_identifier(writer, "eventIdentifier", event.identifier)
        write_term(writer, "eventType", event.type)
        writer.leaf("eventDateTime", event.when)
        if event.detail is not None:
            with writer.element("eventDetailInformation"):
                writer.leaf("eventDetail", event.detail)
        with writer.element("eventOutcomeInformation"):
            write_term(writer, "eventOutcome", event.outcome)
            if event.note is not None:
                with writer.element("eventOutcomeDetail"):
                    writer.leaf("eventOutcomeDetailNote", event.note)
        for agent in event.agents:
            with writer.element("linkingAgentIdentifier"):
                writer.leaf("linkingAgentIdentifierType", agent.identifier.type)
                writer.leaf("linkingAgentIdentifierValue", agent.identifier.value)
                if agent.role is not None:
                    write_term(writer, "linkingAgentRole", agent.role)
        for identifier in event.objects:
            write_identifier(writer, "linkingObjectIdentifier", identifier)


def _write_agent(writer: XmlWriter, agent: Agent) -> None:
    with writer.element("agent"):
        write_identifier(writer, "agentIdentifier", agent.identifier)
        writer.leaf("agentName", agent.name)
        if agent.type is not None:
            write_term(writer, "agentType", agent.type)
        write_optional(writer, "agentVersion", agent.version)
        write_optional(writer, "agentNote", agent.note)
