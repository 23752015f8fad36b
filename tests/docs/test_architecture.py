"""The map of the rooms, and the guide for whoever joins, say what the project is like."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "preserva"
PAGE = (ROOT / "docs" / "explanation" / "architecture.md").read_text("utf-8")
GUIDE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+) \| `([^`]+)` \| .+ \| `([^`]+)` \|$", PAGE, re.MULTILINE)


def test_every_room_has_its_row() -> None:
    """Folders of code at any depth and modules at the top; no other."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")} - {PACKAGE}
    modules = {path for path in PACKAGE.glob("*.py") if not path.name.startswith("__")}
    rooms = {path.relative_to(PACKAGE).with_suffix("").as_posix() for path in folders | modules}
    assert sorted(room for _layer, room, _file in ROWS) == sorted(rooms)


def test_every_room_is_in_its_layer() -> None:
    """As import-linter holds it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = [
        contract
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    layers = {
        room.strip().removeprefix("preserva."): number
        for number, rooms in enumerate(contract["layers"], 1)
        for room in re.split(r"[|:]", rooms)
    }
    assert {room: int(layer) for layer, room, _file in ROWS if "/" not in room} == layers
    for layer, room, _file in ROWS:
        assert int(layer) == layers[room.partition("/")[0]], room


def test_the_file_to_read_first_is_in_the_room() -> None:
    for _layer, room, file in ROWS:
        assert file == f"{room}.py" or file.startswith(f"{room}/"), room


def named_files(text: str) -> list[Path]:
    """Every Python file that a text names, from the root of the project."""
    names = re.findall(r"[\w.]+(?:/[\w.]+)+\.py\b", text)
    return [ROOT / name if name.startswith(("tests/", "preserva/", "tools/")) else PACKAGE / name
            for name in names if not name.startswith("../")]  # fmt: skip


@pytest.mark.parametrize("text", [PAGE, GUIDE], ids=["architecture", "contributing"])
def test_every_file_that_is_named_exists(text: str) -> None:
    files = named_files(text)
    assert len(files) > 10
    assert [path for path in files if not path.is_file()] == []
