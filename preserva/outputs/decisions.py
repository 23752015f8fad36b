"""Decisions in words, relations between packages, and how a person is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from preserva.archive.withdrawal import Tombstone
from preserva.core.policy.relations import Relation
from preserva.core.policy.two_persons import DecisionState, JointDecision
from preserva.core.values.people import Person
from preserva.core.values.report import printable
from preserva.i18n import _
from preserva.local_time import local_time
from preserva.outputs.findings import for_people
from preserva.outputs.words import word


def named(code: str | None, people: Mapping[str, Person]) -> str:
    """A person by name where the configuration has it, else by code; "-" for nobody."""
    if code is None:
        return "-"
    person = people.get(code)
    return printable(code if person is None or person.name is None else person.name)


def decision_lines(
    decision: JointDecision, people: Mapping[str, Person], now: datetime
) -> Iterator[str]:
    """The matter, its state, and who said what."""
    matter = decision.matter
    about = [for_people(name) for name in (matter.package, matter.storage) if name]
    state = decision.state(now)
    yield "\t".join([str(decision.number), word(state.value), matter.title, *about])
    terms = (f"{name}: {printable(value)}" for name, value in sorted(matter.terms.items()))
    yield from (f"  {line}" for line in terms)
    message = _("requested by {person} on {time}: {reason}")
    yield "  " + message.format(
        person=named(decision.person, people),
        time=local_time(decision.requested),
        reason=printable(decision.reason),
    )
    if decision.answer is not None:
        answer = decision.answer
        message = _("confirmed by {person} on {time}")
        if not answer.confirmed:
            message = _("refused by {person} on {time}")
        line = message.format(person=named(answer.person, people), time=local_time(answer.time))
        yield f"  {line}: {printable(answer.reason)}" if answer.reason else f"  {line}"
    if state is DecisionState.WAITING:
        yield "  " + _("lapses on {time}").format(time=local_time(decision.expires))
    if state is DecisionState.CONFIRMED and decision.may_be_done and now < decision.may_be_done:
        message = _("may be carried out from {time}")
        yield "  " + message.format(time=local_time(decision.may_be_done))


def relation_line(relation: Relation, package: str, people: Mapping[str, Person]) -> str:
    """How one of the two packages stands to the other, since when, and why."""
    stands, other = relation.from_side_of(package)
    message = _("{relation} {package} (stated by {person} on {time}: {reason})")
    return message.format(
        relation=word(stands),
        package=for_people(other),
        person=named(relation.person, people),
        time=local_time(relation.time),
        reason=printable(relation.reason),
    )


def tombstone_line(tombstone: Tombstone, people: Mapping[str, Person]) -> str:
    """When a package was withdrawn, why, and by whom."""
    message = _("withdrawn on {time}: {reason} (requested by {first}, confirmed by {second})")
    return message.format(
        time=local_time(tombstone.time),
        reason=printable(tombstone.reason),
        first=named(tombstone.requested_by, people),
        second=named(tombstone.confirmed_by, people),
    )
