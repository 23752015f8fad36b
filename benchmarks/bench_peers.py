"""What others do of our work, beside ours: validators of OCFL, keepers of backups, image checkers.

    python -m benchmarks.bench_peers [PEER]...

An archive with one package of 512 MiB in 16 files and another of 5,000 files of 10 KB is audited,
beside ocfl-py's validation of the same storage and beside what restic and borg call a check of all
data, of repositories made of the same files. A page in JPEG 2000 is characterised, beside jpylyzer
and a decoding by Pillow; one in TIFF is identified, beside pygfried alone. Everything is in the
page cache. A peer that is not installed is left out, and that is said.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench_audit import ours as audited
from benchmarks.bench_transfer import load
from benchmarks.figures import remark
from benchmarks.machine import environment, search_path
from benchmarks.pairs import command, ratio

ROUNDS = 3
LOADS = {"512 MiB in 16 files": (16, 32 << 20), "5,000 files of 10 KB": (5_000, 10_000)}
_VALIDATE = """
import logging, ocfl, sys
logging.disable()
assert ocfl.StorageRoot(root=sys.argv[1]).validate()
"""
TIMES = 20


def ocfl_py(root: Path, _place: Path) -> Callable[[], object]:
    """Its validation of a storage root, with digests."""
    return command(sys.executable, "-W", "ignore", "-c", _VALIDATE, str(root))


def _quietly(*words: str, home: Path) -> None:
    variables = {**environment(), "RESTIC_PASSWORD": "benchmark", "HOME": str(home)}
    subprocess.run(
        words, check=True, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def restic(root: Path, place: Path) -> Callable[[], object]:
    """A backup of the root, and a check of all its data."""
    repository = ("--repo", str(place / "restic"), "--no-cache")
    _quietly("restic", "init", *repository, home=place)
    _quietly("restic", "backup", *repository, str(root), home=place)
    return partial(_quietly, "restic", "check", "--read-data", *repository, home=place)


def borg(root: Path, place: Path) -> Callable[[], object]:
    """A backup of the root, and a check of all its data."""
    repository = str(place / "borg")
    _quietly("borg", "init", "--encryption=none", repository, home=place)
    _quietly("borg", "create", f"{repository}::all", str(root), home=place)
    return partial(_quietly, "borg", "check", "--verify-data", repository, home=place)


CHECKERS = {"ocfl-py": ocfl_py, "restic": restic, "borg": borg}


def checks(chosen: list[str], place: Path) -> None:
    """An audit of each load, beside each checker of the same files."""
    for what, (files, size) in LOADS.items():
        with TemporaryDirectory(dir=place) as folder:
            scratch = Path(folder)
            load(scratch, files, size)
            root = scratch / "archive/storages/aonb-main/ocfl"
            for name in chosen:
                theirs = CHECKERS[name](root, scratch)
                ours = partial(audited, scratch, 1)
                ratio(f"audit of {what} / {name}, all data", ours, theirs, rounds=ROUNDS)


def _page(kind: str) -> bytes:
    """A page of three megapixels, of noise that no compression makes small."""
    from PIL import Image

    stream, size = io.BytesIO(), (1500, 2000)
    Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3)).save(stream, kind)
    return stream.getvalue()


def jpylyzer(place: Path) -> None:
    """Our characterization of a JPEG 2000 beside jpylyzer's check and a decoding."""
    from jpylyzer import jpylyzer as alone
    from PIL import Image

    from preserva.describe.characterization.image import jp2

    path = place / "page.jp2"
    path.write_bytes(_page("JPEG2000"))

    def ours() -> None:
        with path.open("rb") as stream:
            assert jp2.characterise(stream, 10**8, jp2.Jpeg2000Kind.JP2).code is None

    def theirs() -> None:
        assert alone.checkOneFile(str(path)).findtext(".//{*}isValid") == "True"
        with Image.open(path) as picture:
            picture.load()

    ratio("JPEG 2000, proved and decoded / jpylyzer and a decoding by Pillow", ours, theirs)


def pygfried(place: Path) -> None:
    """Our identification of a TIFF beside siegfried's alone."""
    import pygfried as alone

    from preserva.describe.characterization.identify import identify
    from preserva.describe.characterization.pronom import refined

    path = place / "page.tif"
    path.write_bytes(_page("TIFF"))

    def ours() -> None:
        for _time in range(TIMES):
            with path.open("rb") as stream:
                plain = identify(stream.read(1 << 16), path.name, path.stat().st_size)
            assert refined(plain, path).puid is not None

    def theirs() -> None:
        for _time in range(TIMES):
            assert alone.identify(str(path), detailed=True)["files"][0]["matches"]

    alone.identify(str(path))  # so that neither pays for loading the signatures
    ratio("identification of a large TIFF / pygfried alone", ours, theirs)


def main() -> None:
    """Those named, or all that are installed."""
    chosen = sys.argv[1:] or [*CHECKERS, "jpylyzer", "pygfried"]
    missing = {name for name in ("restic", "borg") if name in chosen and not _is_here(name)}
    for name in sorted(missing):
        remark(f"{name} is not installed: left out")
    with TemporaryDirectory(dir=os.environ.get("PRESERVA_BENCH")) as folder:
        place = Path(folder)
        for kind, images in (("jpylyzer", jpylyzer), ("pygfried", pygfried)):
            if kind in chosen:
                images(place)
        checks([name for name in chosen if name in CHECKERS and name not in missing], place)


def _is_here(name: str) -> bool:
    return shutil.which(name, path=search_path()) is not None


if __name__ == "__main__":
    main()
