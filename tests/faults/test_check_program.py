"""The program `check.py` in each storage: its verdict is that of preserva, on every damage."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from preserva.core.values.report import Outcome
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from tests.faults.damage import CASES, P1, PACKAGE, flip, folder
from tests.support.books import an_archive, make_book

PROGRAM = resources.files("preserva.archive").joinpath("on_disk", "check.py").read_text("utf-8")
SOUND, WRONG, UNREAD = 0, 1, 3


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive with one package in two copies."""
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
        replicate(archive)
    return tmp_path


def check(storage: Path, *arguments: str) -> tuple[int, list[str]]:
    """Run the program that lies in a storage, without anything of ours: its status, its lines."""
    run = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", str(storage / "check.py"), *arguments],
        cwd="/",
        env={},
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert run.stderr == ""
    return run.returncode, run.stdout.splitlines()


def test_it_is_short_and_runs_on_old_pythons() -> None:
    """At most 200 lines of code, with nothing but the standard library, for Python 3.6."""
    tree = ast.parse(PROGRAM, feature_version=(3, 6))
    modules = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
    assert modules == {"csv", "hashlib", "json", "os", "re", "stat", "sys"}
    shown = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.FunctionDef)]
    docstrings = [ast.get_docstring(node, clean=False) or "" for node in shown]
    lines = [line for line in PROGRAM.splitlines() if line]
    assert len(lines) - sum(len(text.splitlines()) for text in docstrings) <= 200


def test_sound_storages_are_sound(place: Path) -> None:
    """What it says of the ledger can be compared with what was written on paper."""
    for name in ("aonb-main", "nlb-copy"):
        status, lines = check(place / "archive/storages" / name)
        assert (status, lines[-1].strip()) == (SOUND, "SOUND / ЦЕЛО / ЦЭЛА"), lines
        (note,) = [line for line in lines if line.startswith("note")]
        assert "preserva-ledger.json: the last entry was 10: " in note
    (line,) = [line for line in lines if "ledgers/aonb" in line]
    parts = sorted((place / "archive/storages/nlb-copy/ledgers/aonb").iterdir())
    entries = b"".join(part.read_bytes() for part in parts).splitlines()
    newest = hashlib.sha256(entries[-1]).hexdigest()
    assert line.endswith(f"ledgers/aonb: {len(entries)} entries; the last one is {newest}")
    third = hashlib.sha256(entries[2]).hexdigest()
    _status, lines = check(place / "archive/storages/nlb-copy", "3", "4000")
    said = [line.strip() for line in lines]
    assert f"ledgers/aonb: entry 3 is {third}" in said
    assert "no ledger here has an entry 4000" in said
    _status, lines = check(place / "archive/storages/aonb-main", "3")
    assert "no ledger here has an entry 3" in [line.strip() for line in lines]


def test_a_folder_that_is_not_there_is_said(place: Path) -> None:
    """Also a word that is no folder at all, such as --help."""
    status, lines = check(place / "archive/storages/aonb-main", "--help")
    assert status == UNREAD
    assert lines == [
        "COULD NOT READ [Errno 2] No such file or directory: '--help'",
        "               NOT ALL COULD BE READ / ПРОЧИТАНО НЕ ВСЁ / ПРАЧЫТАНА НЕ ЎСЁ",
    ]


def test_a_changed_event_in_the_logs_is_not_sound(place: Path) -> None:
    """No inventory names it; the ledger does, whose copy is in the replica."""
    replica = place / "archive/storages/nlb-copy"
    with an_archive(place / "archive") as archive:
        logs = sorted((folder(archive.store("nlb-copy")) / "logs").iterdir())
        assert len(logs) == 2
        logs[0].write_bytes(logs[0].read_bytes().replace(b"success", b"failure"))
        outcomes = {
            report.outcome for report in validate_stored(archive, PACKAGE, storage="nlb-copy")
        }
    assert outcomes == {Outcome.FAIL}
    status, lines = check(replica)
    assert status == WRONG
    assert [line for line in lines if line.startswith("NOT SOUND")] == [
        f"NOT SOUND      {logs[0].relative_to(replica)}: is not as the ledger has it"
    ]
    logs[0].unlink()
    logs[0].symlink_to("/etc/passwd")
    status, lines = check(replica)
    assert status == WRONG
    assert f"NOT SOUND      {logs[0].relative_to(replica)}: is not as the ledger has it" in lines


