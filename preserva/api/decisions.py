"""The decisions that take two persons: requested by one, confirmed or refused by another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from preserva.api.session import Session

if TYPE_CHECKING:
    from preserva import (
        CopyRemoval,
        JointDecision,
        PackageId,
        Relation,
        RelationKind,
        Report,
        Tombstone,
    )


class DecisionVerbs(Session):
    """What two persons agree on before it is done."""

    def decisions(self) -> list[JointDecision]:
        """Every decision of two persons, the oldest first; `state(now)` says how far it is.

        Raises LedgerError.
        """
        from preserva.archive.two_persons import decisions

        return decisions(self._archive)

    def request_decision(
        self,
        kind: str,
        reason: str,
        *,
        package: PackageId | str | None = None,
        storage: str | None = None,
        terms: Mapping[str, str] | None = None,
    ) -> JointDecision:
        """Request a decision of a kind: claim, policy, removal, repair, retirement, withdrawal.

        `terms` specify the decision further; by default, those of a policy are the present
        configuration's. What waits already is requested once. Verbs that need a decision request it
        themselves and raise AwaitsConfirmation.

        Raises UsageError for an unknown kind or storage, or if the requesting person is not named.
        """
        from preserva.archive.two_persons import matter_of, request

        name = None if package is None else self._id(package)
        return request(self._archive, matter_of(self._archive, kind, name, storage, terms), reason)

    def answer_decision(
        self, number: int, *, confirm: bool, reason: str | None = None
    ) -> JointDecision:
        """Confirm or refuse a decision, as the person with whom the archive was opened.

        Raises UsageError if there is no decision of this number, or no person is named; Refused if
        it is not waiting for an answer, or if the requesting person tries to confirm it.
        """
        from preserva.archive.two_persons import answer

        return answer(self._archive, number, confirm=confirm, reason=reason)

    def withdraw(self, package: PackageId | str, reason: str | None = None) -> Tombstone:
        """Withdraw a package that was a mistake or a duplicate, once two persons decided it.

        The first call requests it and raises AwaitsConfirmation; when another person has confirmed
        it, the same call does it. Nothing in any storage is touched.

        Raises NotFound for a package that the ledger does not know, Refused for one of another
        institution, UsageError without a reason, Locked, StorageError.
        """
        from preserva.archive.withdrawal import withdraw

        return withdraw(self._archive, self._id(package), reason)

    def undo_withdrawal(self, package: PackageId | str, reason: str) -> None:
        """Take a withdrawal back, as one person.

        Raises UsageError if the package is not withdrawn, or if the acting person is not named.
        """
        from preserva.archive.withdrawal import undo

        undo(self._archive, self._id(package), reason)

    def remove_bytes(
        self, package: PackageId | str, reason: str | None = None
    ) -> list[CopyRemoval]:
        """Remove the copies of a withdrawn package from our storages, once two persons decided it.

        The first call requests it and raises AwaitsConfirmation; when another person has confirmed
        it and the grace period of the policy is over, the same call does it, for good. Copies that
        another institution holds are named (W384) and not touched; E385 names one that its storage
        does not let go, and the same call tries again.

        Raises Refused during the grace period, UsageError for a package that is not withdrawn, or
        without a reason or a person; Locked, LedgerError, StorageError.
        """
        from preserva.archive.removal import remove_bytes

        return remove_bytes(self._archive, self._id(package), reason)

    def retire(
        self, storage: str, package: PackageId | str | None = None, *, reason: str | None = None
    ) -> None:
        """Retire a storage, or the copy of one package in it, once two persons decided it.

        The first call requests it and raises AwaitsConfirmation; when another person has confirmed
        it, the same call does it. Nothing in the storage is touched.

        Raises Refused if a package would be left with fewer proved copies than the policy wants, or
        for the primary storage; NotFound if the ledger knows of no such copy; UsageError without a
        reason; Locked, StorageError.
        """
        from preserva.archive.retirement import retire

        retire(self._archive, storage, None if package is None else self._id(package), reason)

    def undo_retirement(
        self, storage: str, package: PackageId | str | None = None, *, reason: str
    ) -> None:
        """Take a retirement back, as one person.

        Raises UsageError if it is not retired, or if the acting person is not named.
        """
        from preserva.archive.retirement import undo

        undo(self._archive, storage, None if package is None else self._id(package), reason)

    def relate(
        self,
        package: PackageId | str,
        kind: RelationKind | str,
        other: PackageId | str,
        *,
        reason: str,
    ) -> Report:
        """State how a package stands to another; the finding W387 if the ledger has no such other.

        `kind` is one of volume of, same edition as, replaces, bound with. It is in the package's
        PREMIS from the next version on. Raises ValueError for another kind; UsageError if nobody
        is named who says so, or for a package and itself; NotFound for a package that the ledger
        does not know; Refused if the same is known the other way round.
        """
        from preserva.archive.relations import relate
        from preserva.core.policy.relations import RelationKind

        first, second = self._id(package), self._id(other)
        return relate(self._archive, first, RelationKind(kind), second, reason)

    def unrelate(
        self,
        package: PackageId | str,
        kind: RelationKind | str,
        other: PackageId | str,
        *,
        reason: str,
    ) -> None:
        """Take a relation back. Raises what `relate` does; UsageError if it is not stated."""
        from preserva.archive.relations import unrelate
        from preserva.core.policy.relations import RelationKind

        first, second = self._id(package), self._id(other)
        unrelate(self._archive, first, RelationKind(kind), second, reason)

    def relations(self) -> list[Relation]:
        """How packages stand to each other, as it is stated now. Raises LedgerError."""
        from preserva.archive.relations import relations

        return relations(self._archive.ledger)

    def withdrawn(self) -> list[Tombstone]:
        """The packages that are withdrawn. Raises LedgerError."""
        from preserva.archive.withdrawal import tombstones

        return list(tombstones(self._archive.ledger).values())
