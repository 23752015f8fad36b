"""Decisions of two persons, as entries of the ledger.

A verb that needs a decision asks for it before it does anything:

    decision = decided(archive, Matter("repair", package, storage, terms), reason)
    ...  # what was agreed
    note_done(archive, decision)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from preserva.archive.acting import needed
from preserva.archive.archive import ArchivalStorage
from preserva.config import Policy
from preserva.core.policy.two_persons import (
    KINDS,
    POLICY,
    REMOVAL,
    DecisionAnswer,
    DecisionState,
    DecisionTurn,
    JointDecision,
    Matter,
    agreed,
    expiry,
    joined_steps,
    refuse_answer,
)
from preserva.core.values.entries import (
    DECISION_CONFIRMED,
    DECISION_DONE,
    DECISION_REFUSED,
    DECISION_REQUESTED,
    SUCCESS,
)
from preserva.core.values.facts import DecisionRequest, DecisionStep
from preserva.core.values.model import PackageId
from preserva.errors import AwaitsConfirmation, Refused, UsageError
from preserva.i18n import _
from preserva.ledger import Ledger, LedgerEntry
from preserva.local_time import local_time

_STEPS = (DECISION_CONFIRMED, DECISION_REFUSED, DECISION_DONE)


def decisions(archive: ArchivalStorage) -> list[JointDecision]:
    """Every decision of two persons, the oldest first. Raises LedgerError."""
    return decisions_in(archive.ledger)


def decisions_in(ledger: Ledger) -> list[JointDecision]:
    """Those that a ledger records. Raises LedgerError."""
    if ledger.newest(DECISION_REQUESTED) is None:
        return []  # without going through all entries
    requests = map(_request, ledger.entries(types=(DECISION_REQUESTED,)))
    steps = map(_step, ledger.entries(types=_STEPS))
    return list(joined_steps(requests, steps))


def broken_agreement(ledger: Ledger, policy: Policy) -> JointDecision | None:
    """The policy that two persons last agreed on, if the configuration differs from it."""
    agreements = [
        known
        for known in decisions_in(ledger)
        if known.matter.kind == POLICY and known.answer is not None and known.answer.confirmed
    ]
    if not agreements or agreements[-1].matter.terms == policy_terms(policy):
        return None
    return agreements[-1]


def decision(archive: ArchivalStorage, number: int) -> JointDecision:
    """The decision of a number. Raises UsageError."""
    for known in decisions(archive):
        if known.number == number:
            return known
    message = _("there is no decision {number}; `preserva decisions --all` lists all of them")
    raise UsageError(message.format(number=number))


def matter_of(
    archive: ArchivalStorage,
    kind: str,
    package: PackageId | None = None,
    storage: str | None = None,
    terms: Mapping[str, str] | None = None,
) -> Matter:
    """The matter to decide; the terms of a policy are those of the present configuration.

    Raises UsageError for an unknown kind or storage.
    """
    if kind not in KINDS:
        message = _("there is no kind of decision {kind}; known ones: {known}")
        raise UsageError(message.format(kind=kind, known=", ".join(KINDS)))
    if storage is not None:
        archive.store(storage)
    if kind == POLICY and terms is None:
        terms = policy_terms(archive.config.policy)
    return Matter(kind, package.uri if package else None, storage, dict(terms or {}))


def policy_terms(policy: Policy) -> dict[str, str]:
    """The policy as the terms of a decision.

    The usual grace period is not among them: agreements from before there was the key still hold.
    """
    days = policy.removal_grace_days
    return {
        "digests": " ".join(policy.digests),
        "copies": str(policy.copies),
        "audit_interval_days": str(policy.audit_interval_days),
        **({} if days == KINDS[REMOVAL].grace_days else {"removal_grace_days": str(days)}),
    }


def request(archive: ArchivalStorage, matter: Matter, reason: str) -> JointDecision:
    """Request a decision; a request that is already waiting is not repeated.

    Raises UsageError if the requesting person is not named.
    """
    needed(archive.actor)
    now = archive.clock()
    waiting = agreed(decisions(archive), matter, {DecisionState.WAITING}, now)
    if waiting is not None:
        return waiting
    grace = archive.config.policy.removal_grace_days if matter.kind == REMOVAL else None
    facts = DecisionRequest(matter.kind, reason, matter.terms, expiry(matter.kind, now), grace)
    entry = archive.ledger.append(
        DECISION_REQUESTED,
        time=now.isoformat(),
        outcome=SUCCESS,
        package=matter.package,
        storage=matter.storage,
        facts=facts,
    )
    return _request(entry)


def answer(
    archive: ArchivalStorage, number: int, *, confirm: bool, reason: str | None = None
) -> JointDecision:
    """Confirm or refuse a decision that waits, as the person who acts.

    Raises UsageError if there is no decision of this number, or no person is named; Refused if it
    is not waiting, or if the requesting person tries to confirm it.
    """
    known, person = decision(archive, number), needed(archive.actor)
    refuse_answer(known, person, confirm=confirm, now=archive.clock())
    _append(archive, known, DECISION_CONFIRMED if confirm else DECISION_REFUSED, reason)
    return decision(archive, number)


def decided(
    archive: ArchivalStorage, matter: Matter, reason: str | None = None, *, since: int = 0
) -> JointDecision:
    """The confirmed decision on exactly this matter, once its grace period is over.

    Those requested before the ledger's entry `since` do not count. If there is none, it is
    requested for this `reason`. Raises AwaitsConfirmation until another person has confirmed it;
    Refused during the grace period; UsageError without a reason.
    """
    now = archive.clock()
    later = [known for known in decisions(archive) if known.number > since]
    known = agreed(later, matter, {DecisionState.WAITING, DecisionState.CONFIRMED}, now)
    if known is None or known.answer is None:
        if known is None and not reason:
            raise UsageError(_("this takes two persons, and a reason: --reason"))
        known = known or request(archive, matter, reason or "")
        message = _("decision {number} waits for a second person: {title}")
        raise AwaitsConfirmation(
            message.format(number=known.number, title=matter.title), decision=known.number
        )
    if known.may_be_done is not None and now < known.may_be_done:
        message = _("decision {number} was confirmed; it may be carried out from {time}")
        raise Refused(message.format(number=known.number, time=local_time(known.may_be_done)))
    return known


def note_done(
    archive: ArchivalStorage, known: JointDecision, records: tuple[str, ...] | None = None
) -> None:
    """Record that what was agreed is done: the decision cannot be used again.

    `records` are the SHA-256 of the records of events that were given up, if that was agreed.
    """
    _append(archive, known, DECISION_DONE, records=records)


def finish(archive: ArchivalStorage, matter: Matter) -> None:
    """Note as done what was agreed on this, if a run was interrupted before it could."""
    known = agreed(decisions(archive), matter, {DecisionState.CONFIRMED}, archive.clock())
    if known is not None:
        note_done(archive, known)


def _append(
    archive: ArchivalStorage,
    known: JointDecision,
    type_: str,
    reason: str | None = None,
    records: tuple[str, ...] | None = None,
) -> None:
    archive.ledger.append(
        type_,
        time=archive.now(),
        outcome=SUCCESS,
        package=known.matter.package,
        storage=known.matter.storage,
        facts=DecisionStep(known.number, reason, records),
    )


def _request(entry: LedgerEntry) -> JointDecision:
    facts = entry.facts_as(DecisionRequest)
    return JointDecision(
        entry.number,
        Matter(facts.kind, entry.package, entry.storage, facts.terms),
        facts.reason,
        facts.person or "",
        datetime.fromisoformat(entry.time),
        facts.expires,
        grace_days=facts.grace_days,
    )


def _step(entry: LedgerEntry) -> DecisionTurn:
    facts, time = entry.facts_as(DecisionStep), datetime.fromisoformat(entry.time)
    if entry.type == DECISION_DONE:
        return DecisionTurn(facts.decision, None, time)
    confirmed = entry.type == DECISION_CONFIRMED
    return DecisionTurn(
        facts.decision, DecisionAnswer(confirmed, facts.person or "", time, facts.reason)
    )
