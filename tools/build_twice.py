"""Build the wheel twice, in different folders, and compare the bytes.

    python -m tools.build_twice [FOLDER]

What git tracks is copied into two folders of different names, whose files have different times and
permissions. Both wheels must be the same file; it is left in FOLDER if one is named. The time in
them is SOURCE_DATE_EPOCH (reproducible-builds.org/specs/source-date-epoch), by default that of the
last commit. Exit status: 1 if they differ, with the names of the members that do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[1]


def git(*arguments: str) -> str:
    """What git says in the project's folder."""
    return subprocess.check_output(["git", *arguments], cwd=ROOT, text=True)


def copy_sources(folder: Path, seconds: int, mode: int) -> None:
    """Copy every tracked file, as somebody else's checkout would have it."""
    for name in git("ls-files", "-z").rstrip("\0").split("\0"):
        source, target = ROOT / name, folder / name
        if not source.exists():  # deleted, and not committed yet
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(mode)
        os.utime(target, (seconds, seconds))


def build(folder: Path, epoch: str) -> Path:
    """The wheel that pip makes of a folder of sources."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-cache-dir"]
    command += ["--wheel-dir", str(folder / "dist"), str(folder)]
    subprocess.run(command, check=True, env={**os.environ, "SOURCE_DATE_EPOCH": epoch})
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def differing_members(wheels: list[Path]) -> list[str]:
    """Members that are not the same in both wheels; all, if only what is around them differs."""
    contents = []
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            contents.append({name: archive.read(name) for name in archive.namelist()})
    first, second = contents
    names = sorted(first.keys() | second.keys())
    return [name for name in names if first.get(name) != second.get(name)] or names


def main() -> int:
    """Build, compare, and leave the wheel where it is wanted."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct").strip()
    with tempfile.TemporaryDirectory() as scratch:
        wheels = []
        for name, seconds, mode in (("one", 1_000_000_000, 0o644), ("the-other", 2**30, 0o600)):
            copy_sources(Path(scratch, name), seconds, mode)
            wheels.append(build(Path(scratch, name), epoch))
        digests = [sha256(wheel.read_bytes()).hexdigest() for wheel in wheels]
        if digests[0] != digests[1]:
            print("the two wheels differ:", *differing_members(wheels), sep="\n  ")
            return 1
        print(f"{digests[0]}  {wheels[0].name}: built twice, the same bytes")
        if sys.argv[1:]:
            Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
            shutil.copy(wheels[0], sys.argv[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
