"""The union catalogue: filled from packages and files, kept beside the ledger."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from preserva.access.document import Document, read_document
from preserva.archive.archive import ArchivalStorage, find_config
from preserva.archive.withdrawal import tombstones
from preserva.catalogue import precedence
from preserva.catalogue.database import Database
from preserva.catalogue.entry import uri_of
from preserva.catalogue.entry_from_mods import entry_of
from preserva.catalogue.forms import uri_in
from preserva.catalogue.index import Catalogued, Incoming, Index, Taken
from preserva.catalogue.record_file import has_end, read_with_progress
from preserva.config import load
from preserva.core.values.codes import Code, Severity
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Observer, Outcome, counted, ignore
from preserva.core.values.subjects import WholeStorage
from preserva.describe.record import Record, describes_a_book, read_records
from preserva.errors import PreservaError, Refused, UsageError
from preserva.i18n import _, ngettext

NAME = "catalogue.sqlite"
_LIBRARY = re.compile(r"[a-z][a-z0-9]*")
LISTED = 100
"""Findings with the same code that are listed; a large file can have one for each record."""

_BATCH = 500
"""Records that become visible together: many enough for speed, few enough for harvesters."""


@dataclass(frozen=True, slots=True)
class Retitled:
    """A record that replaced another one of the same number, with another title."""

    uri: str
    before: str
    after: str


@dataclass(slots=True)
class Imported:
    """The result of an import; `left_out` counts records that were not imported.

    Of findings with the same code, and of new titles, the first are listed; `unlisted` counts the
    others by their code, or under "title".
    """

    read: int = 0
    changed: int = 0
    deleted: int = 0
    left_out: int = 0
    findings: list[Finding] = field(default_factory=list)
    retitled: list[Retitled] = field(default_factory=list)
    unlisted: Counter[str] = field(default_factory=Counter)
    _listed: Counter[str] = field(default_factory=Counter)

    def note(self, finding: Finding) -> None:
        """Add a finding: a note on a record, or why it was left out."""
        if self._has_room(str(finding.code.value)):
            self.findings.append(finding)

    def leave_out(self, finding: Finding) -> None:
        """Add a finding in place of a record."""
        self.left_out += 1
        self.note(finding)

    def retitle(self, retitled: Retitled) -> None:
        """Note that the title of a record has changed."""
        if self._has_room("title"):
            self.retitled.append(retitled)

    def _has_room(self, kind: str) -> bool:
        self._listed[kind] += 1
        self.unlisted[kind] += self._listed[kind] > LISTED
        return self._listed[kind] <= LISTED

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
    records: int | None = None,
    observer: Observer = ignore,
) -> Imported:
    """Import the records of a file, as those of a library.

    `complete` says that the file is the library's whole catalogue: a record of the library that is
    not in it is marked as deleted. `records` is how many records the file must have. Raises
    UsageError, NotFound, and Refused where a complete file may not be whole: it has nothing in it,
    something could not be read, there are not as many records as there must be, or nothing in its
    format shows an end and `records` is not given. Then nothing is deleted.
    """
    if not _LIBRARY.fullmatch(library):
        message = _("{text} is not a library id: use lower-case Latin letters and digits")
        raise UsageError(message.format(text=library))
    source = f"{path.name} {time}"
    imported = Imported()
    incoming = (
        incoming_of(record, library, source, charset=charset)
        for record in _of_books(
            _sound(read_with_progress(path, charset, library, observer), imported), imported
        )
    )
    take_in(database, incoming, time, imported)
    _compare_count(imported, path, records)
    if complete:
        _refuse_incomplete(imported, path, library)
        others = _others(database, library, source)
        if others and records is None and not has_end(path):
            raise _endless(path, library, len(others))
        imported.deleted = _delete(database, others, time)
    return imported


def _compare_count(imported: Imported, path: Path, records: int | None) -> None:
    count = imported.read + imported.left_out
    if records is not None and records != count:
        message = _("{path} has {count} records, not {expected}: it may have been cut off")
        raise Refused(
            message.format(path=path, count=count, expected=records),
            hint=_("Its records were imported; none was marked as deleted."),
        )


def _refuse_incomplete(imported: Imported, path: Path, library: str) -> None:
    if imported.read and not imported.left_out:
        return
    message = _("{path} cannot be the whole catalogue of {library}")
    reasons = [finding.message() for finding in imported.findings
               if finding.code.severity is not Severity.WARNING]  # fmt: skip
    raise Refused(
        "\n  ".join([message.format(path=path, library=library), *reasons[:20]]),
        hint=_("Its records were imported; none was marked as deleted."),
    )


def _endless(path: Path, library: str, count: int) -> Refused:
    message = ngettext(
        "{count} record of {library} is not in {path}, and nothing shows that the file is whole",
        "{count} records of {library} are not in {path}, and nothing shows that the file is whole",
        count,
    )
    return Refused(
        message.format(count=count, library=library, path=path),
        hint=_(
            "Its records were imported; none was marked as deleted. Say with --records how many"
            " records the library's system exported."
        ),
    )


def import_packages(
    archive: ArchivalStorage, database: Database, time: int, *, observer: Observer = ignore
) -> Imported:
    """Import the record of every package of our primary storage; withdrawn ones are removed.

    A record may have several packages. If theirs differ, the one that was there first stays.

    Raises StorageError.
    """
    imported = Imported()
    take_in(database, _of_packages(archive, time, imported, observer), time, imported)
    index = Index(database)
    with database.writing():
        for package in tombstones(archive.ledger):
            imported.deleted += index.release(package, time)
    return imported


def catalogue_version(archive: ArchivalStorage, package: PackageId) -> list[Finding]:
    """Take the record of a new version into the catalogue of an archive, if it has one.

    Nothing is raised: the version is stored, whatever became of the catalogue. A finding says why
    it could not be done; `preserva catalogue import` makes up for it.
    """
    path = archive.config.ledger.parent / NAME
    if not path.exists():
        return []
    imported = Imported()
    time = int(archive.clock().timestamp())
    try:
        database = Database(path, must_exist=True)
        try:
            take_in(database, _of_package(archive, package, time, imported), time, imported)
        finally:
            database.close()
    except PreservaError as error:
        return [Finding(Code.NOT_CATALOGUED_YET, package.portable, seen=str(error))]
    return imported.findings


def take_in(database: Database, records: Iterable[Incoming], time: int, imported: Imported) -> None:
    """Put records into the catalogue, some hundred at a time; memory does not grow."""
    index = Index(database)
    source = iter(records)
    while batch := list(islice(source, _BATCH)):
        with database.writing():
            for incoming in batch:
                _take(index, incoming, time, imported)


def _take(index: Index, incoming: Incoming, time: int, imported: Imported) -> None:
    before: list[Catalogued] = []
    objections: list[Finding] = []

    def keep(known: Catalogued) -> bool:
        before.append(known)
        if _is_of_another_package(known, incoming):
            objections.append(Finding(Code.PACKAGES_DIFFER, incoming.uri, seen=incoming.package))
            return True
        return must_stay(known, incoming, objections.append)

    taken = index.put(incoming, time, keep)
    imported.read += 1
    imported.changed += taken is Taken.CHANGED
    if taken is Taken.AGAIN and incoming.package is None:  # a record may have many packages
        imported.note(Finding(Code.RECORD_TWICE, incoming.uri))
    for finding in objections:
        imported.note(finding)
        if finding.code is Code.RECORD_DAMAGED:
            imported.read -= 1
            imported.left_out += 1
    old = before[0].entry if before and taken is Taken.CHANGED else None
    if old is not None and old.title != incoming.entry.title:
        imported.retitle(Retitled(incoming.uri, old.title, incoming.entry.title))


def _is_of_another_package(known: Catalogued, incoming: Incoming) -> bool:
    """Whether the record that is there was read in another package that has the same record."""
    origin = known.source.split(" ")[0]
    return incoming.package is not None and incoming.package != origin in known.packages


def must_stay(known: Catalogued, incoming: Incoming, note: Callable[[Finding], None]) -> bool:
    """Whether the record in the catalogue stays, because it is sound, says more, or the same.

    `note` is told why, except where it says the same.
    """
    if incoming.record is None or known.entry is None:
        return False
    try:
        present = record_of(known)
    except ValueError:
        return False  # what cannot be read any more may be replaced
    stays, finding = precedence.judge(
        incoming.uri, present, known.entry, incoming.record, incoming.entry
    )
    if finding is not None:
        note(finding)
    return stays


def incoming_of(
    record: Record,
    library: str,
    source: str,
    *,
    uri: str | None = None,
    charset: str | None = None,
    package: PackageId | None = None,
    of_library: bool = True,
    stamp: int | None = None,
) -> Incoming:
    """A record for the catalogue, under its own number, otherwise under its content's digest."""
    entry = entry_of(record)
    content = hashlib.sha256(record.original).hexdigest()[:16]
    return Incoming(
        uri
        or uri_in(record, library)
        or uri_of(library, entry.number or record.identifier or content),
        source,
        entry,
        record.original,
        charset,
        package.uri if package else None,
        record,
        of_library,
        stamp,
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
        if isinstance(record, Record):
            for finding in record.notes:
                imported.note(finding)
            if any(note.code is Code.RECORD_CHARSET_UNKNOWN for note in record.notes):
                imported.left_out += 1
            else:
                yield record
        elif record.code.severity is Severity.WARNING:
            imported.note(record)
        else:
            imported.leave_out(record)


def _of_books(records: Iterable[Record], imported: Imported) -> Iterator[Record]:
    """Only the records that describe something and have a title."""
    for record in records:
        where = f"{record.name}#{record.position}"
        if not describes_a_book(record):
            imported.note(Finding(Code.RECORD_NOT_OF_BOOK, where))
        elif not record.title:
            imported.leave_out(Finding(Code.RECORD_WITHOUT_TITLE, where))
        else:
            yield record


def _of_packages(
    archive: ArchivalStorage, time: int, imported: Imported, observer: Observer
) -> Iterator[Incoming]:
    store, withdrawn = archive.primary, tombstones(archive.ledger)
    paths = list(store.root.objects())
    subject = WholeStorage(store.id)
    for path in counted("catalogue import", subject, paths, len(paths), observer):
        try:
            package = PackageId.parse(store.root.read_at(path).inventory.identifier)
            if package.uri in withdrawn:
                continue
            yield from _of_package(archive, package, time, imported)
        except (PreservaError, ValueError) as error:
            imported.note(Finding(Code.PACKAGE_NOT_CATALOGUED, path, seen=str(error)))


def _of_package(
    archive: ArchivalStorage, package: PackageId, time: int, imported: Imported
) -> Iterator[Incoming]:
    for record in _sound(records_of_package(archive, package), imported):
        yield incoming_of(record, package.institution, f"{package} {time}", package=package)


def records_of_package(archive: ArchivalStorage, package: PackageId) -> list[Record | Finding]:
    """The record of a package; in MODS if its character set is one that a person had to name."""
    records = read_records(read_document(archive, package, Document.RECORD), name=package.portable)
    if any(isinstance(record, Record) and not precedence.damaged(record) for record in records):
        return records
    return read_records(read_document(archive, package, Document.MODS), name=package.portable)


def _others(database: Database, library: str, source: str) -> list[str]:
    """The records of a library that its complete file no longer has."""
    rows = database.run(
        "SELECT uri FROM record WHERE library = ? AND source <> ? AND packages IS NULL"
        " AND NOT deleted", library, source,
    )  # fmt: skip
    return [str(uri) for (uri,) in rows]


def _delete(database: Database, uris: Iterable[str], time: int) -> int:
    index = Index(database)
    with database.writing():
        return sum(index.delete(uri, time) for uri in uris)
