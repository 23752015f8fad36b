"""Copies that are retired: no longer wanted, because there are enough others.

Of one package in a storage, or of all that a storage has. Two persons decide it, and only while
every package keeps as many proved copies elsewhere as the policy wants. Nothing in any storage is
touched: from then on nobody asks for what was there.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from preserva.archive.acting import needed
from preserva.archive.archive import ArchivalStorage
from preserva.archive.linked_entries import linked, newest_number
from preserva.archive.two_persons import decided, finish, note_done
from preserva.config import Config, Role
from preserva.core.policy.retirement import Retired
from preserva.core.policy.two_persons import RETIREMENT, JointDecision, Matter
from preserva.core.values import entries
from preserva.core.values.facts import Retirement
from preserva.core.values.model import PackageId
from preserva.errors import NotFound, Refused, UsageError
from preserva.i18n import _, joined
from preserva.ledger import Ledger

_NAMED = 20


def retired(ledger: Ledger) -> Retired:
    """What is retired now. Raises LedgerError."""
    newest: dict[tuple[str, str], bool] = {}
    for entry, facts in linked(ledger, Retirement):
        newest.setdefault((str(entry.storage), entry.package or ""), not facts.undone)
    holds = sorted(copy for copy, retired in newest.items() if retired)
    copies = groupby((copy for copy in holds if copy[1]), key=lambda copy: copy[0])
    return Retired(
        frozenset(storage for storage, package in holds if not package),
        {name: frozenset(package for _name, package in each) for name, each in copies},
    )


def dropped_storages(ledger: Ledger, config: Config) -> list[str]:
    """Storages with copies that are gone from the configuration, though nobody retired them."""
    known = set(ledger.copies.storages())
    return sorted(known - config.storages.keys() - retired(ledger).storages)


def refuse_retired(archive: ArchivalStorage, storage: str) -> None:
    """Refuse to bring anything to a storage that was retired. Raises Refused."""
    if storage in retired(archive.ledger).storages:
        message = _("{storage} was retired; `preserva retire {storage} --undo` takes that back")
        raise Refused(message.format(storage=storage))


def retire(
    archive: ArchivalStorage, storage: str, package: PackageId | None, reason: str | None
) -> None:
    """Retire a storage, or the copy of one package in it, once two persons have decided it.

    It may be gone from the configuration. Raises AwaitsConfirmation until then; NotFound if the
    ledger knows of no copy there; Refused if a package of ours would be left with fewer proved
    copies than the policy wants, or for the primary storage; UsageError without a reason; Locked,
    StorageError.
    """
    matter = _matter(archive, storage, package)
    with archive.writing(archive.primary):
        if _is_retired(archive, storage, package):
            finish(archive, matter)  # it was interrupted after the retirement
            return
        _refuse_too_few(archive, storage, package)
        decision = decided(archive, matter, reason)
        _append(archive, matter, _facts(decision))
        note_done(archive, decision)


def undo(
    archive: ArchivalStorage, storage: str, package: PackageId | None, reason: str | None
) -> None:
    """Take a retirement back: nothing was touched, so one person may.

    Raises UsageError without a reason or a person, or if it is not retired.
    """
    needed(archive.actor)
    if not reason:
        raise UsageError(_("say why: --reason"))
    with archive.writing(archive.primary):
        if not _is_retired(archive, storage, package):
            raise UsageError(_("{what} is not retired").format(what=package or storage))
        matter = Matter(RETIREMENT, package.uri if package else None, storage)
        finish(archive, matter)
        _append(
            archive,
            matter,
            Retirement(reason, undone=True),
        )


def _matter(archive: ArchivalStorage, storage: str, package: PackageId | None) -> Matter:
    config = archive.config.storages.get(storage)
    if config is not None and config.role is Role.PRIMARY:
        message = _("{storage} is the primary storage: give it another url, and its id stays")
        raise Refused(message.format(storage=storage))
    known = archive.ledger.copies.packages(storage)
    if not known:
        raise NotFound(_("the ledger knows of no copy in {storage}").format(storage=storage))
    if package is not None and package.uri not in known:
        message = _("the ledger knows of no copy of {id} in {storage}")
        raise NotFound(message.format(id=package, storage=storage))
    return Matter(RETIREMENT, package.uri if package else None, storage)


def _is_retired(archive: ArchivalStorage, storage: str, package: PackageId | None) -> bool:
    now = retired(archive.ledger)
    if package is None:
        return storage in now.storages
    return package.uri in now.copies.get(storage, frozenset())


def _refuse_too_few(archive: ArchivalStorage, storage: str, package: PackageId | None) -> None:
    """Refuse if a package would have too few copies that an audit proved."""
    from preserva.archive.judgements import judgements, rules_of  # they need this module
    from preserva.core.policy.judgement import State

    going = {package.uri} if package else set(archive.ledger.copies.packages(storage))
    few = []
    for judged in judgements(archive, rules_of(archive)):
        if judged.package not in going or judged.withdrawn or not judged.own:
            continue
        left = sum(
            copy.counted and copy.state is State.SOUND and copy.known.storage != storage
            for copy in judged.copies
        )
        if left < judged.wanted:
            id_ = PackageId.parse(judged.package).portable
            line = _("{id}: {left} proved copies elsewhere, and {wanted} are wanted")
            few.append(line.format(id=id_, left=left, wanted=judged.wanted))
    if few:
        first = _("{storage} is still needed:").format(storage=storage)
        more = ["…"] if len(few) > _NAMED else []
        raise Refused(
            joined("\n  ", [first, *few[:_NAMED], *more]),
            hint=_("`preserva replicate` brings copies elsewhere, `preserva audit` proves them."),
        )


def _facts(decision: JointDecision) -> Retirement:
    assert decision.answer is not None, "it was confirmed"
    return Retirement(
        decision.reason,
        decision=decision.number,
        requested_by=decision.person,
        confirmed_by=decision.answer.person,
    )


def _append(archive: ArchivalStorage, matter: Matter, facts: Retirement) -> None:
    archive.ledger.append(
        entries.RETIREMENT,
        time=archive.now(),
        outcome=entries.SUCCESS,
        package=matter.package,
        storage=matter.storage,
        facts=replace(facts, before=newest_number(archive.ledger, entries.RETIREMENT)),
    )
