"""Who made, owns, sent a package of others, and whom to ask: what its METS and its tags say.

Sources: METS 1.12.1 (metsHdr/agent, rightsMD); RFC 8493 2.2.2 (bag-info.txt).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from preserva.core.eark.mets import NAMESPACE
from preserva.core.eark.premis import Agent, Identifier
from preserva.core.eark.vocabulary import AgentType
from preserva.core.values.report import printable
from preserva.core.xml.safe import parse

_TYPES = {
    "ORGANIZATION": AgentType.ORGANIZATION,
    "INDIVIDUAL": AgentType.PERSON,
    "SOFTWARE": AgentType.SOFTWARE,
    "HARDWARE": AgentType.HARDWARE,
}
_TAGS = {
    "source-organization": AgentType.ORGANIZATION,
    "contact-name": AgentType.PERSON,
    "sender": None,
    "internal-sender-description": None,
}
_REACHED = ("organization-address", "contact-phone", "contact-email")
_MOST, _LONGEST = 50, 1000


@dataclass(frozen=True, slots=True)
class Maker:
    """Somebody or something that a package names: the role in its own words, and notes."""

    name: str
    role: str
    type: AgentType | None = None
    note: str | None = None

    def agent(self, number: int) -> Agent:
        """As PREMIS has it."""
        note = "; ".join(filter(None, (self.role, self.note)))
        return Agent(Identifier("local", f"sender-{number}"), self.name, self.type, note=note)


def makers_in_mets(mets: bytes) -> list[Maker]:
    """The agents in the header of a METS document. Raises UnsafeXMLError (a ValueError)."""
    agents = parse(mets).iterfind(f"{{{NAMESPACE}}}metsHdr/{{{NAMESPACE}}}agent")
    return list(dict.fromkeys(_makers(agents)))[:_MOST]


def _makers(agents: Iterable[etree._Element]) -> Iterator[Maker]:
    for agent in agents:
        words = [agent.get(key) for key in ("ROLE", "OTHERROLE", "TYPE", "OTHERTYPE")]
        said = [str(word) for word in words if word and word != "OTHER"]
        kind = next((_TYPES[word] for word in said if word in _TYPES), None)
        notes = "; ".join(filter(None, map(_text, agent.iterfind(f"{{{NAMESPACE}}}note"))))
        for name in agent.iterfind(f"{{{NAMESPACE}}}name"):
            if text := _text(name):
                yield Maker(text, f"METS: {printable(' '.join(said))}", kind, notes or None)


def makers_in_tags(tags: Iterable[tuple[str, str]]) -> list[Maker]:
    """The organisation and the people that bag-info.txt names, and how they are reached."""
    known = [(label.casefold(), label, text) for label, value in tags if (text := _short(value))]
    reached = "; ".join(f"{label}: {value}" for key, label, value in known if key in _REACHED)
    return [
        Maker(value, f"bag-info.txt: {label}", _TAGS[key], reached or None)
        for key, label, value in known
        if key in _TAGS
    ][:_MOST]


def rights_in_mets(mets: bytes) -> str:
    """All that its sections on rights say, as one text. Raises UnsafeXMLError (a ValueError)."""
    words: list[str] = []
    for section in parse(mets).iter(f"{{{NAMESPACE}}}rightsMD"):
        words += map(str, section.itertext())
        words += (str(value) for node in section.iter("*") for value in node.attrib.values())
    return " ".join(words)


def _text(element: etree._Element) -> str:
    return _short("".join(map(str, element.itertext())))


def _short(text: str) -> str:
    return " ".join(printable(text).split())[:_LONGEST]
