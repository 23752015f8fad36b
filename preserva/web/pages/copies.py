"""Copies: what lacks in each storage, what would be copied, and what others have brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from preserva.archive.archive import ArchivalStorage
from preserva.config import Role, StorageConfig
from preserva.core.policy.health import HealthCheck
from preserva.core.policy.judgement import Judgement, State
from preserva.core.values.entries import ACCESSION
from preserva.outputs import report
from preserva.outputs.health import health_sentence
from preserva.reporting.health import regular_work
from preserva.web.visit import Visit

_MOST = 20
"""How many packages are named of those that a storage lacks."""


@dataclass(frozen=True, slots=True)
class Replica:
    """A storage that receives our copies, and the packages that it lacks, wholly or in part."""

    storage: StorageConfig
    lacking: list[str]


@dataclass(frozen=True, slots=True)
class Held:
    """A storage that we keep for others: when they last brought something, how much is there."""

    storage: StorageConfig
    newest: datetime | None
    packages: int


def show(visit: Visit) -> Response:
    """The page."""
    with visit.archive() as archive:
        storages = archive.config.storages.values()
        replicas = [
            Replica(storage, _lacking(visit, archive, storage.id))
            for storage in storages
            if storage.role is Role.REPLICA
        ]
        held = [_held(archive, storage) for storage in storages if storage.role is Role.HELD]
        work = [(check, health_sentence(check)) for check in _work(archive)]
    return visit.show(
        "copies", replicas=replicas, held=held, work=work, most=_MOST, short=report.short
    )


def _work(archive: ArchivalStorage) -> list[HealthCheck]:
    return list(regular_work(archive.config, archive.clock()))


def _lacking(visit: Visit, archive: ArchivalStorage, storage: str) -> list[str]:
    """Our packages whose newest version is not in a storage."""

    def fits(judgement: Judgement) -> bool:
        there = any(
            copy.known.storage == storage and copy.state is not State.INCOMPLETE
            for copy in judgement.copies
        )
        return bool(judgement.own and judgement.newest and not judgement.withdrawn) and not there

    return visit.site.standing.packages(archive, fits)


def _held(archive: ArchivalStorage, storage: StorageConfig) -> Held:
    entry = archive.ledger.last(storage=storage.id, types=(ACCESSION,))
    time = None if entry is None else datetime.fromisoformat(entry.time)
    return Held(storage, time, len(archive.ledger.copies.packages(storage.id)))
