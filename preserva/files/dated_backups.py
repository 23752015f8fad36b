"""Dated backups in a folder: each whole or not at all, and thinned by one rule.

A backup is one SQLite file. Its name says what it is of, when it was made, and how many entries it
has. What a killed run left is removed by the next one.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from preserva.core.policy.thinning import kept_backups
from preserva.files.disk import move, staging, synchronise, write_file, writing

_NAME = re.compile(r"([a-z]+)-(\d{8}T\d{6}Z)-(\d{1,12})\.sqlite", re.ASCII)
_TIME = "%Y%m%dT%H%M%SZ"
_UNFINISHED = ".unfinished"
_BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a database."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup in the file `path`: when it was made, how many entries or records it has."""

    path: Path
    time: datetime
    entries: int


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """An empty folder within this one, in which a backup is made or restored, by one run at a time.

    Raises Locked, StorageError.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with staging(folder / _UNFINISHED) as scratch:
        yield scratch


def backup_path(folder: Path, kind: str, now: datetime, entries: int) -> Path:
    """Where a backup of this kind belongs."""
    return folder / f"{kind}-{now.astimezone(UTC):{_TIME}}-{entries:06}.sqlite"


def backups_in(folder: Path, kind: str = "ledger") -> list[Backup]:
    """The backups of a kind in a folder, the one with the most entries last. Raises StorageError.

    Backups of the same size are in the order of their times.
    """
    backups = []
    with writing(folder):
        names = sorted(os.listdir(folder)) if folder.exists() else []  # noqa: PTH208
    for name in names:
        match = _NAME.fullmatch(name)
        if match is None or match[1] != kind:
            continue
        with suppress(ValueError):
            time = datetime.strptime(match[2], _TIME).replace(tzinfo=UTC)
            backups.append(Backup(folder / name, time, int(match[3])))
    return sorted(backups, key=lambda backup: (backup.entries, backup.time))


def thinned(older: Iterable[Backup], made: Backup) -> Iterator[Backup]:
    """Remove the older backups that are not kept, with what lies beside each; each that was."""
    older = list(older)
    kept = kept_backups((backup.time for backup in [*older, made]), made.time)
    for backup in older:
        if backup.time not in kept:
            with writing(backup.path):
                backup.path.with_suffix(".toml").unlink(missing_ok=True)
                backup.path.unlink()  # last: what is left of it is found, and removed, again
            yield backup


def put_in_place(restored: Path, target: Path, now: datetime) -> None:
    """Put a database in the place of another one, which is kept beside it. Raises StorageError.

    If the power fails in between, the old one is in place, or none, which every command says; and
    what is kept is whole, with what SQLite had not yet written into it.
    """
    _one_file(restored)
    synchronise(restored)
    aside = target.with_name(f"{target.name}.replaced-{now.astimezone(UTC):{_TIME}}")
    log = target.with_name(f"{target.name}-wal")
    with writing(target):
        if log.exists():
            write_file(aside.with_name(f"{aside.name}-wal"), log.read_bytes())
        if target.exists():
            move(target, aside)
        for suffix in _BESIDE:
            target.with_name(target.name + suffix).unlink(missing_ok=True)
    move(restored, target)


def _one_file(path: Path) -> None:
    """Leave one file of a database: what SQLite keeps beside it is written into it."""
    if path.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    for suffix in _BESIDE:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
