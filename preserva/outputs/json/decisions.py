"""The documents of `decisions` and `withdraw`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from preserva.archive.withdrawal import Tombstone
    from preserva.core.policy.two_persons import JointDecision
    from preserva.core.values.model import PackageId
    from preserva.outputs.json.parts import JsonDocument


def decisions_document(decisions: Iterable[JointDecision], now: datetime) -> JsonDocument:
    """Decisions of two persons. Persons are codes: the names are in the configuration."""
    return {"decisions": [_decision(decision, now) for decision in decisions]}


def _decision(decision: JointDecision, now: datetime) -> JsonDocument:
    answer, may_be_done = decision.answer, decision.may_be_done
    return {
        "number": decision.number,
        "kind": decision.matter.kind,
        "package": decision.matter.package,
        "storage": decision.matter.storage,
        "terms": dict(decision.matter.terms),
        "state": decision.state(now).value,
        "reason": decision.reason,
        "requested_by": decision.person,
        "requested": decision.requested.isoformat(),
        "expires": decision.expires.isoformat(),
        "answered_by": None if answer is None else answer.person,
        "answered": None if answer is None else answer.time.isoformat(),
        "answer": None if answer is None else answer.reason,
        "may_be_done": None if may_be_done is None else may_be_done.isoformat(),
        "done": None if decision.done is None else decision.done.isoformat(),
    }


def withdraw_document(package: PackageId, tombstone: Tombstone | None) -> JsonDocument:
    """A package that was withdrawn, or, without a tombstone, no longer is."""
    return {
        "package": package.uri,
        "tombstone": None if tombstone is None else tombstone_document(tombstone),
    }


def tombstone_document(tombstone: Tombstone) -> JsonDocument:
    """A tombstone: `#/$defs/tombstone`."""
    return {
        "package": tombstone.package,
        "entry": tombstone.entry,
        "time": tombstone.time,
        "reason": tombstone.reason,
        "requested_by": tombstone.requested_by,
        "confirmed_by": tombstone.confirmed_by,
    }
