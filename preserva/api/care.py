"""The verbs that keep copies: made, proved, audited, repaired, rebuilt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING

from preserva.api.arguments import StrPath, logged, optional_path, package_ids
from preserva.api.session import Session

if TYPE_CHECKING:
    from preserva import (
        AcceptedStorage,
        Audit,
        Observer,
        PackageId,
        Receipt,
        Repair,
        Replication,
        Report,
    )


class CareVerbs(Session):
    """Copies being kept."""

    def replicate(
        self,
        packages: Iterable[PackageId | str] = (),
        *,
        to: str | None = None,
        bandwidth: int | None = None,
        dry_run: bool = False,
        timer: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        observer: Observer | None = None,
    ) -> list[Replication]:
        """Copy what is missing of packages (all by default) to replicas, and prove each copy.

        `to` is the id of one storage; by default all replicas get a copy. `bandwidth` is in bytes a
        second, there and back. A package that is damaged, not recorded or diverged is reported and
        left alone; the others go on. The next run resumes where an interrupted one stopped.

        Raises UsageError, Locked, StorageFull; StorageError if our own storage cannot be read.
        """
        from preserva.replication.replicate import replicate

        return replicate(
            self._archive,
            package_ids(packages, self._archive.config, self._archive.ledger),
            to=to,
            bandwidth=bandwidth,
            dry_run=dry_run,
            timer=timer,
            sleep=sleep,
            observer=logged(observer),
        )

    def receive(
        self,
        storage: str | None = None,
        *,
        dry_run: bool = False,
        accept: PackageId | str | None = None,
        reason: str | None = None,
        observer: Observer | None = None,
    ) -> list[Receipt]:
        """Record what another institution copied into the storages that we hold for others.

        Every new version is read whole, and its digests go into our ledger; on a dry run nothing is
        read whole. `storage` is the id of one storage; by default all are checked.

        What differs from what was recorded before counts only if two persons decided so: of the
        package to `accept` that is requested, for a `reason`, and the run after the confirmation
        records it.

        Raises UsageError for a storage that is not held for others, AwaitsConfirmation,
        LedgerError.
        """
        from preserva.replication.accession import receive

        return receive(
            self._archive,
            storage,
            dry_run=dry_run,
            accept=None if accept is None else self._id(accept),
            reason=reason,
            observer=logged(observer),
        )

    def validate(
        self,
        package: PackageId | str,
        *,
        storage: str | None = None,
        xsd: StrPath | None = None,
        observer: Observer | None = None,
    ) -> list[Report]:
        """Read the copies of a package and compare them with what the ledger recorded.

        One report for each copy, or for the one in `storage`; each is recorded in the ledger. `xsd`
        is a folder of official XML Schemas, with a catalog.xml, that the package must follow as
        well. For a bag outside the archive see `preserva.bags.validate`.

        Raises NotFound if neither a storage nor the ledger knows the package; LedgerError,
        UsageError, ConfigError.
        """
        from preserva.fixity.validate import validate_stored

        return validate_stored(
            self._archive,
            self._id(package),
            storage=storage,
            xsd=optional_path(xsd),
            observer=logged(observer),
        )

    def audit(
        self,
        *,
        max_seconds: float | None = None,
        max_bytes: int | None = None,
        bandwidth: int | None = None,
        only: Iterable[str] = (),
        moved: Iterable[str] = (),
        cluster: str | None = None,
        dry_run: bool = False,
        timer: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        observer: Observer | None = None,
    ) -> Audit:
        """Read the copies that are due, the most urgent first, and record the results.

        `max_seconds`, `max_bytes` and `bandwidth` (bytes a second) limit this run; the next one
        resumes where it stopped. `only` are identifiers of packages and ids of storages to keep
        to, `moved` the ids of storages whose copies are all due. `cluster` is the URL of a Dask
        scheduler, dask://HOST:PORT or dask+tls://HOST:PORT, whose workers read. On a dry run
        nothing is read, and `left` is everything that is due. The pings and mails of the
        configuration are sent by the command line only.

        Raises LedgerError if the ledger does not verify, Locked if another audit reads one of the
        storages, UsageError, ConfigError; StorageError for a cluster that does not answer.
        """
        from preserva.fixity.audit import Budget, audit
        from preserva.workers import connect

        with nullcontext() if cluster is None else connect(cluster) as workers:
            return audit(
                self._archive,
                budget=Budget(max_seconds, max_bytes, bandwidth),
                only=tuple(only),
                moved=tuple(moved),
                dry_run=dry_run,
                workers=workers,
                timer=timer,
                sleep=sleep,
                observer=logged(observer),
            )

    def set_aside(
        self,
        package: PackageId | str,
        storage: str,
        *,
        reason: str | None = None,
        observer: Observer | None = None,
    ) -> Repair:
        """Move versions that the owner never made (E304) to quarantine, and prove the rest.

        Two persons decide: the first call requests it for this `reason`. Raises AwaitsConfirmation
        until another person has confirmed it; UsageError if there is no such version.
        """
        from preserva.replication.disputed import set_aside

        name = self._id(package)
        return set_aside(self._archive, name, storage, reason=reason, observer=logged(observer))

    def give_up_records(
        self,
        package: PackageId | str,
        *,
        reason: str | None = None,
        observer: Observer | None = None,
    ) -> list[Repair]:
        """Give up records of events that no storage has any more (E306); every copy is checked.

        Two persons decide: the first call requests it for this `reason`. Raises AwaitsConfirmation
        until another person has confirmed it; UsageError if no record is lost; StorageError if a
        storage that may have it cannot be read.
        """
        from preserva.replication.disputed import give_up_records

        name = self._id(package)
        return give_up_records(self._archive, name, reason=reason, observer=logged(observer))

    def repair(
        self,
        packages: Iterable[PackageId | str] = (),
        *,
        storage: str | None = None,
        apply: bool = False,
        limit: int | None = None,
        observer: Observer | None = None,
    ) -> list[Repair]:
        """Plan how to restore damaged copies; with `apply`, do it and prove it.

        Without `packages`, every copy whose last check found damage. Only bytes with the recorded
        digest are restored; the files that they replace go to quarantine, nothing is deleted.
        `limit` is the number of copies in one storage that may be repaired, 3 or one in a thousand
        by default.

        Raises Refused, with nothing changed, if more copies than that need repair; NotFound for a
        package that the ledger does not know; LedgerError, Locked, UsageError.
        """
        from preserva.replication.repair import repair

        return repair(
            self._archive,
            package_ids(packages, self._archive.config, self._archive.ledger),
            storage=storage,
            apply=apply,
            limit=limit,
            observer=logged(observer),
        )

    def accept_storage(
        self,
        storage: str,
        *,
        dry_run: bool = False,
        reason: str | None = None,
        observer: Observer | None = None,
    ) -> AcceptedStorage:
        """Know a storage by the id that it has now, because it was rebuilt (U330).

        Every copy in it is read whole and compared with what was recorded there. One person accepts
        a storage in which all is as recorded; otherwise two persons decide, and the first call
        requests it for this `reason`. A dry run only compares.

        Raises AwaitsConfirmation until another person has confirmed it; UsageError if there is
        nothing to accept, or nobody is named; WrongStorage if nothing there is what was recorded;
        WrongLedger if another ledger writes there; LedgerError, StorageError.
        """
        from preserva.replication.accepted_storage import accept_storage

        return accept_storage(
            self._archive, storage, dry_run=dry_run, reason=reason, observer=logged(observer)
        )

    def rebuild_storage(
        self, storage: str, *, dry_run: bool = False, observer: Observer | None = None
    ) -> list[Repair]:
        """Bring back every copy that the ledger acknowledged in a storage that was lost.

        The storage is an empty place under the same id, or one in which something is left.

        Raises Refused for a place that holds something else, UsageError for a storage that another
        institution writes, and what `repair` raises.
        """
        from preserva.replication.rebuild_storage import rebuild_storage

        return rebuild_storage(self._archive, storage, dry_run=dry_run, observer=logged(observer))
