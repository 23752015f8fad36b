"""Every row of the page for disasters: what it names is lost, and its commands bring it back."""

from __future__ import annotations

import re
import shlex
import shutil
import sqlite3
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import create_archive, open_archive
from preserva.archive.ledger_backup import backup_ledger
from preserva.archive.two_persons import decisions
from preserva.catalogue.import_records import NAME as CATALOGUE
from preserva.cli.main import status_of
from preserva.core.policy.judgement import State
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from preserva.reporting.overview import copy_states
from tests.conftest import ROOT
from tests.support import books

PAGE = (ROOT / "docs" / "how-to" / "after-a-disaster.md").read_text("utf-8")
KINDS = ("primary", "replica", "ledger", "configuration")
STORAGES = ("aonb-main", "nlb-copy", "third")
BOOKS = 2


def rows() -> dict[tuple[str, ...], list[str]]:
    """What is lost in each row of the table, and the names of its steps."""
    table: dict[tuple[str, ...], list[str]] = {}
    for row in re.findall(r"^\| ((?:(?:lost|there) \| ){4})(.*) \|$", PAGE, re.MULTILINE):
        states = row[0].split(" | ")
        lost = tuple(kind for kind, state in zip(KINDS, states, strict=False) if state == "lost")
        assert lost not in table
        table[lost] = re.findall(r"\(#(\w+)\)", row[1])
    return table


def commands(step: str) -> list[list[str]]:
    """The commands in the section of a step, without the name of the program."""
    (section,) = re.findall(rf'<a id="{step}"></a>\n(.*?)(?=<a id=|\Z)', PAGE, re.DOTALL)
    lines = "".join(re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL))
    parts = [shlex.split(line, comments=True) for line in lines.splitlines()]
    assert parts
    assert {part[0] for part in parts} == {"preserva"}
    return [part[1:] for part in parts]


ROWS = rows()


LAST = "third"
"""The replica that is never lost."""


def test_the_table_has_every_combination() -> None:
    every = {
        tuple(kind for kind, lost in zip(KINDS, which, strict=True) if lost)
        for which in product((False, True), repeat=len(KINDS))
    }
    assert ROWS.keys() == every - {()}
    for lost, steps in ROWS.items():
        order = [kind for kind in ("configuration", "ledger", "primary", "replica") if kind in lost]
        records = ["records"] if {"primary", "replica"} <= set(lost) else []
        assert steps == [*order, *records, "proof"]


@pytest.fixture(scope="module")
def _sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of two books in three storages; every replica has the whole ledger."""
    place = tmp_path_factory.mktemp("disaster")
    archive_place = place / "archive"
    archive_place.mkdir()
    third = '[storages.third]\ninstitution = "nlb"\nurl = "storages/third"\nrole = "replica"\n\n'
    text = config.TEMPLATE.replace("# The people", f"{third}# The people", 1)
    (archive_place / config.NAME).write_text(text, "utf-8")
    create_archive(config.load(archive_place / config.NAME))
    with open_archive(archive_place / config.NAME) as archive:
        for number in range(BOOKS):
            record = books.make_book(place / f"book{number}", pages=2, seed=number)
            package(place / f"book{number}", record, archive, local=f"kp-{number}")
        replicate(archive)
    with open_archive(archive_place / config.NAME) as archive:
        replicate(archive)
    return archive_place


@pytest.fixture
def place(_sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The archive, in which the commands of the page are typed; its backups lie elsewhere."""
    place = tmp_path / "archive"
    shutil.copytree(_sound, place)
    loaded = config.load(place / config.NAME)
    with open_archive(place / config.NAME) as archive:
        backup_ledger(loaded, tmp_path / "backup", archive.clock)
    monkeypatch.chdir(place)
    monkeypatch.delenv("PRESERVA_CONFIG", raising=False)
    return place


def content(place: Path) -> dict[str, bytes]:
    """Every file of every copy, but for the records of events that happened since."""
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in sorted((place / "storages").glob("*/ocfl/**/*"))
        if path.is_file() and "logs" not in path.parts
    }


