"""The ledger of an archive, which can be opened even when the archive cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from preserva.api.archive import load_config
from preserva.api.arguments import StrPath, package_id
from preserva.api.closing import Closing

if TYPE_CHECKING:
    from preserva import (
        Backup,
        BackupMade,
        Clock,
        Config,
        LedgerEntry,
        LedgerProof,
        PackageId,
    )
    from preserva.ledger import Ledger


class ArchiveLedger(Closing):
    """The record of what was done, made by `open_ledger`; a context manager."""

    def __init__(self, config: Config, ledger: Ledger) -> None:
        self._config = config
        self._ledger = ledger

    def close(self) -> None:
        """Close the file. The end of a `with` block does the same."""
        self._ledger.close()

    def verify(self, against: StrPath | None = None) -> LedgerProof:
        """Whether any entry was changed, taken out, moved or put in; all that is wrong.

        `against` is the id of a storage that has a copy of the ledger, or a file of the lines of
        `lines`: only that shows entries that are missing at the end.

        Raises StorageError if the copy cannot be read, LedgerError.
        """
        from preserva.archive.ledger_proof import verify_ledger

        return verify_ledger(self._config, None if against is None else str(Path(against)))

    def entries(
        self,
        *,
        package: PackageId | str | None = None,
        storage: str | None = None,
        types: Iterable[str] = (),
        newest_first: bool = False,
    ) -> Iterator[LedgerEntry]:
        """The entries, or those of a package, a storage or some types; each has its `person`.

        Raises LedgerError.
        """
        name = None if package is None else package_id(package, self._config, self._ledger).uri
        return self._ledger.entries(
            package=name, storage=storage, types=tuple(types), newest_first=newest_first
        )

    def lines(self) -> Iterator[bytes]:
        """Each entry as canonical JSON (RFC 8785), without a line end, to be kept elsewhere."""
        return self._ledger.bodies()

    def write_checks(self, package: PackageId | str, folder: StrPath) -> int:
        """Write each fixity check of a package to a new folder, as PREMIS; how many there are.

        Raises NotFound if there are none, LedgerError, Refused, StorageError.
        """
        from preserva.access.fixity_events import write_checks

        return write_checks(
            self._ledger, package_id(package, self._config, self._ledger), Path(folder)
        )

    def reindex(self) -> None:
        """Make the summary of the copies again from the entries, none of which is touched."""
        self._ledger.reindex()


def open_ledger(config: StrPath | None = None) -> ArchiveLedger:
    """Open the ledger of a configuration, even if it does not verify.

    Raises ArchiveNotFound, ConfigError, LedgerError.
    """
    from preserva.archive import ledger_proof

    loaded = load_config(config)
    return ArchiveLedger(loaded, ledger_proof.open_ledger(loaded))


def backup_ledger(
    config: StrPath | None, folder: StrPath, *, clock: Clock | None = None, thin: bool = True
) -> BackupMade:
    """Make a verified backup of a configuration's ledger in a folder; others may write meanwhile.

    With `thin`, older backups are removed by a rule: all of the last seven days are kept, the
    newest of each of the last five weeks and twelve months, and one of each year. Raises
    ArchiveNotFound, ConfigError, LedgerError, StorageError; WrongLedger if the newest backup there
    is not the beginning of this ledger.
    """
    from preserva.archive import ledger_backup
    from preserva.archive.archive import utc_now

    loaded = load_config(config)
    return ledger_backup.backup_ledger(loaded, Path(folder), clock or utc_now, thin=thin)


def restore_ledger(
    config: StrPath | None, source: StrPath, *, clock: Clock | None = None
) -> Backup:
    """Put a backup, or a file of the lines of `ArchiveLedger.lines`, in the place of the ledger.

    What stands there is kept beside it. Raises ConfigError, LedgerError, StorageError; Refused if
    the primary storage has seen more of the ledger, or if nothing is lost.
    """
    from preserva.archive import ledger_backup
    from preserva.archive.archive import utc_now

    return ledger_backup.restore_ledger(load_config(config), Path(source), clock or utc_now)
