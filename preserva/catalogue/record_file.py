"""Records of a file of any length, one after another, in little memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from preserva.catalogue import csv_records
from preserva.core.values.codes import Code
from preserva.core.values.report import Advanced, Ended, Finding, Observer, Started
from preserva.core.values.subjects import Named
from preserva.core.xml.safe import MAX_SIZE, UnsafeXMLError, streamed
from preserva.core.xml.stream import chunks, release
from preserva.describe import xml_pieces, xml_record
from preserva.describe.marc.iso2709 import RECORD_END
from preserva.describe.record import Record, read_records
from preserva.errors import NotFound
from preserva.i18n import _, system_reason

LARGEST = 16 * 1024 * 1024
"""Bytes of one record at most; ISO 2709 itself ends at 99,999."""

AT_ONCE = 1 << 20
"""Bytes of a file that is read whole; a longer one is read record by record."""

_CHUNK = 1 << 20
_IRBIS_END = b"\n*****"
_TAGS = (
    "record",
    f"{{{xml_record.MARCXML}}}record",
    f"{{{xml_record.MARCXCHANGE}}}record",
    "{info:lc/xmlns/marcxchange-v1}record",
    f"{{{xml_record.MODS}}}mods",
    f"{{{xml_record.OAI_DC}}}dc",
)


def read_with_progress(
    path: Path, charset: str | None, library: str, observer: Observer
) -> Iterator[Record | Finding]:
    """`records_of`; the bytes of its records are told as what is done of the file."""
    size = path.stat().st_size if path.is_file() else None
    observer(Started("catalogue import", Named(path.name), size=size))
    for record in records_of(path, charset, library):
        yield record
        if isinstance(record, Record):
            observer(Advanced(len(record.original)))
    observer(Ended("catalogue import", Named(path.name)))


def records_of(
    path: Path, charset: str | None = None, library: str = ""
) -> Iterator[Record | Finding]:
    """Every record of a file, a finding in place of anything else. Raises NotFound.

    A record that is too long is reported and skipped; the rest is read. A table (.csv, .tsv) may
    name its records by the identifiers that they have as the library's.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        message = _("{path} cannot be read: {reason}")
        text = message.format(path=path, reason=system_reason(error))
        raise NotFound(text, path=str(path)) from error
    with stream:
        if path.suffix.lower() in csv_records.ENDINGS:
            yield from _read(csv_records.documents(stream, path.name, library, charset), path.name)
            return
        head = stream.peek(_CHUNK)
        if path.stat().st_size <= AT_ONCE:
            yield from read_records(stream.read(), name=path.name, charset=charset)
            return
        pieces = _elements if xml_record.looks_like(head) else _pieces
        yield from _read(pieces(stream, path.name), path.name, charset)


def has_end(path: Path) -> bool:
    """Whether a file of this format shows that it was cut off between two records: only XML.

    ISO 2709, the text of IRBIS and tables are records one after another, without a last mark.
    """
    with path.open("rb") as stream:
        return xml_record.looks_like(stream.read(100))


def _read(
    pieces: Iterable[bytes | Finding], name: str, charset: str | None = None
) -> Iterator[Record | Finding]:
    for number, piece in enumerate(pieces, 1):
        if isinstance(piece, Finding):
            yield piece
            continue
        where = f"{name}#{number}"
        for record in read_records(piece, name=where, charset=charset):
            yield replace(record, path=where) if isinstance(record, Finding) else record


def _pieces(stream: BinaryIO, name: str) -> Iterator[bytes | Finding]:
    """The file cut after each end mark of ISO 2709, or before each of IRBIS."""
    waiting = b""
    mark: bytes | None = None
    skipping = False
    number = 0
    while chunk := stream.read(_CHUNK):
        if mark is None:
            mark = RECORD_END if RECORD_END in chunk else _IRBIS_END
        *whole, waiting = (waiting + chunk).split(mark)
        for piece in whole:
            number += not skipping
            if piece.strip() and not skipping:
                yield piece + mark
            skipping = False
        if len(waiting) > LARGEST or skipping:
            if not skipping:
                number += 1
                yield Finding(Code.RECORD_TOO_LARGE, f"{name}#{number}", str(LARGEST))
            skipping, waiting = True, waiting[-len(mark) :]
    if waiting.strip() and not skipping:
        yield waiting


def _elements(stream: BinaryIO, name: str) -> Iterator[bytes | Finding]:
    """Each record's element as a document of its own."""
    since_last = 0

    def bounded() -> Iterator[bytes]:
        nonlocal since_last
        for chunk in chunks(stream):
            if since_last > LARGEST:
                raise _TooLargeError
            since_last += len(chunk)
            yield chunk

    number = 0
    try:
        for event, element in streamed(bounded(), _TAGS):
            if event == "end" and element.getparent() is not None:
                number += 1
                yield etree.tostring(element, encoding="UTF-8", with_tail=False)
                release(element)
                since_last = 0
    except _TooLargeError:
        yield Finding(Code.RECORD_TOO_LARGE, f"{name}#{number + 1}", str(LARGEST))
    except UnsafeXMLError as error:
        yield from _rest(stream, name, number, error)


def _rest(
    stream: BinaryIO, name: str, number: int, error: UnsafeXMLError
) -> Iterator[bytes | Finding]:
    """What follows the first `number` records of a file that is not well-formed."""
    stream.seek(0)
    data = stream.read(MAX_SIZE + 1)
    try:
        if len(data) > MAX_SIZE:
            raise error
        for position, piece in enumerate(xml_pieces.pieces(data, error), 1):
            if position <= number:
                continue
            if isinstance(piece, UnsafeXMLError):
                yield Finding(Code.RECORD_UNREADABLE, f"{name}#{position}", seen=str(error))
            else:
                yield etree.tostring(piece, encoding="UTF-8", with_tail=False)
    except UnsafeXMLError:
        yield Finding(Code.RECORD_UNREADABLE, f"{name}#{number + 1}", seen=str(error))


class _TooLargeError(Exception):
    """The stream went on for too long without the end of a record."""
