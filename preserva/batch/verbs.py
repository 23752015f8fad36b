"""The verbs that work by tables: packages made, updated, exported, a row for each."""

from __future__ import annotations

from pathlib import Path

from preserva.access.handover import UNSTATED, Handover
from preserva.archive.archive import ArchivalStorage
from preserva.batch import export_rows, package_rows, update_rows
from preserva.batch.cluster import ClusterRows
from preserva.batch.export_rows import ExportWork
from preserva.batch.outcome import BatchResult
from preserva.batch.package_finder import PackageFinder
from preserva.batch.package_rows import PackageWork
from preserva.batch.record_finder import RecordFinder
from preserva.batch.run import Batch, BatchOptions
from preserva.batch.shares import WHOLE, SharedPackageWork, scratch
from preserva.batch.update_rows import UpdateWork
from preserva.core.eark.mets import PackageType
from preserva.core.values.report import Observer, ignore
from preserva.errors import UsageError
from preserva.i18n import _
from preserva.workers import connect


def package_batch(
    archive: ArchivalStorage,
    options: BatchOptions,
    *,
    records: Path | None = None,
    charset: str | None = None,
    structures: Path | None = None,
    executor: str | None = None,
    scratch_place: Path | None = None,
    observer: Observer = ignore,
) -> BatchResult:
    """Make a package of each row and store it; on a dry run, find out which could not be made.

    `records` is the file of records for rows that name none, `structures` a folder of structure
    files for them: `kp-9.toml` for the folder of scans `kp-9`. With an `executor`,
    `dask://HOST:PORT`, workers make the packages.

    Raises UsageError for a table or a file of records that cannot be read; Refused, Locked,
    StorageError. What became of each row, and an error that ended the run, is in the result.
    """
    batch = Batch.read(options, package_rows.COLUMNS)
    finder = RecordFinder(archive.config.ledger, records, charset)
    if options.dry_run or (executor is None and options.share == WHOLE):
        if executor is not None:
            raise UsageError(_("a cluster makes packages; check the table here, or in shares"))
        work = PackageWork(
            archive=archive, finder=finder, dry_run=options.dry_run, structures=structures
        )
        return batch.run(work, observer)
    name = "cluster" if executor else f"share{options.share.suffix}"
    with scratch(archive, name, scratch_place) as folder:
        shared = SharedPackageWork(
            archive=archive, finder=finder, dry_run=False, structures=structures, scratch=folder
        )
        if executor is None:
            return batch.run(shared, observer)
        with connect(executor) as workers:
            return batch.run(shared, observer, ClusterRows(shared, workers))


def update_batch(
    archive: ArchivalStorage,
    options: BatchOptions,
    *,
    records: Path | None = None,
    charset: str | None = None,
    reason: str | None = None,
    observer: Observer = ignore,
) -> BatchResult:
    """Correct the package of each row; on a dry run, find out which could not be corrected.

    The package is the one that the row names, or whose record has the number in it. `reason` is
    that of rows which give none. Raises as `package_batch`.
    """
    work = UpdateWork(
        archive=archive,
        finder=RecordFinder(archive.config.ledger, records, charset),
        packages=PackageFinder(archive),
        dry_run=options.dry_run,
        reason=reason,
    )
    return Batch.read(options, update_rows.COLUMNS).run(work, observer)


def export_batch(
    archive: ArchivalStorage,
    options: BatchOptions,
    destination: Path,
    *,
    kind: PackageType = PackageType.AIP,
    handover: Handover = UNSTATED,
    observer: Observer = ignore,
) -> BatchResult:
    """Export the package of each row as a bag in the folder `destination`.

    `kind` is that of rows which give none; `handover` is recorded for each. Raises as
    `package_batch`.
    """
    work = ExportWork(
        archive=archive,
        packages=PackageFinder(archive),
        destination=destination,
        dry_run=options.dry_run,
        kind=kind,
        handover=handover,
    )
    return Batch.read(options, export_rows.COLUMNS).run(work, observer)
