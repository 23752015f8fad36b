"""Backups of the ledger, and the way back from one.

A backup is one SQLite file, consistent while others write, and verified before it counts. It is
dated by its name, which also says how many entries it has. The configuration lies beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from preserva.archive.ledger_proof import kept_lines, open_ledger, seen_by_primary
from preserva.archive.runs import note_success
from preserva.config import Config
from preserva.core.policy.health import Job
from preserva.errors import LedgerError, NotFound, Refused, StorageError, WrongLedger
from preserva.files.dated_backups import (
    Backup,
    backup_path,
    backups_in,
    put_in_place,
    thinned,
    unfinished,
)
from preserva.files.disk import move, synchronise, write_file
from preserva.i18n import _, joined
from preserva.ledger import Ledger

_SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A new backup, the digest of its newest entry, and the older ones that were removed."""

    backup: Backup
    newest: str
    removed: tuple[Backup, ...]


def backup_ledger(
    config: Config, folder: Path, clock: Callable[[], datetime], *, thin: bool = True
) -> BackupMade:
    """Make a verified backup of the ledger in a folder, and remove those that are not kept.

    Raises WrongLedger, with nothing made, if the newest backup there is not the beginning of this
    ledger: then it was cut off, rewritten, or restored from an older one. Raises ArchiveNotFound,
    LedgerError, Locked, StorageError.
    """
    before = backups_in(folder)
    now = clock().astimezone(UTC).replace(microsecond=0)
    with closing(open_ledger(config, read_only=True)) as ledger, unfinished(folder) as scratch:
        if before:
            _refuse_other(ledger, before[-1])
        copy, configuration = scratch / "ledger.sqlite", scratch / "ledger.toml"
        ledger.copy_to(copy)
        entries, newest = _verified(copy)
        path = backup_path(folder, "ledger", now, entries)
        write_file(configuration, config.path.read_bytes())
        synchronise(copy)
        move(configuration, path.with_suffix(".toml"))  # first: a backup always has its own
        move(copy, path)
    made = Backup(path, now, entries)
    removed = tuple(thinned(before, made)) if thin else ()
    note_success(config, Job.BACKUP, now)
    return BackupMade(made, newest, removed)


def restore_ledger(config: Config, source: Path, clock: Callable[[], datetime]) -> Backup:
    """Put a backup, or an export (`preserva ledger export`), in the place of the ledger.

    What stands there is kept beside it. Raises Refused, with nothing changed, if the primary
    storage has seen more than the backup has, or if the ledger there is whole and has all of it;
    LedgerError if the backup does not verify; Locked, StorageError.
    """
    with unfinished(config.ledger.parent) as scratch:
        restoring = scratch / config.ledger.name
        _bring(source, restoring)
        entries, newest = _verified(restoring)
        with closing(Ledger(restoring)) as restored:
            _refuse_outdated(config, restored, entries, newest)
            _refuse_needless(config, restored)
        put_in_place(restoring, config.ledger, clock())
    return Backup(source, clock(), entries)


def _bring(source: Path, target: Path) -> None:
    """The entries of a backup or an export, as a new file of a ledger."""
    try:
        with source.open("rb") as file:
            is_backup = file.read(len(_SQLITE)) == _SQLITE
    except FileNotFoundError as error:
        message = _("{path} is not there").format(path=source)
        raise NotFound(message, path=str(source)) from error
    except OSError as error:
        raise StorageError(str(error), path=str(source)) from error
    if is_backup:
        with closing(Ledger(source, read_only=True)) as backup:
            backup.copy_to(target)
        return
    with closing(Ledger(target)) as ledger:
        ledger.adopt(kept_lines(source))


def _verified(path: Path) -> tuple[int, str]:
    """How many entries a copy has, and the digest of the newest. Raises LedgerError."""
    with closing(Ledger(path, read_only=True)) as copy:
        problems = copy.verify() or copy.verify_copies()
        if not problems and not copy.size:
            problems = [_("it has no entries")]
        if problems:
            message = _("{path} does not verify:").format(path=path)
            raise LedgerError(joined("\n  ", [message, *problems[:20]]))
        return copy.size, copy.digest


def _refuse_other(ledger: Ledger, newest: Backup) -> None:
    with closing(Ledger(newest.path, read_only=True)) as backup:
        if ledger.body(backup.size) == backup.body(backup.size):
            return
    message = _("the ledger does not continue where its backup {path} ends, at entry {number}")
    raise WrongLedger(
        message.format(path=newest.path, number=newest.entries),
        hint=_(
            "It was cut off, rewritten, or restored from an older backup. Nothing was made or"
            " removed. Find out which is right; the other one is evidence."
        ),
    )


def _refuse_outdated(config: Config, restored: Ledger, entries: int, newest: str) -> None:
    problems = seen_by_primary(config, restored)
    if problems:
        raise Refused(
            joined("\n  ", [_("this backup is not restored:"), *problems]),
            hint=_(
                "What was done since would be lost. `preserva rebuild ledger --anchor"
                " {number}:{digest}` takes the copy in a replica that continues this backup, and"
                " records what our own storages hold."
            ).format(number=entries, digest=newest),
        )


def _refuse_needless(config: Config, restored: Ledger) -> None:
    """Refuse to put less in the place of a whole ledger that has the same entries, and more."""
    if not config.ledger.exists():
        return
    try:
        with closing(Ledger(config.ledger, read_only=True)) as there:
            whole = not (there.verify() or there.verify_copies())
            if whole and there.body(restored.size) == restored.body(restored.size):
                message = _("{path} is whole and has every entry of this backup: nothing is lost")
                raise Refused(message.format(path=config.ledger))
    except (LedgerError, StorageError):
        return  # it cannot be used, and that is why a backup is restored
