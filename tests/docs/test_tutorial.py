"""Every command that a page shows with a prompt is run, and says what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGES = sorted(
    page for page in (ROOT / "docs").rglob("*.md") if "```console\n" in page.read_text("utf-8")
)
STATUS = "echo $?"
"""What a page asks to state how the command before it ended."""


KEEP_FOLDER = 'status=$?; printf "\\n%s" "$PWD" >&2; exit $status'
"""Ends each command: the next one starts in the folder in which this one left the reader."""


def steps(text: str) -> list[tuple[str, str]]:
    """Each command of the console blocks with the output that the page shows."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines(keepends=True):
            if line.startswith("$ "):
                found.append((line[2:].strip(), ""))
            else:
                command, output = found[-1]
                found[-1] = command, output + line
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT / "docs").as_posix())
def test_the_page_tells_the_truth(page: Path, tmp_path: Path) -> None:
    """The commands in order, as one shell runs them; output and status shown must be theirs."""
    search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": search, "LANGUAGE": "en"}
    environment.pop("PRESERVA_CONFIG", None)
    status, folder = 0, tmp_path
    commands = steps(page.read_text("utf-8"))
    assert commands
    stated = {one[0] for one, after in pairwise(commands) if after[0] == STATUS}
    for command, shown in commands:
        if command == STATUS:
            assert f"{status}\n" == shown, f"before this, the status was {status}"
            continue
        done = subprocess.run(
            ["bash", "-c", f"{command}\n{KEEP_FOLDER}"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        status = done.returncode
        folder = Path(done.stderr.rpartition("\n")[2])
        if shown:
            assert done.stdout == shown, command + done.stderr
        assert status == 0 or command in stated, f"{command}: {done.stderr}"


def test_there_are_pages() -> None:
    """Otherwise the test above would have nothing to say; each is there in three languages."""
    names = [
        "how-to/bags.md",
        "how-to/batches.md",
        "how-to/correct-a-book.md",
        "how-to/exchange-packages.md",
        "tutorials/first-book.md",
        "tutorials/staff-page.md",
    ]
    translated = [f"{language}{name}" for language in ("", "be/", "ru/") for name in names]
    assert [page.relative_to(ROOT / "docs").as_posix() for page in PAGES] == sorted(translated)
