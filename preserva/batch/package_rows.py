"""Packages made of the rows of a table: a folder of scans and a record in each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from preserva.archive.archive import ArchivalStorage
from preserva.batch.cells import Cells
from preserva.batch.columns import SELECTORS
from preserva.batch.outcome import RowResult, RowState
from preserva.batch.packaged_records import PackagesOfRecords
from preserva.batch.record_finder import RecordFinder
from preserva.batch.work import folder_size, in_row, is_local, local_part, owner
from preserva.catalogue.import_records import catalogue_version
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Observer
from preserva.describe.record import Record
from preserva.errors import PackageError
from preserva.i18n import _
from preserva.ingest.check import check
from preserva.ingest.package import Packaged, package
from preserva.ingest.source_folder import findings_of, refuse
from preserva.ingest.supplied import Details

COLUMNS = ("folder", "record_file", *SELECTORS, "charset", "id", "structure", "history", "rights")

_STRUCTURES = (".toml", ".csv", ".xml")


@dataclass(frozen=True, slots=True)
class PackageJob:
    """A package to be made: all that a row says, its record found."""

    folder: Path
    record: Record
    charset: str | None
    local: str | None
    details: Details


@dataclass(slots=True, kw_only=True)
class PackageWork:
    """Makes the package of a row and stores it.

    In the folder `structures` are those of rows that name none, called like the folders of scans.
    """

    archive: ArchivalStorage
    finder: RecordFinder
    dry_run: bool
    structures: Path | None = None
    _folders: dict[Path, int] = field(default_factory=dict)
    _packages: dict[PackageId, int] = field(default_factory=dict)
    _having: PackagesOfRecords = field(init=False)

    def __post_init__(self) -> None:
        self._having = PackagesOfRecords(self.archive, dry_run=self.dry_run)

    def prepare(self, rows: Iterable[Cells]) -> None:
        """Read the files of records."""
        self.finder.prepare(rows)

    def size(self, cells: Cells) -> int:
        """The bytes of the scans."""
        return folder_size(cells.path("folder"))

    def do(self, cells: Cells, observer: Observer) -> RowResult:
        """Make the package, or see whether it could be made."""
        job = self.job_of(cells)
        if job is None:
            return refused(cells)
        try:
            packaged = package(
                job.folder,
                job.record,
                self.archive,
                local=job.local,
                charset=job.charset,
                details=job.details,
                having=self._having.of,
                dry_run=self.dry_run,
                observer=observer,
            )
        except PackageError as error:
            if self.dry_run:
                self._refuse_at_once(job.folder, error)
            raise
        if packaged.created:
            self._having.add(packaged.package, job.record)
        return self.result(cells, packaged)

    def _refuse_at_once(self, folder: Path, error: PackageError) -> None:
        """Raise all that is wrong with the scans: who corrects them wants to know it at once."""
        found = findings_of(error)
        if found:
            others = check(self.archive, folder).problems
            refuse(folder, [*found, *(one for one in others if one not in found)])

    def job_of(self, cells: Cells) -> PackageJob | None:
        """What a row asks for; None, and problems, where that is not clear."""
        cells.problems.clear()
        folder = cells.path("folder", needed=True)
        record = self.finder.find(cells)
        structure = cells.path("structure") or self._structure(cells, folder)
        details = Details(structure, cells.path("history"), cells.path("rights"))
        named = cells.text("id")
        if folder is not None:
            first = self._folders.setdefault(folder, cells.number)
            if first != cells.number:
                cells.refuse(Code.ROW_TWICE, "folder", seen=in_row(cells.text("folder"), first))
        institution = self.archive.config.institution.id
        local = named and local_part(named, institution)
        if local and not is_local(local, institution):
            expected = _("small Latin letters, digits, dots and hyphens")
            cells.refuse(Code.DETAILS_VALUE, "id", expected, named)
        elif named and owner(named) in self.archive.config.institutions.keys() - {institution}:
            cells.refuse(Code.DETAILS_VALUE, "id", f"{institution}-…", named)
        if folder is None or record is None or cells.problems:
            return None
        return PackageJob(folder, record, self.finder.charset(cells), local, details)

    def _structure(self, cells: Cells, folder: Path | None) -> Path | None:
        """The file that is called like the folder of scans; a problem, if there are several."""
        if self.structures is None or folder is None:
            return None
        below = folder.relative_to(cells.root)
        name = self.structures / (below if below.name else folder.name)
        found = [path for end in _STRUCTURES if (path := name.with_name(name.name + end)).is_file()]
        if len(found) > 1:
            seen = ", ".join(path.name for path in found)
            cells.refuse(Code.DETAILS_VALUE, "structure", seen=seen)
        return found[0] if found else None

    def result(self, cells: Cells, packaged: Packaged) -> RowResult:
        """What became of a row whose package was made, or found, or could be made.

        The record of one that was made is in the union catalogue afterwards.
        """
        made = packaged.created and not self.dry_run
        notes = catalogue_version(self.archive, packaged.package) if made else ()
        first = self._packages.setdefault(packaged.package, cells.number)
        if first != cells.number:
            key = "id" if cells.text("id") else "record"
            cells.refuse(Code.ROW_TWICE, key, seen=in_row(packaged.package.portable, first))
            return refused(cells)
        state = RowState.READY if self.dry_run else RowState.DONE
        if packaged.stored_before:
            state = RowState.BEFORE
        said = (*packaged.notes, *notes)
        return RowResult(cells.number, state, packaged.package, packaged.title, said)


def refused(cells: Cells) -> RowResult:
    """The result of a row in which something is wrong."""
    problems = tuple(finding.message() for finding in cells.problems)
    return RowResult(cells.number, RowState.FAILED, problems=problems)
