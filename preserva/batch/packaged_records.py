"""Which packages have which record: by the numbers in the records that the packages hold.

The union catalogue may lag behind, and a person may have chosen any identifier for a package.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress

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
            self.add(package, record)

    def add(self, package: PackageId, record: Record) -> None:
        """Note the record of another package."""
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


class PackagesOfRecords:
    """The packages in our primary storage that have a record, as they come to be.

    The union catalogue answers for the packages that it knows; the records of others are read,
    once.
    """

    def __init__(self, archive: ArchivalStorage) -> None:
        self._archive = archive
        self._catalogue = archive.config.ledger.parent / NAME
        self._read: PackagedRecords | None = None

    def of(self, record: Record) -> list[PackageId]:
        """The packages that have the same record. Raises StorageError."""
        known = set[PackageId]()
        if self._catalogue.is_file():
            with closing(Database(self._catalogue)) as database:
                index = Index(database)
                if self._read is None:
                    self._read = self._others(set(index.packages()))
                uri = incoming_of(record, self._archive.config.institution.id, "").uri
                same = index.get(uri)
                known = {PackageId.parse(package) for package in (same.packages if same else ())}
        if self._read is None:
            self._read = self._others(set())
        return sorted(known | set(self._read.of(record)), key=str)

    def add(self, package: PackageId, record: Record) -> None:
        """Note a package that was made meanwhile."""
        if self._read is not None:
            self._read.add(package, record)

    def _others(self, catalogued: set[str]) -> PackagedRecords:
        stored = self._archive.ledger.copies.packages(self._archive.primary.id)
        others = sorted(set(stored) - catalogued)
        return PackagedRecords(self._archive, map(PackageId.parse, others))


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
