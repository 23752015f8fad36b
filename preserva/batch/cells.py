"""The cells of one row, requested by column; errors in them are collected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from preserva.batch.columns import NAMES, heading_of
from preserva.batch.table import BatchTable, TableRow, plain
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding

_OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
"""How a path from the top of a disk or of a network begins there."""


@dataclass(slots=True)
class Cells:
    """A row. `root` is the folder in which the files of the table are; `problems` grow."""

    row: TableRow
    header: Sequence[str]
    places: Mapping[str, int]
    root: Path
    problems: list[Finding] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The number of the row in the spreadsheet."""
        return self.row.number

    @property
    def about(self) -> str:
        """The text by which a person knows the row; "" if it has none."""
        return next(filter(None, map(self.text, NAMES)), "")

    def text(self, key: str, *, needed: bool = False) -> str | None:
        """The text in a column; None where there is none."""
        at = self.places.get(key)
        text = plain(self.row.cells[at]) if at is not None and at < len(self.row.cells) else ""
        if not text and needed:
            self.refuse(Code.DETAILS_MISSING, key)
        return text or None

    def count(self, key: str) -> int | None:
        """A number from 1."""
        text = self.text(key)
        if text is None:
            return None
        if not text.isascii() or not text.isdigit() or not 0 < int(text[:12]) < 10**9:
            self.refuse(Code.DETAILS_VALUE, key, "1, 2, 3 ...", text)
            return None
        return int(text)

    def path(self, key: str, *, needed: bool = False) -> Path | None:
        """A path, relative to the root or below it; `\\` is understood as `/`."""
        text = self.text(key, needed=needed)
        if text is None:
            return None
        if _OF_WINDOWS.match(text):
            self.refuse(Code.ROW_PATH_OUTSIDE, key, str(self.root), text)
            return None
        try:
            path = (self.root / text).resolve()
            if "\\" in text and not path.exists():
                path = (self.root / text.replace("\\", "/")).resolve()
        except (ValueError, OSError, RuntimeError):  # a zero byte, a name too long, links in a ring
            self.refuse(Code.DETAILS_VALUE, key, seen=text)
            return None
        if not path.is_relative_to(self.root):
            self.refuse(Code.ROW_PATH_OUTSIDE, key, str(self.root), text)
            return None
        return path

    def choice(self, key: str, words: Sequence[str]) -> str | None:
        """One of a few words."""
        text = self.text(key)
        if text is not None and text.casefold() not in words:
            self.refuse(Code.DETAILS_VALUE, key, ", ".join(words), text)
            return None
        return text and text.casefold()

    def refuse(
        self, code: Code, key: str, expected: str | None = None, seen: str | None = None
    ) -> None:
        """Something is wrong with the cell of a column."""
        at = self.places.get(key)
        heading = heading_of(key) if at is None else self.header[at].strip()
        self.problems.append(Finding(code, heading, expected, seen))


def cells_of(table: BatchTable, root: Path) -> list[Cells]:
    """All rows of a table."""
    return [Cells(row, table.header, table.places, root) for row in table.rows]
