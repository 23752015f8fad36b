"""Tables as XLSX, by openpyxl: an extra, `preserva[xlsx]`.

A workbook is a zip of XML documents from anywhere: its size unpacked is bounded, and one that
declares a document type is refused, as openpyxl's own documentation advises.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from preserva.errors import UsageError
from preserva.i18n import _

ENDING = ".xlsx"

_LARGEST = 256 << 20
_DECLARED = (b"<!DOCTYPE", b"<!ENTITY")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            _("a table in XLSX needs openpyxl, which is not installed"),
            hint=_("Install it with: pip install 'preserva[xlsx]', or save the table as CSV."),
        ) from error


def read_workbook(data: bytes) -> Iterator[tuple[str, ...]]:
    """The rows of the first sheet that has any, as texts. Raises UsageError."""
    with _explained():
        from openpyxl import load_workbook
    _refuse_dangerous(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what the file says of its size may be wrong
            rows = [tuple(map(_text, row)) for row in sheet.iter_rows(values_only=True)]
            if any(map(any, rows)):
                yield from rows
                return
    except Exception as error:  # openpyxl raises what it happens to meet
        raise _unreadable(error) from error


def write_workbook(rows: Iterable[Sequence[str]]) -> bytes:
    """A workbook of one sheet, in which every cell is text, also what looks like a formula."""
    with _explained():
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)[:32_767])
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _refuse_dangerous(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _LARGEST:
                raise UsageError(_("the table is too large when it is unpacked"))
            for member in archive.infolist():
                head = archive.read(member).replace(b"\0", b"")
                if any(mark in head for mark in _DECLARED) and not _is_picture(member.filename):
                    raise UsageError(_("the table declares a document type, which no table needs"))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise _unreadable(error) from error


def _is_picture(name: str) -> bool:
    return name.lower().endswith((".png", ".jpg", ".jpeg", ".gif", ".bmp", ".emf", ".wmf"))


def _unreadable(error: Exception) -> UsageError:
    return UsageError(_("the table cannot be read as XLSX: {reason}").format(reason=error))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
