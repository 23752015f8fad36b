"""Decisions that take two persons: one requests, another confirms or refuses.

For what cannot be undone, and where the evidence is in dispute. A new kind is one line in `KINDS`;
the caller that asked for a decision carries it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from preserva.errors import Refused
from preserva.i18n import N_, _


@dataclass(frozen=True, slots=True)
class DecisionKind:
    """What is decided. `id` is what ledger and JSON call it, `title` what people read.

    A request that nobody answers lapses after `expires_days`; a confirmed one may be carried out
    when `grace_days` have passed, unless the request says how many.
    """

    id: str
    title: str
    expires_days: int = 30
    grace_days: int = 0


CLAIM = "claim"
LOSS = "loss"
POLICY = "policy"
REMOVAL = "removal"
REPAIR = "repair"
RETIREMENT = "retirement"
SET_ASIDE = "set aside"
STORAGE = "storage"
WITHDRAWAL = "withdrawal"

KINDS: Mapping[str, DecisionKind] = {
    kind.id: kind
    for kind in (
        DecisionKind(CLAIM, N_("accept the claim of another institution")),
        DecisionKind(LOSS, N_("give up lost records of events")),
        DecisionKind(POLICY, N_("change the policy")),
        DecisionKind(REMOVAL, N_("remove the bytes of a withdrawn package"), grace_days=30),
        DecisionKind(REPAIR, N_("repair from a disputed copy")),
        DecisionKind(RETIREMENT, N_("retire a copy or a storage")),
        DecisionKind(SET_ASIDE, N_("set aside a version that its owner never made")),
        DecisionKind(STORAGE, N_("accept a storage in which something differs from the records")),
        DecisionKind(WITHDRAWAL, N_("withdraw a package")),
    )
}
"""Every kind of decision that takes two persons."""


class DecisionState(StrEnum):
    """The state of a decision."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Matter:
    """What exactly is decided: `terms` say more, by names that belong to the kind."""

    kind: str
    package: str | None = None
    storage: str | None = None
    terms: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The kind in the reader's language; of a kind of a later version, its id."""
        return _(KINDS[self.kind].title) if self.kind in KINDS else self.kind


@dataclass(frozen=True, slots=True)
class DecisionAnswer:
    """What the second person said, and when. `reason` is why."""

    confirmed: bool
    person: str
    time: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class JointDecision:
    """A decision of two persons. `number` is that of the ledger's entry that requested it.

    `grace_days` is how long what was confirmed must wait, where that is not the usual of its kind.
    """

    number: int
    matter: Matter
    reason: str
    person: str
    requested: datetime
    expires: datetime
    answer: DecisionAnswer | None = None
    done: datetime | None = None
    grace_days: int | None = None

    def state(self, now: datetime) -> DecisionState:
        """How far it has come."""
        if self.done is not None:
            return DecisionState.DONE
        if self.answer is not None:
            return DecisionState.CONFIRMED if self.answer.confirmed else DecisionState.REFUSED
        return DecisionState.WAITING if now < self.expires else DecisionState.EXPIRED

    @property
    def may_be_done(self) -> datetime | None:
        """When the grace period ends; None unless it was confirmed."""
        if self.answer is None or not self.answer.confirmed:
            return None
        kind = KINDS.get(self.matter.kind)
        days = self.grace_days
        if days is None:
            days = kind.grace_days if kind else 0
        return self.answer.time + timedelta(days=days)


def expiry(kind: str, now: datetime) -> datetime:
    """When a request of this kind lapses."""
    return now + timedelta(days=KINDS[kind].expires_days)


def refuse_answer(decision: JointDecision, person: str, *, confirm: bool, now: datetime) -> None:
    """Refuse an answer that does not count. Who requested may still take the request back.

    Raises Refused.
    """
    state = decision.state(now)
    if state is not DecisionState.WAITING:
        message = _("decision {number} is not waiting for an answer: it is {state}")
        raise Refused(message.format(number=decision.number, state=_(state.value)))
    if confirm and person == decision.person:
        message = _("decision {number} was requested by {person}; another person must confirm it")
        raise Refused(message.format(number=decision.number, person=person))


def agreed(
    decisions: Iterable[JointDecision], matter: Matter, states: set[DecisionState], now: datetime
) -> JointDecision | None:
    """The newest decision on exactly this matter that is in one of these states."""
    same = [one for one in decisions if one.matter == matter and one.state(now) in states]
    return same[-1] if same else None


@dataclass(frozen=True, slots=True)
class DecisionTurn:
    """A later step of the decision `number`: its answer, or that it was done."""

    number: int
    answer: DecisionAnswer | None
    done: datetime | None = None


def joined_steps(
    requests: Iterable[JointDecision], steps: Iterable[DecisionTurn]
) -> Iterator[JointDecision]:
    """The requests with their results, in their order. The first answer counts."""
    decisions = {request.number: request for request in requests}
    for step in steps:
        decision = decisions.get(step.number)
        if decision is not None and step.answer is not None and decision.answer is None:
            decisions[step.number] = replace(decision, answer=step.answer)
        elif decision is not None and step.done is not None:
            decisions[step.number] = replace(decision, done=step.done)
    yield from decisions.values()
