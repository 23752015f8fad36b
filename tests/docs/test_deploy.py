"""The units that the manual gives: systemd takes them, and they leave an audit little to break."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.conftest import require

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"


def test_systemd_rates_the_service_as_hardened() -> None:
    """By its own scale, on which an ordinary service has nine."""
    require(shutil.which("systemd-analyze") is not None, "systemd-analyze is not installed")
    command = ["systemd-analyze", "security", "--offline=true"]
    said = subprocess.run(
        [*command, str(DEPLOY / "preserva-audit.service")],
        capture_output=True,
        text=True,
        check=True,
    )
    level = re.search(r"exposure level for \S+: ([0-9.]+)", said.stdout)
    assert level is not None, said.stdout
    assert float(level[1]) < 2


def test_the_container_has_what_its_page_says() -> None:
    """The commands of the file name folders and files that are there."""
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    assert "--file docs/deploy/Containerfile" in text
    assert '"/source[staff]"' in text
    assert 'staff = ["' in (DEPLOY.parents[1] / "pyproject.toml").read_text("utf-8")
