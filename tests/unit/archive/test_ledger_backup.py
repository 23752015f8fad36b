"""A backup of the ledger is whole, dated and verified; a restored one takes the place of nothing
that is worth more."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from preserva import config
from preserva.archive import ledger_backup
from preserva.archive.archive import open_archive
from preserva.archive.ledger_backup import backup_ledger, restore_ledger
from preserva.archive.runs import last_success
from preserva.cli.main import status_of
from preserva.config import Config
from preserva.core.policy.health import Job
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.facts import Check
from preserva.errors import LedgerError, Locked, Refused, StorageFull, WrongLedger
from preserva.files.dated_backups import backups_in, unfinished
from preserva.fixity.audit import audit
from preserva.ledger import Ledger
from tests.cli.test_ledger import tamper

NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)


@pytest.fixture
def loaded(three_books: Path) -> Config:
    """The configuration of an archive of three packages."""
    return config.load(three_books / config.NAME)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the backups go; it is not there yet."""
    return tmp_path / "backups" / "ledger"


def lines(path: Path) -> list[bytes]:
    """Every entry of a ledger or a backup."""
    ledger = Ledger(path, read_only=True)
    try:
        return list(ledger.bodies())
    finally:
        ledger.close()


def write(path: Path, count: int = 1) -> None:
    """Append to a ledger what no storage hears of."""
    ledger = Ledger(path)
    for _number in range(count):
        ledger.append(FIXITY_CHECK, time=NOW.isoformat(), outcome="success", facts=Check(size=1))
    ledger.close()


def test_a_backup_has_every_entry_and_says_so_by_its_name(loaded: Config, folder: Path) -> None:
    made = backup_ledger(loaded, folder, lambda: NOW)
    entries = lines(loaded.ledger)
    assert made.backup.path.name == f"ledger-20261201T020000Z-{len(entries):06}.sqlite"
    assert lines(made.backup.path) == entries
    assert made.newest == Ledger(loaded.ledger, read_only=True).digest
    assert backups_in(folder) == [made.backup]
    assert sorted(path.name for path in folder.iterdir()) == [
        made.backup.path.name,
        made.backup.path.with_suffix(".toml").name,
    ], "nothing half made, and no file that belongs to a database that is open"
    assert made.backup.path.with_suffix(".toml").read_bytes() == loaded.path.read_bytes()
    assert last_success(loaded, Job.BACKUP) == NOW


def test_a_backup_is_whole_while_others_write(loaded: Config, folder: Path) -> None:
    """Each is a beginning of what was written in the end."""
    stop = threading.Event()
    written = threading.Event()

    def writer() -> None:
        while not stop.is_set():
            write(loaded.ledger, 20)
            written.set()

    thread = threading.Thread(target=writer)
    thread.start()
    try:
        made = []
        for second in range(8):
            written.wait()
            written.clear()
            made.append(backup_ledger(loaded, folder, lambda: NOW + timedelta(seconds=second)))  # noqa: B023
    finally:
        stop.set()
        thread.join()
    entries = lines(loaded.ledger)
    sizes = [one.backup.entries for one in made]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    for one in made:
        assert lines(one.backup.path) == entries[: one.backup.entries]


def test_old_backups_are_thinned_and_other_files_left(loaded: Config, folder: Path) -> None:
    for day in range(60):
        if day % 10 == 0:
            write(loaded.ledger)
        made = backup_ledger(loaded, folder, lambda: NOW + timedelta(days=day))  # noqa: B023
        if day == 0:
            (folder / "ledger-of-last-year.sqlite").write_bytes(b"not ours")
    kept = backups_in(folder)
    ages = [(made.backup.time - backup.time).days for backup in kept]
    assert ages[-7:] == [6, 5, 4, 3, 2, 1, 0]
    assert len(kept) < 7 + 5 + 3 + 2
    assert all(backup.path.with_suffix(".toml").exists() for backup in kept)
    assert len(list(folder.iterdir())) == 2 * len(kept) + 1
    everything = backup_ledger(loaded, folder, lambda: NOW + timedelta(days=400), thin=False)
    assert everything.removed == ()
    assert backups_in(folder) == [*kept, everything.backup]


def test_no_backup_is_made_beside_those_of_another_history(loaded: Config, folder: Path) -> None:
    """A ledger that was restored from an old backup would else push out the newer ones."""
    old = backup_ledger(loaded, folder, lambda: NOW)
    write(loaded.ledger, 3)
    newer = backup_ledger(loaded, folder, lambda: NOW + timedelta(days=1))
    loaded.ledger.write_bytes(old.backup.path.read_bytes())
    with pytest.raises(WrongLedger, match="does not continue"):
        backup_ledger(loaded, folder, lambda: NOW + timedelta(days=2))
    assert backups_in(folder) == [old.backup, newer.backup]


def test_a_damaged_ledger_makes_no_backup(loaded: Config, folder: Path) -> None:
    first = backup_ledger(loaded, folder, lambda: NOW)
    tamper(loaded.ledger.parent, "UPDATE entry SET digest = 'x' WHERE number = 2")
    with pytest.raises(LedgerError, match="does not verify"):
        backup_ledger(loaded, folder, lambda: NOW + timedelta(days=1))
    assert backups_in(folder) == [first.backup]
    assert len(list(folder.iterdir())) == 2


