"""Backups of the ledger, and the way back from one.

A backup is one SQLite file, consistent while others write, and verified before it counts. It is
dated by its name, which also says how many entries it has. The configuration lies beside it.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from preserva.archive.ledger_proof import kept_lines, open_ledger, seen_by_primary
from preserva.archive.runs import note_success
from preserva.config import Config
from preserva.core.policy.health import Job
from preserva.core.policy.thinning import kept_backups
from preserva.errors import LedgerError, NotFound, Refused, StorageError, WrongLedger
from preserva.files.disk import move, synchronise, write_file, writing
from preserva.i18n import _, joined
from preserva.ledger import Ledger

_NAME = re.compile(r"ledger-(\d{8}T\d{6}Z)-(\d{1,12})\.sqlite", re.ASCII)
_TIME = "%Y%m%dT%H%M%SZ"
_SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class LedgerBackup:
    """A backup in the file `path`: when it was made, how many entries it has."""

    path: Path
    time: datetime
    entries: int


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A new backup, the digest of its newest entry, and the older ones that were removed."""

    backup: LedgerBackup
    newest: str
    removed: tuple[LedgerBackup, ...]


def backup_ledger(
    config: Config, folder: Path, clock: Callable[[], datetime], *, thin: bool = True
) -> BackupMade:
    """Make a verified backup of the ledger in a folder, and remove those that are not kept.

    Raises WrongLedger, with nothing made, if the newest backup there is not the beginning of this
    ledger: then it was cut off, rewritten, or restored from an older one. Raises ArchiveNotFound,
    LedgerError, StorageError.
    """
    before = backups_in(folder)
    with closing(open_ledger(config, read_only=True)) as ledger:
        if before:
            _refuse_other(ledger, before[-1])
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        now = clock().astimezone(UTC)
        unfinished = folder / f"unfinished-{os.getpid()}.sqlite"
        try:
            ledger.copy_to(unfinished)
            entries, newest = _verified(unfinished)
            path = folder / f"ledger-{now:{_TIME}}-{entries:06}.sqlite"
            synchronise(unfinished)
            move(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    _keep_config(config, path.with_suffix(".toml"))
    made = LedgerBackup(path, now.replace(microsecond=0), entries)
    removed = tuple(_thinned([*before, made], now)) if thin else ()
    note_success(config, Job.BACKUP, now)
    return BackupMade(made, newest, removed)


def backups_in(folder: Path) -> list[LedgerBackup]:
    """The backups in a folder, the one with the most entries last. Raises StorageError."""
    backups = []
    with writing(folder):
        names = sorted(os.listdir(folder)) if folder.exists() else []  # noqa: PTH208
    for name in names:
        match = _NAME.fullmatch(name)
        if match is None:
            continue
        with suppress(ValueError):
            time = datetime.strptime(match[1], _TIME).replace(tzinfo=UTC)
            backups.append(LedgerBackup(folder / name, time, int(match[2])))
    return sorted(backups, key=lambda backup: (backup.entries, backup.time))


def restore_ledger(config: Config, source: Path, clock: Callable[[], datetime]) -> LedgerBackup:
    """Put a backup, or an export (`preserva ledger export`), in the place of the ledger.

    What stands there is kept beside it. Raises Refused, with nothing changed, if the primary
    storage has seen more than the backup has, or if the ledger there is whole and has all of it;
    LedgerError if the backup does not verify; StorageError.
    """
    unfinished = config.ledger.with_name(f"{config.ledger.name}.restoring-{os.getpid()}")
    with writing(config.ledger.parent):
        config.ledger.parent.mkdir(parents=True, exist_ok=True)
    try:
        _bring(source, unfinished)
        entries, newest = _verified(unfinished)
        with closing(Ledger(unfinished)) as restored:
            _refuse_outdated(config, restored, entries, newest)
            _refuse_needless(config, restored)
        _clear(unfinished)
        synchronise(unfinished)
        _set_aside(config.ledger, clock())
        move(unfinished, config.ledger)
    finally:
        _clear(unfinished)
        unfinished.unlink(missing_ok=True)
    return LedgerBackup(source, clock(), entries)


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


def _refuse_other(ledger: Ledger, newest: LedgerBackup) -> None:
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


def _keep_config(config: Config, path: Path) -> None:
    """The configuration, as it was when the backup was made; whole or not at all."""
    unfinished = path.with_name(f"unfinished-{os.getpid()}.toml")
    try:
        write_file(unfinished, config.path.read_bytes())
        move(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _thinned(backups: list[LedgerBackup], now: datetime) -> Iterator[LedgerBackup]:
    """Remove the backups that are not kept; each that was."""
    kept = kept_backups((backup.time for backup in backups), now)
    for backup in backups[:-1]:
        if backup.time not in kept:
            with writing(backup.path):
                backup.path.unlink()
                backup.path.with_suffix(".toml").unlink(missing_ok=True)
            yield backup


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


def _set_aside(ledger: Path, now: datetime) -> None:
    """Keep what stands in the place of the ledger, with what belongs to it."""
    for suffix in ("", "-wal", "-shm"):
        there = ledger.with_name(ledger.name + suffix)
        if there.exists():
            aside = f"{ledger.name}.replaced-{now.astimezone(UTC):{_TIME}}{suffix}"
            move(there, ledger.with_name(aside))


def _clear(path: Path) -> None:
    """Leave one file of a database: what SQLite keeps beside it is written into it."""
    if path.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
