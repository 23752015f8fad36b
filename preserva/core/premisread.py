"""PREMIS 3.0 read as a stream: the history of a package."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from preserva.core.premis import NAMESPACE, Event, Identifier, LinkedAgent
from preserva.core.vocabulary import EventOutcome, EventRelatedAgentRole, EventType
from preserva.core.xmlsafe import iterparse

_CHUNK = 64 * 1024


def read_events(stream: BinaryIO) -> Iterator[Event]:
    """The events of a PREMIS document, one by one; memory does not grow with the document.

    Raises UnsafeXMLError (a ValueError) where it is not XML that is safe to read.
    """
    for _, element in iterparse(iter(lambda: stream.read(_CHUNK), b"")):
        if element.tag == f"{{{NAMESPACE}}}event":
            yield _read_event(element)
        parent = element.getparent()
        if parent is not None and parent.getparent() is None:
            parent.remove(element)


def _read_event(element: etree._Element) -> Event:
    type_label = _text(element, "eventType")
    outcome = _text(element, "eventOutcomeInformation", "eventOutcome")
    return Event(
        identifier=_read_identifier(element, "eventIdentifier"),
        type=EventType.by_label(type_label) or type_label,
        when=_text(element, "eventDateTime"),
        outcome=EventOutcome.by_label(outcome) or outcome,
        detail=_text(element, "eventDetailInformation", "eventDetail") or None,
        note=_text(
            element, "eventOutcomeInformation", "eventOutcomeDetail", "eventOutcomeDetailNote"
        )
        or None,
        agents=tuple(
            LinkedAgent(
                _read_identifier(link, "linkingAgentIdentifier", inside=True),
                EventRelatedAgentRole.by_label(_text(link, "linkingAgentRole")),
            )
            for link in element.iterfind(_path("linkingAgentIdentifier"))
        ),
        objects=tuple(
            _read_identifier(link, "linkingObjectIdentifier", inside=True)
            for link in element.iterfind(_path("linkingObjectIdentifier"))
        ),
    )


def _path(*names: str) -> str:
    return "/".join(f"{{{NAMESPACE}}}{name}" for name in names)


def _text(element: etree._Element, *names: str) -> str:
    return (element.findtext(_path(*names)) or "").strip()


def _read_identifier(element: etree._Element, name: str, *, inside: bool = False) -> Identifier:
    where = () if inside else (name,)
    return Identifier(_text(element, *where, f"{name}Type"), _text(element, *where, f"{name}Value"))
