"""What `--json` prints: the document of every verb follows the published schema."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from preserva.archive.two_persons import decisions
from preserva.cli.main import main
from preserva.reporting.incidents import open_incidents
from preserva.resources import schema_file
from tests.cli.test_commands import JsonRun, Run, run, run_json
from tests.support.books import an_archive, make_book
from tests.support.exhibitions import write_specification
from tests.support.marc_records import RARE_BOOK, iso2709
from tests.support.partners import OTHER_SIDE
from tests.unit.catalogue.test_catalogue import MINSK, OURS, THEIRS

__all__ = ["run", "run_json"]

Documented = Callable[..., None]
"""Runs a verb with --json and checks its exit status and its document."""

SCHEMA: dict[str, Any] = json.loads(schema_file("output.schema.json").read_text("utf-8"))

SPECIFICATION = """\
[exhibition]
title = { ru = "Книги", be = "Кнігі", en = "Books" }
text = "text"

[[sections]]
id = "first"
title = { ru = "Первая", be = "Першая", en = "First" }
text = "text"
[[sections.objects]]
package = "aonb-kp-7"
caption = { ru = "Книга", be = "Кніга", en = "A book" }
"""


def commands_with_json(command: click.Command = main, name: str = "") -> Iterator[str]:
    """The full name of every command that has the option --json."""
    if name and any(parameter.name == "json_" for parameter in command.params):
        yield name
    if isinstance(command, click.Group):
        context = click.Context(command)
        for below in command.list_commands(context):
            subcommand = command.get_command(context, below)
            assert subcommand is not None
            yield from commands_with_json(subcommand, f"{name} {below}".strip())


def definitions() -> list[str]:
    """The commands to which the schema gives a definition of their document."""
    names = []
    for branch in SCHEMA["allOf"]:
        command = branch["if"]["properties"]["command"]
        names += command.get("enum", [command.get("const")])
    return names


def test_every_verb_has_a_definition_in_the_schema() -> None:
    named = set(SCHEMA["properties"]["command"]["enum"])
    assert named == {*commands_with_json(), "error"}
    assert set(definitions()) == named


def test_every_document_follows_the_schema(tmp_path: Path, run: Run, run_json: JsonRun) -> None:
    """From the first to the last verb, on one archive that suffers damage on the way."""
    seen: set[str] = set()

    def documented(expected: int, *arguments: str) -> None:
        status, document = run_json(*arguments)
        assert status == expected, document
        seen.add(document["command"])

    make_book(tmp_path / "book")
    archive_verbs(documented, tmp_path)
    bag_verbs(documented, tmp_path)
    catalogue_verbs(documented, tmp_path)
    verbs_after_damage(documented, tmp_path)
    assert run("web", "people", "add", "petrov", "--role", "decide")[0] == 0
    documented(0, "web", "people")
    documented(10, "--config", "nowhere.toml", "list")
    assert seen == {*commands_with_json(), "error"}


def archive_verbs(documented: Documented, place: Path) -> None:
    """An archive is made, a book goes all its ways."""
    documented(0, "init")
    documented(0, "init")
    documented(0, "config", "check", "--storages")
    documented(0, "check", "book", "--record", "book.xml")
    documented(4, "check", "book", "nowhere")
    documented(0, "package", "book", "--record", "book.xml", "--dry-run")
    documented(0, "package", "book", "--record", "book.xml")
    documented(0, "records", "book.xml")
    (place / "books.csv").write_text("folder,id\nbook,kp-7\n", "utf-8")
    documented(0, "package", "--batch", "books.csv", "--records", "book.xml", "--check")
    documented(0, "package", "--batch", "books.csv", "--records", "book.xml")
    (place / "books.csv").write_text("id\nkp-7\nkp-8\n", "utf-8")
    documented(3, "update", "--batch", "books.csv", "--records", "book.xml")
    documented(4, "export", "--batch", "books.csv", "out-of-table", "--check")
    documented(0, "replicate")
    (place / "note.txt").write_text("a note", "utf-8")
    documented(0, "update", "aonb-kp-7", "--document", "note.txt", "--reason", "a note")
    documented(0, "update", "kp-7", "--remove-page", "2", "--reason", "scanned twice")
    documented(0, "derive", "kp-7", "--access", "--pdf")
    documented(3, "status")
    documented(0, "replicate")
    documented(0, "validate", "aonb-kp-7")
    documented(0, "validate", "storages/aonb-main/ocfl")
    documented(0, "audit", "--event", "nlb-copy", "--dry-run")
    documented(0, "audit")
    documented(0, "levels")
    documented(0, "list")
    documented(0, "list", "--title", "РѢКѢ", "--record-number", "kp7")
    documented(0, "status", "aonb-kp-7")
    documented(0, "ledger", "verify")
    documented(3, "health")
    documented(0, "ledger", "backup", "backup")
    (backup,) = (place / "backup").glob("ledger-*.sqlite")
    (place / "ledger.sqlite").rename(place / "old.sqlite")
    documented(0, "ledger", "restore", str(backup))
    documented(0, "ledger", "show", "aonb-kp-7")
    documented(0, "export", "aonb-kp-7", "out")
    documented(0, "store", "out/aonb-kp-7")
    documented(0, "import", "out/aonb-kp-7", "--dry-run")
    documented(0, "demo", "--place", "demo")
    documented(0, "drill", "--place", "drill", "--keep")
    documented(0, "demo", "--scans", "practice/scans")


def bag_verbs(documented: Documented, place: Path) -> None:
    """Bags without an archive."""
    documented(0, "bag", "create", "book", "bag", "--info", "Title=Книга")
    documented(0, "bag", "update", "bag", "--set", "Title=Кніга")
    documented(0, "validate", "bag")
    documented(0, "bag", "fetch", "bag")
    profile = str(schema_file("preserva-bagit-profile.json"))
    documented(0, "bag", "profile", profile, "--cache", "profiles")


def catalogue_verbs(documented: Documented, place: Path) -> None:
    """Two libraries' records are searched, compared, exchanged and exhibited."""
    for library, record in (("aonb", RARE_BOOK), ("nlb", MINSK)):
        (place / f"{library}.iso").write_bytes(iso2709(record))
        documented(0, "catalogue", "import", f"{library}.iso", "--library", library)
    documented(0, "catalogue", "import")
    documented(0, "catalogue", "backup", "backup")
    (kept,) = (place / "backup").glob("catalogue-*.sqlite")
    documented(0, "catalogue", "restore", str(kept))
    documented(0, "catalogue", "search", "вера")
    documented(0, "catalogue", "match")
    documented(0, "catalogue", "match", "--same", OURS, THEIRS, "--by", "A")
    documented(0, "catalogue", "show", OURS)
    documented(0, "catalogue", "decisions", "export", "decisions.jsonl")
    documented(0, "catalogue", "decisions", "import", "decisions.jsonl")
    documented(0, "catalogue", "export", "all.csv", "--as", "csv")
    web = ("--url", "http://library.example/dump", "--email", "a@library.example")
    documented(0, "catalogue", "dump", "dump", *web)
    documented(0, "harvest", "dump")
    write_specification(place / "exhibition", SPECIFICATION, {"text": "Текст.\n"})
    documented(0, "exhibit", "build", "exhibition/exhibition.toml", "--out", "site", "--dry-run")


