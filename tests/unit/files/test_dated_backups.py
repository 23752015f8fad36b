"""A database is put in the place of another one, and the power may fail at each step."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from preserva.files import dated_backups
from preserva.files.dated_backups import put_in_place
from preserva.files.disk import move

NOW = datetime(2026, 12, 1, 5, tzinfo=UTC)
ASIDE = "ledger.sqlite.replaced-20261201T050000Z"


def rows(path: Path) -> list[int]:
    """What a database has, with its write-ahead log; a copy is read, because reading mends."""
    alone = path.with_name("alone")
    for suffix in ("", "-wal"):
        Path(f"{alone}{suffix}").unlink(missing_ok=True)
        if Path(f"{path}{suffix}").exists():
            shutil.copy(f"{path}{suffix}", f"{alone}{suffix}")
    with closing(sqlite3.connect(alone)) as connection:
        return [row[0] for row in connection.execute("SELECT number FROM entry")]


def fill(path: Path, numbers: list[int]) -> None:
    """Write rows, of which all but the first are still in the write-ahead log."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE entry (number INTEGER)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for number in numbers:
            connection.execute("INSERT INTO entry VALUES (?)", [number])
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{path}.killed{suffix}")
    for suffix in ("", "-wal"):  # as after a kill: nobody closed it
        Path(f"{path}.killed{suffix}").replace(f"{path}{suffix}")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A ledger whose entries are in its log, and one that is to replace it."""
    fill(tmp_path / "ledger.sqlite", [1, 2, 3])
    fill(tmp_path / "restored.sqlite", [1, 2])
    assert (tmp_path / "ledger.sqlite-wal").stat().st_size > 0
    return tmp_path


def test_what_was_there_is_kept_whole(place: Path) -> None:
    put_in_place(place / "restored.sqlite", place / "ledger.sqlite", NOW)
    assert rows(place / "ledger.sqlite") == [1, 2]
    assert rows(place / ASIDE) == [1, 2, 3]
    assert not (place / "ledger.sqlite-wal").exists()


@pytest.mark.parametrize("steps", range(2))
def test_a_power_cut_leaves_one_of_them_or_none_and_loses_neither(
    place: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = 0

    def failing(source: Path, target: Path) -> None:
        nonlocal done
        if done == steps:
            raise KeyboardInterrupt
        done += 1
        move(source, target)

    monkeypatch.setattr(dated_backups, "move", failing)
    with pytest.raises(KeyboardInterrupt):
        put_in_place(place / "restored.sqlite", place / "ledger.sqlite", NOW)
    former = place / ("ledger.sqlite" if steps == 0 else ASIDE)
    assert rows(former) == [1, 2, 3]
    assert (place / "ledger.sqlite").exists() == (steps == 0)
    monkeypatch.undo()
    put_in_place(place / "restored.sqlite", place / "ledger.sqlite", NOW + timedelta(minutes=1))
    former = place / (ASIDE.replace("0000Z", "0100Z") if steps == 0 else ASIDE)
    assert (rows(place / "ledger.sqlite"), rows(former)) == ([1, 2], [1, 2, 3])
    assert not (place / "ledger.sqlite-wal").exists()


def test_what_is_no_database_is_kept_as_it_is(place: Path) -> None:
    (place / "ledger.sqlite").write_bytes(b"scratched" * 900)
    log = (place / "ledger.sqlite-wal").read_bytes()
    put_in_place(place / "restored.sqlite", place / "ledger.sqlite", NOW)
    assert rows(place / "ledger.sqlite") == [1, 2]
    assert (place / ASIDE).read_bytes() == b"scratched" * 900
    assert (place / f"{ASIDE}-wal").read_bytes() == log
