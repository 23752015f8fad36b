"""A storage whose identity changed because it was rebuilt: what lies there decides, then people.

Whoever rebuilds a storage gives it a new id, and every other ledger then refuses it, as it refuses
the disk of another archive. What tells the two apart is what lies there: every copy is read whole
and compared with what was recorded before anything is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from preserva.archive.acting import needed
from preserva.archive.archive import ArchivalStorage
from preserva.archive.fixity_events import record_check, record_storage
from preserva.archive.ledger_mark import refuse_others
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.retirement import refuse_retired, retired
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.two_persons import decided, decision, note_done
from preserva.archive.unrecorded import Unrecorded, list_root, note_unrecorded, unrecorded
from preserva.archive.withdrawal import tombstones
from preserva.config import Role
from preserva.core.policy.two_persons import STORAGE, DecisionState, JointDecision, Matter
from preserva.core.values.codes import Code
from preserva.core.values.entries import STORAGE_IDENTITY, SUCCESS
from preserva.core.values.facts import IdentityLearned
from preserva.core.values.model import PackageId
from preserva.core.values.report import Observer, Outcome, Report, counted, ignore
from preserva.core.values.subjects import WholeStorage
from preserva.errors import UsageError, WrongStorage
from preserva.fixity.check_copy import check_copy
from preserva.i18n import _


@dataclass(frozen=True, slots=True)
class AcceptedStorage:
    """What was compared, and whether the storage was accepted.

    `found` is the id that it has now, `known` the one that the ledger knew it by. `reports` are on
    each copy that was recorded there and on whatever the ledger does not know.
    """

    storage: str
    found: str
    known: str
    accepted: bool
    reports: list[Report] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """That of the worst report."""
        return Outcome.worst(report.outcome for report in self.reports)


@dataclass(frozen=True, slots=True)
class _Compared:
    """What lies in a storage, beside what was recorded there."""

    copies: list[tuple[StoredCopy, Report]]
    strangers: list[Unrecorded]

    @property
    def reports(self) -> list[Report]:
        strange = [stranger.report for stranger in self.strangers]
        return [*(report for _copy, report in self.copies), *strange]

    @property
    def sound(self) -> int:
        """How many copies are what was recorded of them."""
        return sum(_as_recorded(report) is Outcome.PASS for _copy, report in self.copies)

    @property
    def agrees(self) -> bool:
        """Whether it is the storage that the ledger knows, beyond doubt: all of it, no more."""
        return 0 < self.sound == len(self.copies) and not self.strangers

    @property
    def unread(self) -> bool:
        """Whether any copy could not be compared."""
        return any(_as_recorded(report) is Outcome.UNKNOWN for _copy, report in self.copies)


def _as_recorded(report: Report) -> Outcome:
    """The outcome without versions that the ledger does not know: those wait for `receive`."""
    return Outcome.of(one for one in report.findings if one.code is not Code.NOT_RECORDED)


def accept_storage(
    archive: ArchivalStorage,
    storage: str,
    *,
    dry_run: bool = False,
    reason: str | None = None,
    observer: Observer = ignore,
) -> AcceptedStorage:
    """Know a storage by the id that it has now, if what lies there is what was recorded there.

    One person accepts a storage in which every recorded copy is sound and nothing else lies. Where
    anything differs, two persons decide: the first call requests it for this `reason`. What differs
    is recorded as damage either way. Where a copy could not be read, nothing is accepted; a dry run
    only compares.

    Raises AwaitsConfirmation; UsageError if the id is the known one, or nobody is named; Refused
    for a storage that was retired; WrongStorage for a storage of another name, or in which nothing
    is what was recorded there; WrongLedger for one that another ledger writes to; LedgerError,
    StorageError.
    """
    prove_ledger(archive, record=not dry_run)
    store = archive.store(storage)
    refuse_retired(archive, storage)
    if not dry_run:
        _finish(archive, storage)
    found, known = _ids(store)
    there = Store(store.config, store.storage, lambda: found)
    if store.config.role is not Role.HELD:
        refuse_others(archive, there)
    compared = _compare(archive, there, observer)
    _refuse_other_archive(compared, there)
    if dry_run or compared.unread:
        return AcceptedStorage(storage, found, known, accepted=False, reports=compared.reports)
    needed(archive.actor)
    agreement = None
    if not compared.agrees:
        terms = {"id": found, "sound": f"{compared.sound}/{len(compared.copies)}"}
        agreement = decided(archive, Matter(STORAGE, None, storage, terms), reason)
        reason = agreement.reason
    for copy, report in compared.copies:  # first: once it is accepted, nobody compares it again
        if _as_recorded(report) is report.outcome:
            record_check(copy, report)
    note_unrecorded(archive, storage, compared.strangers)
    _accept(archive, store, IdentityLearned(found, known, reason, _number(agreement)))
    if agreement is not None:
        note_done(archive, agreement)
    record_storage(archive, store)
    return AcceptedStorage(storage, found, known, accepted=True, reports=compared.reports)


def _finish(archive: ArchivalStorage, storage: str) -> None:
    """Note as done the decision by which it was accepted, if a run was interrupted before that."""
    entry = archive.ledger.last(storage=storage, types=(STORAGE_IDENTITY,))
    number = None if entry is None else entry.facts_as(IdentityLearned).decision
    if number is not None:
        known = decision(archive, number)
        if known.state(archive.clock()) is DecisionState.CONFIRMED:
            note_done(archive, known)


def _number(agreement: JointDecision | None) -> int | None:
    return None if agreement is None else agreement.number


def _ids(store: Store) -> tuple[str, str]:
    """The id that a storage has now, and the one that the ledger knows it by."""
    found, known = store.read_identity().id, store.remembered()
    if known is None or found == known:
        message = _("{storage} is the storage that the ledger knows: there is nothing to accept")
        raise UsageError(message.format(storage=store.id))
    if found is None:
        message = _("{storage} has no id, so it is older than the storage that the ledger knows")
        raise WrongStorage(message.format(storage=store.id))
    return found, known


def _compare(archive: ArchivalStorage, store: Store, observer: Observer) -> _Compared:
    """Read every copy that was recorded in a storage, and list what else lies there."""
    store.check_identity()
    removed = {uri for uri, stone in tombstones(archive.ledger).items() if stone.removed}
    given_up = removed | retired(archive.ledger).copies.get(store.id, frozenset())
    names = [uri for uri in archive.ledger.copies.packages(store.id) if uri not in given_up]
    copies = []
    for uri in counted("validate", WholeStorage(store.id), names, len(names), observer):
        copy = StoredCopy(archive, store, PackageId.parse(uri))
        if not copy.acknowledged():
            continue  # what was seen there once and never counted
        report = check_copy(copy, None, observer, fixity=True)
        assert report is not None, "the ledger knows of this copy"
        copies.append((copy, report))
    known = frozenset(copy.path for copy, _report in copies)
    return _Compared(copies, unrecorded(archive, store, list_root(store, known)))


def _refuse_other_archive(compared: _Compared, store: Store) -> None:
    """Refuse a storage in which nothing is as it was recorded: no person can know it for ours."""
    if compared.copies and not compared.sound and not compared.unread:
        message = _(
            "nothing in {url} is what was recorded in {storage}: it looks like the disk of another"
            " archive, and was not accepted"
        )
        raise WrongStorage(
            message.format(url=store.storage.url, storage=store.id),
            hint=_(
                "Put the right disk in its place. If ours is lost, mount an empty one and use"
                " `preserva rebuild storage`."
            ),
        )


def _accept(archive: ArchivalStorage, store: Store, facts: IdentityLearned) -> None:
    archive.ledger.append(
        STORAGE_IDENTITY, time=archive.now(), outcome=SUCCESS, storage=store.id, facts=facts
    )
    if store.config.role is not Role.HELD:
        with archive.writing(store):
            pass  # its mark says from now on that this ledger writes there