def test_what_a_killed_backup_left_is_removed_by_the_next(loaded: Config, folder: Path) -> None:
    """But not by one that is made at the same time: that one is refused."""
    left = folder / ".unfinished"
    left.mkdir(parents=True)
    (left / "ledger.sqlite").write_bytes(b"half")
    (left / "ledger.sqlite-journal").write_bytes(b"half")
    made = backup_ledger(loaded, folder, lambda: NOW)
    names = {made.backup.path.name, made.backup.path.with_suffix(".toml").name}
    assert {path.name for path in folder.iterdir()} == names
    with unfinished(folder) as scratch:
        (scratch / "ledger.sqlite").write_bytes(b"of another run")
        with pytest.raises(Locked):
            backup_ledger(loaded, folder, lambda: NOW)
        assert (scratch / "ledger.sqlite").read_bytes() == b"of another run"


@pytest.mark.parametrize("killed_at", ["move", "synchronise", "write_file"])
def test_a_backup_that_fails_leaves_nothing_half_made(
    killed_at: str, loaded: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every step; the next one is made as if nothing had happened."""

    def fail(*_arguments: object, **_options: object) -> None:
        raise StorageFull("no space is left")

    monkeypatch.setattr(ledger_backup, killed_at, fail)
    with pytest.raises(StorageFull):
        backup_ledger(loaded, folder, lambda: NOW)
    assert list(folder.iterdir()) == []
    monkeypatch.undo()
    made = backup_ledger(loaded, folder, lambda: NOW)
    assert backups_in(folder) == [made.backup]


@pytest.mark.parametrize("kind", ["backup", "export"])
@pytest.mark.parametrize("before", ["gone", "damaged"])
def test_a_lost_ledger_comes_back(kind: str, before: str, loaded: Config, folder: Path) -> None:
    """From a backup or an export; what stood there is kept, and the archive works on."""
    source = backup_ledger(loaded, folder, lambda: NOW).backup.path
    entries = lines(loaded.ledger)
    if kind == "export":
        source = folder / "ledger.jsonl"
        source.write_bytes(b"".join(entry + b"\n" for entry in entries))
    if before == "gone":
        loaded.ledger.unlink()
    else:
        loaded.ledger.write_bytes(b"damaged")
    restored = restore_ledger(loaded, source, lambda: NOW)
    assert (restored.path, restored.entries) == (source, len(entries))
    assert lines(loaded.ledger) == entries
    aside = loaded.ledger.with_name(f"{loaded.ledger.name}.replaced-20261201T020000Z")
    assert aside.exists() == (before == "damaged")
    assert before == "gone" or aside.read_bytes() == b"damaged"
    assert not list(loaded.ledger.parent.glob(".unfinished*"))
    with open_archive(loaded.path) as archive:
        assert audit(archive).outcome.value == "pass"


def test_a_backup_older_than_what_was_acknowledged_is_refused(
    loaded: Config, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the way that is named brings everything back."""
    made = backup_ledger(loaded, folder, lambda: NOW)
    with open_archive(loaded.path) as archive:
        audit(archive)
    loaded.ledger.unlink()
    with pytest.raises(Refused) as refused:
        restore_ledger(loaded, made.backup.path, lambda: NOW)
    assert f"--anchor {made.backup.entries}:{made.newest}" in (refused.value.advice() or "")
    assert not loaded.ledger.exists()
    assert not list(loaded.ledger.parent.glob(".unfinished*"))
    command = ["--config", str(loaded.path)]
    assert status_of([*command, "ledger", "restore", str(made.backup.path)]) == 4
    assert status_of([*command, "rebuild", "ledger"]) == 0, capsys.readouterr()
    assert status_of([*command, "validate", "aonb-kp-1"]) == 0


def test_a_whole_ledger_is_not_replaced(loaded: Config, folder: Path) -> None:
    made = backup_ledger(loaded, folder, lambda: NOW)
    before = loaded.ledger.read_bytes()
    with pytest.raises(Refused, match="nothing is lost"):
        restore_ledger(loaded, made.backup.path, lambda: NOW)
    assert loaded.ledger.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{}\n", b"SQLite format 3\x00 and no more"])
def test_what_is_no_backup_is_not_restored(content: bytes, loaded: Config, tmp_path: Path) -> None:
    source = tmp_path / "backup"
    source.write_bytes(content)
    loaded.ledger.unlink()
    with pytest.raises(LedgerError):
        restore_ledger(loaded, source, lambda: NOW)
    assert not loaded.ledger.exists()
    assert not list(loaded.ledger.parent.glob(".unfinished*"))


def test_the_command_line(loaded: Config, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--config", str(loaded.path), "ledger"]
    assert status_of([*command, "backup", str(folder), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert status_of([*command, "backup", str(folder), "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    loaded.ledger.unlink()
    assert status_of([*command, "restore", made["path"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entries"] == made["entries"]
    assert status_of([*command, "restore", str(folder / "none")]) == 3
