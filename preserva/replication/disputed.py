"""A copy in dispute: somebody else went on from our versions in it. Two persons decide what counts.

What was recorded counts, and the further versions go to quarantine: that is the decision `repair`.
Nothing is lost by it, but whoever added them meant something, so no single person repairs it.
"""

from __future__ import annotations

from preserva.archive.stored_copy import StoredCopy
from preserva.archive.two_persons import decided, decisions
from preserva.core.policy.two_persons import (
    REPAIR,
    DecisionState,
    JointDecision,
    Matter,
    agreed,
)
from preserva.core.values.codes import Code
from preserva.replication.survey import Survey


def decision_on(copy: StoredCopy, survey: Survey, reason: str | None) -> JointDecision | None:
    """The decision by which a copy in dispute may be repaired; None where there is none.

    With a `reason` it is requested: raises AwaitsConfirmation.
    """
    if {finding.code for finding in survey.findings} != {Code.DIVERGED}:
        return None  # nothing is in dispute, or something else is wrong too
    terms = {str(finding.path): finding.seen or "" for finding in survey.findings}
    matter = Matter(REPAIR, copy.package.uri, copy.store.id, terms)
    if reason:
        return decided(copy.archive, matter, reason)
    now = copy.archive.clock()
    return agreed(decisions(copy.archive), matter, {DecisionState.CONFIRMED}, now)
