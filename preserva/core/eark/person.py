"""A person as a PREMIS agent, known by a code alone.

A package outlives the wish to be named in it, so the name of the person is not written.
Source: PREMIS Data Dictionary 3.0, 3 (agent).
"""

from __future__ import annotations

from preserva.core.eark.premis import Agent, Event, Identifier
from preserva.core.eark.vocabulary import AgentType

_PREFIX = "person-"


def person_agent(code: str) -> Agent:
    """The agent with this code."""
    return Agent(Identifier("local", _PREFIX + code), code, AgentType.PERSON)


def person_of(happened: Event) -> str | None:
    """The code of the person who caused an event recorded by preserva; None if there is none."""
    values = (agent.identifier.value for agent in happened.agents)
    return next(
        (value.removeprefix(_PREFIX) for value in values if value.startswith(_PREFIX)), None
    )
