"""Every command of the tutorials is run, and says what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGES = sorted((ROOT / "docs" / "tutorials").glob("*.md"))


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_tells_the_truth(page: Path, tmp_path: Path) -> None:
    """Each command in a shell, in one folder, in order; output shown must be the output."""
    search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": search, "LANGUAGE": "en"}
    environment.pop("PRESERVA_CONFIG", None)
    status = 0
    commands = steps(page.read_text("utf-8"))
    assert commands
    for command, shown in commands:
        if command == "echo $?":
            assert f"{status}\n" == shown, f"before this, the status was {status}"
            continue
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        status = done.returncode
        if shown:
            assert done.stdout == shown, command + done.stderr
        expects_failure = command == commands[-1][0] or "> report.txt" in command
        assert status == 0 or expects_failure, f"{command}: {done.stderr}"


def test_there_are_tutorials() -> None:
    """Otherwise the test above would have nothing to say."""
    assert [page.stem for page in PAGES] == ["first-book"]
