"""Validation: of anything on a disk, or of a stored package against what the ledger recorded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from preserva.archive import Archive, Store
from preserva.bag.checkpoint import Checkpoint
from preserva.bag.open import open_bag
from preserva.bag.profiles import ProfileCache, check_profiles, load_profile
from preserva.bag.source import Source
from preserva.bag.validate import BagReport, validate_source
from preserva.core import layout
from preserva.core.codes import Code
from preserva.core.entries import END, START
from preserva.core.model import Kind, PackageId
from preserva.core.report import (
    Ended,
    Finding,
    Observer,
    Report,
    Started,
    ignore,
)
from preserva.errors import NotFound, StorageError, UsageError
from preserva.i18n import _
from preserva.services.begun import Begun
from preserva.services.checkevents import note
from preserva.services.history import LOGS
from preserva.services.objectcheck import CheckedObject, check_object
from preserva.services.officialschemas import OfficialSchemas, load_schemas
from preserva.services.packagecheck import own_findings
from preserva.services.proof import prove_ledger
from preserva.services.recorded import (
    all_versions,
    is_log,
    log_digest,
    log_names,
    logs_of_copy,
    recorded,
    recorded_logs,
    recorded_versions,
)
from preserva.services.remote import open_stored_bag
from preserva.storage.local import LocalStorage
from preserva.storage.ocfl import OcflRoot
from preserva.storage.open import open_storage


@dataclass(frozen=True, slots=True)
class BagOptions:
    """How a bag outside the store is looked at.

    `completeness` compares names only, `fast` only number and size of the files: neither can end
    in PASS. `checkpoint` is a file from which an interrupted validation of a folder goes on.
    `profiles` are BagIt profiles that the bag must follow as well; of those kept in the folder
    `profile_cache`, the ones that it names. `medium` reads past the cache. `xsd` is a folder of
    official schemas that the XML of our packages must follow, in OCFL objects as well.
    """

    completeness: bool = False
    fast: bool = False
    medium: bool = False
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
    """Check a bag (folder, .tar, .tar.gz, .tar.zst, .zip), an OCFL object, or a storage root.

    Needs no archive. One report for each bag or object; `options` are for bags. Raises NotFound if
    there is nothing, ConfigError for a profile or schema that is not usable, StorageError.
    """
    options = options or BagOptions()
    if not path.exists():
        raise NotFound(_("{path} is not there").format(path=path), path=str(path))
    if any((path / name).exists() for name in (layout.ROOT_DECLARATION[0], "ocfl_layout.json")):
        return _root(LocalStorage(path), options.official(), observer)
    if any(path.glob("0=ocfl_object_*")) or (path / "inventory.json").exists():
        return [_object(LocalStorage(path), "", options.official(), observer)]
    return [_bag(path, options, observer)]


def validate_remote(
    url: str, *, options: BagOptions | None = None, observer: Observer = ignore
) -> BagReport:
    """Check a bag in a storage, by its URL: a folder, .tar, .tar.gz or .tar.zst, read through it.

    Raises UsageError for a URL that no driver serves, NotFound, NotAFile, StorageError.
    """
    options = options or BagOptions()
    place, _slash, name = url.rstrip("/").rpartition("/")
    source = open_stored_bag(open_storage(place), name, medium=options.medium)
    return _checked(source, options, observer)


def _bag(path: Path, options: BagOptions, observer: Observer) -> BagReport:
    if path.is_dir() and not os.path.lexists(path / "bagit.txt"):
        return _no_bag(path)
    with ExitStack() as stack:
        memory = None
        if options.checkpoint is not None:
            memory = stack.enter_context(Checkpoint(options.checkpoint))
        source = open_bag(path, jobs=options.jobs, medium=options.medium, memory=memory)
        report = _checked(source, options, observer)
        if memory is not None:
            memory.finished()
    return report


def _no_bag(path: Path) -> BagReport:
    """A folder that is no bag, said at once: there may be millions of files in it."""
    if (path / layout.IDENTITY).exists():
        message = _("{path} is a storage of preserva, not a bag")
        hint = _("Its packages are in the OCFL root: preserva validate {path}")
        raise UsageError(message.format(path=path), hint=hint.format(path=path / layout.ROOT))
    report = BagReport(path.resolve().name)
    report.add([Finding(Code.DECLARATION_MISSING, "bagit.txt")])
    return report


def _checked(source: Source, options: BagOptions, observer: Observer) -> BagReport:
    """A bag, against the profiles asked for, and our own if it is one of our packages."""
    profiles = [load_profile(one) for one in options.profiles]
    cache = ProfileCache(options.profile_cache) if options.profile_cache is not None else None
    official = options.official()
    report = validate_source(
        source, completeness=options.completeness, fast=options.fast, observer=observer
    )
    found = own_findings(report, source, official)
    if profiles or cache is not None:
        found += check_profiles(report, profiles, cache=cache)
    report.add(found)
    return report


def _root(
    storage: LocalStorage, official: OfficialSchemas | None, observer: Observer
) -> list[Report]:
    """Check a storage root and every object in it; the root's own report comes first."""
    own = Report(str(storage.root))
    reports = [own]
    for one in OcflRoot(storage).survey(""):
        if isinstance(one, Finding):
            own.add([one])
        else:
            reports.append(_object(storage, one, official, observer))
    return reports