def test_what_is_not_known_or_lacking_is_noted(place: Path) -> None:
    """What nothing names, and what a ledger that was cut off no longer says, is no fault."""
    replica = place / "archive/storages/nlb-copy"
    with an_archive(place / "archive") as archive:
        logs = sorted((folder(archive.store("nlb-copy")) / "logs").iterdir())
    identifier = logs[0].stem[-36:]
    logs[0].unlink()
    unknown = logs[0].with_name("unknown.xml")
    unknown.touch()
    (replica / "lost+found").mkdir()
    (replica / "ocfl/stray").touch()
    mark = json.loads((replica / "preserva-ledger.json").read_bytes())
    newest = max((replica / "ledgers/aonb").iterdir())
    entries = newest.read_bytes().splitlines(keepends=True)
    assert json.loads(entries[-1])["number"] == mark["entry"] == 10
    newest.write_bytes(b"".join(entries[:-1]))
    status, lines = check(replica)
    assert status == WRONG, "the entry that was cut off had the digests of the lists"
    assert [line for line in lines if line.startswith("note")] == [
        "note           lost+found: nothing says that it should be here",
        "note           ocfl/stray: nothing says that it should be here",
        f"note           preserva-ledger.json: the last entry was 10: {mark['digest']}",
        f"note           {PACKAGE.uri}: logs/ lacks the event {identifier} of the ledger",
        f"note           {unknown.relative_to(replica)}: no ledger here names this event",
    ]
    assert any("ledgers/aonb: 9 entries" in line for line in lines)


@pytest.mark.parametrize("copy", ["aonb-main", "nlb-copy"])
@pytest.mark.parametrize("kind", sorted(CASES))
def test_it_agrees_with_preserva_on_every_damage(kind: str, copy: str, place: Path) -> None:
    damage, expected = CASES[kind]
    with an_archive(place / "archive") as archive:
        store = archive.store(copy)
        damage(folder(store))
        outcomes = {report.outcome for report in validate_stored(archive, PACKAGE, storage=copy)}
        where = store.root.path_of(PACKAGE.uri)
    assert outcomes == {Outcome.FAIL}
    status, lines = check(place / "archive/storages" / copy)
    assert status == WRONG, lines
    named = "\n".join(line for line in lines if line.startswith("NOT SOUND"))
    for _code, path in expected:
        assert (f"{where}/{path}" if path else PACKAGE.uri) in named


