"""Checks folders of scans as packaging would: everything that is wrong at once, nothing written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from preserva.archive.archive import ArchivalStorage
from preserva.archive.commit import refuse_lost
from preserva.archive.stored_copy import StoredCopy
from preserva.core.book.structure import NO_STRUCTURE, Structure
from preserva.core.book.submission import Arrangement
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Observer, Outcome, ignore
from preserva.errors import PackageError, Refused, UsageError
from preserva.ingest.advice import advice
from preserva.ingest.package import refuse_other_content
from preserva.ingest.scans import examine, open_scans
from preserva.ingest.source_folder import findings_of
from preserva.ingest.stored_scans import stored_scans
from preserva.ingest.submission import Submission, described
from preserva.ingest.supplied import NO_DETAILS, Details

_NOTHING = Arrangement({}, (), (), ())


@dataclass(frozen=True, slots=True)
class CheckedScans:
    """What packaging a folder would refuse and report.

    `refusals` are sentences about problems of no single file: a record that cannot be chosen, an
    identifier that is taken. Identifier and title are known only with a record.
    """

    folder: Path
    arrangement: Arrangement
    problems: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    refusals: tuple[str, ...] = ()
    package: PackageId | None = None
    title: str | None = None
    structure: Structure = NO_STRUCTURE

    @property
    def outcome(self) -> Outcome:
        """FAIL if no package could be made of the folder as it is."""
        return Outcome.FAIL if self.problems or self.refusals else Outcome.PASS

    @property
    def pages(self) -> int:
        """The number of pages."""
        return max((file.page or 0 for _name, file in self.arrangement.files()), default=0)

    def advice(self) -> str | None:
        """What to do about the problems."""
        return advice(self.problems)


def check(
    archive: ArchivalStorage,
    folder: Path,
    record: Path | None = None,
    *,
    local: str | None = None,
    position: int | None = None,
    charset: str | None = None,
    details: Details = NO_DETAILS,
    observer: Observer = ignore,
) -> CheckedScans:
    """Examine a folder, with its record if that is given, as the real run would.

    Every file is read, every image decoded. Raises StorageError, LedgerError.
    """
    config = archive.config
    supplied = [*([] if record is None else [record]), *details.paths().values()]
    try:
        scans = open_scans(folder, supplied, config.images)
    except (PackageError, UsageError, Refused) as error:
        return _with(CheckedScans(folder, _NOTHING), error)
    checked = CheckedScans(folder, scans.arrangement, scans.problems, scans.arrangement.warnings)
    source = None
    if record is not None:
        try:
            source = described(
                scans, record, config.institution, local, position, charset, details, config.images
            )
            checked = _described(checked, source)
            corrected = _refuse_what_is_stored(archive, source, observer)
            checked = replace(checked, notes=(*checked.notes, *corrected))
        except (PackageError, UsageError, Refused) as error:
            checked = _with(checked, error)
    stored = partial(stored_scans, archive, checked.package, writing=False)
    arranged = replace(scans, arrangement=checked.arrangement)
    inspection = examine(arranged, config.images, stored, observer)
    return replace(
        checked,
        problems=(*checked.problems, *inspection.problems),
        notes=(*checked.notes, *inspection.notes),
    )


def _described(checked: CheckedScans, source: Submission) -> CheckedScans:
    return replace(
        checked,
        arrangement=source.arrangement,
        notes=source.notes,
        package=source.package,
        title=source.title,
        structure=source.written.structure,
    )


def _refuse_what_is_stored(
    archive: ArchivalStorage, source: Submission, observer: Observer
) -> tuple[Finding, ...]:
    copy = StoredCopy(archive, archive.primary, source.package)
    if copy.is_there():
        return refuse_other_content(source, copy, observer)
    refuse_lost(copy)
    return ()


def _with(checked: CheckedScans, error: PackageError | UsageError | Refused) -> CheckedScans:
    """The same with what an error says: as findings, where it has them."""
    if isinstance(error, PackageError) and (findings := findings_of(error)):
        return replace(checked, problems=(*checked.problems, *findings))
    return replace(checked, refusals=(*checked.refusals, str(error)))
