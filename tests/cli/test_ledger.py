"""preserva ledger: what tampering shows, and what only a copy kept elsewhere shows."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from preserva import config
from preserva.archive.archive import open_archive
from preserva.cli.main import status_of
from preserva.core.values.facts import Check
from preserva.ingest.package import package
from preserva.ledger import Ledger
from preserva.replication.replicate import replicate
from preserva.resources import schema_file
from tests.support.books import an_archive, make_book

SCHEMA = Draft202012Validator(json.loads(schema_file("output.schema.json").read_text("utf-8")))


MADE = 5
"""Entries that `init` writes: the identities of the ledger and of two storages, and what lies at
the top of these."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive whose ledger has five entries."""
    with an_archive(tmp_path) as archive:
        for number in range(5):
            archive.ledger.append(
                "fixity check",
                time=archive.now(),
                outcome="success",
                package=f"urn:preserva:aonb:kp-{number}",
                storage="aonb-main",
                facts=Check(size=number),
            )
    # what storages have seen of the ledger is asked for elsewhere: here it stands alone
    (tmp_path / "storages/aonb-main/preserva-ledger.json").unlink()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANGUAGE", "en")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit status and stdout."""
    status = status_of(["ledger", *arguments])
    return status, capsys.readouterr().out


def tamper(place: Path, *statements: str) -> None:
    """What someone does who knows SQL."""
    raw = sqlite3.connect(place / "ledger.sqlite", isolation_level=None)
    for statement in ("DROP TRIGGER never_changed", "DROP TRIGGER never_deleted", *statements):
        raw.execute(statement)
    raw.close()