UNREADABLE = """
import os, runpy, sys
opened = os.open
def refused(path, *arguments):
    if str(path).endswith("0001.tif"):
        raise OSError(5, "Input/output error")
    return opened(path, *arguments)
os.open = refused
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_file_that_cannot_be_read_is_neither_sound_nor_damaged(place: Path) -> None:
    program = place / "archive/storages/aonb-main/check.py"
    run = subprocess.run(
        [sys.executable, "-I", "-c", UNREADABLE, str(program)], capture_output=True, check=False
    )
    assert run.returncode == UNREAD
    assert f"/{P1}: [Errno 5] Input/output error".encode() in run.stdout
    assert b"NOT SOUND" not in run.stdout


def test_another_valid_package_and_a_changed_ledger_are_not_sound(place: Path) -> None:
    """Sound in themselves, and not what was recorded."""
    replica = place / "archive/storages/nlb-copy"
    record = make_book(place / "other", seed=9)
    with an_archive(place / "elsewhere") as elsewhere:
        package(place / "other", record, elsewhere)
        strange = folder(elsewhere.primary)
    with an_archive(place / "archive") as archive:
        target = folder(archive.store("nlb-copy"))
    kept = place / "kept"
    target.rename(kept)
    shutil.copytree(strange, target)
    status, lines = check(replica)
    assert status == WRONG
    assert any(PACKAGE.uri in line and "recorded" in line for line in lines)
    shutil.rmtree(target)
    kept.rename(target)
    (first, *_others) = sorted((replica / "ledgers/aonb").iterdir())
    first.write_bytes(first.read_bytes().replace(b'"success"', b'"failure"', 1))
    status, lines = check(replica)
    assert status == WRONG
    assert any("does not follow the one before" in line for line in lines)


@pytest.mark.parametrize("name", ["README.txt", "books.csv", "check.py"])
def test_a_changed_guide_is_noticed(name: str, place: Path) -> None:
    """The ledger fixes the guide itself; another program in its place would not say so."""
    replica = place / "archive/storages/nlb-copy"
    program = replica / "check.py"
    shutil.copy(program, place / "check.py")
    (replica / name).write_bytes((replica / name).read_bytes() + b"\n")
    run = subprocess.run(
        [sys.executable, "-I", str(place / "check.py"), str(replica)],
        capture_output=True,
        check=False,
    )
    assert run.returncode == WRONG
    assert f"NOT SOUND      {name}: is not as the ledger has it".encode() in run.stdout


def hostile(content: dict[str, object], outside: str) -> list[dict[str, object]]:
    """Inventories that try to lead the reader elsewhere, or to confuse it."""
    digest = "a" * 128
    return [
        {
            **content,
            "manifest": {digest: [outside]},
            "versions": {"v1": {"state": {digest: ["x"]}}},
        },
        {**content, "manifest": {digest: ["../../../../../../etc/passwd"]}},
        {**content, "versions": {}},
        {**content, "head": "v0", "versions": {}},
        {**content, "id": ["urn"]},
        {**content, "manifest": []},
        {**content, "digestAlgorithm": "md5"},
        {"id": "\x1b[2Jx"},
    ]


@pytest.mark.parametrize("number", range(8))
def test_hostile_inventories_lead_nowhere(number: int, place: Path) -> None:
    """They are not sound, and no file outside the storage is opened."""
    with an_archive(place / "archive") as archive:
        there = folder(archive.primary)
    content = json.loads((there / "inventory.json").read_bytes())
    secret = place / "secret"
    os.mkfifo(secret)  # whoever opened it would wait for ever
    data = json.dumps(hostile(content, str(secret))[number]).encode()
    for name in ("inventory.json", "v1/inventory.json"):
        (there / name).write_bytes(data)
        sidecar = f"{hashlib.sha512(data).hexdigest()} inventory.json\n"
        (there / f"{name}.sha512").write_text(sidecar)
    status, lines = check(place / "archive/storages/aonb-main")
    assert status == WRONG
    assert not any("\x1b" in line for line in lines)


def test_links_devices_and_strange_names_are_named_and_not_followed(place: Path) -> None:
    main = place / "archive/storages/aonb-main"
    with an_archive(place / "archive") as archive:
        there = folder(archive.primary)
    (there / "v1/content/data/loop").symlink_to("/")
    os.mkfifo(there / "v1/content/data/pipe")
    (there / "v1/content/data/a\nb\x1b[2J").write_bytes(b"")
    (main / "ocfl/away").symlink_to(place / "book")
    (place / "book/loop").symlink_to(place)
    status, lines = check(main)
    text = "\n".join(lines)
    assert status == WRONG
    assert "v1/content/data/loop: a link, not a file" in text
    assert "v1/content/data/pipe: a device, not a file" in text
    assert "data/a\\nb\\x1b[2J: nothing says that it should be here" in text
    away = [line for line in lines if "ocfl/away" in line]
    assert away == [
        "NOT SOUND      ocfl/away/inventory.json: cannot be understood:"
        " ValueError('a link in place of a folder: ocfl/away/')"
    ]


def test_a_ledger_is_not_looked_for_behind_a_link(place: Path) -> None:
    replica = place / "archive/storages/nlb-copy"
    ledger = replica / "ledgers/aonb"
    ledger.rename(place / "ledger")
    ledger.symlink_to(place / "ledger")
    status, lines = check(replica)
    assert status == WRONG
    assert not any("entries; the last one" in line for line in lines)


def test_of_two_versions_the_damaged_one_is_named(place: Path) -> None:
    """Every version is looked at, also the manifests of those that share files."""
    with an_archive(place / "archive") as archive:
        there = folder(archive.primary)
        flip(there / "v1/content/bag-info.txt")
    status, lines = check(place / "archive/storages/aonb-main")
    assert status == WRONG
    assert [line for line in lines if line.startswith("NOT")] == [
        f"NOT SOUND      {there.relative_to(place / 'archive/storages/aonb-main')}"
        "/v1/content/bag-info.txt: has changed"
    ]


def test_a_file_between_packages_hides_none_of_them(place: Path) -> None:
    """It is named, and the packages in folders beside it are checked all the same."""
    storage = place / "archive/storages/aonb-main"
    before = check(storage)[1]
    tuples = next(path for path in sorted((storage / "ocfl").iterdir()) if len(path.name) == 3)
    (tuples / "zzz").write_bytes(b"x")
    status, lines = check(storage)
    assert status == 1
    (named,) = (line for line in lines if line not in before and "zzz" in line)
    assert named.startswith("NOT SOUND") and "nothing says that it should be here" in named
    assert [line for line in lines if line.startswith("sound")] == [
        line for line in before if line.startswith("sound")
    ]
