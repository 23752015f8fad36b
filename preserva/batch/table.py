"""A table that people fill in: read as their spreadsheet saves it, and given back with results.

Its cells are text from outside: what a spreadsheet would take for a formula is written so that it
stays text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from preserva.batch.columns import RESULT_HEADINGS, RESULTS, key_of, keys_of
from preserva.batch.workbook import ENDING, read_workbook, write_workbook
from preserva.describe.supplied.csv_text import csv_text
from preserva.errors import Refused, UsageError
from preserva.files.disk import move, refuse_kept, staging, staging_for, write_file
from preserva.i18n import _
from preserva.ingest.supplied import read_supplied

_FORMULA = re.compile(r"[' ]*[=+\-@\t\r]")
_MOST = 100_000
_OTHER_KINDS = {b"\xd0\xcf\x11\xe0": "Excel 97-2003 (.xls)", b"%PDF": "PDF", b"{\\rtf": "RTF"}
_RESULTS = {".csv", ".tsv", ENDING}
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row with something in it. `number` is that of the spreadsheet, where the headings are 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BatchTable:
    """A table: headings, rows, and where each column is that is used; the `unused` are named.

    `delimiter` is None for XLSX.
    """

    path: Path
    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    places: Mapping[str, int]
    unused: tuple[str, ...]
    delimiter: str | None


def read_table(path: Path, wanted: Iterable[str]) -> BatchTable:
    """The table in a file of CSV or, by its name, XLSX; `wanted` are the columns that are used.

    Raises UsageError for a file that is not a table, and for unknown columns.
    """
    header, rows, delimiter = _read(path)
    if len(rows) > _MOST:
        raise UsageError(_("{path} is too large").format(path=path))
    if not rows:
        raise UsageError(_("{path} has no rows below its headings").format(path=path))
    places = keys_of(header)
    used = {key: places[key] for key in wanted if key in places}
    passed_over = (*RESULTS, "notes", *used)
    unused = tuple(header[at].strip() for key, at in places.items() if key not in passed_over)
    return BatchTable(path, header, rows, used, unused, delimiter)


def results_path(table: Path, share: str = "") -> Path:
    """Where the results go by default: beside the table; a table that is results, in its place.

    A spreadsheet may call its text what it likes (`.txt`): the results are CSV then.
    """
    ending = f"-results{share}"
    suffix = table.suffix if table.suffix.lower() in _RESULTS else ".csv"
    stem = table.stem if table.stem.endswith(ending) else table.stem + ending
    return table.with_name(stem + suffix)


def refuse_results(path: Path) -> None:
    """Refuse a place for the results where something else is. Raises Refused, UsageError."""
    if path.suffix.lower() not in _RESULTS:
        raise UsageError(_("{path}: results are written as .csv or .xlsx").format(path=path))
    if not path.parent.is_dir():
        raise UsageError(_("{path} is not a folder").format(path=path.parent))
    refuse_kept(path)
    if not path.exists():
        return
    header, _rows, _delimiter = _read(path)
    if "result" not in map(key_of, header):
        message = _("{path} exists and is not a table of results; it was not touched")
        raise Refused(message.format(path=path))


def write_results(
    path: Path, table: BatchTable, rows: Iterable[tuple[TableRow, Sequence[str]]]
) -> None:
    """Write the rows, each with its results (`columns.RESULTS`) at the end, at once and durably.

    Earlier results are left out. Raises StorageError, StorageFull.
    """
    kept = [at for at, heading in enumerate(table.header) if key_of(heading) not in RESULTS]
    lines: list[list[str]] = [[table.header[at] for at in kept] + [*map(_, RESULT_HEADINGS)]]
    for row, results in rows:
        cells = [row.cells[at] if at < len(row.cells) else "" for at in kept]
        lines.append([*cells, *results])
    if path.suffix.lower() == ENDING:
        data = write_workbook(lines)
    else:
        data = _csv(lines, table.delimiter or ";")
    with staging(staging_for(path)) as scratch:
        write_file(scratch / path.name, data)
        move(scratch / path.name, path)


def plain(cell: str) -> str:
    """The cell without the `'` that keeps a text from being a formula."""
    text = cell.strip()
    return text[1:].strip() if text.startswith("'") and _FORMULA.match(text) else text


def _read(path: Path) -> tuple[tuple[str, ...], tuple[TableRow, ...], str | None]:
    data = read_supplied(path)
    _refuse_other_kinds(path, data)
    delimiter = None
    if path.suffix.lower() == ENDING:
        lines = list(read_workbook(data))
    else:
        try:
            text, delimiter = csv_text(data)
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
            lines = [tuple(cells) for cells in reader]
        except (UnicodeDecodeError, csv.Error) as error:
            message = _("{path} cannot be read as CSV: {reason}")
            raise UsageError(message.format(path=path, reason=error)) from error
    rows = [
        TableRow(number, cells)
        for number, cells in enumerate(lines, 1)
        if any(map(str.strip, cells))
    ]
    if not rows:
        raise UsageError(_("{path} is an empty table").format(path=path))
    return rows[0].cells, tuple(rows[1:]), delimiter


def _refuse_other_kinds(path: Path, data: bytes) -> None:
    """Name what spreadsheets also write: what a reader of CSV or XLSX would say is no help."""
    kind = next((name for mark, name in _OTHER_KINDS.items() if data[: len(mark)] == mark), None)
    if kind is None and b"mimetypeapplication/vnd.oasis" in data[:100]:
        kind = "OpenDocument"
    elif data.startswith(b"PK\3\4") and path.suffix.lower() != ENDING:
        kind = "XLSX"
    if kind is not None:
        raise UsageError(
            _("{path} is a table in another format: {kind}").format(path=path, kind=kind),
            hint=_("Save it as CSV, or as XLSX under a name that ends in .xlsx."),
        )


def _csv(lines: Iterable[Sequence[str]], delimiter: str) -> bytes:
    """CSV in UTF-8 with a mark, as spreadsheets want it; `'` before what looks like a formula."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter)
    for line in lines:
        cells = (text.replace("\0", "\ufffd") for text in line)
        writer.writerow([f"'{text}" if _FORMULA.match(text) else text for text in cells])
    return (_MARK + stream.getvalue()).encode("utf-8", "replace")