def test_an_export_is_a_chain_that_anyone_can_check(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With nothing but SHA-256: each line holds the digest of the one before."""
    status, out = run(capsys, "export")
    lines = out.encode().splitlines()
    assert (status, len(lines)) == (0, MADE + 5)
    previous = ""
    for number, line in enumerate(lines, 1):
        entry = json.loads(line)
        assert (entry["number"], entry["previous"]) == (number, previous)
        previous = hashlib.sha256(line).hexdigest()
    status, out = run(capsys, "verify", "--json")
    document = json.loads(out)
    SCHEMA.validate(document)
    assert (status, document["entries"], document["newest"]) == (0, MADE + 5, previous)


def test_the_newest_entries_are_shown_first(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All, or those of a package or a storage."""
    status, out = run(capsys, "show", "--last", "2", "--json")
    document = json.loads(out)
    SCHEMA.validate(document)
    assert (status, [one["number"] for one in document["entries"]]) == (0, [MADE + 5, MADE + 4])
    status, out = run(capsys, "show", "aonb-kp-2", "--storage", "aonb-main")
    time = "2026-11-23 10:00 UTC"
    assert out == f"{MADE + 3}\t{time}\tfixity check: success\taonb-kp-2 aonb-main\t-\t\n"
    assert run(capsys, "show", "--storage", "nowhere") == (0, "")


@pytest.mark.parametrize(
    ("statements", "problems"),
    [
        (
            [
                "UPDATE entry SET body = CAST(replace(body, 'success', 'fail') AS BLOB)"
                " WHERE number = 2"
            ],
            ["entry 2 was changed"],
        ),
        (["DELETE FROM entry WHERE number = 3"], ["entry 3 is missing"]),
        (
            [
                "UPDATE entry SET number = 99 WHERE number = 2",
                "UPDATE entry SET number = 2 WHERE number = 3",
                "UPDATE entry SET number = 3 WHERE number = 99",
            ],
            ["entry 2 was changed", "entry 3 was changed"],
        ),
        (
            [f"DELETE FROM entry WHERE number > {MADE + 3}"],
            [
                "the ledger's summary of aonb-main: urn:preserva:aonb:kp-3 does not match its"
                " entries; `preserva ledger reindex` rebuilds it"
            ],
        ),
        (
            [
                f"DELETE FROM entry WHERE number > {MADE + 3}",
                f"UPDATE newest SET number = {MADE + 3} WHERE type = 'fixity check'",
                f"DELETE FROM copy WHERE attempt > {MADE + 3}",
            ],
            [],
        ),
    ],
    ids=["changed", "removed", "reordered", "cut off", "cut off with care"],
)
def test_tampering_is_named(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    statements: list[str],
    problems: list[str],
) -> None:
    """With the copy kept elsewhere always; without it all but a careful cut at the end."""
    Path("kept.jsonl").write_text(run(capsys, "export")[1], encoding="utf-8")
    assert run(capsys, "verify", "--against", "kept.jsonl")[0] == 0
    tamper(place, *statements)
    status, out = run(capsys, "verify")
    assert [line for line in problems if line not in out.splitlines()] == []
    assert status == (5 if problems else 0)
    status, out = run(capsys, "verify", "--against", "kept.jsonl")
    assert status == 5
    assert "kept.jsonl" in out


def test_an_old_backup_shows_against_a_newer_copy(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is whole in itself, even after new entries went into it."""
    shutil.copy("ledger.sqlite", "backup.sqlite")
    with an_archive(place) as archive:
        archive.ledger.append("replication", time=archive.now(), outcome="success")
    (place / "storages/aonb-main/preserva-ledger.json").unlink()
    Path("kept.jsonl").write_text(run(capsys, "export")[1], encoding="utf-8")
    for path in place.glob("ledger.sqlite*"):
        path.unlink()
    shutil.copy("backup.sqlite", "ledger.sqlite")
    status, out = run(capsys, "verify", "--against", "kept.jsonl")
    assert status == 5
    assert out.startswith("1 entry at the end is missing that kept.jsonl has")
    ledger = Ledger(place / "ledger.sqlite")
    ledger.append("deletion", time="2026-11-24T00:00:00+00:00", outcome="success")
    ledger.close()
    assert run(capsys, "verify")[0] == 0
    status, out = run(capsys, "verify", "--against", "kept.jsonl")
    assert status == 5
    assert out.startswith(f"entry {MADE + 6} is not the one in kept.jsonl")


def test_without_a_ledger_or_a_copy_nothing_is_proved(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And none is made on the way."""
    assert run(capsys, "verify", "--against", "nowhere.jsonl")[0] == 3
    (place / "ledger.sqlite").rename(place / "elsewhere")
    for verb in ("verify", "show", "export"):
        assert run(capsys, verb)[0] == 10
    assert not (place / "ledger.sqlite").exists()


def test_entries_are_found_by_person_type_and_period(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And shown with the name of the person, or the code alone; what was not asked is left out."""
    with an_archive(tmp_path):
        pass
    path = tmp_path / config.NAME
    named = '[people.ivanova]\nname = "И. И. Иванова"\n[people.petrov]\n'
    path.write_text(path.read_text("utf-8") + named, encoding="utf-8")
    record = make_book(tmp_path / "book")
    with open_archive(path, person="ivanova", clock=lambda: _at(10)) as archive:
        package(tmp_path / "book", record, archive)
    with open_archive(path, person="petrov", clock=lambda: _at(20)) as archive:
        replicate(archive)
    shown = ("--config", str(path), "ledger", "show")

    def types(*options: str) -> list[tuple[str, str | None]]:
        assert status_of([*shown, *options, "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        SCHEMA.validate(document)
        return [
            (entry["type"], entry["person"])
            for entry in document["entries"]
            if entry["type"] != "storage description"
        ]

    replicated, stored = ("replication", "petrov"), ("ingestion end", "ivanova")
    assert types("--person", "petrov") == [replicated]
    assert types("--person", "ivanova") == [stored, ("ingestion start", "ivanova")]
    assert types("--type", "Replication", "--type", "ingestion end") == [replicated, stored]
    assert types("--from", "2026-11-20", "--to", "20.11.2026") == [replicated]
    assert types("--from", "2026-11", "--to", "2026-11", "--type", "ingestion end") == [stored]
    assert types("--to", "2026-11-09", "--person", "ivanova") == []
    assert status_of([*shown, "--type", "ingestion end"]) == 0
    assert capsys.readouterr().out.split("\t")[1:5] == [
        "2026-11-10 12:00 UTC",
        "ingestion end: success",
        "aonb-kp-7 v1 aonb-main",
        "И. И. Иванова",
    ]
    assert status_of([*shown, "--type", "ingestion end", "--no-names"]) == 0
    assert "\tivanova\t" in capsys.readouterr().out
    assert status_of([*shown, "--from", "november"]) == 2
    assert "november is not a date" in capsys.readouterr().err


def _at(day: int) -> datetime:
    return datetime(2026, 11, day, 12, tzinfo=UTC)
