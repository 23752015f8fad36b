"""The verbs that bring books into an archive and correct them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from preserva.api.arguments import StrPath, logged, optional_path
from preserva.api.session import Session

if TYPE_CHECKING:
    from preserva import (
        BatchResult,
        CheckedScans,
        Finding,
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
    """A bag that is in the archive. `created` is False on a dry run, and if it was there before.

    `notes` report what the union catalogue could not import.
    """

    package: PackageId
    created: bool
    notes: tuple[Finding, ...] = ()


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

        packaged = package(
            Path(folder),
            Path(record),
            self._archive,
            local=local_id,
            position=position,
            charset=charset,
            details=Details(optional_path(structure), optional_path(events), optional_path(rights)),
            having=PackagesOfRecords(self._archive, dry_run=dry_run).of,
            dry_run=dry_run,
            observer=logged(observer),
        )
        notes = self._catalogued(packaged.package, packaged.created)
        return replace(packaged, notes=(*packaged.notes, *notes))

    def check(
        self,
        folder: StrPath,
        record: StrPath | None = None,
        *,
        local_id: str | None = None,
        position: int | None = None,
        charset: str | None = None,
        structure: StrPath | None = None,
        events: StrPath | None = None,
        rights: StrPath | None = None,
        observer: Observer | None = None,
    ) -> CheckedScans:
        """Find everything that `package` would refuse or report of a folder of scans.

        Every file is read and every image decoded; pages are compared with each other and with
        those of stored packages. Without a `record` only the scans are checked. The other arguments
        are those of `package`. Refusals are a result, in `problems` and `refusals`; nothing is
        written.

        Raises StorageError, LedgerError.
        """
        from preserva.ingest.check import check
        from preserva.ingest.supplied import Details

        return check(
            self._archive,
            Path(folder),
            optional_path(record),
            local=local_id,
            position=position,
            charset=charset,
            details=Details(optional_path(structure), optional_path(events), optional_path(rights)),
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
        structures: StrPath | None = None,
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
        has. `records` is the file with the records of rows that name none, `structures` a folder of
        structure files for them: `kp-9.toml` for the folder of scans `kp-9`. The files that the
        table names are in the folder `root`, by default that of the table. The table with its
        results is written to `results`, by default beside it. A row whose package is stored is not
        done again, so the call can be repeated after any failure. A `share` of `(2, 4)` does every
        fourth row, beginning with the second, at the same time as the other three. With an
        `executor`, `dask://HOST:PORT`, workers make the packages in the folder `scratch`, which
        they see as this computer does. On a dry run everything is looked at and nothing is stored.

        Raises UsageError for a table or a file of records that cannot be used; Refused, Locked,
        StorageError. What became of each row is in the result.
        """
        from preserva.batch.verbs import package_batch

        return package_batch(
            self._archive,
            _batch(table, root, results, share, dry_run),
            records=optional_path(records),
            charset=charset,
            structures=optional_path(structures),
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
        return Stored(package, created, self._catalogued(package, created))

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
        """Store a bag or an E-ARK package that was made elsewhere, with all its metadata.

        `path` is a folder, a tar, packed or not, or a zip: any bag, an AIP of Archivematica, an
        E-ARK SIP or AIP. It is compared with its own manifests or METS first, and kept byte for
        byte. `record` describes it, if it has no good description of its own; the other options
        are those of `package`. A package that has our institution's identifier and was not made
        here is refused without `as_ours`.

        Raises Damaged if it is not as it was sent; PackageError, UsageError, Refused if it cannot
        be imported; Locked, StorageError. Then nothing was stored.
        """
        from preserva.ingest.transfer import accept

        accepted = accept(
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
        notes = self._catalogued(accepted.package, accepted.created)
        return replace(accepted, notes=(*accepted.notes, *notes))

    def update(
        self,
        package: PackageId | str,
        *,
        reason: str,
        record: StrPath | None = None,
        position: int | None = None,
        charset: str | None = None,
        structure: StrPath | None = None,
        rights: StrPath | None = None,
        events: StrPath | None = None,
        documents: Iterable[StrPath] = (),
        pages: StrPath | None = None,
        access: StrPath | None = None,
        text: StrPath | None = None,
        insert_pages: StrPath | None = None,
        after: int | None = None,
        remove_pages: Iterable[int] = (),
        move_pages: Iterable[tuple[int, int]] = (),
        other_record: bool = False,
        dry_run: bool = False,
        observer: Observer | None = None,
    ) -> Revised:
        """Correct a package: a new version, in which only new files are written.

        `record`, `structure`, `rights` and `events` take the place of those that are there;
        `documents` are files to add, or to put in the place of those of the same name. `pages`,
        `access` and `text` are folders with files of pages, each named like its page or by its
        number; `insert_pages` is one of new pages, which follow page `after`, by default the last.
        `remove_pages` are numbers of pages, `move_pages` pairs of the number of a page and the one
        that it gets. All numbers are those of the present version. `reason` goes into the history
        of the package. The version before stays as it was. A record with another number and
        another title is refused without `other_record`.

        Raises UsageError if nothing is to be changed or the reason is empty; NotFound, Damaged or
        StorageError if the package is not what the ledger recorded; PackageError, Refused, Locked.
        Then nothing was changed.
        """
        from preserva.ingest.book_revision import PageChanges
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
            rights=optional_path(rights),
            events=optional_path(events),
            pages=PageChanges(
                optional_path(pages),
                optional_path(access),
                optional_path(text),
                optional_path(insert_pages),
                after,
                tuple(remove_pages),
                tuple(move_pages),
            ),
        )
        revised = update(
            self._archive,
            self._id(package),
            change,
            dry_run=dry_run,
            observer=logged(observer),
        )
        notes = self._catalogued(revised.package, revised.created)
        return replace(revised, notes=(*revised.notes, *notes))

    def derive(
        self,
        package: PackageId | str,
        *,
        access: bool = False,
        pdf: bool = False,
        reason: str | None = None,
        dry_run: bool = False,
        observer: Observer | None = None,
    ) -> Revised:
        """Make access copies (JPEG) and a searchable PDF of a package: a new version of it.

        Access copies that people supplied are kept; those that were made here are made again if
        the page was scanned again since. Pages that cannot be decoded are in `notes`. The same
        package and the same versions of the programs give the same bytes.

        Raises UsageError if neither is wanted, there are no page images, or `preserva[derive]` is
        not installed; otherwise what `update` raises. Then nothing was changed.
        """
        from preserva.ingest.derive import Derivation, derive

        derived = derive(
            self._archive,
            self._id(package),
            Derivation(access, pdf, reason),
            dry_run=dry_run,
            observer=logged(observer),
        )
        notes = self._catalogued(derived.package, derived.created)
        return replace(derived, notes=(*derived.notes, *notes))

    def _catalogued(self, package: PackageId, created: bool) -> tuple[Finding, ...]:
        """Findings about what the union catalogue could not import of a new version."""
        from preserva.catalogue.import_records import catalogue_version

        return tuple(catalogue_version(self._archive, package)) if created else ()


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
