"""What a file of records holds: each with its position, and the packages that have it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from preserva.archive.archive import ArchivalStorage
from preserva.batch.packaged_records import PackagedRecords
from preserva.batch.record_finder import names_of
from preserva.catalogue.record_file import records_of
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding
from preserva.describe.record import Record
from preserva.errors import UsageError
from preserva.i18n import _

_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class ListedRecord:
    """A record of a file, or what is in its place; `position` counts from 1.

    `number` is the record's own. `shelfmarks` and `registers` are those of all its holdings.
    `packages` are ours whose record has this number.
    """

    position: int
    number: str = ""
    title: str = ""
    shelfmarks: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()
    packages: tuple[PackageId, ...] = ()
    findings: tuple[Finding, ...] = ()


def list_records(
    archive: ArchivalStorage, path: Path, charset: str | None = None
) -> Iterator[ListedRecord]:
    """The records of a file of any size, in its order.

    Raises NotFound, StorageError, and UsageError for an unknown character set, or for a file in
    whose beginning nothing is a record: any bytes can be cut into pieces.
    """
    packaged = PackagedRecords(archive)
    records = records_of(path, charset)
    first = list(islice(records, _LOOKED_AT))
    unreadable = [record for record in first if isinstance(record, Finding)]
    if first and len(unreadable) == len(first):
        message = _("{path} holds no records").format(path=path)
        raise UsageError(message, hint=unreadable[0].message())
    for position, record in enumerate(chain(first, records), 1):
        if isinstance(record, Finding):
            yield ListedRecord(position, findings=(record,))
        else:
            yield _listed(position, record, packaged)


def _listed(position: int, record: Record, packaged: PackagedRecords) -> ListedRecord:
    names = list(dict.fromkeys(names_of(record)))
    return ListedRecord(
        position,
        record.identifier,
        " ".join(record.title.split()),
        tuple(text for kind, text in names if kind == "shelfmark"),
        tuple(text for kind, text in names if kind == "register"),
        tuple(packaged.of(record)),
        record.notes,
    )