def lose(place: Path, lost: tuple[str, ...]) -> None:
    """The disaster."""
    if "configuration" in lost:
        (place / config.NAME).unlink()
    if "ledger" in lost:
        for path in place.glob("ledger*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if "primary" in lost:
        shutil.rmtree(place / "storages" / "aonb-main")
    if "replica" in lost:
        shutil.rmtree(place / "storages" / "nlb-copy")


def typed(place: Path, command: list[str]) -> list[str]:
    """A command of the page with the names of this archive."""
    there = [str(path) for path in sorted((place / "storages").iterdir())]
    (backup,) = (place.parent / "backup").glob("ledger-*.sqlite")
    words = {"STORAGES": there, "BACKUP": [str(backup)], "LAST": [LAST]}
    return [part for word in command for part in words.get(word, [word])]


def give_up(place: Path) -> None:
    """The commands of the step for records, for each package."""
    request, confirm, do = commands("records")
    for number in range(BOOKS):
        name = f"aonb-kp-{number}"
        assert status_of([name if word == "ID" else word for word in request]) == 3
        with open_archive(place / config.NAME) as archive:
            decision = str(decisions(archive)[-1].number)
        assert status_of([decision if word == "NUMBER" else word for word in confirm]) == 0
        assert status_of([name if word == "ID" else word for word in do]) == 0


CASES = [
    pytest.param(lost, backed_up, id="+".join(lost) + (", backup" if backed_up else ""))
    for lost in ROWS
    for backed_up in ((True, False) if "ledger" in lost else (False,))
]
"""A backup makes a difference where the ledger is lost."""


@pytest.mark.parametrize(("lost", "backed_up"), CASES)
def test_what_was_lost_comes_back_by_the_commands_of_the_page(
    lost: tuple[str, ...], backed_up: bool, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Byte for byte, every copy acknowledged and sound, and nothing left for a person to do."""
    before = content(place)
    lose(place, lost)
    for step in ROWS[lost]:
        if step == "records":
            give_up(place)
            continue
        for command in commands(step):
            if step == "ledger" and (command[1] == "restore") != backed_up:
                continue
            alone = {"primary", "replica"} <= set(lost)
            if "--from" in command and not alone:
                continue
            status = status_of(typed(place, command))
            expected = {0}
            if command[:2] == ["rebuild", "ledger"] and {"primary", "replica"} & set(lost):
                expected = {4} if alone and "--from" not in command else {3}
            elif command[:2] == ["rebuild", "storage"] and "records" in ROWS[lost]:
                expected = {1}
            assert status in expected, (command, capsys.readouterr())
        if step == "configuration" and "replica" in lost:
            (block,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
            with (place / config.NAME).open("a", encoding="utf-8") as file:
                file.write(f"\n{block}")
    assert content(place) == before
    with open_archive(place / config.NAME) as archive:
        states = list(copy_states(archive))
        assert [(copy.package, copy.storage) for copy in states] == [
            (f"urn:preserva:aonb:kp-{number}", storage)
            for number in range(BOOKS)
            for storage in STORAGES
        ]
        assert {copy.state for copy in states} == {State.SOUND}
        assert open_incidents(archive) == []
        for number in range(BOOKS):
            reports = validate_stored(archive, PackageId("aonb", f"kp-{number}"))
            assert [report.outcome for report in reports] == [Outcome.PASS] * len(STORAGES)


@pytest.mark.parametrize("backed_up", [True, False])
def test_the_union_catalogue_comes_back(backed_up: bool, place: Path, tmp_path: Path) -> None:
    """From its backup, or from all that it was made of."""
    exported = tmp_path / "decisions.jsonl"
    assert status_of(["catalogue", "import"]) == 0
    assert status_of(["catalogue", "decisions", "export", str(exported)]) == 0
    assert status_of(["catalogue", "backup", str(tmp_path / "backup")]) == 0
    (backup,) = (tmp_path / "backup").glob("catalogue-*.sqlite")
    catalogue = place / CATALOGUE
    before = records_of(catalogue)
    assert before
    catalogue.unlink()
    typed = commands("catalogue")
    words = {"DECISIONS": str(exported), "BACKUP": str(backup)}
    for command in typed[:2] if backed_up else typed[2:]:
        assert status_of([words.get(word, word) for word in command]) == 0
    assert records_of(catalogue) == before


def records_of(catalogue: Path) -> list[object]:
    """The records and what they were made of."""
    with closing(sqlite3.connect(catalogue)) as opened:
        return opened.execute("SELECT uri, digest FROM record ORDER BY uri").fetchall()
