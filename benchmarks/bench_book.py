"""One book from scans to a stored package, beside each unavoidable part of that work alone.

    python -m benchmarks.bench_book [--pages 12] [--megabytes 30] [--small 2000]

The parts are done by two processes, each for half of the files: reading the scans past the cache,
computing both digests, decoding each image to its end, identifying its format by pygfried, and
writing a copy that the disk has acknowledged. Ours does all of that and more: it reads back what it
wrote, makes METS, PREMIS and MODS, asks bagit-python for a second opinion, and records the package.
The ratio to the longest part says how much of the time could not be less. Everybody together is
`cp -r`, bagit-python, a decoding and an identification, one after the other, without reading back.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from benchmarks.figures import remark
from benchmarks.pairs import Action, Times, compared, spent
from tests.support.batches import records
from tests.support.books import an_archive

ROUNDS = 3
AIM = 1.3
SMALL = 20_000

PARTS = {
    "reading": """
import os
for path in paths:
    descriptor = os.open(path, os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    while os.read(descriptor, 1 << 20):
        pass
    os.close(descriptor)
""",
    "digests": """
import hashlib
for path in paths:
    hashes = hashlib.sha512(), hashlib.sha256()
    with open(path, "rb", buffering=0) as stream:
        while chunk := stream.read(1 << 20):
            for one in hashes:
                one.update(chunk)
""",
    "decoding": """
from PIL import Image
Image.MAX_IMAGE_PIXELS = None
for path in paths:
    with Image.open(path) as image:
        image.load()
""",
    "identification": """
import pygfried
for path in paths:
    pygfried.identify(path, detailed=True)
""",
    "writing": """
import os, shutil
for path in paths:
    copy = f"{target}/{os.path.basename(path)}"
    shutil.copyfile(path, copy)
    descriptor = os.open(copy, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
""",
}
_HEAD = "import sys\ntarget, *paths = sys.argv[1:]\n"


def make_scans(folder: Path, pages: int, size: int) -> None:
    """Uncompressed TIFF, as most masters are, of noise: no page looks like another.

    A page has about `size` bytes and is a third higher than wide, coloured if it is large.
    """
    mode = "RGB" if size > 1_000_000 else "L"
    width = int((size / len(mode) * 3 / 4) ** 0.5)
    height = size // len(mode) // width
    folder.mkdir(parents=True)
    for number in range(1, pages + 1):
        image = Image.frombytes(mode, (width, height), os.urandom(width * height * len(mode)))
        image.save(folder / f"{number:04}.tif", "TIFF", dpi=(300, 300))


class Book:
    """A folder of scans with its record, and an archive that is made again for each run."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.scans = place / "scans"
        (place / "record.xml").write_text(records([1]), "utf-8")

    def paths(self) -> list[str]:
        """The scans."""
        return [str(path) for path in sorted(self.scans.iterdir())]

    def empty(self) -> None:
        """A new archive, and nothing of the run before."""
        for name in ("archive", "copies", "bag"):
            shutil.rmtree(self.place / name, ignore_errors=True)
        (self.place / "copies").mkdir()
        with an_archive(self.place / "archive"):
            pass

    def package(self) -> None:
        """Ours."""
        words = ("package", str(self.scans), "--record", str(self.place / "record.xml"))
        config = ("--config", str(self.place / "archive/preserva.toml"), "--quiet")
        command = [sys.executable, "-m", "preserva", *words, "--id", "book", *config]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def part(self, name: str, processes: int = 2) -> None:
        """One part of the work, over all scans."""
        paths = self.paths()
        command = [sys.executable, "-c", _HEAD + PARTS[name], str(self.place / "copies")]
        running = [
            subprocess.Popen([*command, *paths[start::processes]]) for start in range(processes)
        ]
        assert [process.wait() for process in running] == [0] * processes

    def everybody(self) -> None:
        """What others have for the same, one after the other."""
        bag = self.place / "bag"
        subprocess.run(["cp", "-r", str(self.scans), str(bag)], check=True)
        bagit = [sys.executable, "-m", "bagit", "--processes", "2", "--sha512", "--sha256"]
        subprocess.run([*bagit, "--quiet", str(bag)], check=True)
        self.part("decoding")
        self.part("identification")


def measure(book: Book, title: str) -> None:
    """All of it in turns; the longest part by the median of its rounds."""
    ways: dict[str, Action] = {"package": book.package, "everybody": book.everybody}
    for name in PARTS:
        ways[name] = lambda name=name: book.part(name)  # type: ignore[misc]
    rounds: dict[str, list[Times]] = {name: [] for name in ways}
    for _round in range(ROUNDS):
        for name, way in ways.items():
            book.empty()
            os.sync()
            rounds[name].append(spent(way))
    ours = rounds["package"]
    lengths = {name: sorted(rounds[name])[ROUNDS // 2][0] for name in PARTS}
    longest = max(lengths, key=lambda name: lengths[name])
    for name in PARTS:
        aim = AIM if name == longest else None
        compared(
            f"package {title} / {name} alone", [*zip(ours, rounds[name], strict=True)], aim=aim
        )
    others = "cp -r, bagit-python, decoding and identification"
    compared(f"package {title} / {others}", [*zip(ours, rounds["everybody"], strict=True)])
    remark(f"{title}: the longest unavoidable part is {longest}")


def main() -> None:
    """A book of large pages, then one of many small pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--megabytes", type=float, default=30)
    parser.add_argument("--small", type=int, default=2000)
    options = parser.parse_args()
    for pages, size, title in (
        (options.pages, int(options.megabytes * 1e6), f"{options.megabytes:g} MB"),
        (options.small, SMALL, "20 KB"),
    ):
        if pages:
            with TemporaryDirectory(dir=os.environ.get("PRESERVA_BENCH")) as folder:
                book = Book(Path(folder))
                make_scans(book.scans, pages, size)
                measure(book, f"a book of {pages} pages of {title}")


if __name__ == "__main__":
    main()
