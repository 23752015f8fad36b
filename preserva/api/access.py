"""The verbs by which books leave an archive: as bags, as single documents, as exhibitions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from preserva.api.arguments import StrPath, logged, optional_path
from preserva.api.session import Session
from preserva.core.eark.mets import PackageType

if TYPE_CHECKING:
    from preserva import BatchResult, Document, ExhibitionBuilt, Observer, PackageId


class AccessVerbs(Session):
    """Books going out."""

    def export(
        self,
        package: PackageId | str,
        destination: StrPath,
        *,
        kind: PackageType = PackageType.AIP,
        version: str | None = None,
        storage: str | None = None,
        recipient: str | None = None,
        reason: str | None = None,
        dry_run: bool = False,
        observer: Observer | None = None,
    ) -> Path:
        """Write a version of a package as a bag; the folder, .tar or .zip that was made.

        `destination` is a new .tar, for a DIP also a new .zip, or a folder in which the bag gets
        the package's portable name. `kind` says whether it is the package as it was stored (AIP),
        one to hand over (SIP), or one to use (DIP: access copies and text). `version` is its name,
        such as v1; the newest by default. `storage` is the id of the one to read from; the primary
        by default. The folders above the destination are made if need be. Everything is compared
        with the record in the ledger: on damage nothing appears. The ledger records what left, with
        its `recipient` and the `reason`, in words.

        Raises Damaged, NotFound, Refused if something is at the destination, UsageError,
        StorageError; PackageError for a DIP of a package that has masters only.
        """
        from preserva.access.export import export
        from preserva.access.handover import Handover

        return export(
            self._archive,
            self._id(package),
            Path(destination),
            kind=kind,
            version=version,
            storage=storage,
            handover=Handover(recipient, reason),
            dry_run=dry_run,
            observer=logged(observer),
        )

    def export_pdf(
        self,
        package: PackageId | str,
        destination: StrPath,
        *,
        version: str | None = None,
        storage: str | None = None,
        recipient: str | None = None,
        reason: str | None = None,
        observer: Observer | None = None,
    ) -> Path:
        """Write the PDF of a book, which `derive` made or people supplied, to a new file; its path.

        `recipient` and `reason` are recorded in the ledger. Raises UsageError if the package has
        none; otherwise what `export` raises.
        """
        from preserva.access.handover import Handover
        from preserva.access.pdf import export_pdf

        return export_pdf(
            self._archive,
            self._id(package),
            Path(destination),
            version=version,
            storage=storage,
            handover=Handover(recipient, reason),
            observer=logged(observer),
        )

    def export_batch(
        self,
        table: StrPath,
        destination: StrPath,
        *,
        kind: PackageType = PackageType.AIP,
        recipient: str | None = None,
        reason: str | None = None,
        results: StrPath | None = None,
        dry_run: bool = False,
        observer: Observer | None = None,
    ) -> BatchResult:
        """Export the package of each row of a table as a bag in the folder `destination`.

        A row names its package by identifier or by a number in its record, see `update_batch`.
        `kind` is that of rows which give none. The ledger records each with its `recipient` and
        `reason`. A package that is there is not exported again.

        Raises UsageError for a table that cannot be read, Refused, Locked, StorageError. What
        became of each row is in the result.
        """
        from preserva.access.handover import Handover
        from preserva.batch.run import BatchOptions
        from preserva.batch.verbs import export_batch

        options = BatchOptions(Path(table), results=optional_path(results), dry_run=dry_run)
        return export_batch(
            self._archive,
            options,
            Path(destination),
            kind=kind,
            handover=Handover(recipient, reason),
            observer=logged(observer),
        )

    def read_document(
        self,
        package: PackageId | str,
        document: Document,
        *,
        version: str | None = None,
        storage: str | None = None,
    ) -> bytes:
        """One document of a package: its METS, its PREMIS, its record in a format.

        Raises NotFound; UsageError for a version or a document that the package does not have;
        Damaged or StorageError if it is not what the ledger recorded.
        """
        from preserva.access.document import read_document

        return read_document(
            self._archive, self._id(package), document, version=version, storage=storage
        )

    def export_document(
        self,
        package: PackageId | str,
        document: Document,
        destination: StrPath,
        *,
        version: str | None = None,
        storage: str | None = None,
        recipient: str | None = None,
        reason: str | None = None,
    ) -> Path:
        """Write one document of a package to a new file; its path. It is recorded as an export.

        Raises what `read_document` does; Refused if something is at the destination, StorageFull.
        """
        from preserva.access.document import export_document
        from preserva.access.handover import Handover

        return export_document(
            self._archive,
            self._id(package),
            document,
            Path(destination),
            version=version,
            storage=storage,
            handover=Handover(recipient, reason),
        )

    def build_exhibition(
        self,
        specification: StrPath,
        destination: StrPath,
        *,
        url: str | None = None,
        replace: bool = False,
        local_id: str | None = None,
        dry_run: bool = False,
        observer: Observer | None = None,
    ) -> ExhibitionBuilt:
        """Build the site of an exhibition as a new folder, from a TOML file and texts beside it.

        `url` is where the site will be, if the specification does not say so. With `replace`, an
        exhibition that was built there before is replaced at the last moment. With `local_id` the
        site is stored as a package as well.

        Raises ConfigError with everything that is wrong in the specification; Refused, Damaged,
        NotFound, StorageError, UsageError. Then nothing has changed at the destination.
        """
        from preserva.exhibition.build import build_exhibition

        return build_exhibition(
            self._archive,
            Path(specification),
            Path(destination),
            url=url,
            replace=replace,
            local=local_id,
            dry_run=dry_run,
            observer=logged(observer),
        )
