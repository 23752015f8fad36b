"""What the verbs that work by tables have in common: rows looked at together, then done singly."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from preserva.batch.cells import Cells
from preserva.batch.outcome import RowResult
from preserva.core.values.model import PackageId
from preserva.core.values.report import Observer
from preserva.errors import UsageError
from preserva.i18n import _


class BatchWork(Protocol):
    """What is done with each row."""

    def prepare(self, rows: Iterable[Cells]) -> None:
        """Look at all rows that will be done, before the first is."""

    def do(self, cells: Cells, observer: Observer) -> RowResult:
        """Do a row, or on a check only find out whether it can be. Raises PreservaError."""

    def size(self, cells: Cells) -> int:
        """About how many bytes there are to read for a row, for those who wait."""


def local_part(text: str, institution: str) -> str:
    """The local part of an identifier of ours, which may be written whole or without us."""
    try:
        package = PackageId.parse(text)
    except ValueError:
        return text
    return package.local if package.institution == institution else text


def is_local(text: str, institution: str) -> bool:
    """Whether it can be the local part of an identifier."""
    try:
        PackageId(institution, text)
    except ValueError:
        return False
    return True


def owner(text: str) -> str | None:
    """The institution of an identifier that is written whole; of a local part, its beginning."""
    try:
        return PackageId.parse(text).institution
    except ValueError:
        return None


def package_named(text: str, institution: str) -> PackageId:
    """The package that is meant by `aonb-kp-000123`, its URI, or `kp-000123` alone.

    Raises UsageError.
    """
    try:
        return PackageId(institution, local_part(text, institution))
    except ValueError as error:
        message = _("{text} is not the identifier of a package")
        raise UsageError(message.format(text=text)) from error


def in_row(what: str | None, row: int) -> str:
    """Something that an earlier row of the table has."""
    return _("{text}, row {row}").format(text=what or "", row=row)


def folder_size(folder: Path | None) -> int:
    """The bytes of all files below a folder; what cannot be read counts nothing."""
    if folder is None:
        return 0
    total = 0
    for place, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118
            except OSError:
                continue
    return total
