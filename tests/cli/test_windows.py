"""What comes from Windows is read; Windows itself is told what it lacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from preserva.cli.main import status_of
from preserva.config import TEMPLATE

AS_WINDOWS = """
import os, sys
sys.modules["fcntl"] = None
from preserva.cli.main import status_of
os.name = "nt"
sys.exit(status_of(["list"]))
"""


def test_a_system_without_posix_is_told_what_to_do() -> None:
    """Before anything that it lacks is imported."""
    done = subprocess.run(
        [sys.executable, "-c", AS_WINDOWS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (
        "preserva needs Linux. On Windows, run it in WSL: see docs/how-to/windows.md.\n"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_configuration_of_notepad_is_read(
    encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its line ends, and with a byte order mark."""
    config = tmp_path / "preserva.toml"
    config.write_text(TEMPLATE, encoding, newline="\r\n")
    assert status_of(["--config", str(config), "config", "check"]) == 0
    assert capsys.readouterr() == ("", f"{config} is valid\n")


def test_a_configuration_in_another_encoding_is_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "preserva.toml"
    config.write_text(TEMPLATE.replace("…", ""), "cp1251", errors="replace")
    assert status_of(["--config", str(config), "config", "check"]) == 2
    assert capsys.readouterr().err.startswith(
        f"Error: {config} is not in UTF-8: save it as UTF-8\n"
    )
