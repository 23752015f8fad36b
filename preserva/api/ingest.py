"""The verbs by which books come into an archive, and by which they are corrected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from preserva.api.arguments import StrPath, logged, optional_path, package_id
from preserva.api.session import Session

if TYPE_CHECKING:
    from preserva import (
        BatchResult,
        ListedRecord,
        Observer,
        Packaged,
        PackageId,
        Revised,
        Transferred,
    )
    from preserva.batch.run import BatchOptions


@dataclass(frozen=True, slots=True)
class Stored:
    """A bag that is in the archive. `created` is False on a dry run, and if it was there before."""

    package: PackageId
    created: bool


class IngestVerbs(Session):
    """Books coming in."""

    def package(
        self,
        folder: StrPath,
        record: StrPath,
        *,
        local_id: str | None = None,
        position: int | None = None,
        charset: str | None = None,
        structure: StrPath | None = None,
        events: StrPath | None = None,
        rights: StrPath | None = None,
        dry_run: bool = False,
        observer: Observer | None = None,
    ) -> Packaged:
        """Make a package of a folder of scans and its catalogue record, and store it.

        `folder` holds page images, or is divided into master/, access/ and text/; it is only read.
        `record` is a file of ISO 2709, MARCXML, IRBIS text, MODS or Dublin Core; `position` says
        which record of it, counted from 1, and `charset` its character set if that was guessed
        wrong; docs/reference/records.md says what a record must have. `local_id` is the local part
        of the identifier; without it the record's number is used, and the folder's name if the
        record has no number.
        `structure`, `events` and `rights` are files about the parts of the book, about what
        happened before packaging, and about what may be done with it. On a dry run everything is
        looked at and nothing is written; the result then has no files and no size.

        Raises PackageError with every problem of the source; Refused if another package has this
        identifier; Locked, StorageError. Then nothing was stored.
        """
        from preserva.batch.packaged_records import PackagesOfRecords
        from preserva.ingest.package import package
        from preserva.ingest.supplied import Details

        return package(
            Path(folder),
            Path(record),
            self._archive,
            local=local_id,
            position=position,
            charset=charset,
            details=Details(optional_path(structure), optional_path(events), optional_path(rights)),
            having=PackagesOfRecords(self._archive).of,
            dry_run=dry_run,
            observer=logged(observer),
        )

    def records(self, file: StrPath, *, charset: str | None = None) -> Iterator[ListedRecord]:
        """The records of a file, in its order, each with the packages of ours that have it.

        The file may be as large as a whole catalogue. Raises NotFound, StorageError; UsageError
        for an unknown character set.
        """
        from preserva.batch.record_list import list_records

        return list_records(self._archive, Path(file), charset)

    def package_batch(
        self,
        table: StrPath,
        *,
        records: StrPath | None = None,
        charset: str | None = None,
        root: StrPath | None = None,
        results: StrPath | None = None,
        share: tuple[int, int] = (1, 1),
        executor: str | None = None,
        scratch: StrPath | None = None,
        dry_run: bool = False,
        observer: Observer | None = None,
    ) -> BatchResult:
        """Make a package of each row of a table and store it. One that fails stops no other.

        `table` is CSV, or XLSX with `preserva[xlsx]`; docs/how-to/batches.md says which columns it
        has. `records` is the file with the records of rows that name none. The files that the table
        names are in the folder `root`, by default that of the table. The table with its results is
        written to `results`, by default beside it. A row whose package is stored is not done again,
        so the call can be repeated after any failure. A `share` of `(2, 4)` does every fourth row,
        beginning with the second, at the same time as the other three. With an `executor`,
        `dask://HOST:PORT`, workers make the packages in the folder `scratch`, which they see as
        this computer does. On a dry run everything is looked at and nothing is stored.

        Raises UsageError for a table or a file of records that cannot be used; Refused, Locked,
        StorageError. What became of each row is in the result.
        """
        from preserva.batch.verbs import package_batch

        return package_batch(
            self._archive,
            _batch(table, root, results, share, dry_run),
            records=optional_path(records),
            charset=charset,
            executor=executor,
            scratch_place=optional_path(scratch),
            observer=logged(observer),
        )

    def update_batch(
        self,
        table: StrPath,
        *,
        records: StrPath | None = None,
        charset: str | None = None,
        reason: str | None = None,
        root: StrPath | None = None,
        results: StrPath | None = None,
        dry_run: bool = False,
        observer: Observer | None = None,
    ) -> BatchResult:
        """Correct the package of each row of a table, whose identifier may be left out.

        Then it is the package whose record has the number, shelfmark or register number in the row.
        `reason` is that of rows which give none; the other options are those of `package_batch`.

        Raises as `package_batch`.
        """
        from preserva.batch.verbs import update_batch

        return update_batch(
            self._archive,
            _batch(table, root, results, (1, 1), dry_run),
            records=optional_path(records),
            charset=charset,
            reason=reason,
            observer=logged(observer),
        )

    def store(
        self,
        bag: StrPath,
        *,
        as_ours: bool = False,
        dry_run: bool = False,
        observer: Observer | None = None,
    ) -> Stored:
        """Store a bag that `package_bag` made, a folder. It is only read.

        One that this archive does not know to be made here is refused without `as_ours`.

        Raises Damaged for a bag that is not valid; Refused, UsageError, Locked, StorageError. Then
        nothing was stored.
        """
        from preserva.ingest.bag import store

        package, created = store(
            self._archive, Path(bag), as_ours=as_ours, dry_run=dry_run, observer=logged(observer)
        )
        return Stored(package, created)

    def transfer(
        self,
        path: StrPath,
        *,
        record: StrPath | None = None,
        local_id: str | None = None,
        position: int | None = None,
        charset: str | None = None,
        as_ours: bool = False,
        dry_run: bool = False,
        observer: Observer | None = None,
    ) -> Transferred:
        """Store a bag or an E-ARK package of someone else, with all that it says of itself.

        `path` is a folder, a tar, packed or not, or a zip: any bag, an AIP of Archivematica, an
        E-ARK SIP or AIP. It is compared with its own manifests or METS first, and kept byte for
        byte. `record` describes it, if it has no good description of its own; the other options
        are those of `package`. A package that has our institution's identifier and was not made
        here is refused without `as_ours`.

        Raises Damaged for what is not as it was sent; PackageError, UsageError, Refused for what
        cannot be taken; Locked, StorageError. Then nothing was stored.
        """
        from preserva.ingest.transfer import accept

        return accept(
            self._archive,
            Path(path),
            record=optional_path(record),
            local=local_id,
            position=position,
            charset=charset,
            as_ours=as_ours,
            dry_run=dry_run,
            observer=logged(observer),
        )

    def update(
        self,
        package: PackageId | str,
        *,
        record: StrPath | None = None,
        position: int | None = None,
        charset: str | None = None,
        structure: StrPath | None = None,
        documents: Iterable[StrPath] = (),
        reason: str | None = None,
        other_record: bool = False,
        dry_run: bool = False,
        observer: Observer | None = None,
    ) -> Revised:
        """Correct a package: a new version, in which only what changed is written.

        `record` and `structure` take the place of those that are there; `documents` are files to
        add; `reason` goes into the history of the package. The version before stays as it was.
        A record with another number and another title is refused without `other_record`.

        Raises UsageError if nothing is to be changed; NotFound, Damaged or StorageError if the
        package is not what the ledger recorded; PackageError, Refused, Locked. Then nothing was
        changed.
        """
        from preserva.ingest.revision import Change, update

        files = [documents] if isinstance(documents, str) else documents
        change = Change(
            record=optional_path(record),
            position=position,
            charset=charset,
            documents=[Path(path) for path in files],
            reason=reason,
            structure=optional_path(structure),
            other_record=other_record,
        )
        return update(
            self._archive,
            package_id(package),
            change,
            dry_run=dry_run,
            observer=logged(observer),
        )


def _batch(
    table: StrPath,
    root: StrPath | None,
    results: StrPath | None,
    share: tuple[int, int],
    dry_run: bool,
) -> BatchOptions:
    from preserva.batch.run import BatchOptions
    from preserva.batch.shares import Share

    return BatchOptions(
        Path(table), optional_path(root), optional_path(results), dry_run, Share(*share)
    )
