"""Relations between packages, as entries of the ledger that one person makes and takes back.

No storage is touched: a package's PREMIS has them from its next version.
"""

from __future__ import annotations

from contextlib import closing

from preserva.archive.acting import needed
from preserva.archive.archive import ArchivalStorage
from preserva.archive.linked_entries import linked, newest_number
from preserva.config import Config
from preserva.core.eark.premis import Relationship
from preserva.core.policy.relations import (
    Relation,
    RelationKind,
    contradicted,
    premis_relationships,
)
from preserva.core.values import entries
from preserva.core.values.codes import Code
from preserva.core.values.facts import RelationStated
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Report
from preserva.core.values.subjects import Named
from preserva.errors import NotFound, Refused, UsageError
from preserva.i18n import _
from preserva.ledger import Ledger, LedgerEntry

_KINDS = {kind.value: kind for kind in RelationKind}


def relations(ledger: Ledger) -> list[Relation]:
    """Every relation that is stated now, in the order of the packages. Raises LedgerError."""
    newest: dict[object, tuple[Relation, bool]] = {}
    for entry, facts in linked(ledger, RelationStated):
        if facts.kind in _KINDS:  # a later version may know others
            relation = _relation(entry, facts)
            newest.setdefault(relation.key, (relation, not facts.undone))
    stated = (relation for relation, holds in newest.values() if holds)
    return sorted(stated, key=lambda relation: (relation.package, relation.kind, relation.other))


def relations_known(config: Config) -> list[Relation]:
    """Those in the ledger of a configuration; none without a ledger. Raises LedgerError."""
    if not config.ledger.exists():
        return []
    with closing(Ledger(config.ledger)) as ledger:
        return relations(ledger)


def stated_in_premis(ledger: Ledger, package: PackageId) -> list[Relationship]:
    """The relations of a package as its PREMIS has them. Raises LedgerError."""
    return premis_relationships(package.uri, relations(ledger))


def relate(
    archive: ArchivalStorage,
    package: PackageId,
    kind: RelationKind,
    other: PackageId,
    reason: str | None,
) -> Report:
    """State that a package of ours stands in a relation to another; W387 if we do not know that.

    What is stated already is not stated twice. Raises UsageError without a reason or a person, or
    for a package and itself; NotFound for a package that the ledger does not know; Refused if the
    same is known the other way round.
    """
    stated = _wanted(archive, package, kind, other, reason)
    known = relations(archive.ledger)
    if contradicted(stated, known):
        message = _("{other} stands in the same relation to {id}; both cannot be")
        raise Refused(message.format(id=package, other=other))
    report = Report(Named(package.uri))
    if not archive.ledger.copies.of(other.uri):
        report.add([Finding(Code.RELATED_UNKNOWN, other.portable)])
    if stated.key not in {relation.key for relation in known}:
        _append(archive, stated, undone=False)
    return report


def unrelate(
    archive: ArchivalStorage,
    package: PackageId,
    kind: RelationKind,
    other: PackageId,
    reason: str | None,
) -> None:
    """Take a relation back. Raises what `relate` does; UsageError if it is not stated."""
    stated = _wanted(archive, package, kind, other, reason)
    if stated.key not in {relation.key for relation in relations(archive.ledger)}:
        message = _("{id} does not stand in this relation to {other}")
        raise UsageError(message.format(id=package, other=other))
    _append(archive, stated, undone=True)


def _wanted(
    archive: ArchivalStorage,
    package: PackageId,
    kind: RelationKind,
    other: PackageId,
    reason: str | None,
) -> Relation:
    person = needed(archive.actor)
    if not reason:
        raise UsageError(_("say why: --reason"))
    if package == other:
        raise UsageError(_("{id} cannot stand in a relation to itself").format(id=package))
    if not archive.ledger.copies.of(package.uri):
        raise NotFound(_("the ledger knows of no package {id}").format(id=package))
    return Relation(package.uri, kind, other.uri, reason, 0, "", person)


def _append(archive: ArchivalStorage, stated: Relation, *, undone: bool) -> None:
    facts = RelationStated(
        stated.kind.value,
        stated.other,
        stated.reason,
        undone or None,
        newest_number(archive.ledger, entries.RELATION),
    )
    archive.ledger.append(
        entries.RELATION,
        time=archive.now(),
        outcome=entries.SUCCESS,
        package=stated.package,
        facts=facts,
    )


def _relation(entry: LedgerEntry, facts: RelationStated) -> Relation:
    return Relation(
        str(entry.package),
        _KINDS[facts.kind],
        facts.other,
        facts.reason,
        entry.number,
        entry.time,
        entry.person,
    )
