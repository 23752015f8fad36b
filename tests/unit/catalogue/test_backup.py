"""A backup of the union catalogue is whole, dated and verified, and comes back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from preserva import config
from preserva.catalogue.backup import backup_catalogue, restore_catalogue
from preserva.catalogue.import_records import NAME
from preserva.cli.main import status_of
from preserva.config import Config
from preserva.errors import NotFound, StorageError
from preserva.files.dated_backups import backups_in
from tests.support.marc_records import RARE_BOOK, iso2709

NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)


@pytest.fixture
def loaded(three_books: Path, tmp_path: Path) -> Config:
    """An archive with a catalogue of one record from a file, about which somebody decided."""
    record = tmp_path / "rare.iso"
    record.write_bytes(iso2709(RARE_BOOK))
    command = ["--config", str(three_books / config.NAME), "catalogue"]
    assert status_of([*command, "import", str(record), "--library", "aonb"]) == 0
    return config.load(three_books / config.NAME)


def records(path: Path) -> list[object]:
    """All that came from outside, as the file has it."""
    with closing(sqlite3.connect(path)) as catalogue:
        return [
            *catalogue.execute("SELECT uri, digest, original FROM record ORDER BY id"),
            *catalogue.execute("SELECT * FROM decision ORDER BY number"),
        ]


def catalogue_of(loaded: Config) -> Path:
    """The file of the catalogue."""
    return loaded.ledger.parent / NAME


def test_a_catalogue_comes_back_whole(loaded: Config, tmp_path: Path) -> None:
    """While it is open elsewhere, and with what was written since kept aside."""
    before = records(catalogue_of(loaded))
    with closing(sqlite3.connect(catalogue_of(loaded))) as _open:
        made = backup_catalogue(loaded, tmp_path / "backups", lambda: NOW)
    assert made is not None
    assert made.backup.path.name == "catalogue-20261201T020000Z-000001.sqlite"
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [made.backup.path.name]
    with closing(sqlite3.connect(catalogue_of(loaded), isolation_level=None)) as catalogue:
        catalogue.execute("UPDATE record SET deleted = 1, original = NULL")
    restored = restore_catalogue(loaded, made.backup.path, lambda: NOW)
    assert restored.entries == 1
    assert records(catalogue_of(loaded)) == before
    aside = catalogue_of(loaded).with_name(f"{NAME}.replaced-20261201T020000Z")
    assert records(aside) != before
    command = ["--config", str(loaded.path), "catalogue", "search", "вера"]
    assert status_of(command) == 0
    assert not list(loaded.ledger.parent.glob(".unfinished*"))


def test_backups_of_ledger_and_catalogue_lie_together_and_are_thinned_apart(
    loaded: Config, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    base = ["--config", str(loaded.path)]
    assert status_of([*base, "ledger", "backup", str(folder)]) == 0
    (ledger,) = backups_in(folder)
    for day in range(60):
        backup_catalogue(loaded, folder, lambda: NOW + timedelta(days=day))  # noqa: B023
    kept = backups_in(folder, "catalogue")
    assert len(kept) < 7 + 5 + 3 + 2
    assert backups_in(folder) == [ledger]
    assert ledger.path.with_suffix(".toml").exists()


def test_without_a_catalogue_nothing_is_done(
    three_books: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["--config", str(three_books / config.NAME), "-q", "catalogue", "backup"]
    assert status_of([*base, str(tmp_path / "backups")]) == 0
    assert capsys.readouterr() == ("", "")
    assert not (tmp_path / "backups").exists()


@pytest.mark.parametrize("content", [b"", b"{}\n", b"SQLite format 3\x00 and no more"])
def test_what_is_no_catalogue_is_not_restored(
    content: bytes, loaded: Config, tmp_path: Path
) -> None:
    source = tmp_path / "backup"
    source.write_bytes(content)
    before = catalogue_of(loaded).read_bytes()
    with pytest.raises(StorageError):
        restore_catalogue(loaded, source, lambda: NOW)
    with pytest.raises(StorageError):
        restore_catalogue(loaded, loaded.ledger, lambda: NOW)
    with pytest.raises(NotFound):
        restore_catalogue(loaded, tmp_path / "none", lambda: NOW)
    assert catalogue_of(loaded).read_bytes() == before
    assert not list(loaded.ledger.parent.glob(".unfinished*"))


def test_a_catalogue_of_a_newer_preserva_is_not_restored(loaded: Config, tmp_path: Path) -> None:
    made = backup_catalogue(loaded, tmp_path / "backups", lambda: NOW)
    assert made is not None
    with closing(sqlite3.connect(made.backup.path)) as catalogue:
        catalogue.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match="newer"):
        restore_catalogue(loaded, made.backup.path, lambda: NOW)


def test_the_command_line(
    loaded: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["--config", str(loaded.path), "catalogue"]
    assert status_of([*base, "backup", str(tmp_path / "backups"), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["records"], made["removed"]) == (1, [])
    catalogue_of(loaded).unlink()
    assert status_of([*base, "restore", made["path"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["records"] == 1
    assert status_of([*base, "search", "вера"]) == 0
