"""The records of the union catalogue as a file, whole or only what changed since a date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from preserva.archive.staging import beside
from preserva.catalogue.csv_records import COLUMNS, line, lines_of
from preserva.catalogue.database import Database
from preserva.catalogue.forms import as_dc, as_iso2709, as_marcxchange, as_mods
from preserva.catalogue.import_records import record_of
from preserva.catalogue.index import Catalogued, Index
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding, Observer, counted, ignore
from preserva.core.values.subjects import Named
from preserva.describe.record import Record
from preserva.files.disk import publish, synchronise, writing


class ExportFormat(StrEnum):
    """In which format records are exported."""

    MARC = "marc"
    MARCXCHANGE = "marcxchange"
    MODS = "mods"
    DC = "dc"
    CSV = "csv"


@dataclass(slots=True)
class Exported:
    """How many records were written, and which could not be."""

    written: int = 0
    findings: list[Finding] = field(default_factory=list)


_MAKERS: dict[ExportFormat, Callable[[str, Record], bytes | None]] = {
    ExportFormat.MARC: as_iso2709,
    ExportFormat.MARCXCHANGE: as_marcxchange,
    ExportFormat.MODS: as_mods,
    ExportFormat.DC: as_dc,
}
_AROUND = {
    ExportFormat.MARCXCHANGE: (
        b'<collection xmlns="info:lc/xmlns/marcxchange-v2">\n',
        b"</collection>\n",
    ),
    ExportFormat.MODS: (
        b'<modsCollection xmlns="http://www.loc.gov/mods/v3">\n',
        b"</modsCollection>\n",
    ),
    ExportFormat.DC: (b"<records>\n", b"</records>\n"),
}
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def export_catalogue(
    database: Database,
    destination: Path,
    form: ExportFormat,
    *,
    since: datetime | None = None,
    library: str | None = None,
    observer: Observer = ignore,
) -> Exported:
    """Write the records to a new file, each as it was last changed. Raises Refused, StorageFull.

    Deleted ones are not in it: OAI-PMH tells of these.
    """
    done = Exported()
    start = int(since.timestamp()) if since else 0
    index = Index(database)
    stored = index.changed_since(start, library=library)
    records = counted("export", Named(destination.name), stored, index.count(), observer)
    with beside(destination) as scratch:
        made = scratch / destination.name
        with writing(made), made.open("wb") as stream:
            for piece in _pieces(records, form, done):
                stream.write(piece)
        synchronise(made)
        publish(made, destination)
    return done


def _pieces(records: Iterator[Catalogued], form: ExportFormat, done: Exported) -> Iterator[bytes]:
    before, behind = _AROUND.get(form, (b"", b""))
    if before:
        yield _DECLARATION + before
    if form is ExportFormat.CSV:
        yield line(COLUMNS)
    for record in records:
        piece = b"" if record.entry is None else _piece(record, form)
        if piece is None:
            done.findings.append(Finding(Code.RECORD_HAS_NO_FORM, record.uri, seen=form.value))
        elif piece:
            done.written += 1
            yield piece
    yield behind


def _piece(record: Catalogued, form: ExportFormat) -> bytes | None:
    if form is ExportFormat.CSV:
        assert record.entry is not None, "deleted records are left out before"
        return b"".join(lines_of(record.uri, record.entry, record.packages))
    made = _MAKERS[form](record.uri, record_of(record))
    if made is None or form is ExportFormat.MARC:
        return made
    return without_declaration(made) + b"\n"


def without_declaration(document: bytes) -> bytes:
    """The root element of a document that we wrote."""
    return document[document.index(b"?>") + 2 :].strip() if document[:2] == b"<?" else document
