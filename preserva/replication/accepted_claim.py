"""Another institution's claim about its own package: two persons decide whether it counts.

What we recorded first counts, unless that institution meant the change: its storage was restored,
or it made the package again. The decision is about exactly the digests that are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from preserva.archive.stored_copy import StoredCopy
from preserva.archive.two_persons import decided, decision, decisions
from preserva.core.policy.two_persons import CLAIM, DecisionState, JointDecision, Matter, agreed
from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION
from preserva.core.values.facts import Arrival
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome
from preserva.fixity.ocfl_object import CheckedObject


@dataclass(frozen=True, slots=True)
class DisputedClaim:
    """A copy that is sound, but not what was recorded before: `versions` are those that differ."""

    copy: StoredCopy
    checked: CheckedObject
    versions: tuple[str, ...]

    @property
    def matter(self) -> Matter:
        """What two persons would decide: exactly these digests count from then on."""
        terms = {version: self.checked.digests.get(version, "") for version in self.versions}
        return Matter(CLAIM, self.copy.package.uri, self.copy.store.id, terms)


def disputed_claim(
    copy: StoredCopy,
    checked: CheckedObject,
    findings: Sequence[Finding],
    begun: JointDecision | None = None,
) -> DisputedClaim | None:
    """What a copy claims by its `findings`; None if something else is wrong with it as well.

    What a decision was about that an interrupted run has `begun` to carry out is claimed, too.
    """
    other = [finding for finding in findings if finding.code is Code.NOT_AS_RECORDED]
    if Outcome.of([finding for finding in findings if finding not in other]) is not Outcome.PASS:
        return None
    claimed = {str(finding.path).partition("/")[0] for finding in other}
    if begun is not None:
        claimed |= begun.matter.terms.keys()
    return DisputedClaim(copy, checked, tuple(sorted(claimed)))


def begun_decision(copy: StoredCopy) -> JointDecision | None:
    """The decision that an interrupted run began to carry out: versions count, the rest is open."""
    entry = copy.last(ACCESSION)
    number = None if entry is None else entry.facts_as(Arrival).decision
    if number is None:
        return None
    known = decision(copy.archive, number)
    return known if known.state(copy.archive.clock()) is DecisionState.CONFIRMED else None


def decision_on(
    claim: DisputedClaim, accept: PackageId | None, reason: str | None
) -> JointDecision | None:
    """The confirmed decision by which a claim counts; None if there is none.

    For the package to `accept` it is requested, for this `reason`. Raises AwaitsConfirmation;
    UsageError without a reason.
    """
    archive = claim.copy.archive
    confirmed = agreed(decisions(archive), claim.matter, {DecisionState.CONFIRMED}, archive.clock())
    if confirmed is None and accept != claim.copy.package:
        return None
    return decided(archive, claim.matter, reason)
