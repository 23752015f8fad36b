"""PREMIS 3.0 read as a stream: the history of a package, and what it says of each file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from lxml import etree

from preserva.core.eark.premis import NAMESPACE, Event, Identifier, LinkedAgent
from preserva.core.eark.vocabulary import EventOutcome, EventRelatedAgentRole, EventType
from preserva.core.xmlread import chunks, release
from preserva.core.xmlsafe import iterparse
from preserva.core.xmlwrite import XSI


@dataclass(frozen=True, slots=True)
class PremisRoot:
    """The root element: its qualified name and version."""

    tag: str
    version: str | None


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """An object as it is described. `digests` are by the names that PREMIS gives algorithms."""

    kind: str
    identifiers: tuple[Identifier, ...]
    size: str
    digests: Mapping[str, str]
    location: str
    links: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """An agent as it is described."""

    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class RightsFacts:
    """A statement of rights: the objects that it is about."""

    objects: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class TermUse:
    """A term with its URI in a vocabulary."""

    element: str
    label: str
    uri: str


PremisFact = PremisRoot | ObjectFacts | Event | AgentFacts | RightsFacts | TermUse


def read_events(stream: BinaryIO) -> Iterator[Event]:
    """The events of a PREMIS document, one by one; memory does not grow with the document.

    Raises UnsafeXMLError (a ValueError) where it is not XML that is safe to read.
    """
    for fact in read_premis(stream):
        if isinstance(fact, Event):
            yield fact


def read_premis(stream: BinaryIO) -> Iterator[PremisFact]:
    """The facts of a PREMIS document in its order. Raises UnsafeXMLError (a ValueError)."""
    for event, element in iterparse(chunks(stream), events=("start", "end")):
        parent = element.getparent()
        if event == "start":
            if parent is None:
                version = element.get("version")
                yield PremisRoot(str(element.tag), None if version is None else str(version))
        elif parent is not None and parent.getparent() is None:
            yield from _terms(element)
            yield from _top_level(element)
            release(element)


def _top_level(element: etree._Element) -> Iterator[PremisFact]:
    match str(element.tag).removeprefix(f"{{{NAMESPACE}}}"):
        case "object":
            yield _read_object(element)
        case "event":
            yield _read_event(element)
        case "agent":
            yield AgentFacts(_identifiers(element, "agentIdentifier"))
        case "rights":
            yield RightsFacts(_identifiers(element, "linkingObjectIdentifier"))


def _terms(element: etree._Element) -> Iterator[TermUse]:
    for part in element.iter(f"{{{NAMESPACE}}}*"):
        uri = part.get("valueURI")
        if uri is not None:
            name = str(part.tag).removeprefix(f"{{{NAMESPACE}}}")
            yield TermUse(name, (part.text or "").strip(), str(uri))


def _read_object(element: etree._Element) -> ObjectFacts:
    return ObjectFacts(
        kind=str(element.get(f"{{{XSI}}}type") or "").rpartition(":")[2],
        identifiers=_identifiers(element, "objectIdentifier"),
        size=_text(element, "objectCharacteristics", "size"),
        digests={
            _text(fixity, "messageDigestAlgorithm"): _text(fixity, "messageDigest")
            for fixity in element.iter(_path("fixity"))
        },
        location=_text(element, "storage", "contentLocation", "contentLocationValue"),
        links=_identifiers(element, "relatedObjectIdentifier"),
    )


def _read_event(element: etree._Element) -> Event:
    kind = _text(element, "eventType")
    outcome = _text(element, "eventOutcomeInformation", "eventOutcome")
    note = ("eventOutcomeInformation", "eventOutcomeDetail", "eventOutcomeDetailNote")
    return Event(
        identifier=next(iter(_identifiers(element, "eventIdentifier")), Identifier("", "")),
        type=EventType.by_label(kind) or kind,
        when=_text(element, "eventDateTime"),
        outcome=EventOutcome.by_label(outcome) or outcome,
        detail=_text(element, "eventDetailInformation", "eventDetail") or None,
        note=_text(element, *note) or None,
        agents=tuple(
            LinkedAgent(
                _identifier(link, "linkingAgentIdentifier"),
                EventRelatedAgentRole.by_label(_text(link, "linkingAgentRole")),
            )
            for link in element.iterchildren(_path("linkingAgentIdentifier"))
        ),
        objects=_identifiers(element, "linkingObjectIdentifier"),
    )


def _path(*names: str) -> str:
    return "/".join(f"{{{NAMESPACE}}}{name}" for name in names)


def _text(element: etree._Element, *names: str) -> str:
    return (element.findtext(_path(*names)) or "").strip()


def _identifiers(element: etree._Element, name: str) -> tuple[Identifier, ...]:
    return tuple(_identifier(part, name) for part in element.iter(_path(name)))


def _identifier(element: etree._Element, name: str) -> Identifier:
    return Identifier(_text(element, f"{name}Type"), _text(element, f"{name}Value"))