def _object(
    storage: LocalStorage, path: str, official: OfficialSchemas | None, observer: Observer
) -> Report:
    """Check one object; in a storage root, it must lie where the layout puts it."""
    subject = str(storage.root / path)
    checked = check_object(storage, path, subject=subject, official=official, observer=observer)
    if path and checked.inventory is not None:
        expected = layout.object_path(checked.inventory.identifier)
        if expected != path:
            checked.report.add([Finding(Code.MISPLACED_OBJECT, path, expected)])
    return checked.report


def validate_stored(
    archive: Archive,
    package: PackageId,
    *,
    storage: str | None = None,
    xsd: Path | None = None,
    observer: Observer = ignore,
) -> list[Report]:
    """Check the copies of a package (all, or one storage's) against what the ledger recorded.

    Each check goes into the ledger. A copy that the ledger knows of and that is not there is a
    finding. `xsd`, or else that of the configuration, is a folder of official schemas to check
    against. Raises NotFound if no storage holds the package and the ledger knows of none,
    ConfigError.
    """
    prove_ledger(archive)
    stores = [archive.store(storage)] if storage else archive.stores()
    folder = xsd or archive.config.xsd
    official = None if folder is None else load_schemas(folder)
    checked = [(store, check_copy(archive, store, package, official, observer)) for store in stores]
    reports = [(store, report) for store, report in checked if report is not None]
    if not reports:
        raise NotFound(_("there is no package {id}").format(id=package))
    for store, report in reports:
        note(archive, store, package, report)
    return [report for _store, report in reports]


def check_copy(
    archive: Archive,
    store: Store,
    package: PackageId,
    official: OfficialSchemas | None,
    observer: Observer,
    begun: Begun | None = None,
    *,
    fixity: bool = False,
) -> Report | None:
    """What reading one copy shows; None if there is none and the ledger knows of none.

    What `begun` says of its files is taken from there, see `check_object`. With `fixity`, what is
    byte for byte as it was recorded is not validated once more.
    """
    subject = f"{package.uri} in {store.id}"
    observer(Started("validate", subject))
    try:
        return _check_copy(archive, store, package, subject, official, observer, begun, fixity)
    except StorageError as error:
        finding = Finding(Code.STORAGE_UNREACHABLE, error.path or store.id, seen=str(error))
        return Report(subject, [finding])
    finally:
        observer(Ended("validate", subject))


def _check_copy(
    archive: Archive,
    store: Store,
    package: PackageId,
    subject: str,
    official: OfficialSchemas | None,
    observer: Observer,
    begun: Begun | None,
    fixity: bool,
) -> Report | None:
    place = place_of(archive, store, package)
    if not isinstance(place, str):
        return place
    checked = check_object(
        store.storage,
        place,
        subject=subject,
        official=official,
        observer=observer,
        begun=begun,
        known=recorded_inventories(archive, package) if fixity else None,
    )
    return compared(archive, store, package, checked)


