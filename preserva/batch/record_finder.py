"""The records that the rows of a table name: by number, shelfmark, register number or position.

Each file of records is read once, from its beginning to its end, and only what the rows ask for is
kept: a catalogue of a million records costs time but no memory.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from preserva.batch.cells import Cells
from preserva.batch.columns import SELECTORS, heading_of
from preserva.catalogue.database import Database
from preserva.catalogue.entry import uri_as_typed
from preserva.catalogue.import_records import NAME
from preserva.catalogue.index import Index
from preserva.catalogue.record_file import records_of
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.describe.record import Record, holdings_of, read_record
from preserva.errors import PreservaError, UsageError
from preserva.i18n import _, joined

_ALIKE = str.maketrans("авекмнорстухі", "abekmhopctyxi")
"""Cyrillic letters that look like Latin ones: nobody sees which of them a shelfmark has."""

_PARTS = re.compile(r"[^\W\d_]+|\d+")

_IN_CATALOGUE = re.compile(r"[a-z][a-z0-9]*:.+")

_Place = tuple[str, str]
"""A kind of number, and the number folded."""

_NAMELESS: _Place = ("", "")
"""The place of records by which nobody can ask."""

_MOST_NAMED = 5

_Positioned = tuple[int, Record | Finding]
"""A record, or something that is not one, and its position in the file, from 1."""


def folded(text: str) -> str:
    """A number or shelfmark without what people write differently: case, spaces, marks between.

    Where there is a mark still counts: 12/3 is not 1/23.
    """
    return "-".join(_PARTS.findall(text.casefold().translate(_ALIKE)))


def names_of(record: Record) -> Iterator[tuple[str, str]]:
    """What a record can be asked for by: the kind (a column), and the text."""
    if record.identifier:
        yield "number", record.identifier
    for holding in holdings_of(record):
        if holding.shelfmark:
            yield "shelfmark", holding.shelfmark
        for entry in holding.registers:
            yield "register", entry.number


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    charset: str | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one row asks for: a kind of `SELECTORS`, and the text in that column."""

    kind: str
    text: str

    def places(self) -> Iterator[_Place]:
        """Where it may be found. A `record` may be any kind of number, never a position."""
        kinds = ("number", "shelfmark", "register") if self.kind == "record" else (self.kind,)
        for kind in kinds:
            yield kind, self.text if kind == "position" else folded(self.text)


