"""Every verb where little is given: no rights of root, umask 077, a home that cannot be written,
no environment, LANG=C, and with standard streams closed. No traceback, and the right status.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from preserva.cli.main import VERBS
from preserva.resources import schema_file
from tests.cli.test_documents import SPECIFICATION
from tests.conftest import ROOT, require
from tests.support.books import make_book
from tests.support.exhibitions import write_specification
from tests.support.marc_records import RARE_BOOK, iso2709

PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from preserva.cli.main import run; run()"
BOOK = "aonb-kp-7"

Step = tuple[int, tuple[str, ...]]
"""The status that a command must end with, and the command."""


def story(place: Path) -> Iterator[Step]:
    """Each verb at least once, on an archive that is made on the way."""
    book, record, out = str(place / "book"), str(place / "book.xml"), place / "out"
    yield 0, ("init",)
    yield 0, ("init",)
    yield 0, ("config", "check", "--storages")
    yield 0, ("check", book, "--record", record)
    yield 0, ("package", book, "--record", record)
    yield 0, ("records", record)
    yield 3, ("status",)
    yield 0, ("replicate",)
    yield 0, ("audit",)
    yield 0, ("validate", BOOK)
    yield 0, ("update", BOOK, "--document", str(place / "note.txt"), "--reason", "a note")
    yield 0, ("derive", BOOK, "--access")
    yield 0, ("replicate", "-q")
    yield 3, ("health",)
    yield 0, ("report",)
    yield 0, ("report", "--html", str(out / "report.html"))
    yield 0, ("incidents",)
    yield 0, ("decisions",)
    yield 0, ("levels",)
    yield 0, ("repair",)
    yield 0, ("list",)
    yield 0, ("list", "--json")
    yield 0, ("ledger", "verify")
    yield 0, ("ledger", "export")
    yield 0, ("ledger", "backup", str(out / "backup"))
    yield 0, ("receive",)
    yield 0, ("export", BOOK, str(out / "export"))
    yield 0, ("store", str(out / "export" / BOOK))
    yield 0, ("import", str(out / "export" / BOOK), "--dry-run")
    yield 2, ("accept", "nlb-copy", "--reason", "rebuilt", "--person", "ivanova")
    yield 0, ("retire", "--help")
    yield 2, ("relate", BOOK, "--same-edition", "nlb-x-1")
    yield 0, ("rebuild", "storage", "nlb-copy", "--dry-run")
    yield 4, ("rebuild", "ledger")
    yield 3, ("withdraw", BOOK, "--reason", "twice", "--person", "ivanova")
    yield 0, ("catalogue", "import", str(place / "rare.iso"), "--library", "nlb")
    yield 0, ("catalogue", "search", "вера")
    yield 0, ("catalogue", "dump", str(out / "dump"), "--url", "http://x.example/d",
              "--email", "a@x.example")  # fmt: skip
    yield 0, ("harvest", str(out / "dump"))
    yield 0, ("exhibit", "build", str(place / "exhibition/exhibition.toml"), "--out",
              str(out / "site"))  # fmt: skip
    yield 0, ("bag", "create", book, str(out / "bag"))
    profile = str(schema_file("preserva-bagit-profile.json"))
    yield 0, ("bag", "profile", profile, "--cache", str(out / "profiles"))
    yield 0, ("demo", "--scans", str(out / "practice"))
    yield 0, ("drill", "--place", str(out / "drill"))
    yield 0, ("web", "people")
    yield 0, ("serve", "--help")
    yield 0, ("--help",)
    yield 2, ("nonsense",)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Sources to work with, a folder for results, and a home that cannot be written."""
    make_book(tmp_path / "book")
    (tmp_path / "note.txt").write_text("a note", "utf-8")
    (tmp_path / "rare.iso").write_bytes(iso2709(RARE_BOOK))
    write_specification(tmp_path / "exhibition", SPECIFICATION, {"text": "Текст.\n"})
    for name in ("archive", "out", "home"):
        (tmp_path / name).mkdir()
    (tmp_path / "home").chmod(0o500)
    yield tmp_path
    (tmp_path / "home").chmod(0o700)


def unprivileged() -> list[str]:
    """What takes root's rights from a program that is started; nothing where there are none."""
    if os.geteuid() != 0:
        return []
    taken = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    require(shutil.which("setpriv") is not None, "setpriv is not installed")
    tried = subprocess.run([*taken, "true"], capture_output=True, check=False)
    require(tried.returncode == 0, "root's rights cannot be taken away here")
    return taken


CLOSED = {"open": "", "stdout": ">&-", "all": "<&- >&- 2>&-"}


@pytest.mark.parametrize("closed", CLOSED.values(), ids=CLOSED)
def test_every_verb_ends_as_it_should(closed: str, place: Path) -> None:
    taken, home, verbs, wrong = unprivileged(), place / "home", set(), []
    if taken:
        touch = subprocess.run([*taken, "touch", home / "file"], capture_output=True, check=False)
        assert touch.returncode != 0, "the home can be written after all"
    for expected, words in story(place):
        verbs.add(words[0])
        config = ["--config", str(place / "archive" / "preserva.toml")]
        ended = subprocess.run(
            [*taken, "/bin/sh", "-c", f'umask 077; exec "$@" {closed}', "sh", sys.executable, "-c",
             PROGRAM, *config, *words],
            cwd=home,
            env={"LANG": "C", "HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if ended.returncode != expected or "Traceback" in ended.stderr:
            wrong.append((words, ended.returncode, ended.stderr))
    assert wrong == []
    assert set(VERBS) <= verbs
    assert list(home.iterdir()) == []
    for path in (place / "archive").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
