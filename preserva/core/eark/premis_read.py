"""PREMIS 3.0 read as a stream: the history of a package, and what it says of each file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

from lxml import etree

from preserva.core.book.image import Image
from preserva.core.eark import mix
from preserva.core.eark.premis import (
    NAME_NOTE,
    NAMESPACE,
    Event,
    Format,
    Identifier,
    LinkedAgent,
)
from preserva.core.eark.vocabulary import (
    AgentType,
    EventOutcome,
    EventRelatedAgentRole,
    EventType,
)
from preserva.core.xml.safe import streamed
from preserva.core.xml.stream import ReleaseElement, chunks, release
from preserva.core.xml.write import XSI

_ANY = f"{{{NAMESPACE}}}*"
_PREFIX = len(f"{{{NAMESPACE}}}")
_Part = tuple[str, str, str | None]  # an element's name, its text, its URI in a vocabulary
_PARTS = tuple(f"{{{NAMESPACE}}}{name}" for name in ("object", "event", "agent", "rights"))


@dataclass(frozen=True, slots=True)
class PremisRoot:
    """The root element: its qualified name and version."""

    tag: str
    version: str | None


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """An object as it is described. `digests` are by the names that PREMIS gives algorithms.

    `image` is what MIX says of it, where it is the MIX that preserva writes. `format` has no media
    type: PREMIS does not name one.
    """

    kind: str
    identifiers: tuple[Identifier, ...]
    size: str
    digests: Mapping[str, str]
    location: str
    links: tuple[Identifier, ...]
    image: Image | None = None
    original_name: str | None = None
    format: Format | None = None


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """An agent as it is described; `type` is None where the vocabulary has no such term."""

    identifiers: tuple[Identifier, ...]
    name: str = ""
    type: AgentType | None = None
    version: str | None = None


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


def read_premis(
    stream: BinaryIO, done: ReleaseElement = release, *, images: bool = True
) -> Iterator[PremisFact]:
    """The facts of a PREMIS document in its order. Raises UnsafeXMLError (a ValueError).

    `done` gets each part that was read, and finally the root, and frees what it can. Without
    `images` what MIX says is passed over, which saves a third of the time.
    """
    events = streamed(chunks(stream), _PARTS)
    _event, root = next(events)
    version = root.get("version")
    yield PremisRoot(str(root.tag), None if version is None else str(version))
    for _event, element in events:
        parent = element.getparent()
        if parent is None:
            done(element)
        elif parent.getparent() is None:
            parts = _parts(element)
            for name, text, uri in parts:
                if uri is not None:
                    yield TermUse(name, text, uri)
            yield from _top_level(element, parts, images=images)
            done(element)


def _top_level(
    element: etree._Element, parts: list[_Part], *, images: bool
) -> Iterator[PremisFact]:
    match str(element.tag).removeprefix(f"{{{NAMESPACE}}}"):
        case "object":
            yield _read_object(element, parts, images=images)
        case "event":
            yield _read_event(element)
        case "agent":
            yield AgentFacts(
                _identifiers(element, "agentIdentifier"),
                _text(element, "agentName"),
                AgentType.by_label(_text(element, "agentType")),
                _text(element, "agentVersion") or None,
            )
        case "rights":
            yield RightsFacts(_identifiers(element, "linkingObjectIdentifier"))


def _uri(part: etree._Element) -> str | None:
    value = part.get("valueURI")
    return None if value is None else str(value)


def _parts(element: etree._Element) -> list[_Part]:
    """All elements of PREMIS in a part of the document, in one walk: there are millions."""
    return [
        (str(part.tag)[_PREFIX:], (part.text or "").strip(), _uri(part))
        for part in element.iter(_ANY)
    ]


def _read_object(element: etree._Element, parts: list[_Part], *, images: bool) -> ObjectFacts:
    texts: dict[str, str] = {}  # the last of each name
    digests: dict[str, str] = {}
    identifiers: list[Identifier] = []
    links: list[Identifier] = []
    for name, text, _uri in parts:
        texts[name] = text
        if name == "messageDigest":
            digests[texts.pop("messageDigestAlgorithm", "")] = text
        elif name == "objectIdentifierValue":
            identifiers.append(Identifier(texts.pop("objectIdentifierType", ""), text))
        elif name == "relatedObjectIdentifierValue":
            links.append(Identifier(texts.pop("relatedObjectIdentifierType", ""), text))
    return ObjectFacts(
        kind=str(element.get(f"{{{XSI}}}type") or "").rpartition(":")[2],
        identifiers=tuple(identifiers),
        size=texts.get("size", ""),
        digests=digests,
        location=texts.get("contentLocationValue", ""),
        links=tuple(links),
        image=_read_image(element) if images else None,
        original_name=_original_name(texts),
        format=_format(texts),
    )


def _format(texts: Mapping[str, str]) -> Format | None:
    name = texts.get("formatName")
    if name is None:
        return None
    version, puid, note = (
        texts.get(part) for part in ("formatVersion", "formatRegistryKey", "formatNote")
    )
    return Format(name, "", version, puid, note)


def _original_name(texts: Mapping[str, str]) -> str | None:
    """The name that a file had, as `carried_name` wrote it."""
    name = texts.get("originalName")
    if name is None or texts.get("significantPropertiesType") != NAME_NOTE:
        return name
    return unquote_to_bytes(name).decode("utf-8", "surrogateescape")


def _read_image(element: etree._Element) -> Image | None:
    described = next(element.iter(f"{{{mix.NAMESPACE}}}mix"), None)
    return None if described is None else mix.read_mix(described)


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


@cache
def _path(*names: str) -> str:
    return "/".join(f"{{{NAMESPACE}}}{name}" for name in names)


def _text(element: etree._Element, *names: str) -> str:
    return (element.findtext(_path(*names)) or "").strip()


def _identifiers(element: etree._Element, name: str) -> tuple[Identifier, ...]:
    return tuple(_identifier(part, name) for part in element.iter(_path(name)))


def _identifier(element: etree._Element, name: str) -> Identifier:
    return Identifier(_text(element, f"{name}Type"), _text(element, f"{name}Value"))
