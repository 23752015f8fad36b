"""The decisions that take two persons: requested by one, confirmed or refused by another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from preserva.api.session import Session

if TYPE_CHECKING:
    from preserva import JointDecision, PackageId, Tombstone


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
        """Request a decision of a kind: claim, policy, removal, repair, withdrawal.

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

    def withdrawn(self) -> list[Tombstone]:
        """The packages that are withdrawn. Raises LedgerError."""
        from preserva.archive.withdrawal import tombstones

        return list(tombstones(self._archive.ledger).values())
