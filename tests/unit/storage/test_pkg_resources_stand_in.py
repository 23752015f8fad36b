"""PyFilesystem works with and without `pkg_resources`; nobody else sees what stands in for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

ABSENT = """
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name == "pkg_resources":
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, Blocker())
"""
IMPORTED = "import pkg_resources"
STORE = """
from preserva.storage.open import open_storage
storage = open_storage(url)
storage.create("folder/file", [b"12", b"345"])
with storage.open("folder/file") as reader:
    print(reader.read(10).decode())
"""
OTHERS_SEE = """
try:
    import pkg_resources
    print(pkg_resources.__file__ == sys.argv[1] + "/pkg_resources.py")
except ModuleNotFoundError:
    print("absent")
"""


def _run(folder: Path, *parts: str) -> list[str]:
    """What a Python of its own prints that finds modules and distributions in the folder, too."""
    code = "\n".join((f"import sys; sys.path[:0] = [{str(ROOT)!r}, sys.argv[1]]", *parts))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("before", "seen"),
    [(ABSENT, "absent"), ("", "True"), (IMPORTED, "True")],
    ids=["absent", "present", "imported"],
)
@pytest.mark.parametrize("kind", ["mem", "osfs"])
def test_a_storage_opens(kind: str, before: str, seen: str, tmp_path: Path) -> None:
    """Where `pkg_resources` is absent, where it could be imported, and where it was imported."""
    (tmp_path / "pkg_resources.py").touch()
    url = f"url = 'fs+{kind}://{tmp_path / 'storage' if kind == 'osfs' else ''}'"
    assert _run(tmp_path, before, url, STORE, OTHERS_SEE) == ["12345", seen]


@pytest.mark.parametrize("before", [ABSENT, ""], ids=["absent", "present"])
def test_openers_of_other_distributions_are_found(before: str, tmp_path: Path) -> None:
    """By their entry points of the group `fs.opener`, in any folder of `sys.path`."""
    (tmp_path / "pkg_resources.py").touch()
    (tmp_path / "shelves.py").write_text(
        "from fs.memoryfs import MemoryFS\n"
        "from fs.opener import Opener\n"
        "class ShelfOpener(Opener):\n"
        "    protocols = ['shelf']\n"
        "    def open_fs(self, url, parsed, writeable, create, cwd):\n"
        "        print(parsed.resource)\n"
        "        return MemoryFS()\n"
    )
    (tmp_path / "shelves-1.0.dist-info").mkdir()
    (tmp_path / "shelves-1.0.dist-info/METADATA").write_text("Name: shelves\nVersion: 1.0\n")
    (tmp_path / "shelves-1.0.dist-info/entry_points.txt").write_text(
        "[fs.opener]\nshelf = shelves:ShelfOpener\nother = nowhere:Opener\n"
    )
    assert _run(tmp_path, before, "url = 'fs+shelf://seven'", STORE) == ["seven", "12345"]
    listed = "import fs; print({'mem', 'other', 'shelf'} - {*fs.opener.registry.protocols})"
    assert _run(tmp_path, "import preserva.storage.pyfilesystem", listed) == ["set()"]


def test_parts_of_fs_in_other_folders_are_found(tmp_path: Path) -> None:
    """Other distributions install modules of theirs as `fs.NAME` and `fs.opener.NAME`."""
    (tmp_path / "fs" / "opener").mkdir(parents=True)
    (tmp_path / "fs" / "attic.py").write_text("print('attic')\n")
    (tmp_path / "fs" / "opener" / "attic.py").write_text("print('opener')\n")
    imports = "import preserva.storage.pyfilesystem, fs.attic, fs.opener.attic"
    assert _run(tmp_path, ABSENT, imports) == ["attic", "opener"]
