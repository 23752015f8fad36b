"""A table worked on by a Dask cluster: workers make packages as bags, one machine stores them.

Only the machine that runs the batch has the ledger and writes to the storage. Workers and it see
the scans and the scratch folder under the same paths. A worker, or all of them, may be killed at
any moment: its work is given to another worker, or to the next run; a bag is stored only once the
worker's answer has arrived, with the digests that the worker saw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from preserva.errors import PreservaError
from preserva.files.disk import discard
from preserva.ingest.origin import record_bag_made
from preserva.ingest.package import Packaged, package_bag
from preserva.workers import TaskEnd, Tasks, Workers


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
class _Made:
    """What a worker made, with the digests of its tag manifests, or why it could not."""

    made: Packaged | PreservaError
    bag: Path | None = None
    tag_manifests: tuple[Observed, ...] = ()


class ClusterRows:
    """Does rows with workers: `batch.run.RowResults`."""

    def __init__(self, work: SharedPackageWork, workers: Workers) -> None:
        self.work = work
        self._tasks: Tasks[tuple[Cells, int], _Made] = Tasks(workers)

    def __call__(
        self, rows: Sequence[Cells], progress: WholeProgress, sizes: Sequence[int]
    ) -> Iterator[RowResult]:
        """Give the rows to the workers, a few ahead of them, and store what they make."""
        for cells, size in zip(rows, sizes, strict=True):
            while self._tasks.is_full:
                yield from self._take(progress)
            result = attempt(cells.number, partial(self._give, cells, size))
            if result is not None:
                progress.row(size)
                yield result
        while self._tasks:
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
        self._tasks.give((cells, size), make_there, task)
        return None

    def _take(self, progress: WholeProgress) -> Iterator[RowResult]:
        """Wait for at least one book, and store what was made."""
        for taken in self._tasks.take():
            cells, size = taken.key
            progress.row(size)
            yield attempt(cells.number, partial(self._keep, cells, taken))

    def _keep(self, cells: Cells, taken: TaskEnd[tuple[Cells, int], _Made]) -> RowResult:
        if taken.error is not None:
            raise taken.error
        answer = taken.seen
        assert answer is not None, "it is seen, or there is an error"
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


def make_there(task: _Task) -> _Made:
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
        return _Made(error)
    bag = place / packaged.package.portable
    seen = tuple(map(_observed, sorted(bag.glob("tagmanifest-*"))))
    return _Made(packaged, bag, seen)


def _observed(path: Path) -> Observed:
    data = path.read_bytes()
    return Observed(path.name, len(data), digest_bytes(data, ["sha512"]))
