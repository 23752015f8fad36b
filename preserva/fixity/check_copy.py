"""The check of one stored copy: what reading it shows, compared with what the ledger recorded."""

from __future__ import annotations

from collections.abc import Iterator

from preserva.archive.events import LOGS
from preserva.archive.store import absence
from preserva.archive.stored_copy import StoredCopy
from preserva.core.eark.verdicts import Verdicts
from preserva.core.policy.testimony import Testimony
from preserva.core.values.codes import Code
from preserva.core.values.entries import END, START
from preserva.core.values.report import Ended, Finding, Observer, Outcome, Report, Started
from preserva.errors import StorageError
from preserva.files.parallel import bounded_map
from preserva.fixity.ocfl_object import CheckedObject, check_object
from preserva.fixity.resume import ResumeState
from preserva.information_package.official_schemas import OfficialSchemas

_FILES_OF_OBJECT = 3
"""Its declaration, its inventory, and the digest file of that."""

_FILES_OF_VERSION = 2
"""Its inventory and the digest file of that; besides, no object is without content."""


def check_copy(
    copy: StoredCopy,
    official: OfficialSchemas | None,
    observer: Observer,
    resume: ResumeState | None = None,
    *,
    fixity: bool = False,
    verdicts: Verdicts | None = None,
) -> Report | None:
    """The result of reading one copy; None if there is none and the ledger knows none.

    Files in the `resume` state are not read again, see `check_object`. With `fixity`, a copy that
    is byte for byte as recorded is not validated again. Copies of one package share `verdicts`.
    """
    observer(Started("validate", copy.subject))
    try:
        folder = locate(copy)
        if not isinstance(folder, str):
            return folder
        checked = check_object(
            copy.storage,
            folder,
            subject=copy.subject,
            official=official,
            observer=observer,
            resume=resume,
            known=copy.recorded.inventories() if fixity else None,
            verdicts=verdicts,
        )
        return compared(copy, checked)
    except StorageError as error:
        return unreachable(copy, error)
    finally:
        observer(Ended("validate", copy.subject))


def unreachable(copy: StoredCopy, error: StorageError) -> Report:
    """The report on a copy that could not be read."""
    finding = Finding(absence(error), error.path or copy.store.id, seen=str(error))
    return Report(copy.subject, [finding])


def locate(copy: StoredCopy) -> str | Report | None:
    """The folder of a copy, or the report on it if it need not be read.

    None if there is no copy and the ledger knows none. Raises StorageError.
    """
    obstacle = copy.obstacle()
    if obstacle is not None:  # first: no driver looks behind a link
        return Report(copy.subject, [Finding(Code.ROOT_LINK, obstacle)])
    if copy.is_there():
        if not copy.belongs:
            intruder = copy.archive.config.custody.intruder(copy.package, copy.store.id)
            return Report(copy.subject, [Finding(intruder, copy.path)])
        return copy.path
    if copy.acknowledged():
        return Report(copy.subject, [Finding(Code.COPY_MISSING, copy.store.id)])
    return None


def compared(copy: StoredCopy, checked: CheckedObject) -> Report:
    """The report on a copy that was read, with every difference from the ledger."""
    report = checked.report
    report.versions = dict(checked.digests)
    report.add(_differences(copy, checked))
    if report.outcome is Outcome.PASS:
        report.add(_unseen(copy, checked))
    return report


def _unseen(copy: StoredCopy, checked: CheckedObject) -> Iterator[Finding]:
    """Absence is not agreement: if nothing is wrong, everything recorded must have been seen.

    Every acknowledged version with its digest, and every file that was listed, to its end.
    """
    report, recorded = checked.report, copy.recorded.inventories()
    acknowledged = copy.acknowledged()
    for version in sorted(acknowledged):
        seen = checked.digests.get(version)
        if seen is None or seen != recorded.get(version):
            yield Finding(Code.NOT_ALL_SEEN, version, recorded.get(version), seen)
    least = _FILES_OF_OBJECT + _FILES_OF_VERSION * len(acknowledged)
    if not least < report.listed == report.checked or not report.bytes_read:
        yield Finding(
            Code.NOT_ALL_SEEN,
            copy.store.id,
            str(max(least + 1, report.listed)),
            str(report.checked),
        )


def _differences(copy: StoredCopy, checked: CheckedObject) -> Iterator[Finding]:
    """A sound package can still be the wrong one: only what was recorded decides."""
    inventory = checked.inventory
    if inventory is None:
        return
    uri = copy.package.uri
    if inventory.identifier != uri:
        yield Finding(Code.NOT_AS_RECORDED, "inventory.json", uri, inventory.identifier)
    for version in sorted(copy.acknowledged() - set(inventory.versions)):
        yield Finding(Code.COPY_MISSING, version)
    testimony = copy.recorded.testimony()
    for version in inventory.versions:
        first, digest = testimony.first.get(version), checked.digests.get(version)
        expected = None if first is None else first.inventory
        where = f"{version}/inventory.json"
        if expected is None:
            yield Finding(_unknown_version(copy, version), where)
        elif digest is not None and expected != digest:
            yield Finding(Code.NOT_AS_RECORDED, where, expected, digest)
    yield from contradictions(testimony)
    yield from (Finding(Code.NOT_AS_RECORDED, path) for path in checked.unusual)
    yield from _log_findings(copy)


def contradictions(testimony: Testimony) -> Iterator[Finding]:
    """Findings where a later entry of the ledger contradicts the first one on a version."""
    for later in testimony.contradictions:
        where = f"{later.version}/inventory.json"
        expected = testimony.first[later.version].inventory
        yield Finding(Code.CONTRADICTED, where, expected, later.inventory)


def _log_findings(copy: StoredCopy) -> Iterator[Finding]:
    """Compare the records of events in the object's logs with the digests in the ledger."""
    missing = copy.expected_logs()
    known = {event.log.sha256: event for event in copy.recorded.logged()}
    names = copy.log_names()
    digests = bounded_map(copy.log_digest, names, workers=copy.storage.max_concurrency)
    for name, digest in zip(names, digests, strict=True):
        if digest in known and known[digest].is_record(name, digest):
            missing.pop(digest, None)
        else:
            yield Finding(Code.LOG_UNKNOWN, f"{LOGS}/{name}")
    for digest, event in sorted(missing.items()):
        about = f"{event.entry.type} ({event.entry.time}): sha256 {digest}"
        yield Finding(Code.LOG_MISSING, LOGS, about)


def _unknown_version(copy: StoredCopy, version: str) -> Code:
    """The finding for a version that the ledger, as its owner's, never recorded.

    Unless the ledger knows nothing of the package, or the version was being stored when a run was
    interrupted.
    """
    archive = copy.archive
    entries = list(archive.ledger.entries(package=copy.package.uri, types=(START, END)))
    begun = any(entry.type == START and entry.version == version for entry in entries)
    owned = copy.package.institution == archive.config.institution.id
    return Code.DIVERGED if owned and entries and not begun else Code.NOT_RECORDED
