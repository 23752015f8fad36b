"""The report: the state of an archive and the proof of it, by its ledger and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from preserva.archive.archive import ArchivalStorage
from preserva.core.policy.audit import Lane, deadline
from preserva.core.policy.overview import (
    CopyState,
    Done,
    Incident,
    Overview,
    StorageState,
    count_ages,
)
from preserva.core.values.entries import DECISION
from preserva.core.values.model import PackageId
from preserva.errors import NotFound
from preserva.fixity.audit import capacity_of
from preserva.fixity.audit_run import UNLIMITED
from preserva.fixity.audit_schedule import foresee, lanes_of
from preserva.i18n import _
from preserva.ledger import LedgerEntry
from preserva.reporting.incidents import open_incidents

_FEW = 1_000
"""Packages with too few copies that are named."""


def overview(archive: ArchivalStorage, *, past: bool = True) -> Overview:
    """What the ledger says of all copies, now, and of the past, for which all of it is read.

    Raises LedgerError.
    """
    archive.refuse_outdated(archive.primary)
    config, ledger, now = archive.config, archive.ledger, archive.clock()
    lanes = lanes_of(config, ())
    return Overview(
        config.institution.id,
        now,
        tuple(_storages(archive)),
        tuple(open_incidents(archive)),
        tuple(ledger.totals.few(config.policy.copies, _FEW)),
        config.policy.copies,
        count_ages(((_time(checked), copies) for checked, copies in ledger.totals.ages()), now),
        tuple(ledger.totals.months()) if past else (),
        tuple(ledger.totals.years()) if past else (),
        foresee(ledger, lanes, now=now, capacity=capacity_of(archive, UNLIMITED)),
        ledger.size,
        ledger.digest,
    )


def copy_states(archive: ArchivalStorage) -> Iterator[CopyState]:
    """Every copy in the storages of the configuration, in the order of the packages."""
    now, lanes = archive.clock(), lanes_of(archive.config, ())
    for row in archive.ledger.totals.copies():
        if row.storage not in archive.config.storages:
            continue
        checked = _time(row.checked)
        interval = next(lane for lane in lanes if _holds(lane, row.package, row.storage)).interval
        yield CopyState(
            row.package,
            row.storage,
            archive.config.storages[row.storage].institution,
            row.state,
            checked,
            deadline(checked, interval, now),
            row.size,
            row.entry,
            row.digest,
        )


def history(archive: ArchivalStorage, package: PackageId) -> tuple[list[Done], list[Incident]]:
    """All that was done to a package, and what is open about it. Raises NotFound."""
    done = [
        Done(
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
    found = entry.facts.get("findings", ())
    said = [f"{one['code']} {one['path'] or ''}".strip() for one in found]
    if entry.type == DECISION:
        said.append(f"{entry.facts['by']}: {entry.facts['decision']}")
    return tuple(said)


def _storages(archive: ArchivalStorage) -> Iterator[StorageState]:
    rows = list(archive.ledger.totals.states())
    for storage in archive.config.storages.values():
        own = [row for row in rows if row[0] == storage.id]
        oldest = min((row[3] for row in own if row[3] is not None), default=None)
        yield StorageState(
            storage.id,
            storage.name,
            storage.institution,
            sum(row[2] for row in own),
            {row[1]: row[2] for row in own},
            _time(oldest),
            sum(row[4] for row in own),
        )


def _holds(lane: Lane, package: str, storage: str) -> bool:
    """Whether a copy is of a lane; the patterns are those of SQLite's GLOB."""
    matches = lane.like is None or fnmatchcase(package, lane.like)
    return lane.storage == storage and matches


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
