"""Packages exported by the rows of a table, as bags in one folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from preserva.access.export import export, made_of
from preserva.access.handover import UNSTATED, Handover
from preserva.archive.archive import ArchivalStorage
from preserva.archive.stored_copy import StoredCopy
from preserva.batch.cells import Cells
from preserva.batch.outcome import RowResult, RowState
from preserva.batch.package_finder import PackageFinder
from preserva.batch.package_rows import refused
from preserva.batch.work import in_row
from preserva.core.eark.mets import PackageType
from preserva.core.values.codes import Code
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import PackageId
from preserva.core.values.report import Observer

COLUMNS = ("id", "record", "number", "shelfmark", "register", "as", "version")

_KINDS = {"aip": PackageType.AIP, "sip": PackageType.SIP, "dip": PackageType.DIP}
_MANIFEST = "manifest-sha512.txt"


@dataclass(slots=True, kw_only=True)
class ExportWork:
    """Exports the package of a row into a folder."""

    archive: ArchivalStorage
    packages: PackageFinder
    destination: Path
    dry_run: bool
    kind: PackageType = PackageType.AIP
    handover: Handover = UNSTATED
    _rows: dict[PackageId, int] = field(default_factory=dict)

    def prepare(self, rows: Iterable[Cells]) -> None:
        """Nothing is needed that a row does not find by itself."""

    def size(self, cells: Cells) -> int:
        """Each is much like the others."""
        return 1

    def do(self, cells: Cells, observer: Observer) -> RowResult:
        """Export the package, or see whether that could be done."""
        cells.problems.clear()
        word = cells.choice("as", list(_KINDS))
        number = cells.text("version")
        package = self.packages.find(cells)
        if package is None or cells.problems:
            return refused(cells)
        first = self._rows.setdefault(package, cells.number)
        if first != cells.number:
            cells.refuse(Code.ROW_TWICE, "id", seen=in_row(package.portable, first))
            return refused(cells)
        kind = self.kind if word is None else _KINDS[word]
        version = number and "v" + number.removeprefix("v")
        state = RowState.READY if self.dry_run else RowState.DONE
        if self._is_there(package, kind, version):
            state = RowState.BEFORE
        else:
            export(
                self.archive,
                package,
                self.destination,
                kind=kind,
                version=version,
                handover=self.handover,
                dry_run=self.dry_run,
                observer=observer,
            )
        return RowResult(cells.number, state, package)

    def _is_there(self, package: PackageId, kind: PackageType, version: str | None) -> bool:
        """Whether an earlier run exported it: an export appears whole, or not at all."""
        stored = StoredCopy(self.archive, self.archive.primary, package).read_recorded()
        chosen = stored.version(version)
        target = self.destination / package.portable
        premis = target / "data" / package.portable / "metadata/preservation/premis.xml"
        try:
            if kind is not PackageType.AIP:
                return made_of(kind, chosen).encode() in premis.read_bytes()
            data = (target / _MANIFEST).read_bytes()
        except OSError:
            return False
        algorithm = stored.inventory.algorithm
        recorded = stored.inventory.versions[chosen].files().get(_MANIFEST)
        return digest_bytes(data, [algorithm])[algorithm] == recorded
