"""A table worked on by a Dask cluster: workers make packages as bags, one machine stores them.

Only the machine that runs the batch has the ledger and writes to the storage. Workers and it see
the scans and the scratch folder under the same paths. A worker, or all of them, may be killed at
any moment: its work is given to another worker, or to the next run; a bag is stored only once the
worker's answer has arrived, with the digests that the worker saw.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from preserva.batch.cells import Cells
from preserva.batch.outcome import RowResult
from preserva.batch.package_rows import PackageJob, refused
from preserva.batch.progress import WholeProgress
from preserva.batch.run import attempt
from preserva.batch.shares import SharedPackageWork
from preserva.config import Institution
from preserva.core.book.rights import Rights
from preserva.core.book.scans import ImageRules
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import Observed
from preserva.core.values.report import ignore
from preserva.errors import PreservaError, StorageError, Unreachable
from preserva.files.disk import discard
from preserva.fixity.audit_cluster import Workers
from preserva.i18n import _
from preserva.ingest.origin import record_bag_made
from preserva.ingest.package import Packaged, package_bag
from preserva.version import __version__

_PATIENCE = 1.0
"""Seconds after which it is checked whether there is still anyone to wait for."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What a worker is told: a book, the requirements for all books, and the place for the bag."""

    job: PackageJob
    institution: Institution
    rights: Rights | None
    images: ImageRules
    digests: tuple[str, ...]
    person: str | None
    scratch: Path


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a worker made, with the digests of its tag manifests, or why it could not."""

    software: str
    made: Packaged | PreservaError
    bag: Path | None = None
    tag_manifests: tuple[Observed, ...] = ()


class ClusterRows:
    """Does rows with workers: `batch.run.RowResults`."""

    def __init__(self, work: SharedPackageWork, workers: Workers) -> None:
        self.work = work
        self.workers = workers
        self._waiting: dict[Future[_Answer], tuple[Cells, int]] = {}

    def __call__(
        self, rows: Sequence[Cells], progress: WholeProgress, sizes: Sequence[int]
    ) -> Iterator[RowResult]:
        """Give the rows to the workers, a few ahead of them, and store what they make."""
        for cells, size in zip(rows, sizes, strict=True):
            while len(self._waiting) >= 2 * self.workers.at_once:
                yield from self._take(progress)
            result = attempt(cells.number, partial(self._give, cells, size))
            if result is not None:
                progress.row(size)
                yield result
        while self._waiting:
            yield from self._take(progress)

    def _give(self, cells: Cells, size: int) -> RowResult | None:
        """Submit a row; its result, if there is nothing for a worker to do."""
        job = self.work.job_of(cells)
        if job is None:
            return refused(cells)
        packaged = self.work.known(job, ignore)
        if packaged is not None:
            return self.work.result(cells, packaged)
        config = self.work.archive.config
        task = _Task(
            job,
            config.institution,
            config.rights,
            config.images,
            tuple(config.policy.digests),
            self.work.archive.actor.person,
            self.work.scratch,
        )
        try:
            future = self.workers.executor.submit(make_there, task)
        except Exception as error:
            message = _("the cluster accepts no more work: {reason}")
            raise Unreachable(message.format(reason=error)) from error
        self._waiting[future] = cells, size
        return None

    def _take(self, progress: WholeProgress) -> Iterator[RowResult]:
        """Wait for at least one book, and store what was made."""
        done = wait(self._waiting, timeout=_PATIENCE, return_when=FIRST_COMPLETED).done
        if not done and not self.workers.alive():
            done = set(self._waiting)
        for future in done:
            cells, size = self._waiting.pop(future)
            progress.row(size)
            yield attempt(cells.number, partial(self._keep, cells, future))

    def _keep(self, cells: Cells, future: Future[_Answer]) -> RowResult:
        answer = self._answer(future)
        if isinstance(answer.made, PreservaError):
            raise answer.made
        assert answer.bag is not None
        archive = self.work.archive
        files = {seen.path: seen for seen in answer.tag_manifests}
        record_bag_made(
            archive.config.ledger,
            answer.made.package,
            files,
            archive.now(),
            archive.actor.person,
        )
        folder = cells.path("folder") or answer.bag
        return self.work.result(cells, self.work.keep(folder, answer.made, answer.bag))

    def _answer(self, future: Future[_Answer]) -> _Answer:
        if not future.done():
            raise Unreachable(_("the scheduler is gone"))
        try:
            answer = future.result()
        except (asyncio.CancelledError, CancelledError) as error:  # whoever knew of it is gone
            raise Unreachable(_("the scheduler is gone")) from error
        except Exception as error:
            message = _("the worker did not finish: {reason}")
            raise StorageError(message.format(reason=error)) from error
        if answer.software != __version__:
            message = _("a worker runs preserva {theirs}, not {ours}: its results are not used")
            raise StorageError(message.format(theirs=answer.software, ours=__version__))
        return answer


def make_there(task: _Task) -> _Answer:
    """On a worker: make a bag in a folder of this attempt alone."""
    place = task.scratch / uuid4().hex
    try:
        packaged = package_bag(
            task.job.folder,
            task.job.record,
            task.institution,
            place,
            local=task.job.local,
            charset=task.job.charset,
            details=task.job.details,
            rights=task.rights,
            images=task.images,
            digests=task.digests,
            person=task.person,
        )
    except PreservaError as error:
        with suppress(PreservaError):
            discard(place)
        return _Answer(__version__, error)
    bag = place / packaged.package.portable
    seen = tuple(map(_observed, sorted(bag.glob("tagmanifest-*"))))
    return _Answer(__version__, packaged, bag, seen)


def _observed(path: Path) -> Observed:
    data = path.read_bytes()
    return Observed(path.name, len(data), digest_bytes(data, ["sha512"]))
