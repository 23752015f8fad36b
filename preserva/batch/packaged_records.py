"""Which packages have which record: by the numbers in the records that the packages hold.

The union catalogue may lag behind, and a person may have chosen any identifier for a package.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress

from preserva.archive.archive import ArchivalStorage
from preserva.batch.record_finder import folded, names_of
from preserva.catalogue.database import Database
from preserva.catalogue.import_records import NAME, incoming_of, records_of_package
from preserva.catalogue.index import Index
from preserva.core.values.model import PackageId
from preserva.describe.record import Record
from preserva.errors import PreservaError


class PackagedRecords:
    """The numbers, shelfmarks and register numbers of the packages in our primary storage."""

    def __init__(
        self, archive: ArchivalStorage, packages: Iterable[PackageId] | None = None
    ) -> None:
        """Read the record of every package, or of these. Raises StorageError."""
        self._packages: dict[tuple[str, str], list[PackageId]] = defaultdict(list)
        for package, record in _records(archive, packages):
            for kind, text in {(kind, folded(text)) for kind, text in names_of(record)}:
                self._packages[kind, text].append(package)

    def of(self, record: Record) -> list[PackageId]:
        """The packages of the record with this one's number; of one without, by its other names."""
        names = list(names_of(record))
        numbers = [name for name in names if name[0] == "number"]
        found = (self.named([kind], text) for kind, text in numbers or names)
        return list(dict.fromkeys(package for packages in found for package in packages))

    def named(self, kinds: Iterable[str], text: str) -> list[PackageId]:
        """The packages whose record has this number, of the first kind of which there are any."""
        found = (self._packages.get((kind, folded(text))) for kind in kinds)
        return next(filter(None, found), [])


def packages_with(archive: ArchivalStorage, record: Record) -> list[PackageId]:
    """The packages in our primary storage that have the same record.

    The union catalogue answers for the packages that it knows; the records of others are read.
    Raises StorageError.
    """
    catalogue = archive.config.ledger.parent / NAME
    stored = {PackageId.parse(uri) for uri in archive.ledger.copies.packages(archive.primary.id)}
    known, having = set[PackageId](), set[PackageId]()
    if catalogue.is_file():
        database = Database(catalogue)
        try:
            known = {PackageId.parse(uri) for uri in Index(database).packages()}
            uri = incoming_of(record, archive.config.institution.id, "").uri
            same = Index(database).get(uri)
            having = {PackageId.parse(package) for package in (same.packages if same else ())}
        finally:
            database.close()
    read = PackagedRecords(archive, sorted(stored - known, key=str))
    return sorted((having & stored) | set(read.of(record)), key=str)


def _records(
    archive: ArchivalStorage, packages: Iterable[PackageId] | None
) -> Iterator[tuple[PackageId, Record]]:
    """What can be read; the rest is the business of an audit."""
    for package in _all(archive) if packages is None else packages:
        try:
            records = records_of_package(archive, package)
        except (PreservaError, ValueError):
            continue
        yield from ((package, record) for record in records if isinstance(record, Record))


def _all(archive: ArchivalStorage) -> Iterator[PackageId]:
    root = archive.primary.root
    for path in root.objects():
        with suppress(PreservaError, ValueError):
            yield PackageId.parse(root.read_at(path).inventory.identifier)
