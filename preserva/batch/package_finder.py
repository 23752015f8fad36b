"""The package that a row is about: by its identifier, or by a number in its record."""

from __future__ import annotations

from functools import cached_property

from preserva.archive.archive import ArchivalStorage
from preserva.batch.cells import Cells
from preserva.batch.packaged_records import PackagedRecords
from preserva.batch.work import package_named
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.describe.record import Record

_KINDS = ("number", "shelfmark", "register")


class PackageFinder:
    """Finds packages; their records are read only if a row gives no identifier."""

    def __init__(self, archive: ArchivalStorage) -> None:
        self._archive = archive
        self._institution = archive.config.institution.id

    @cached_property
    def _packaged(self) -> PackagedRecords:
        return PackagedRecords(self._archive)

    def find(self, cells: Cells, record: Record | None = None) -> PackageId | None:
        """The package of a row; None, and a problem, where it is not exactly one.

        Without an identifier it is the package whose record has the number in the row, otherwise
        the number of the record that the row names. Raises UsageError for an invalid identifier.
        """
        if (named := cells.text("id")) is not None:
            return package_named(named, self._institution)
        key, text, packages = "id", "", list[PackageId]()
        for kind in (*_KINDS, "record"):
            if (number := cells.text(kind)) is not None:
                key, text = kind, number
                kinds = _KINDS if kind == "record" else (kind,)
                packages = self._packaged.named(kinds, number)
        if not packages and record is not None:
            text = text or record.identifier
            packages = self._packaged.of(record)
        if len(packages) == 1:
            return packages[0]
        if packages:
            names = ", ".join(package.portable for package in packages)
            cells.refuse(Code.ROW_PACKAGE_AMBIGUOUS, key, seen=f"{text}: {names}")
        elif text:
            cells.refuse(Code.ROW_PACKAGE_MISSING, key, seen=text)
        else:
            cells.refuse(Code.DETAILS_MISSING, "id")
        return None
