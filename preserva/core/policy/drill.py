"""A disaster drill: known troubles, what each verb must say about them, and whether all went well.

Why it is so: docs/adr/0055-the-drill.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from preserva.core.policy.health import Aspect, Job
from preserva.core.policy.judgement import State
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome


class Trouble(StrEnum):
    """What is planted in the scratch archive, in the order in which it is tried."""

    BIT_FLIP = "bit flip"  # one bit of a page in a replica
    TRUNCATED_IMAGE = "truncated image"  # half of a page in the primary storage
    SILENT_PARTNER = "silent partner"  # the other site has not answered for days
    WRONG_DISK = "wrong disk"  # that of another archive in the place of a replica
    FULL_DISK = "full disk"  # of a replica, for days
    ROLLED_BACK_LEDGER = "rolled-back ledger"  # an old one in the place of the ledger
    LOST_SITE = "lost site"  # primary storage, ledger, its backups and configuration


class DrillVerb(StrEnum):
    """The verbs that look, in the order in which a night and a morning run them."""

    AUDIT = "audit"
    REPLICATE = "replicate"
    BACKUP = "ledger backup"
    INCIDENTS = "incidents"
    HEALTH = "health"


Signs = Mapping[DrillVerb, frozenset[str]]
"""What verbs said: codes of findings, states of copies, jobs and aspects of health, and of a verb
that refused to work, the name of the error. A verb that found nothing is not in it."""

NO_SIGNS: Signs = {}


def _refused(error: str) -> Signs:
    return {watch: frozenset([error]) for watch in DrillVerb}


_DAMAGE: Signs = {
    DrillVerb.AUDIT: frozenset([str(Code.OBJECT_DIGEST_MISMATCH.value)]),
    DrillVerb.INCIDENTS: frozenset([State.DAMAGED.value]),
    DrillVerb.HEALTH: frozenset([Aspect.DAMAGED.value]),
}


def _away(code: Code) -> dict[DrillVerb, frozenset[str]]:
    return {
        DrillVerb.AUDIT: frozenset([State.UNREACHABLE.value]),
        DrillVerb.REPLICATE: frozenset([str(code.value)]),
        DrillVerb.INCIDENTS: frozenset([State.UNREACHABLE.value]),
        DrillVerb.HEALTH: frozenset([Aspect.INCIDENTS.value]),
    }


EXPECTED: Mapping[Trouble, Signs] = {
    Trouble.BIT_FLIP: _DAMAGE,
    Trouble.TRUNCATED_IMAGE: _DAMAGE,
    Trouble.SILENT_PARTNER: {
        **_away(Code.STORAGE_UNREACHABLE),
        DrillVerb.HEALTH: frozenset([Aspect.INCIDENTS.value, Job.REPLICATE.value]),
    },
    Trouble.WRONG_DISK: _away(Code.STORAGE_WRONG),
    Trouble.FULL_DISK: {
        DrillVerb.REPLICATE: frozenset([str(Code.NOT_WRITTEN.value)]),
        DrillVerb.HEALTH: frozenset([Job.REPLICATE.value]),
    },
    Trouble.ROLLED_BACK_LEDGER: _refused("WrongLedger"),
    Trouble.LOST_SITE: _refused("ArchiveNotFound"),
}
"""The least that each verb must say. What follows from it, such as too few copies, depends on the
configuration, and may be said as well."""


@dataclass(frozen=True, slots=True)
class ExerciseResult:
    """What became of one trouble.

    `planted` are the places in the scratch archive that were changed; none if it could not be
    planted. `seen` is what the verbs said then, `mended` the commands that mended it, `left` what
    they said afterwards, `differing` the files that are not what they were before. `problem` is
    what ended the exercise on its way.
    """

    trouble: Trouble
    planted: tuple[str, ...] = ()
    seen: Signs = field(default_factory=dict)
    mended: tuple[str, ...] = ()
    left: Signs = field(default_factory=dict)
    differing: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def missed(self) -> Signs:
        """What should have been said and was not."""
        if not self.planted:
            return NO_SIGNS
        lacking = {
            watch: expected - self.seen.get(watch, frozenset())
            for watch, expected in EXPECTED[self.trouble].items()
        }
        return {watch: signs for watch, signs in lacking.items() if signs}

    @property
    def outcome(self) -> Outcome:
        """UNKNOWN if it could not be planted, FAIL if it was not seen, or not mended completely."""
        if not self.planted:
            return Outcome.UNKNOWN
        failed = self.missed or self.left or self.differing or self.problem or not self.mended
        return Outcome.FAIL if failed else Outcome.PASS


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill of an institution that began at a time, and the result of each exercise.

    `seconds` is how long it took; `place` is the folder with the scratch archives, if they are
    still there.
    """

    institution: str
    at: datetime
    results: tuple[ExerciseResult, ...]
    seconds: float
    place: str | None = None

    @property
    def outcome(self) -> Outcome:
        """That of the worst exercise; a drill without one proves nothing."""
        return Outcome.worst(result.outcome for result in self.results)