def verbs_after_damage(documented: Documented, place: Path) -> None:
    """A page is damaged, decided about and repaired; storage, ledger, configuration are rebuilt."""
    page = next((place / "storages/nlb-copy").rglob("0002.tif"))
    page.write_bytes(page.read_bytes()[:-1])
    documented(1, "audit", "--event", "nlb-copy")
    documented(1, "incidents")
    with an_archive(place) as archive:
        (incident,) = open_incidents(archive)
    documented(0, "incidents", "decide", str(incident.number), "rescan", "--by", "A")
    documented(0, "decisions", "request", "policy", "--reason", "r", "--person", "ivanova")
    with an_archive(place) as archive:
        (first,) = decisions(archive)
    documented(0, "decisions", "confirm", str(first.number), "--person", "petrov")
    documented(0, "decisions", "request", "policy", "--reason", "r", "--person", "ivanova")
    with an_archive(place) as archive:
        (_first, second) = decisions(archive)
    documented(0, "decisions", "refuse", str(second.number), "--person", "petrov")
    documented(0, "decisions", "--all")
    documented(0, "report", "--from", "2020")
    documented(3, "withdraw", "aonb-kp-7", "--reason", "twice", "--person", "ivanova")
    with an_archive(place) as archive:
        *_others, third = decisions(archive)
    documented(0, "decisions", "confirm", str(third.number), "--person", "petrov")
    documented(0, "withdraw", "aonb-kp-7", "--person", "petrov")
    documented(0, "list", "--withdrawn")
    documented(0, "status", "aonb-kp-7")
    documented(3, "withdraw", "aonb-kp-7", "--remove-bytes", "--reason", "r", "--person", "petrov")
    edition = ("relate", "aonb-kp-7", "--same-edition", "nlb-br-5", "--reason", "r")
    documented(0, *edition, "--person", "petrov")
    documented(0, "status", "aonb-kp-7")
    documented(0, "withdraw", "aonb-kp-7", "--undo", "--reason", "no", "--person", "petrov")
    documented(4, "retire", "nlb-copy", "aonb-kp-7", "--reason", "r", "--person", "petrov")
    path = place / "preserva.toml"
    path.write_text(path.read_text("utf-8").replace("copies = 2 ", "copies = 1 "), "utf-8")
    documented(3, "retire", "nlb-copy", "aonb-kp-7", "--reason", "r", "--person", "ivanova")
    with an_archive(place) as archive:
        *_others, fourth = decisions(archive)
    documented(0, "decisions", "confirm", str(fourth.number), "--person", "petrov")
    documented(0, "retire", "nlb-copy", "aonb-kp-7", "--person", "petrov")
    documented(0, "status", "aonb-kp-7")
    undone = ("--undo", "--reason", "r", "--person", "petrov")
    documented(0, "retire", "nlb-copy", "aonb-kp-7", *undone)
    documented(1, "report", "--levels")
    documented(0, "report", "aonb-kp-7")
    documented(1, "repair")
    documented(0, "repair", "--apply")
    (place / "minsk").mkdir()
    (place / "minsk/preserva.toml").write_text(OTHER_SIDE.replace("../archive/", "../"), "utf-8")
    documented(0, "--config", "minsk/preserva.toml", "init")
    documented(0, "--config", "minsk/preserva.toml", "receive")
    documented(0, "rebuild", "storage", "nlb-copy", "--dry-run")
    shutil.rmtree(place / "storages/nlb-copy")
    documented(0, "rebuild", "storage", "nlb-copy")
    accepted = ("accept", "nlb-copy", "--reason", "rebuilt", "--person", "kolas")
    documented(0, "--config", "minsk/preserva.toml", *accepted)
    (place / "ledger.sqlite").rename(place / "lost.sqlite")
    documented(0, "rebuild", "ledger")
    (place / "preserva.toml").rename(place / "lost.toml")
    documented(0, "rebuild", "config", "storages/aonb-main", "storages/nlb-copy")
