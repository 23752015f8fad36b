"""The documents of `decisions`, `withdraw`, `retire` and `relate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preserva.outputs.json.parts import findings_document, report_document

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from preserva.archive.removal import CopyRemoval
    from preserva.archive.withdrawal import Tombstone
    from preserva.core.formats.canonical_json import Value
    from preserva.core.policy.relations import Relation
    from preserva.core.policy.two_persons import JointDecision
    from preserva.core.values.model import PackageId
    from preserva.core.values.report import Finding
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


def withdraw_document(
    package: PackageId, tombstone: Tombstone | None, removals: Iterable[CopyRemoval] | None = None
) -> JsonDocument:
    """A package that was withdrawn, or with no tombstone is not; what was removed of it."""
    document: JsonDocument = {
        "package": package.uri,
        "tombstone": None if tombstone is None else tombstone_document(tombstone),
    }
    if removals is not None:
        document["removals"] = [
            {
                "storage": removal.storage,
                "ours": removal.ours,
                "removed": removal.removed,
                "files": removal.files,
                "bytes": removal.size,
                "tombstone": removal.tombstone,
                "report": report_document(removal.report),
            }
            for removal in removals
        ]
    return document


def retire_document(storage: str, package: PackageId | None, *, retired: bool) -> JsonDocument:
    """A storage, or the copy of a package in it, that was retired, or no longer is."""
    return {
        "storage": storage,
        "package": None if package is None else package.uri,
        "retired": retired,
    }


def relate_document(
    package: PackageId, relations: Iterable[Relation], findings: Iterable[Finding]
) -> JsonDocument:
    """A package with its relations to others."""
    return {
        "package": package.uri,
        "relations": relations_document(package.uri, relations),
        "findings": findings_document(findings),
    }


def relations_document(package: str, relations: Iterable[Relation]) -> list[Value]:
    """Relations as they are from the side of a package: `#/$defs/relations`."""
    return [_relation(package, relation) for relation in relations]


def _relation(package: str, relation: Relation) -> JsonDocument:
    stands, other = relation.from_side_of(package)
    return {
        "relation": stands,
        "package": other,
        "reason": relation.reason,
        "person": relation.person,
        "time": relation.time,
        "entry": relation.entry,
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
        "removed": [
            {"storage": copy.storage, "time": copy.time, "done": copy.done}
            for copy in tombstone.removed
        ],
    }
