"""The union catalogue: filled from packages and files, kept beside the ledger."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from preserva.access.document import Document, read_document
from preserva.archive.archive import Archive, find_config
from preserva.catalogue.database import Database
from preserva.catalogue.entry import uri_of
from preserva.catalogue.entry_from_mods import entry_of
from preserva.catalogue.index import Catalogued, Incoming, Index, Taken
from preserva.catalogue.record_file import records_of
from preserva.config import load
from preserva.core.values.codes import Code, Severity
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome
from preserva.describe.record import Record, read_records
from preserva.errors import PreservaError, Refused, UsageError
from preserva.i18n import _

NAME = "catalogue.sqlite"
_LIBRARY = re.compile(r"[a-z][a-z0-9]*")
_BATCH = 500
"""Records that become visible together: many enough for speed, few enough for harvesters."""


@dataclass(slots=True)
class Imported:
    """What an import did. Notes on how a record was read are not repeated here."""

    read: int = 0
    changed: int = 0
    deleted: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """What the findings come to."""
        return Outcome.of(self.findings)


@contextmanager
def open_catalogue(config: Path | None = None, *, must_exist: bool = False) -> Iterator[Database]:
    """The catalogue of an archive. Raises ArchiveNotFound, ConfigError, StorageError."""
    path = load(find_config(config)).ledger.parent / NAME
    database = Database(path, must_exist=must_exist)
    try:
        yield database
    finally:
        database.close()


def own_library(config: Path | None = None) -> str:
    """Whose archive it is. Raises ArchiveNotFound, ConfigError."""
    return load(find_config(config)).institution.id


def import_file(
    database: Database,
    path: Path,
    library: str,
    time: int,
    *,
    charset: str | None = None,
    complete: bool = False,
) -> Imported:
    """Take in the records of a file, as those of a library.

    `complete` says that the file is the library's whole catalogue: a record of the library that is
    not in it is marked as deleted. Raises UsageError, NotFound, and Refused for a complete file
    with nothing in it or with what could not be read: then nothing is deleted.
    """
    if not _LIBRARY.fullmatch(library):
        message = _("{text} is not a library id: use lower-case Latin letters and digits")
        raise UsageError(message.format(text=library))
    source = f"{path.name} {time}"
    imported = Imported()
    incoming = (
        incoming_of(record, library, source, charset=charset)
        for record in _sound(records_of(path, charset, library), imported)
    )
    take_in(database, incoming, time, imported)
    if complete:
        if not imported.read or any(
            finding.code.severity is Severity.ERROR for finding in imported.findings
        ):
            raise Refused(
                _("{path} cannot be the whole catalogue of {library}").format(
                    path=path, library=library
                ),
                hint=_("Its records were imported; none was marked as deleted."),
            )
        imported.deleted = _delete_others(database, library, source, time)
    return imported


def import_packages(archive: Archive, database: Database, time: int) -> Imported:
    """Take in the record of every package of our primary storage. Raises StorageError."""
    imported = Imported()
    take_in(database, _of_packages(archive, time, imported), time, imported)
    return imported


def take_in(database: Database, records: Iterable[Incoming], time: int, imported: Imported) -> None:
    """Put records into the catalogue, some hundred at a time; memory does not grow."""
    index = Index(database)
    source = iter(records)
    while batch := list(islice(source, _BATCH)):
        with database.writing():
            for incoming in batch:
                imported.read += 1
                taken = index.put(incoming, time)
                imported.changed += taken is Taken.CHANGED
                if taken is Taken.AGAIN:
                    imported.findings.append(Finding(Code.RECORD_TWICE, incoming.uri))


def incoming_of(
    record: Record,
    library: str,
    source: str,
    *,
    uri: str | None = None,
    charset: str | None = None,
    package: PackageId | None = None,
) -> Incoming:
    """A record for the catalogue, under its own number, or else under its content's digest."""
    entry = entry_of(record)
    content = hashlib.sha256(record.original).hexdigest()[:16]
    return Incoming(
        uri or uri_of(library, entry.number or record.identifier or content),
        source,
        entry,
        record.original,
        charset,
        package.uri if package else None,
    )


def record_of(catalogued: Catalogued) -> Record:
    """The record as it was read, with its fields. Raises ValueError for one that is deleted."""
    for record in read_records(
        catalogued.original, name=catalogued.uri, charset=catalogued.charset
    ):
        if isinstance(record, Record):
            return record
    raise ValueError(catalogued.uri)


def _sound(records: Iterable[Record | Finding], imported: Imported) -> Iterator[Record]:
    for record in records:
        if isinstance(record, Finding):
            imported.findings.append(record)
        else:
            yield record


def _of_packages(archive: Archive, time: int, imported: Imported) -> Iterator[Incoming]:
    store = archive.primary
    for path in store.root.objects():
        try:
            package = PackageId.parse(store.root.read_at(path).inventory.identifier)
            data = read_document(archive, package, Document.RECORD)
        except (PreservaError, ValueError) as error:
            imported.findings.append(Finding(Code.PACKAGE_NOT_CATALOGUED, path, seen=str(error)))
            continue
        for record in _sound(read_records(data, name=package.portable), imported):
            source = f"{package} {time}"
            yield incoming_of(record, package.institution, source, package=package)


def _delete_others(database: Database, library: str, source: str, time: int) -> int:
    """Mark what the complete file of a library no longer has."""
    rows = database.run(
        "SELECT uri FROM record WHERE library = ? AND source <> ? AND package IS NULL"
        " AND NOT deleted", library, source,
    )  # fmt: skip
    index = Index(database)
    with database.writing():
        return sum(index.delete(str(uri), time) for (uri,) in rows)
