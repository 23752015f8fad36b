"""The health of an archive, by its ledger, what its jobs noted, and the disks of this computer.

No storage is asked anything, so it can be looked at as often as monitoring likes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from preserva.archive.archive import ArchivalStorage
from preserva.archive.judgements import tally_of
from preserva.archive.retirement import dropped_storages
from preserva.archive.runs import last_success
from preserva.config import Config, Role
from preserva.core.policy.health import (
    ExpectedJob,
    Health,
    HealthCheck,
    HealthFacts,
    Job,
    examine,
    examine_jobs,
)
from preserva.core.policy.judgement import State
from preserva.core.values.report import Outcome
from preserva.fixity.audit_schedule import foresee, lanes_in
from preserva.reporting.incidents import open_incidents


def health(archive: ArchivalStorage) -> Health:
    """Whether an archive is well now. Raises LedgerError."""
    config, now = archive.config, archive.clock()
    tally = tally_of(archive)
    undecided = [incident for incident in open_incidents(archive) if not incident.decisions]
    damaged = sum(incident.state.outcome is Outcome.FAIL for incident in undecided)
    lanes = lanes_in(archive)
    facts = HealthFacts(
        now,
        damaged=damaged,
        incidents=len(undecided) - damaged,
        too_few=len(tally.few),
        incomplete=tally.count(State.INCOMPLETE),
        overdue=foresee(archive.ledger, lanes, now=now, capacity=None).overdue,
        dropped=len(dropped_storages(archive.ledger, config)),
        jobs=tuple(_jobs(config)),
        free=dict(_free(config)),
    )
    return examine(facts, config.health)


def regular_work(config: Config, now: datetime) -> Iterator[HealthCheck]:
    """Of the health, whether the jobs that must be done again and again are done; no ledger."""
    return examine_jobs(_jobs(config), now, config.health)


def _jobs(config: Config) -> Iterator[ExpectedJob]:
    """The jobs that an archive with these storages needs, and when they last succeeded."""
    roles = [storage.role for storage in config.storages.values()]
    jobs = [Job.AUDIT, Job.BACKUP]
    jobs += [Job.REPLICATE] if Role.REPLICA in roles else []
    jobs += [Job.RECEIVE] if Role.HELD in roles else []
    for job in jobs:
        yield ExpectedJob(job, None, last_success(config, job))
    for storage in config.storages.values():
        if storage.role is Role.REPLICA:
            copied = last_success(config, Job.LEDGER_COPY, storage.id)
            yield ExpectedJob(Job.LEDGER_COPY, storage.id, copied)


def _free(config: Config) -> Iterator[tuple[str | None, int]]:
    """The space on the disks of this computer, as far as they are there."""
    places: dict[str | None, Path] = {None: config.ledger.parent}
    for storage in config.storages.values():
        if "://" not in storage.url:
            places[storage.id] = Path(storage.url)
    for name, path in places.items():
        try:
            yield name, shutil.disk_usage(path).free
        except OSError:
            continue  # a storage that is away is an incident of its own