class RecordFinder:
    """The records of a table's rows. `file` is that of rows which name none themselves."""

    def __init__(self, ledger: Path, file: Path | None, charset: str | None) -> None:
        self._catalogue = ledger.parent / NAME
        self._default = file
        self._charset = charset
        self._found: dict[_File, dict[_Place, list[_Positioned]]] = {}

    def prepare(self, rows: Iterable[Cells]) -> None:
        """Read the files, keeping what these rows ask for. Raises UsageError for the default one.

        That a file cannot be read which a row names is a problem of that row.
        """
        if self._default is not None and not self._default.is_file():
            raise UsageError(_("{path} is not a file").format(path=self._default))
        asked: dict[_File, set[_Place]] = defaultdict(set)
        for cells in rows:
            file, what = self._asked(cells)
            if file is not None:
                asked[file] |= set() if what is None else set(what.places())
            cells.problems.clear()  # they are found again when the row is done
        for file, places in asked.items():
            self._found[file] = _read(file, places)

    def find(self, cells: Cells) -> Record | None:
        """The record of a row; None, and a problem, where there is not exactly one."""
        file, what = self._asked(cells)
        if what is not None and what.kind == "catalogue":
            return self._from_catalogue(cells, what)
        if file is None:
            if not cells.problems:
                cells.refuse(Code.DETAILS_MISSING, "record_file" if what else "record")
            return None
        found = self._found[file]
        places = [("all", "")] if what is None else list(what.places())
        kind = "record_file" if what is None else what.kind
        records = next((found[place] for place in places if found.get(place)), [])
        if len(records) == 1:
            ((_position, record),) = records
            if isinstance(record, Record):
                return record
            cells.problems.append(record)
            return None
        seen = file.path.name if what is None else what.text
        if records:
            names = ", ".join(_name(position, record) for position, record in records)
            cells.refuse(Code.ROW_RECORD_AMBIGUOUS, kind, seen=f"{seen}: {names}")
        elif nameless := found.get(_NAMELESS):
            message = _("{text}; records without number and shelfmark: {names}")
            names = ", ".join(_name(position, record) for position, record in nameless)
            cells.refuse(Code.ROW_RECORD_MISSING, kind, seen=message.format(text=seen, names=names))
        else:
            cells.refuse(Code.ROW_RECORD_MISSING, kind, seen=seen)
        return None

    def has_place(self, cells: Cells) -> bool:
        """Whether it is said where the record of a row is: a file, or the union catalogue."""
        if self._default or cells.text("record_file") or cells.text("catalogue"):
            return True
        text = cells.text("record") or ""
        try:
            return bool(_IN_CATALOGUE.fullmatch(text)) or (cells.root / text).is_file()
        except (OSError, ValueError):  # too long for a name
            return False

    def charset(self, cells: Cells) -> str | None:
        """The character set that a person named for the row's file."""
        return cells.text("charset") or self._charset

    def _asked(self, cells: Cells) -> tuple[_File | None, _Asked | None]:
        filled = [(key, text) for key in SELECTORS if (text := cells.text(key)) is not None]
        if len(filled) > 1:
            names = joined(", ", (heading_of(key) for key, _text in filled))
            cells.refuse(Code.DETAILS_VALUE, filled[1][0], _("only one of these columns"), names)
            return None, None
        path = cells.path("record_file") or self._default
        if cells.problems:
            return None, None
        if filled and filled[0][0] == "record":
            if _IN_CATALOGUE.fullmatch(filled[0][1]):
                return None, _Asked("catalogue", filled[0][1])
            if path is None:  # then it is the file of this book's own record
                file = cells.path("record")
                return (None if file is None else _File(file, self.charset(cells))), None
        if filled and filled[0][0] == "position" and cells.count("position") is None:
            return None, None
        what = _Asked(*filled[0]) if filled else None
        return (None if path is None else _File(path, self.charset(cells))), what

    def _from_catalogue(self, cells: Cells, what: _Asked) -> Record | None:
        try:
            database = Database(self._catalogue, must_exist=True)
            try:
                known = Index(database).get(uri_as_typed(what.text))
            finally:
                database.close()
        except PreservaError as error:
            cells.refuse(Code.ROW_RECORD_MISSING, what.kind, seen=f"{what.text}: {error}")
            return None
        if known is None or known.entry is None:
            cells.refuse(Code.ROW_RECORD_MISSING, what.kind, seen=what.text)
            return None
        record = read_record(known.original, name=what.text, charset=known.charset)
        if isinstance(record, Finding):
            cells.problems.append(record)
            return None
        return record


def _name(position: int, record: Record | Finding) -> str:
    """A record as people find it again: by its number, if it has one, and its position."""
    number = record.identifier if isinstance(record, Record) else ""
    return f"{number} (#{position})" if number else f"#{position}"


def _read(file: _File, places: set[_Place]) -> dict[_Place, list[_Positioned]]:
    """The records at these places; under `all` the first two of the file."""
    found: dict[_Place, list[_Positioned]] = defaultdict(list)
    try:
        for position, record in enumerate(records_of(file.path, file.charset), 1):
            of_record = {("position", str(position))}
            names = list(names_of(record)) if isinstance(record, Record) else []
            of_record |= {(kind, folded(text)) for kind, text in names}
            if not names and len(found[_NAMELESS]) < _MOST_NAMED:
                found[_NAMELESS].append((position, record))
            for place in of_record & places:
                found[place].append((position, record))
            if position <= 2:
                found["all", ""].append((position, record))
    except PreservaError as error:
        finding = Finding(Code.RECORD_UNREADABLE, file.path.name, seen=str(error))
        return {place: [(0, finding)] for place in {*places, ("all", "")}}
    return dict(found)
