"""Validation: of anything on a disk, or of a stored package against what the ledger recorded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from preserva.archive.archive import ArchivalStorage
from preserva.archive.fixity_events import record_check
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.retirement import retired
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.withdrawal import tombstones
from preserva.bag.checkpoint import Checkpoint
from preserva.bag.open import open_bag
from preserva.bag.profiles import ProfileCache, check_profiles, load_profile
from preserva.bag.source import Source
from preserva.bag.validate import BagReport, validate_source
from preserva.core.eark.received import METS
from preserva.core.eark.verdicts import Verdicts
from preserva.core.formats import layout
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Observer, Report, ignore, unheard
from preserva.core.values.subjects import Named
from preserva.errors import NotFound, Unreachable, UsageError
from preserva.fixity.audit_cluster import CopySeen, read_there, report_on, task_of
from preserva.fixity.check_copy import check_copy, locate
from preserva.fixity.eark_package import check_eark
from preserva.fixity.ocfl_root import check_any_object, check_root
from preserva.fixity.remote_bag import open_stored_bag
from preserva.i18n import _
from preserva.information_package.consistency import own_findings
from preserva.information_package.official_schemas import OfficialSchemas, load_schemas
from preserva.information_package.pages import bag_pages, with_pages
from preserva.storage.local import LocalStorage
from preserva.storage.open import open_storage
from preserva.workers import TaskEnd, Tasks, Workers


@dataclass(frozen=True, slots=True)
class BagOptions:
    """How a bag outside the storages is checked.

    `completeness` compares names only, `fast` only number and size of the files: neither can end in
    PASS. `checkpoint` is a file from which an interrupted validation of a folder resumes.
    `profiles` are BagIt profiles that the bag must also follow, and so are those in the folder
    `profile_cache` that the bag names. `bypass_cache` reads the medium. `xsd` is a folder of
    official schemas that the XML of our packages must follow, in OCFL objects as well.
    """

    completeness: bool = False
    fast: bool = False
    bypass_cache: bool = False
    jobs: int | None = None
    checkpoint: Path | None = None
    profiles: tuple[Path, ...] = ()
    profile_cache: Path | None = None
    xsd: Path | None = None

    def official(self) -> OfficialSchemas | None:
        """The official schemas, compiled. Raises ConfigError."""
        return None if self.xsd is None else load_schemas(self.xsd)


def validate(
    path: Path, *, options: BagOptions | None = None, observer: Observer = ignore
) -> list[Report]:
    """Check a bag or an E-ARK package (a folder, a tar or a zip), an OCFL object, a storage root.

    Needs no archive. There is one report for each bag or object; `options` are for bags. Raises
    NotFound if there is nothing, ConfigError for a profile or schema that is not usable,
    StorageError.
    """
    options = options or BagOptions()
    if not path.exists():
        raise NotFound(_("{path} is not there").format(path=path), path=str(path))
    if any((path / name).exists() for name in (*layout.ROOT_DECLARATIONS, "ocfl_layout.json")):
        return check_root(LocalStorage(path), options.official(), observer)
    if any(path.glob("0=ocfl_object_*")) or (path / "inventory.json").exists():
        return [check_any_object(LocalStorage(path), "", options.official(), observer).report]
    return [_package(path, options, observer)]


def validate_remote(
    url: str, *, options: BagOptions | None = None, observer: Observer = ignore
) -> BagReport:
    """Check a bag in a storage by its URL: a folder or a tar, compressed or not.

    Raises UsageError for a URL that no driver serves, NotFound, NotAFile, StorageError.
    """
    options = options or BagOptions()
    place, _slash, name = url.rstrip("/").rpartition("/")
    storage = open_storage(place, read_only=True)
    source = open_stored_bag(storage, name, bypass_cache=options.bypass_cache)
    return _checked(source, options, observer)


def _package(path: Path, options: BagOptions, observer: Observer) -> Report:
    """A bag, or an E-ARK package without one."""
    if path.is_dir() and not os.path.lexists(path / "bagit.txt"):
        if os.path.lexists(path / METS):
            name = path.resolve().name
            return check_eark(partial(open_bag, path), name, options.official(), observer)
        return _no_bag(path)
    report = _bag(path, options, observer)
    missing = any(finding.code is Code.DECLARATION_MISSING for finding in report.findings)
    if missing and report.tags.size(METS) is not None:
        return check_eark(partial(open_bag, path), None, options.official(), observer)
    return report


def _bag(path: Path, options: BagOptions, observer: Observer) -> BagReport:
    with ExitStack() as stack:
        memory = None
        if options.checkpoint is not None:
            memory = stack.enter_context(Checkpoint(options.checkpoint))
        source = open_bag(path, jobs=options.jobs, bypass_cache=options.bypass_cache, memory=memory)
        report = _checked(source, options, observer)
        if memory is not None:
            memory.finished()
    return report


def _no_bag(path: Path) -> BagReport:
    """Refuse a folder that is not a bag at once: there may be millions of files in it."""
    if (path / layout.IDENTITY).exists():
        message = _("{path} is a storage of preserva, not a bag")
        hint = _("Its packages are in the OCFL root: preserva validate {path}")
        raise UsageError(message.format(path=path), hint=hint.format(path=path / layout.ROOT))
    report = BagReport(Named(path.resolve().name))
    report.add([Finding(Code.DECLARATION_MISSING, "bagit.txt")])
    return report


def _checked(source: Source, options: BagOptions, observer: Observer) -> BagReport:
    """A bag, against the profiles asked for, and our own if it is one of our packages."""
    profiles = [load_profile(path) for path in options.profiles]
    cache = ProfileCache(options.profile_cache) if options.profile_cache is not None else None
    official = options.official()
    report = validate_source(
        source, completeness=options.completeness, fast=options.fast, observer=observer
    )
    findings = own_findings(report, source, official)
    if profiles or cache is not None:
        findings += check_profiles(report, profiles, cache=cache)
    report.add(findings)
    report.findings = with_pages(report.findings, bag_pages(source, report))
    return report


def validate_stored(
    archive: ArchivalStorage,
    package: PackageId,
    *,
    storage: str | None = None,
    xsd: Path | None = None,
    observer: Observer = ignore,
) -> list[Report]:
    """Check the copies of a package (all, or one storage's) against what the ledger recorded.

    Each check is recorded in the ledger. A copy that the ledger knows but that is missing is a
    finding; one that two persons decided to remove is only named, and one that they retired is
    read only in the `storage` named. `xsd`, or otherwise that of the
    configuration, is a folder of official schemas to check against. Raises NotFound if no storage
    holds the package and the ledger knows none, ConfigError.
    """
    prove_ledger(archive)
    folder = xsd or archive.config.xsd
    official = None if folder is None else load_schemas(folder)
    copies, removed = _copies_of(archive, package, storage)
    verdicts = Verdicts()
    checked = [(copy, check_copy(copy, official, observer, verdicts=verdicts)) for copy in copies]
    reports = [(copy, report) for copy, report in checked if report is not None]
    if not reports and not removed:
        raise _no_package(package)
    for copy, report in reports:
        _record(copy, report)
    return [*(report for _copy, report in reports), *map(_removed, removed)]


def validate_elsewhere(
    archive: ArchivalStorage,
    packages: Sequence[PackageId],
    workers: Workers,
    *,
    storage: str | None = None,
    xsd: Path | None = None,
    each: Callable[[Report], object] = unheard,
) -> list[Report]:
    """The same of many packages, whose copies are read by workers, each where it is.

    What they saw is compared with the ledger and recorded here, and handed to `each`, as it comes.
    A copy that no worker finished is not established, and nothing is recorded of it. Raises as
    `validate_stored` does, before anything is read.
    """
    prove_ledger(archive)
    folder = xsd or archive.config.xsd
    work: list[tuple[StoredCopy, str | Report]] = []
    done: list[Report] = []
    for package in packages:
        copies, removed = _copies_of(archive, package, storage)
        found = [(copy, locate(copy)) for copy in copies]
        there = [(copy, where) for copy, where in found if where is not None]
        if not there and not removed:
            raise _no_package(package)
        work += there
        done += map(_removed, removed)
    for report in _read_elsewhere(work, workers, folder):
        done.append(report)
        each(report)
    return done


def _read_elsewhere(
    work: Iterable[tuple[StoredCopy, str | Report]], workers: Workers, xsd: Path | None
) -> Iterator[Report]:
    tasks: Tasks[StoredCopy, CopySeen] = Tasks(workers)
    for copy, where in work:
        if isinstance(where, Report):
            _record(copy, where)
            yield where
            continue
        while tasks.is_full:
            yield from map(_taken, tasks.take())
        try:
            tasks.give(copy, read_there, task_of(copy, where, {}, xsd, None))
        except Unreachable as error:
            yield _taken(TaskEnd(copy, error=error, lost=True))
    while tasks:
        yield from map(_taken, tasks.take())


def _taken(taken: TaskEnd[StoredCopy, CopySeen]) -> Report:
    """The report on a copy that a worker had."""
    copy = taken.key
    if taken.seen is None:
        return Report(copy.subject, [Finding(Code.UNREADABLE, copy.path, seen=str(taken.error))])
    report = report_on(copy, taken.seen)
    _record(copy, report)
    return report


def _copies_of(
    archive: ArchivalStorage, package: PackageId, storage: str | None
) -> tuple[list[StoredCopy], list[StoredCopy]]:
    """The copies of a package that are to be read, and those that two persons removed."""
    gone = retired(archive.ledger)
    stores = [archive.store(storage)] if storage else archive.stores()
    stores = [store for store in stores if storage or not gone.has(package.uri, store.id)]
    tombstone = tombstones(archive.ledger).get(package.uri)
    copies = [StoredCopy(archive, store, package) for store in stores]
    removed = [copy for copy in copies if tombstone and tombstone.is_removed(copy.store.id)]
    return [copy for copy in copies if copy not in removed], removed


def _record(copy: StoredCopy, report: Report) -> None:
    if copy.belongs:  # what intruded is no copy of the package
        record_check(copy, report)


def _removed(copy: StoredCopy) -> Report:
    return Report(copy.subject, [Finding(Code.BYTES_REMOVED, copy.store.id)])


def _no_package(package: PackageId) -> NotFound:
    return NotFound(_("there is no package {id}").format(id=package))
