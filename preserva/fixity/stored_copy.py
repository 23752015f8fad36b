"""One stored copy, against what the ledger recorded of it."""

from __future__ import annotations

from collections.abc import Iterator

from preserva.archive.archive import Archive
from preserva.archive.commitments import (
    all_versions,
    is_log,
    log_digest,
    log_names,
    logs_of_copy,
    recorded,
    recorded_logs,
    recorded_versions,
)
from preserva.archive.events import LOGS
from preserva.archive.store import Store
from preserva.core.values.codes import Code
from preserva.core.values.entries import END, START
from preserva.core.values.model import Kind, PackageId
from preserva.core.values.report import Ended, Finding, Observer, Report, Started
from preserva.core.values.subjects import CopyInStorage, Subject
from preserva.errors import StorageError
from preserva.fixity.ocfl_object import CheckedObject, check_object
from preserva.fixity.resume import Begun
from preserva.information_package.official_schemas import OfficialSchemas


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
    subject = CopyInStorage(package, store.id)
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
    subject: Subject,
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
    subject = CopyInStorage(package, store.id)
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
