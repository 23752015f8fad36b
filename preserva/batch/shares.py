"""A table worked on by several processes at a time, each with its share of the rows.

A process makes each of its packages as a bag in a folder of its own, which needs no lock and takes
nearly all of the time. Then it waits until no other writes, and stores it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from preserva.archive.archive import ArchivalStorage
from preserva.batch.cells import Cells
from preserva.batch.outcome import RowResult
from preserva.batch.package_rows import PackageJob, PackageWork, refused
from preserva.core.values.report import Observer
from preserva.errors import Locked, LockLost, UsageError
from preserva.files.disk import discard, staging, writing
from preserva.i18n import _
from preserva.ingest.bag import store
from preserva.ingest.image_inspection import Inspection
from preserva.ingest.package import Packaged, look_up, package_bag
from preserva.ingest.source_folder import refuse
from preserva.ingest.stored_scans import bag_scans, stored_scans
from preserva.retry import retry

T = TypeVar("T")

_PAUSE = 0.2
_PATIENCE = 3600.0
"""Seconds to wait for a lock: others hold it while they store one book."""


@dataclass(frozen=True, slots=True)
class Share:
    """The rows that this process does: every `of_all`-th, beginning with row `number`, from 1."""

    number: int = 1
    of_all: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of_all:
            message = _("{text} is not a share of the rows: 2/4 is the second of four")
            raise UsageError(message.format(text=f"{self.number}/{self.of_all}"))

    @classmethod
    def parse(cls, text: str) -> Share:
        """The share that is written as `2/4`. Raises UsageError."""
        match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        if match is None:
            message = _("{text} is not a share of the rows: 2/4 is the second of four")
            raise UsageError(message.format(text=text))
        return cls(int(match[1]), int(match[2]))

    @property
    def suffix(self) -> str:
        """What distinguishes the files of this share from those of the others."""
        return "" if self.of_all == 1 else f"-{self.number}-of-{self.of_all}"

    def of(self, rows: Sequence[Cells]) -> Sequence[Cells]:
        """The rows of this share."""
        return rows[self.number - 1 :: self.of_all]


WHOLE = Share()


@contextmanager
def scratch(archive: ArchivalStorage, name: str, place: Path | None = None) -> Iterator[Path]:
    """An empty folder for packages on their way, by default beside the ledger.

    Leftovers of a killed process are removed. Raises Locked if another has the same one.
    """
    ledger = archive.config.ledger
    parent = place or ledger.parent / f"{ledger.stem}-batch"
    with writing(parent):
        parent.mkdir(parents=True, exist_ok=True)
    with staging(parent / name) as folder:
        yield folder


@dataclass(slots=True, kw_only=True)
class SharedPackageWork(PackageWork):
    """Makes the package of a row without holding the storage, which others write to as well."""

    scratch: Path

    def prepare(self, rows: Iterable[Cells]) -> None:
        """Read the files of records, and complete what an interrupted writer left in the storage.

        Whatever is there afterwards is acknowledged.
        """
        PackageWork.prepare(self, rows)
        when_free(self._recover)

    def do(self, cells: Cells, observer: Observer) -> RowResult:
        """Make the package in the scratch folder, then store it."""
        if self.dry_run:
            return PackageWork.do(self, cells, observer)
        job = self.job_of(cells)
        if job is None:
            return refused(cells)
        packaged = self.known(job, observer) or self._make(job, observer)
        return self.result(cells, packaged)

    def _recover(self) -> None:
        with self.archive.writing(self.archive.primary):
            pass  # the writer's first steps are all that is wanted

    def known(self, job: PackageJob, observer: Observer) -> Packaged | None:
        """The package, if it is stored. Raises Refused if another one is."""
        return look_up(
            job.folder,
            job.record,
            self.archive,
            local=job.local,
            charset=job.charset,
            details=job.details,
            observer=observer,
        )

    def keep(self, folder: Path, packaged: Packaged, bag: Path) -> Packaged:
        """Store the bag of a folder as soon as nobody else writes, and remove it.

        Only who stores it sees what is stored already: pages of another package are found here.
        Raises PackageError if the policy refuses them; then nothing was stored.
        """
        inspection = Inspection(self.archive.config.images)
        stored = partial(stored_scans, self.archive, packaged.package, writing=True)
        inspection.compare(bag_scans(bag), stored)
        if inspection.problems:
            discard(bag)
        refuse(folder, inspection.problems)
        when_free(lambda: store(self.archive, bag))
        discard(bag)
        return replace(packaged, notes=(*packaged.notes, *inspection.notes))

    def _make(self, job: PackageJob, observer: Observer) -> Packaged:
        config = self.archive.config
        packaged = package_bag(
            job.folder,
            job.record,
            config.institution,
            self.scratch,
            local=job.local,
            charset=job.charset,
            details=job.details,
            rights=config.rights,
            images=config.images,
            digests=config.policy.digests,
            clock=self.archive.clock,
            identifiers=self.archive.identifiers,
            person=self.archive.actor.person,
            ledger=config.ledger,
            observer=observer,
        )
        return self.keep(job.folder, packaged, self.scratch / packaged.package.portable)


def when_free(act: Callable[[], T]) -> T:
    """What `act` returns, once no other process holds the lock. Raises Locked after an hour."""

    def pause(failed: int, error: Locked) -> float | None:
        return None if isinstance(error, LockLost) else _PAUSE

    attempts = int(_PATIENCE / _PAUSE)
    return retry(act, Locked, attempts=attempts, delay=pause, sleep=time.sleep)
