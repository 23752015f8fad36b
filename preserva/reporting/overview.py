"""The report: the state of an archive and the proof of it, by its ledger and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from preserva.archive.archive import ArchivalStorage
from preserva.archive.judgements import judgements, rules_of, tally_of
from preserva.core.policy.audit import Lane, deadline
from preserva.core.policy.judgement import StorageTally, Tally
from preserva.core.policy.overview import (
    CopyState,
    HistoryEntry,
    Incident,
    Overview,
    StorageState,
    count_ages,
)
from preserva.core.values.entries import DECISION, FIXITY_CHECK
from preserva.core.values.facts import Check, DecisionTaken
from preserva.core.values.model import PackageId
from preserva.errors import NotFound
from preserva.fixity.audit import capacity_of
from preserva.fixity.audit_run import UNLIMITED
from preserva.fixity.audit_schedule import foresee, lanes_in
from preserva.i18n import _
from preserva.ledger import LedgerEntry
from preserva.reporting.incidents import open_incidents

_FEW = 1_000
"""How many packages with too few copies are listed."""


def overview(
    archive: ArchivalStorage, *, past: bool = True, tally: Tally | None = None
) -> Overview:
    """What the ledger says of all copies, now, and of the past, for which all of it is read.

    `tally` is that of the whole archive, if it is known already. Raises LedgerError.
    """
    archive.refuse_outdated(archive.primary)
    config, ledger, now = archive.config, archive.ledger, archive.clock()
    lanes, tally = lanes_in(archive), tally or tally_of(archive)
    return Overview(
        config.institution.id,
        now,
        tuple(_storages(archive, tally)),
        tuple(open_incidents(archive)),
        tuple(tally.few[:_FEW]),
        config.policy.copies,
        count_ages(((_time(checked), copies) for checked, copies in ledger.totals.ages()), now),
        tuple(ledger.totals.months()) if past else (),
        tuple(ledger.totals.years()) if past else (),
        foresee(ledger, lanes, now=now, capacity=capacity_of(archive, UNLIMITED)),
        ledger.size,
        ledger.digest,
        {institution.id: institution.names for institution in config.institutions.values()},
    )


def copy_states(archive: ArchivalStorage) -> Iterator[CopyState]:
    """Every copy in the storages of the configuration, in the order of the packages.

    Those that the ledger does not know are among them.
    """
    now, lanes = archive.clock(), lanes_in(archive)
    rules = rules_of(archive)
    for judgement in judgements(archive, rules):
        for copy in judgement.copies:
            known = copy.known
            checked = _time(known.checked)
            own = (lane for lane in lanes if _holds(lane, known.package, known.storage))
            yield CopyState(
                known.package,
                known.storage,
                rules.places[known.storage].institution,
                copy.state,
                checked,
                deadline(checked, next(own).interval, now),
                known.size,
                known.entry,
                known.digest,
            )


def history(
    archive: ArchivalStorage, package: PackageId
) -> tuple[list[HistoryEntry], list[Incident]]:
    """Everything done to a package, and its open incidents. Raises NotFound."""
    done = [
        HistoryEntry(
            entry.number,
            entry.time,
            entry.type,
            entry.outcome,
            entry.storage,
            entry.version,
            _details(entry),
        )
        for entry in archive.ledger.entries(package=package.uri)
    ]
    if not done:
        raise NotFound(_("the ledger knows of no package {id}").format(id=package))
    incidents = open_incidents(archive)
    return done, [incident for incident in incidents if incident.package == package.uri]


def _details(entry: LedgerEntry) -> tuple[str, ...]:
    if entry.type == FIXITY_CHECK:
        return tuple(finding.place() for finding in entry.facts_as(Check).findings or ())
    if entry.type == DECISION:
        facts = entry.facts_as(DecisionTaken)
        return (f"{facts.by}: {facts.decision}",)
    return ()


def _storages(archive: ArchivalStorage, tally: Tally) -> Iterator[StorageState]:
    for storage in archive.config.storages.values():
        own = tally.storages.get(storage.id, StorageTally())
        yield StorageState(
            storage.id,
            storage.name,
            storage.institution,
            own.states.total(),
            dict(own.states),
            _time(own.oldest),
            own.size,
        )


def _holds(lane: Lane, package: str, storage: str) -> bool:
    """Whether a copy belongs to a lane; the patterns are those of SQLite's GLOB."""
    matches = lane.like is None or fnmatchcase(package, lane.like)
    return lane.storage == storage and matches


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