def place_of(archive: Archive, store: Store, package: PackageId) -> str | Report | None:
    """The folder of a copy, or what can be said without reading it.

    None if there is no copy and the ledger knows of none. Raises StorageError.
    """
    subject = f"{package.uri} in {store.id}"
    if store.root.holds(package.uri):
        path = store.root.path_of(package.uri)
        link = _link_above(store, path)
        return path if link is None else Report(subject, [Finding(Code.ROOT_LINK, link)])
    if recorded_versions(archive, store, package):
        return Report(subject, [Finding(Code.COPY_MISSING, store.id)])
    return None


def compared(archive: Archive, store: Store, package: PackageId, checked: CheckedObject) -> Report:
    """What was read of a copy, held against what the ledger recorded of it."""
    _compare(archive, store, package, checked)
    return checked.report


def recorded_inventories(archive: Archive, package: PackageId) -> dict[str, str]:
    """The digest of the inventory of each version, as it was recorded."""
    found = {}
    for version in all_versions(archive, package):
        facts = recorded(archive, package, version)
        if facts is not None:
            found[version] = str(facts["inventory"])
    return found


def _link_above(store: Store, path: str) -> str | None:
    """A link on the way to an object: what lies behind it is not in this storage."""
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        entry = store.storage.stat("/".join(parts[:depth]))
        if entry is not None and entry.kind is not Kind.FOLDER:
            return entry.path
    return None


def _compare(archive: Archive, store: Store, package: PackageId, checked: CheckedObject) -> None:
    """A sound package can still be the wrong one: only what was recorded decides."""
    if checked.inventory is None:
        return
    found = checked.inventory
    if found.identifier != package.uri:
        finding = Finding(Code.NOT_AS_RECORDED, "inventory.json", package.uri, found.identifier)
        checked.report.add([finding])
    for version in sorted(recorded_versions(archive, store, package) - set(found.versions)):
        checked.report.add([Finding(Code.COPY_MISSING, version)])
    for version in found.versions:
        facts = recorded(archive, package, version)
        digest = checked.digests.get(version)
        where = f"{version}/inventory.json"
        if facts is None:
            checked.report.add([Finding(_unknown_version(archive, package, version), where)])
        elif digest is not None and facts["inventory"] != digest:
            expected = str(facts["inventory"])
            checked.report.add([Finding(Code.NOT_AS_RECORDED, where, expected, digest)])
    checked.report.add(Finding(Code.NOT_AS_RECORDED, one) for one in checked.unusual)
    checked.report.add(_log_findings(archive, store, package))


def _log_findings(archive: Archive, store: Store, package: PackageId) -> Iterator[Finding]:
    """The records of events in the object's logs against the digests that the ledger keeps."""
    missing = logs_of_copy(archive, store, package)
    known = {one.facts["premis_sha256"]: one for one in recorded_logs(archive, package)}
    path = store.root.path_of(package.uri)
    for name in log_names(store, path):
        digest = log_digest(store, path, name)
        if digest in known and is_log(known[digest], name, digest):
            missing.pop(digest, None)
        else:
            yield Finding(Code.LOG_UNKNOWN, f"{LOGS}/{name}")
    for digest, entry in sorted(missing.items()):
        yield Finding(Code.LOG_MISSING, LOGS, f"{entry.type} ({entry.time}): sha256 {digest}")


def _unknown_version(archive: Archive, package: PackageId, version: str) -> Code:
    """What a version is that the ledger has not recorded: its owner, who keeps it, made none such.

    Unless the ledger knows nothing of the package, or the version was being stored when a run was
    interrupted.
    """
    entries = list(archive.ledger.entries(package=package.uri, types=(START, END)))
    begun = any(one.type == START and one.version == version for one in entries)
    owned = package.institution == archive.config.institution.id
    return Code.DIVERGED if owned and entries and not begun else Code.NOT_RECORDED
