"""From a folder of scans and a catalogue record to a package (AIP), stored or as a bag."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from preserva.archive.acting import Actor
from preserva.archive.archive import ArchivalStorage, Clock, Identifiers, new_identifier, utc_now
from preserva.archive.commit import ingest, refuse_lost
from preserva.archive.staging import Staging, new_folder, refuse_place
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.withdrawal import refuse_withdrawn
from preserva.config import Institution
from preserva.core.book.folder_roles import DOCUMENTATION
from preserva.core.book.rights import Rights
from preserva.core.book.scans import USUAL_RULES, ImageRules
from preserva.core.book.structure import NO_STRUCTURE, Structure
from preserva.core.book.submission import Arrangement
from preserva.core.formats import layout
from preserva.core.values.codes import Code
from preserva.core.values.digest import MultiHash, digest_bytes
from preserva.core.values.model import PackageId
from preserva.core.values.report import Advanced, Finding, Observer, ignore
from preserva.describe.record import Record
from preserva.errors import Refused
from preserva.i18n import _
from preserva.information_package.second_opinion import second_opinion
from preserva.ingest.aip_writer import Assembler
from preserva.ingest.image_inspection import StoredScans
from preserva.ingest.origin import record_bag_made
from preserva.ingest.scans import examine
from preserva.ingest.source_folder import SourceReader, refuse
from preserva.ingest.stored_scans import stored_scans
from preserva.ingest.submission import Submission, submit
from preserva.ingest.supplied import NO_DETAILS, Details


@dataclass(frozen=True, slots=True)
class Packaged:
    """The result of packaging a source.

    `place` is the id of the storage or the folder of the bag; `created` is False if the same source
    was `stored_before`, or on a dry run.
    """

    package: PackageId
    title: str
    place: str
    arrangement: Arrangement
    created: bool
    files: int = 0
    size: int = 0
    notes: tuple[Finding, ...] = ()
    structure: Structure = NO_STRUCTURE
    stored_before: bool = False


def package(
    folder: Path,
    record: Path | Record,
    archive: ArchivalStorage,
    *,
    local: str | None = None,
    position: int | None = None,
    charset: str | None = None,
    details: Details = NO_DETAILS,
    having: Callable[[Record], Iterable[PackageId]] = lambda _record: (),
    dry_run: bool = False,
    observer: Observer = ignore,
) -> Packaged:
    """Make a package of a folder and store it, read back and recorded in the ledger.

    On a dry run nothing is written, and refused is what would be refused. `having` gives the
    packages that have the same record: a second copy of the book, or a mistake; they are noted.

    Raises PackageError for a source that cannot become a package, Refused if another package with
    this identifier is stored, Locked, StorageError; in each case nothing was stored.
    """
    store, config = archive.primary, archive.config
    source = submit(
        folder, record, config.institution, local, position, charset, details, config.images
    )
    copy = StoredCopy(archive, store, source.package)
    if dry_run:
        return _dry_run(source, copy, _others(source, having), observer)
    assembler = Assembler(
        archive.actor,
        archive.clock,
        archive.identifiers,
        observer,
        config.rights,
        config.images,
        partial(stored_scans, archive, source.package, writing=True),
    )
    with archive.writing(store):
        if copy.is_there():
            return _already_stored(source, copy, observer)
        refuse_lost(copy)
        others = _others(source, having)
        folder_ = f"{layout.STAGING}/package-{source.package.portable}/v1/content"
        staging = Staging(store.storage, folder_, archive.config.policy.digests, observer)
        notes = assembler.assemble(source, staging)
        second_opinion(staging)
        ingest(copy, staging, pages=source.arrangement.pages)
    return _result(source, store.id, created=True, staging=staging, notes=(*others, *notes))


def _others(
    source: Submission, having: Callable[[Record], Iterable[PackageId]]
) -> tuple[Finding, ...]:
    """Says which packages have the record already, if any."""
    others = [package.portable for package in having(source.record) if package != source.package]
    where = f"{source.record.name}#{source.record.position}"
    return (Finding(Code.RECORD_PACKAGED, where, seen=", ".join(others)),) if others else ()


def _dry_run(
    source: Submission, copy: StoredCopy, others: tuple[Finding, ...], observer: Observer
) -> Packaged:
    """What the real run would say. Raises as it would."""
    if copy.is_there():
        return _already_stored(source, copy, observer)
    refuse_lost(copy)
    stored = partial(stored_scans, copy.archive, source.package, writing=False)
    notes = _examined(source, copy.archive.config.images, stored, observer)
    return _result(source, copy.store.id, created=False, notes=(*others, *notes))


def look_up(
    folder: Path,
    record: Path | Record,
    archive: ArchivalStorage,
    *,
    local: str | None = None,
    charset: str | None = None,
    details: Details = NO_DETAILS,
    observer: Observer = ignore,
) -> Packaged | None:
    """The package of this very source, if it is stored; None if it is not, and could be.

    Every file that is stored is compared. Raises Refused, PackageError, StorageError as `package`.
    """
    config = archive.config
    source = submit(
        folder, record, config.institution, local, None, charset, details, config.images
    )
    copy = StoredCopy(archive, archive.primary, source.package)
    if copy.is_there():
        return _already_stored(source, copy, observer)
    refuse_lost(copy)
    return None


def package_bag(
    folder: Path,
    record: Path | Record,
    institution: Institution,
    destination: Path,
    *,
    local: str | None = None,
    position: int | None = None,
    charset: str | None = None,
    details: Details = NO_DETAILS,
    rights: Rights | None = None,
    images: ImageRules = USUAL_RULES,
    digests: Iterable[str] = ("sha512", "sha256"),
    clock: Clock = utc_now,
    identifiers: Identifiers = new_identifier,
    person: str | None = None,
    ledger: Path | None = None,
    dry_run: bool = False,
    observer: Observer = ignore,
) -> Packaged:
    """Make a package of a folder as a bag, a new folder below `destination`. Needs no archive.

    `rights` apply if `details` state none; `person` is the code of who acts. In `ledger`, if it is
    there, is recorded that the bag was made here.
    """
    source = submit(folder, record, institution, local, position, charset, details, images)
    place = str(destination / source.package.portable)
    if dry_run:
        refuse_place(destination / source.package.portable)
        notes = _examined(source, images, None, observer)
        return _result(source, place, created=False, notes=notes)
    with new_folder(destination / source.package.portable, digests, observer) as staging:
        actor = Actor(institution, person)
        assembler = Assembler(actor, clock, identifiers, observer, rights, images)
        notes = assembler.assemble(source, staging)
        second_opinion(staging)
    if ledger is not None:
        record_bag_made(ledger, source.package, staging.files, clock().isoformat(), person)
    return _result(source, place, created=True, staging=staging, notes=notes)


def _examined(
    source: Submission, rules: ImageRules, stored: StoredScans | None, observer: Observer
) -> list[Finding]:
    """The warnings about the files; nothing is written. Raises PackageError with every problem."""
    arranged = replace(source.scans, arrangement=source.arrangement)
    inspection = examine(arranged, rules, stored, observer)
    refuse(source.folder.path, inspection.problems)
    return inspection.notes


def _result(
    source: Submission,
    place: str,
    *,
    created: bool,
    staging: Staging | None = None,
    notes: Iterable[Finding] = (),
) -> Packaged:
    files = staging.files.values() if staging else ()
    return Packaged(
        source.package,
        source.title,
        place,
        source.arrangement,
        created,
        len(files),
        sum(file.size for file in files),
        (*source.notes, *notes),
        source.written.structure,
    )


def _already_stored(source: Submission, copy: StoredCopy, observer: Observer) -> Packaged:
    """Accept a second run with the same source; refuse anything else under the same id."""
    notes = refuse_other_content(source, copy, observer)
    return replace(_result(source, copy.store.id, created=False, notes=notes), stored_before=True)


def refuse_other_content(
    source: Submission, copy: StoredCopy, observer: Observer
) -> tuple[Finding, ...]:
    """Read the source; say if the package made of it has been corrected since.

    Raises Refused unless a version of the stored package was made of exactly this, and for one that
    was withdrawn.
    """
    refuse_withdrawn(copy.archive, copy.package)
    stored = copy.read().inventory
    expected = _content(source, observer)
    others = _differing(source, expected, stored.versions[stored.head].files())
    if not others:
        return ()
    if any(
        not _differing(source, expected, version.files()) for version in stored.versions.values()
    ):
        return (Finding(Code.PACKAGE_CORRECTED, source.package.portable, seen=stored.head),)
    message = _("{id} is stored already, with other content: {path}")
    raise Refused(
        message.format(id=source.package, path=others[0]),
        hint=_(
            "Nothing was changed. Correct the stored package with `preserva update`; another"
            " book needs another identifier, --id."
        ),
    )


def _content(source: Submission, observer: Observer) -> dict[str, str]:
    """The SHA-512 of each file that a package made of this has, by its path there."""
    base = f"data/{source.package.portable}"
    reader = SourceReader(source.folder)
    record = f"{base}/metadata/descriptive/source{source.record.extension}"
    expected = {record: digest_bytes(source.record.original, ["sha512"])["sha512"]}
    for name, file in source.arrangement.files():
        folder = "documentation" if name == DOCUMENTATION else f"representations/{name}/data"
        hashes = MultiHash(["sha512"])
        for chunk in reader.chunks(file.source):
            hashes.update(chunk)
            observer(Advanced(len(chunk)))
        expected[f"{base}/{folder}/{file.target}"] = hashes.digests()["sha512"]
    for detail in source.written.files:
        digest = digest_bytes(detail.data, ["sha512"])["sha512"]
        expected[f"{base}/documentation/{detail.name}"] = digest
    return expected


def _differing(
    source: Submission, expected: Mapping[str, str], state: Mapping[str, str]
) -> list[str]:
    """The paths in which a version of the package has something else, in their order."""
    base = f"data/{source.package.portable}"
    supplied = re.compile(rf"{re.escape(base)}/(representations/[^/]+/data|documentation)/")
    ours = {f"{base}/documentation/README.txt"}
    others = {path for path in state if supplied.match(path)} - ours
    return sorted(
        {path for path, digest in expected.items() if state.get(path) != digest}
        | (others - set(expected))
    )
