"""The PREMIS of a package against itself, against METS and against the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from preserva.core.eark.check_mets import ReferencedFile
from preserva.core.eark.contents import Contents, compare_digest, compare_size, resolve
from preserva.core.eark.premis import NAMESPACE, VERSION, Event, Identifier
from preserva.core.eark.premis_read import (
    AgentFacts,
    ObjectFacts,
    PremisFact,
    PremisRoot,
    RightsFacts,
    TermUse,
    read_premis,
)
from preserva.core.eark.vocabulary import Term
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding

_TERMS = {term.uri: term.label for kind in Term.__subclasses__() for term in kind}


@dataclass(slots=True)
class PremisCheck:
    """Reads the PREMIS documents of a folder (the package, or one representation).

    `listed` are the content files by ID, as METS lists them. Kept: `objects` that are described, by
    kind, and `links` to objects.
    """

    contents: Contents
    folder: str
    listed: Mapping[str, ReferencedFile]
    objects: dict[Identifier, str] = field(default_factory=dict)
    links: dict[Identifier, str] = field(default_factory=dict)
    rights: int = 0
    _described: set[str] = field(default_factory=set)
    _events: set[Identifier] = field(default_factory=set)
    _agents: set[Identifier] = field(default_factory=set)
    _agent_links: dict[Identifier, str] = field(default_factory=dict)
    _path: str = ""
    _section: str | None = None

    def run(self, path: str, section: str | None, stream: BinaryIO) -> Iterator[Finding]:
        """Every finding in one document, which METS names in that metadata section."""
        self._path, self._section = path, section
        for fact in read_premis(stream, images=False):
            yield from self._fact(fact)

    def undescribed(self) -> Iterator[Finding]:
        """Content files that no document describes."""
        for identifier, listed in self.listed.items():
            if identifier not in self._described:
                yield Finding(Code.PREMIS_FILE_MISSING, listed.path, expected=identifier)

    def history(self, path: str) -> Iterator[Finding]:
        """What the package's own document lacks: the book, its history, agents, rights."""
        if "intellectualEntity" not in self.objects.values():
            yield Finding(Code.PREMIS_INCOMPLETE, path, expected="object intellectualEntity")
        if not self._events:
            yield Finding(Code.PREMIS_INCOMPLETE, path, expected="event")
        if not self.rights:
            yield Finding(Code.NO_RIGHTS, path)

    def dangling(self) -> Iterator[Finding]:
        """Links to agents and objects that are not described in these documents."""
        yield from self.loose_agents()
        for link, path in self.loose_links().items():
            yield Finding(Code.PREMIS_LINK_DANGLING, path, seen=link.value)

    def loose_agents(self) -> Iterator[Finding]:
        """Links to agents that are not described here, where all that are linked must be."""
        for link, path in self._agent_links.items():
            if link not in self._agents:
                yield Finding(Code.PREMIS_LINK_DANGLING, path, seen=link.value)

    def loose_links(self) -> dict[Identifier, str]:
        """Links to objects that are not described here, with the document that has them."""
        return {link: path for link, path in self.links.items() if link not in self.objects}

    def _fact(self, fact: PremisFact) -> Iterator[Finding]:
        match fact:
            case TermUse():
                expected = _TERMS.get(fact.uri, fact.label)
                if fact.label != expected:
                    seen = f"{fact.element} {fact.label}"
                    yield Finding(Code.PREMIS_TERM, self._path, expected, seen)
            case PremisRoot():
                if fact.tag != f"{{{NAMESPACE}}}premis" or fact.version != VERSION:
                    seen = f"{fact.tag} {fact.version}"
                    yield Finding(Code.METADATA_ROOT, self._path, f"premis {VERSION}", seen)
            case ObjectFacts():
                yield from self._object(fact)
            case Event():
                yield from self._event(fact)
            case AgentFacts():
                self._agents.update(fact.identifiers)
            case RightsFacts():
                self.rights += 1
                self._link(fact.objects)

    def _link(self, objects: tuple[Identifier, ...]) -> None:
        for identifier in objects:
            self.links.setdefault(identifier, self._path)

    def _object(self, item: ObjectFacts) -> Iterator[Finding]:
        if not item.identifiers:
            yield Finding(Code.PREMIS_INCOMPLETE, self._path, expected="objectIdentifier")
        for identifier in item.identifiers:
            if identifier in self.objects:
                yield Finding(Code.PREMIS_ID_TWICE, self._path, seen=identifier.value)
            self.objects[identifier] = item.kind
        self._link(tuple(link for link in item.links if not _is_other_book(item, link)))
        if item.kind == "file":
            yield from self._file(item)

    def _file(self, item: ObjectFacts) -> Iterator[Finding]:
        name = next(
            (
                identifier.value
                for identifier in item.identifiers
                if identifier.value in self.listed
            ),
            None,
        )
        if name is None:
            seen = ", ".join(identifier.value for identifier in item.identifiers)
            yield Finding(Code.PREMIS_FILE_UNKNOWN, self._path, seen=seen)
            return
        self._described.add(name)
        listed = self.listed[name]
        if resolve(self.folder, item.location) != listed.path:
            yield Finding(Code.PREMIS_FILE_UNKNOWN, self._path, listed.path, item.location)
        if self._section not in listed.sections:
            yield Finding(
                Code.PREMIS_FILE_UNKNOWN, listed.path, self._section, " ".join(listed.sections)
            )
        if not item.digests:
            yield Finding(Code.PREMIS_INCOMPLETE, listed.path, expected="fixity")
        file = self.contents.files.get(listed.path)
        if file is not None:
            yield from compare_size(Code.PREMIS_SIZE, listed.path, file, item.size)
            for label, digest in item.digests.items():
                yield from compare_digest(Code.PREMIS_DIGEST, listed.path, file, label, digest)

    def _event(self, event: Event) -> Iterator[Finding]:
        if event.identifier in self._events:
            yield Finding(Code.PREMIS_ID_TWICE, self._path, seen=event.identifier.value)
        self._events.add(event.identifier)
        self._link(event.objects)
        for agent in event.agents:
            self._agent_links.setdefault(agent.identifier, self._path)
        demanded = {
            "eventIdentifier": event.identifier.value,
            "eventType": event.type,
            "eventDateTime": event.when,
            "eventOutcome": event.outcome,
            "linkingAgentIdentifier": event.agents,
            "linkingObjectIdentifier": event.objects,
        }
        for name, value in demanded.items():
            if not value:
                yield Finding(
                    Code.PREMIS_INCOMPLETE, self._path, name, f"event {event.identifier.value}"
                )


def _is_other_book(item: ObjectFacts, link: Identifier) -> bool:
    """Whether a book stands in a relation to another package, which is described in that one."""
    related = link.type == "URI" and link.value.startswith("urn:preserva:")
    return item.kind == "intellectualEntity" and related
