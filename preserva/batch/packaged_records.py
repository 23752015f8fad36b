"""Which packages have which record: by the numbers in the records that the packages hold.

The union catalogue may lag behind, and a person may have chosen any identifier for a package. So
the record of each version is read, once: its numbers are remembered beside the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing

from preserva.archive.archive import ArchivalStorage
from preserva.archive.withdrawal import tombstones
from preserva.batch.record_finder import folded, names_of
from preserva.batch.record_names import RecordName, RecordNames
from preserva.catalogue.database import Database
from preserva.catalogue.import_records import NAME, incoming_of, records_of_package
from preserva.catalogue.index import Index
from preserva.core.values.model import PackageId
from preserva.describe.record import Record
from preserva.errors import PreservaError


class PackagedRecords:
    """The numbers, shelfmarks and register numbers of the packages in our primary storage."""

    def __init__(
        self, archive: ArchivalStorage, *, without: Iterable[str] = (), writing: bool = False
    ) -> None:
        """Read the record of every package but these and withdrawn ones, if not done before.

        What was read is remembered only if `writing`. Raises LedgerError.
        """
        self._packages: dict[RecordName, list[PackageId]] = defaultdict(list)
        left_out = {*without, *tombstones(archive.ledger)}
        with RecordNames(archive.ledger, archive.config.ledger, writing=writing) as remembered:
            for copy in archive.ledger.copies.known():
                if copy.storage != archive.primary.id or copy.version is None:
                    continue
                if copy.package not in left_out:
                    version = (copy.package, copy.version)
                    names = remembered.get(version)
                    if names is None:
                        names = _read(archive, copy.package)
                        remembered.keep(version, names)
                    self._note(PackageId.parse(copy.package), names or ())

    def add(self, package: PackageId, record: Record) -> None:
        """Note the record of another package."""
        self._note(package, _folded(record))

    def _note(self, package: PackageId, names: Iterable[RecordName]) -> None:
        for name in names:
            self._packages[name].append(package)

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

    def __init__(self, archive: ArchivalStorage, *, dry_run: bool = False) -> None:
        self._archive = archive
        self._dry_run = dry_run
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
                withdrawn = tombstones(self._archive.ledger)
                packages = set(same.packages if same else ()) - set(withdrawn)
                known = set(map(PackageId.parse, packages))
        if self._read is None:
            self._read = self._others(set())
        return sorted(known | set(self._read.of(record)), key=str)

    def add(self, package: PackageId, record: Record) -> None:
        """Note a package that was made meanwhile."""
        if self._read is not None:
            self._read.add(package, record)

    def _others(self, catalogued: set[str]) -> PackagedRecords:
        return PackagedRecords(self._archive, without=catalogued, writing=not self._dry_run)


def _read(archive: ArchivalStorage, package: str) -> list[RecordName] | None:
    """The names of the record of a package; None if it cannot be read, which audits tell."""
    try:
        records = records_of_package(archive, PackageId.parse(package))
    except (PreservaError, ValueError):
        return None
    readable = (record for record in records if isinstance(record, Record))
    return sorted({name for record in readable for name in _folded(record)})


def _folded(record: Record) -> set[RecordName]:
    return {(kind, folded(text)) for kind, text in names_of(record)}
