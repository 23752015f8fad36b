"""What the ledger recorded of a package, wherever its copies are: all must agree with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from preserva.core.policy.testimony import Commitment, Custody, Testimony, weigh
from preserva.core.values.entries import (
    ACCESSION,
    DECISION_DONE,
    END,
    EVENT_FOUND,
    RECOVERY,
    REPLICATION,
    SUCCESS,
)
from preserva.core.values.facts import Arrival, DecisionStep, EventLog, Logged
from preserva.core.values.model import PackageId
from preserva.ledger import Ledger, LedgerEntry

_COMMITMENTS = (END, ACCESSION)
_LOGGED = (END, REPLICATION, RECOVERY, EVENT_FOUND)


@dataclass(frozen=True, slots=True)
class RecordedPackage:
    """A package as the ledger knows it. Every method asks the ledger and may raise LedgerError.

    Only entries whose testimony counts are used: core/policy/testimony.py.
    """

    ledger: Ledger
    package: PackageId
    custody: Custody

    def commitment(self, version: str) -> Arrival | None:
        """What was recorded when a version was first stored or received; None if nothing was."""
        counts = self.testimony().first.get(version)
        return None if counts is None else self.ledger.entry(counts.entry).facts_as(Arrival)

    def testimony(self) -> Testimony:
        """What was first recorded of each version, and what later contradicts it."""
        return weigh(map(_commitment, self._commitments()))

    def inventories(self) -> dict[str, str]:
        """The digest of the inventory of each version that was ever stored, oldest first."""
        first = self.testimony().first
        return {version: statement.inventory for version, statement in first.items()}

    def _commitments(self) -> Iterator[LedgerEntry]:
        for entry in self.ledger.entries(package=self.package.uri, types=_COMMITMENTS):
            counts = self.custody.commits(entry.type, self.package, entry.storage)
            if counts and entry.outcome == SUCCESS and entry.version is not None:
                yield entry

    def logged(self) -> list[LoggedEvent]:
        """The events that also have a record in the `logs/` of copies, oldest first.

        What was found in copies before another institution's claim was accepted counts no more.
        """
        begun = max(
            (entry.number for entry in self._commitments() if _is_decided(entry)), default=0
        )
        entries = (
            entry
            for entry in self.ledger.entries(package=self.package.uri, types=_LOGGED)
            if entry.type != EVENT_FOUND or entry.number > begun
        )
        events = ((entry, entry.facts_as(Logged)) for entry in entries if entry.outcome == SUCCESS)
        return [
            LoggedEvent(entry, facts.log, facts) for entry, facts in events if facts.log is not None
        ]

    def given_up(self) -> set[str]:
        """The SHA-256 of the records of events that two persons gave up as lost."""
        done = self.ledger.entries(package=self.package.uri, types=(DECISION_DONE,))
        return {digest for entry in done for digest in entry.facts_as(DecisionStep).records or ()}

    def log_digests(self) -> set[str]:
        """The SHA-256 of every record of an event that the ledger knows."""
        return {event.log.sha256 for event in self.logged()}


def _commitment(entry: LedgerEntry) -> Commitment:
    inventory = entry.facts_as(Arrival).inventory
    return Commitment(entry.number, str(entry.version), inventory, _is_decided(entry))


def _is_decided(entry: LedgerEntry) -> bool:
    """Whether two persons let it count in place of what was recorded before."""
    return entry.type == ACCESSION and entry.facts_as(Arrival).decision is not None


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event with a record in the `logs/` of copies, and its entry in the ledger."""

    entry: LedgerEntry
    log: EventLog
    facts: Logged

    @property
    def storages(self) -> set[str]:
        """The storages whose copies keep the record."""
        own = () if self.entry.storage is None else (self.entry.storage,)
        return {*own, *self.facts.storages_beside}

    def is_record(self, name: str, digest: str) -> bool:
        """Whether a file of `logs/` is its record, under the expected name."""
        return digest == self.log.sha256 and self.log.event in name


def tag_manifests(files: Mapping[str, str]) -> dict[str, str]:
    """The digests of the tag manifests among a version's files, by logical path."""
    return {
        path: digest
        for path, digest in sorted(files.items())
        if "/" not in path and path.startswith("tagmanifest-")
    }
