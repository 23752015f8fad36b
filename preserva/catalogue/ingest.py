"""The joint catalogue: filled from packages and files, kept beside the ledger."""

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
from preserva.catalogue.entry import entry_of
from preserva.catalogue.index import Catalogued, Incoming, Index, Taken
from preserva.catalogue.model import uri_of
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
        message = _("{text} is not the id of a library: small Latin letters and digits")
        raise UsageError(message.format(text=library))
    source = f"{path.name} {time}"
    found = Imported()
    incoming = (
        incoming_of(one, library, source, charset=charset)
        for one in _sound(records_of(path, charset, library), found)
    )
    take_in(database, incoming, time, found)
    if complete:
        if not found.read or any(one.code.severity is Severity.ERROR for one in found.findings):
            raise Refused(
                _("{path} cannot be the whole catalogue of {library}").format(
                    path=path, library=library
                ),
                hint=_("Its records were taken in; none was marked as deleted."),
            )
        found.deleted = _delete_others(database, library, source, time)
    return found


def import_packages(archive: Archive, database: Database, time: int) -> Imported:
    """Take in the record of every package of our primary storage. Raises StorageError."""
    found = Imported()
    take_in(database, _of_packages(archive, time, found), time, found)
    return found


def take_in(database: Database, records: Iterable[Incoming], time: int, found: Imported) -> None:
    """Put records into the catalogue, some hundred at a time; memory does not grow."""
    index = Index(database)
    source = iter(records)
    while batch := list(islice(source, _BATCH)):
        with database.writing():
            for one in batch:
                found.read += 1
                taken = index.put(one, time)
                found.changed += taken is Taken.CHANGED
                if taken is Taken.AGAIN:
                    found.findings.append(Finding(Code.RECORD_TWICE, one.uri))


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


def record_of(one: Catalogued) -> Record:
    """The record as it was read, with its fields. Raises ValueError for one that is deleted."""
    for found in read_records(one.original, name=one.uri, charset=one.charset):
        if isinstance(found, Record):
            return found
    raise ValueError(one.uri)


def _sound(records: Iterable[Record | Finding], found: Imported) -> Iterator[Record]:
    for one in records:
        if isinstance(one, Finding):
            found.findings.append(one)
        else:
            yield one


def _of_packages(archive: Archive, time: int, found: Imported) -> Iterator[Incoming]:
    store = archive.primary
    for path in store.root.objects():
        try:
            package = PackageId.parse(store.root.read_at(path).inventory.identifier)
            data = read_document(archive, package, Document.RECORD)
        except (PreservaError, ValueError) as error:
            found.findings.append(Finding(Code.PACKAGE_NOT_CATALOGUED, path, seen=str(error)))
            continue
        for record in _sound(read_records(data, name=package.portable), found):
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
