"""Stores a package that was made as a bag."""

from __future__ import annotations

from pathlib import Path

from preserva.archive.archive import ArchivalStorage
from preserva.archive.commit import ingest, refuse_lost
from preserva.archive.staging import Staging
from preserva.archive.stored_copy import StoredCopy
from preserva.bag.open import open_bag
from preserva.bag.validate import BagReport, validate_source
from preserva.core.formats import layout
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import Kind, Observed, PackageId
from preserva.core.values.report import Ended, Observer, Outcome, Started, ignore, printable
from preserva.core.values.subjects import Named
from preserva.errors import Damaged, Refused, UsageError
from preserva.files.opening import Folder
from preserva.fixity.version_source import VersionSource
from preserva.i18n import _
from preserva.ingest.origin import refuse_without_consent, was_made_here
from preserva.ingest.source_folder import SourceReader, list_source

_ID = "External-Identifier"


def store(
    archive: ArchivalStorage,
    bag: Path,
    *,
    as_ours: bool = False,
    dry_run: bool = False,
    observer: Observer = ignore,
) -> tuple[PackageId, bool]:
    """Store a bag folder of our institution; return its identifier and whether it was stored now.

    It is not stored on a dry run, or if the same bag was stored before. One that was not made here
    needs the consent of a person, `as_ours`, which is recorded.

    It is read once, and the copy must be a valid bag. Raises Damaged, Refused, UsageError, Locked,
    StorageError; in each case nothing was stored and the bag was not touched.
    """
    if not bag.is_dir():
        raise UsageError(_("{path} is not a folder").format(path=bag))
    target = archive.primary
    institution = archive.config.institution.id
    if dry_run:
        package = _accepted(bag, validate_source(open_bag(bag), observer=observer), institution)
        if not StoredCopy(archive, target, package).is_there():
            tags = {path.name: _observed(path) for path in bag.glob("tagmanifest-*")}
            refuse_without_consent(package, as_ours or was_made_here(archive, package, tags))
        return package, False
    with archive.writing(target):
        staged = f"{layout.STAGING}/store/v1/content"
        staging = Staging(target.storage, staged, archive.config.policy.digests, observer)
        _copy(bag, staging)
        located = {path: path for path in staging.files}
        copied = VersionSource(target.storage, staged, bag.name, located, staging.files)
        package = _accepted(bag, validate_source(copied), institution)
        copy = StoredCopy(archive, target, package)
        if copy.is_there():
            held = copy.read().inventory
            same = {path: seen.digests["sha512"] for path, seen in staging.files.items()}
            target.storage.discard(f"{layout.STAGING}/store")
            if held.versions[held.head].files() != same:
                raise Refused(_("{id} is stored already, with other content").format(id=package))
            return package, False
        made_here = was_made_here(archive, package, staging.files)
        try:
            refuse_lost(copy)
            refuse_without_consent(package, as_ours or made_here)
        except Refused:
            target.storage.discard(f"{layout.STAGING}/store")
            raise
        ingest(copy, staging, from_outside=not made_here)
    return package, True


def _observed(path: Path) -> Observed:
    """A small file of the bag, as staging would have seen it."""
    data = path.read_bytes()
    return Observed(path.name, len(data), digest_bytes(data, ["sha512"]))


def _copy(bag: Path, staging: Staging) -> None:
    """Copy the bag in one read. Raises PackageError, or Refused for links and devices."""
    source = Folder(bag)
    entries = list_source(source)
    strange = [entry.path for entry in entries if entry.kind in {Kind.LINK, Kind.OTHER}]
    if strange:
        message = _("{path}: {name} is neither a file nor a folder, so the bag was not stored")
        raise Refused(message.format(path=bag, name=printable(strange[0])))
    files = [entry for entry in entries if entry.kind is Kind.FILE]
    staging.observer(
        Started("store", Named(str(bag)), len(files), sum(file.size for file in files))
    )
    reader = SourceReader(source)
    for entry in files:
        staging.copy(entry.path, reader.chunks(entry.path), entry.size)
    reader.check_unchanged()
    staging.observer(Ended("store", Named(str(bag))))


def _accepted(bag: Path, report: BagReport, institution: str) -> PackageId:
    """The bag's identifier, if it is a valid bag of ours. Raises Damaged, Refused, UsageError."""
    if report.outcome is not Outcome.PASS:
        problems = [finding.message() for finding in report.findings]
        raise Damaged(
            _("{path} is not a valid bag, so it was not stored:").format(path=bag), problems
        )
    package = _identifier(report.bag_info, bag)
    if package.institution != institution:
        message = _("{id} belongs to another institution; only that institution may store it")
        raise Refused(message.format(id=package))
    return package


def _identifier(bag_info: list[tuple[str, str]], bag: Path) -> PackageId:
    values = [value for label, value in bag_info if label.casefold() == _ID.casefold()]
    try:
        (value,) = values
        return PackageId.parse(value)
    except ValueError as error:
        message = _("{path}: bag-info.txt does not identify a preserva package ({label}: {values})")
        raise UsageError(
            message.format(path=bag, label=_ID, values=", ".join(values) or "–")
        ) from error
