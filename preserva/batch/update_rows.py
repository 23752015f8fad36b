"""Packages corrected by the rows of a table, each as `preserva update` corrects one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from preserva.archive.archive import ArchivalStorage
from preserva.batch.cells import Cells
from preserva.batch.columns import SELECTORS
from preserva.batch.outcome import RowResult, RowState
from preserva.batch.package_finder import PackageFinder
from preserva.batch.package_rows import refused
from preserva.batch.record_finder import RecordFinder
from preserva.batch.work import in_row
from preserva.catalogue.import_records import catalogue_version
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Observer
from preserva.describe.record import Record
from preserva.ingest.book_revision import PageChanges
from preserva.ingest.revision import Change, update

_FILES = ("structure", "rights", "history", "pages", "access", "text")
"""What a row can correct beside the record, each a file or a folder."""

COLUMNS = ("id", "record_file", *SELECTORS, "charset", *_FILES, "reason")


@dataclass(slots=True, kw_only=True)
class UpdateWork:
    """Corrects the package of a row."""

    archive: ArchivalStorage
    finder: RecordFinder
    packages: PackageFinder
    dry_run: bool
    reason: str | None = None
    _rows: dict[PackageId, int] = field(default_factory=dict)

    def prepare(self, rows: Iterable[Cells]) -> None:
        """Read the files of records."""
        self.finder.prepare(row for row in rows if self._has_record(row))

    def size(self, cells: Cells) -> int:
        """Each is much like the others."""
        return 1

    def do(self, cells: Cells, observer: Observer) -> RowResult:
        """Correct the package, or see whether that could be done."""
        cells.problems.clear()
        record = self.finder.find(cells) if self._has_record(cells) else None
        change = self._change(cells, record)
        if cells.problems:
            return refused(cells)
        package = self.packages.find(cells, record)
        if package is None:
            return refused(cells)
        first = self._rows.setdefault(package, cells.number)
        if first != cells.number:
            cells.refuse(Code.ROW_TWICE, "id", seen=in_row(package.portable, first))
            return refused(cells)
        made = update(self.archive, package, change, dry_run=self.dry_run, observer=observer)
        state = RowState.READY if self.dry_run else RowState.DONE
        if not made.changed:
            state = RowState.BEFORE
        notes = catalogue_version(self.archive, package) if made.created else ()
        return RowResult(cells.number, state, package, made.title, (*made.notes, *notes))

    def _has_record(self, cells: Cells) -> bool:
        """Whether a row has a new record; one that corrects nothing else must.

        A number without a place where its record could be says only which package is meant.
        """
        if not any(cells.text(key) for key in _FILES):
            return True
        named = any(cells.text(key) for key in (*SELECTORS, "record_file"))
        return named and self.finder.has_place(cells)

    def _change(self, cells: Cells, record: Record | None) -> Change:
        """What a row asks for."""
        files = {key: cells.path(key) for key in _FILES}
        return Change(
            record=record,
            charset=self.finder.charset(cells),
            reason=cells.text("reason") or self.reason,
            structure=files["structure"],
            rights=files["rights"],
            events=files["history"],
            pages=PageChanges(files["pages"], files["access"], files["text"]),
        )
