"""What happened to a book before it was packaged, as PREMIS events with their agents.

From the catalogue record (restoration: 318, in MARC 21 583) and from a file that someone wrote
(scanning: when, on what device, by whom). docs/reference/events.md describes the file.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from preserva.core.eark.aip import representation_id
from preserva.core.eark.premis import Agent, Event, Identifier, LinkedAgent
from preserva.core.eark.vocabulary import (
    AgentType,
    EventOutcome,
    EventRelatedAgentRole,
    EventType,
)
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.describe.marc.actions import Action
from preserva.describe.supplied.headings import OUTCOMES
from preserva.describe.supplied.tables import SuppliedTable, is_csv, read_csv, read_toml
from preserva.i18n import NP_, joined, pgettext

UNKNOWN = "unknown"
"""The PREMIS value if the source does not state an agent, a time or an outcome."""

_ROLES = {
    AgentType.SOFTWARE: EventRelatedAgentRole.EXECUTING_PROGRAM,
    AgentType.PERSON: EventRelatedAgentRole.IMPLEMENTER,
    AgentType.ORGANIZATION: EventRelatedAgentRole.IMPLEMENTER,
}
_COLUMNS = {
    "person": AgentType.PERSON,
    "organization": AgentType.ORGANIZATION,
    "device": AgentType.HARDWARE,
    "software": AgentType.SOFTWARE,
}
_SCANNING = re.compile("imaging|capture|digiti[sz]|scan|photo|скан|оцифр|фото|алічб", re.IGNORECASE)
"""Types of events by which page images come into being, in the words of three languages."""

_DAY = re.compile(r"(\d{4})(\d\d)?(\d\d)?")


@dataclass(slots=True)
class History:
    """Events in the order in which they were recorded, numbered; each agent once, also numbered.

    Same input, same identifiers. An event may be about one of the `representations`; else it is
    about the book. `findings` report what could not be understood in a file.
    """

    representations: Collection[str] = ()
    events: list[Event] = field(default_factory=list)
    agents: dict[tuple[str, AgentType | None, str | None], Agent] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def record(self, actions: Iterable[Action]) -> None:
        """Add the actions on the item that a catalogue record mentions."""
        for action in actions:
            details = {"method": action.method, "site": action.site, "copy": action.item}
            detail = "; ".join(f"{name}: {text}" for name, text in details.items() if text)
            self._add(
                action.kind,
                _day(action.date) or UNKNOWN,
                action.outcome or UNKNOWN,
                detail or None,
                None,
                [self._agent(action.agent)] if action.agent else [],
            )

    def read(self, data: bytes, name: str) -> None:
        """Add a file, TOML or CSV by its name."""
        if is_csv(name):
            for row in read_csv(data, name, self.findings):
                self._row(row)
            return
        table = read_toml(data, name, self.findings)
        agents = {key: self._described(agent) for key, agent in table.named("agents").items()}
        for event in table.tables("events"):
            linked = []
            for key in event.texts("agents"):
                agent = agents.get(key)
                if key not in agents:
                    known = ", ".join(agents) or None
                    where = event.at("agents")
                    self.findings.append(Finding(Code.DETAILS_VALUE, where, known, key))
                elif agent is not None:
                    linked.append(agent)
            self._event(event, linked)
        table.end()

    def unsaid(self) -> Iterator[Finding]:
        """A finding, if no event says who scanned the book, when, and with which device."""
        types = {agent.identifier: agent.type for agent in self.agents.values()}
        scanning = [event for event in self.events if _SCANNING.search(_name(event.type))]
        linked = {types[agent.identifier] for event in scanning for agent in event.agents}
        said = {
            NP_("of a scan", "when"): bool(scanning),
            NP_("of a scan", "who"): bool(linked & {AgentType.PERSON, AgentType.ORGANIZATION}),
            NP_("of a scan", "device"): AgentType.HARDWARE in linked,
        }
        if not all(said.values()):
            missing = (pgettext("of a scan", name) for name, known in said.items() if not known)
            yield Finding(Code.SCAN_HISTORY, None, expected=joined(", ", missing))

    def _described(self, table: SuppliedTable) -> LinkedAgent | None:
        name = table.text("name", needed=True)
        type_ = table.choice("type", AgentType, needed=True)
        version, note = table.text("version"), table.text("note")
        table.end()
        if name is None or type_ is None:
            return None
        return self._agent(name, type_, version, note)

    def _row(self, row: SuppliedTable) -> None:
        linked = []
        for column, type_ in _COLUMNS.items():
            name, version = row.text(column), None
            if type_ in (AgentType.HARDWARE, AgentType.SOFTWARE):
                version = row.text(f"{column}_version")
            if name is not None:
                linked.append(self._agent(name, type_, version))
        self._event(row, linked)

    def _event(self, table: SuppliedTable, linked: list[LinkedAgent]) -> None:
        kind = self._kind(table)
        when = table.date("when", needed=True)
        outcome = table.choice("outcome", EventOutcome, OUTCOMES) or EventOutcome.SUCCESS
        detail, note = table.text("detail"), table.text("note")
        about = self._about(table)
        table.end()
        if kind is not None and when is not None:
            self._add(kind, when, outcome, detail, note, linked, about)

    def _about(self, table: SuppliedTable) -> tuple[Identifier, ...]:
        name = table.text("representation")
        if name is None:
            return ()
        if name not in self.representations:
            where, known = table.at("representation"), ", ".join(self.representations) or None
            self.findings.append(Finding(Code.DETAILS_VALUE, where, known, name))
        return (representation_id(name),)

    def _kind(self, table: SuppliedTable) -> EventType | str | None:
        """A term of the vocabulary, or other words; not a slip of the pen in a term."""
        text = table.text("type", needed=True)
        if text is None:
            return None
        labels = {type_.label: type_ for type_ in EventType}
        near = difflib.get_close_matches(text.casefold(), labels, 1, 0.85)
        if near and near[0] != text.casefold():
            self.findings.append(Finding(Code.DETAILS_VALUE, table.at("type"), near[0], text))
            return None
        return labels[near[0]] if near else text

    def _agent(
        self,
        name: str,
        type_: AgentType | None = None,
        version: str | None = None,
        note: str | None = None,
    ) -> LinkedAgent:
        key = (name, type_, version)
        if key not in self.agents:
            identifier = Identifier("local", f"agent-{len(self.agents) + 1}")
            self.agents[key] = Agent(identifier, name, type_, version, note)
        return LinkedAgent(self.agents[key].identifier, _ROLES.get(type_) if type_ else None)

    def _add(
        self,
        kind: EventType | str,
        when: str,
        outcome: EventOutcome | str,
        detail: str | None,
        note: str | None,
        linked: list[LinkedAgent],
        about: tuple[Identifier, ...] = (),
    ) -> None:
        identifier = Identifier("local", f"event-{len(self.events) + 1}")
        agents = tuple(linked) or (self._agent(UNKNOWN),)
        self.events.append(Event(identifier, kind, when, outcome, detail, note, agents, about))


def _name(kind: EventType | str) -> str:
    return kind.label if isinstance(kind, EventType) else kind


def _day(text: str) -> str:
    """A date of a record, such as 20040312, in ISO 8601; other words unchanged."""
    match = _DAY.fullmatch(text)
    return "-".join(part for part in match.groups() if part) if match else text
