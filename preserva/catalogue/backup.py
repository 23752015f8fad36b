"""Backups of the union catalogue, and the way back from one, as for the ledger.

Most of it can be imported and harvested again, but not what people decided of editions, nor
records from files that are no longer there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from preserva.catalogue.database import SCHEMA_VERSION
from preserva.catalogue.import_records import NAME
from preserva.config import Config
from preserva.errors import NEWER_FORMAT, NotFound, StorageError
from preserva.files.dated_backups import (
    Backup,
    backup_path,
    backups_in,
    put_in_place,
    thinned,
    unfinished,
)
from preserva.files.disk import move, synchronise
from preserva.i18n import _

_KIND = "catalogue"


@dataclass(frozen=True, slots=True)
class CatalogueBackupMade:
    """A new backup, and the older ones that were removed."""

    backup: Backup
    removed: tuple[Backup, ...]


def backup_catalogue(
    config: Config, folder: Path, clock: Callable[[], datetime], *, thin: bool = True
) -> CatalogueBackupMade | None:
    """Make a verified backup in a folder, also while others work; None if there is no catalogue.

    Older ones are removed as those of the ledger are. Raises Locked, StorageError.
    """
    there = config.ledger.parent / NAME
    if not there.exists():
        return None
    now = clock().astimezone(UTC).replace(microsecond=0)
    with unfinished(folder) as scratch:
        copy = scratch / NAME
        _copy(there, copy)
        records = _verified(copy)
        path = backup_path(folder, _KIND, now, records)
        synchronise(copy)
        before = [backup for backup in backups_in(folder, _KIND) if backup.path != path]
        move(copy, path)
    made = Backup(path, now, records)
    return CatalogueBackupMade(made, tuple(thinned(before, made)) if thin else ())


def restore_catalogue(config: Config, source: Path, clock: Callable[[], datetime]) -> Backup:
    """Put a backup in the place of the catalogue; what stands there is kept beside it.

    Raises NotFound, Locked; StorageError, with nothing changed, if it is not a whole catalogue.
    """
    if not source.exists():
        raise NotFound(_("{path} is not there").format(path=source), path=str(source))
    target = config.ledger.parent / NAME
    with unfinished(target.parent) as scratch:
        _copy(source, scratch / NAME)
        records = _verified(scratch / NAME)
        put_in_place(scratch / NAME, target, clock())
    return Backup(source, clock(), records)


def _copy(source: Path, target: Path) -> None:
    """The whole file as it is at one moment. Raises StorageError."""
    try:
        with (
            closing(
                sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
            ) as catalogue,
            closing(sqlite3.connect(target)) as copy,
        ):
            catalogue.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # so that the file alone is all of it
    except sqlite3.Error as error:
        message = _("the catalogue {path} cannot be used: {reason}")
        raise StorageError(message.format(path=source, reason=error), path=str(source)) from error


def _verified(path: Path) -> int:
    """How many records a copy has. Raises StorageError if it is not whole, or no catalogue."""
    try:
        with closing(sqlite3.connect(path)) as copy:
            ((version,),) = copy.execute("PRAGMA user_version").fetchall()
            ((state,),) = copy.execute("PRAGMA quick_check(1)").fetchall()
            ((records,),) = copy.execute("SELECT count(*) FROM record").fetchall()
            copy.execute("SELECT count(*) FROM decision")
    except (sqlite3.Error, ValueError) as error:
        message = _("{path} is not a catalogue: {reason}").format(path=path, reason=error)
        raise StorageError(message, path=str(path)) from error
    if version > SCHEMA_VERSION:
        message = _("{path} was written by a newer preserva (catalogue format {version})")
        raise StorageError(message.format(path=path, version=version), hint=NEWER_FORMAT)
    if state != "ok":
        message = _("{path} is not whole: {reason}").format(path=path, reason=state)
        raise StorageError(message, path=str(path))
    return int(records)
