"""The summary of an archive's ledger: the state of the copies, and the proof of past work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from preserva.core.policy.audit import Forecast
from preserva.core.policy.judgement import State
from preserva.core.values.facts import RecordedFinding
from preserva.core.values.report import Outcome

AGES = (30, 60, 90, 180, 365)
"""The ages of last checks, in days, between which a report counts copies."""


@dataclass(frozen=True, slots=True)
class CopyState:
    """A copy, by the ledger alone. `checked` is when a reading of it was last completed.

    `entry` and `digest` are those of its newest check in the ledger.
    """

    package: str
    storage: str
    institution: str
    state: State
    checked: datetime | None
    deadline: datetime | None
    size: int | None
    entry: int | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's decision about an incident."""

    time: str
    by: str
    decision: str


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that waits for a person: a copy, or with `package` None a storage, is not sound.

    `package` is an identifier, or the folder of an object that is not a package. `number` is the
    entry of the ledger that opened it; it stays the same until a check proves that it is over.
    `seen` counts the checks that found it so, `findings` are those of the newest one, which made
    `more` that the ledger does not name.
    """

    number: int
    package: str | None
    storage: str
    state: State
    since: str
    newest: str
    seen: int
    findings: tuple[RecordedFinding, ...]
    more: int = 0
    decisions: tuple[Decision, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the findings, each once."""
        return tuple(dict.fromkeys(finding.code for finding in self.findings))

    @property
    def outcome(self) -> Outcome:
        """FAIL for damage and loss, UNKNOWN for what could not be read or is not recorded."""
        return self.state.outcome


@dataclass(frozen=True, slots=True)
class EndedIncident:
    """A copy that a check found damaged or missing at a `time`, and a later one sound again."""

    package: str
    storage: str
    time: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """An action on a package: a ledger entry in short."""

    number: int
    time: str
    type: str
    outcome: str
    storage: str | None
    version: str | None
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StorageState:
    """The copies of one storage: how many of each state, the oldest check, bytes as last read."""

    storage: str
    name: str
    institution: str
    copies: int
    states: dict[State, int]
    oldest: datetime | None
    size: int


@dataclass(frozen=True, slots=True)
class Month:
    """The checks of one month (`2026-11`), and the bytes that they read."""

    month: str
    success: int
    fail: int
    unknown: int
    size: int


@dataclass(frozen=True, slots=True)
class Year:
    """The proof for a year: its ledger entries from first to last, and the checks."""

    year: str
    first: int
    last: int
    digest: str
    checks: int
    fail: int
    unknown: int
    copies: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The content of a report on an archive at one moment.

    `names` are those of the institutions, by id and language.
    """

    institution: str
    at: datetime
    storages: tuple[StorageState, ...]
    incidents: tuple[Incident, ...]
    few: tuple[tuple[str, int], ...]
    wanted: int
    ages: tuple[int, ...]
    months: tuple[Month, ...]
    years: tuple[Year, ...]
    forecast: Forecast
    entries: int
    newest: str
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """The worst of the incidents; UNKNOWN if copies are overdue or packages have too few."""
        waiting = Outcome.UNKNOWN if self.few or self.forecast.overdue else Outcome.PASS
        return Outcome.worst((waiting, *(incident.outcome for incident in self.incidents)))

    @property
    def copies(self) -> int:
        """All copies in all storages."""
        return sum(storage.copies for storage in self.storages)

    def count(self, state: State) -> int:
        """The number of copies in a state."""
        return sum(storage.states.get(state, 0) for storage in self.storages)


def count_ages(checks: Iterable[tuple[datetime | None, int]], now: datetime) -> tuple[int, ...]:
    """How many copies were last read within each of AGES, then longer ago, then never.

    A check in the future is of unknown age: it is counted with the oldest.
    """
    counts = [0] * (len(AGES) + 2)
    for checked, copies in checks:
        counts[_place(checked, now)] += copies
    return tuple(counts)


def _place(checked: datetime | None, now: datetime) -> int:
    if checked is None:
        return len(AGES) + 1
    if checked > now:
        return len(AGES)
    for place, days in enumerate(AGES):
        if now - checked <= timedelta(days=days):
            return place
    return len(AGES)
