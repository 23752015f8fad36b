"""What the figures were made with: the machine, and the versions of both sides."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from preserva.version import __version__

DISTRIBUTIONS = ("bagit", "distributed", "jpylyzer", "metsrw", "ocfl-py", "pygfried")
COMMANDS = (
    ("sha512sum", "--version"),
    ("rclone", "version"),
    ("restic", "version"),
    ("borg", "--version"),
)


def machine() -> dict[str, str]:
    """Facts by name, in the order in which the page shows them."""
    facts = {
        "processors": f"{os.cpu_count()} × {_processor()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "preserva": __version__,
        "load at the beginning": f"{os.getloadavg()[0]:.2f}",
    }
    for name in DISTRIBUTIONS:
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    for command in COMMANDS:
        facts[command[0]] = _version(command)
    return facts


def _processor() -> str:
    """The model of the first processor, as the system names it."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.machine()
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1] if found else platform.machine()


def _version(command: tuple[str, ...]) -> str:
    """The first number that the command prints about itself."""
    if shutil.which(command[0], path=search_path()) is None:
        return "not installed"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    found = re.search(r"\d+(?:\.\d+)+", done.stdout)
    return found[0] if found else "unknown"


def search_path() -> str:
    """Where commands are looked for: also beside this Python, where pip puts them."""
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))


def environment() -> dict[str, str]:
    """The environment with that path, and with bytecode, which an installed program has."""
    return {**os.environ, "PATH": search_path(), "PYTHONDONTWRITEBYTECODE": ""}
