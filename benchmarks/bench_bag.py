"""Validation of bags against sha512sum and bagit-python, in turns; ratios below 1 are faster.

    python -m benchmarks.bench_bag [--folder FOLDER] [--rounds N]

1 GiB in 16 files against two processes of `sha512sum -c`; 20,000 files of 5 KB against one, and
against bagit-python with two processes, and against the barest loop in Python that reads and
compares them; a tar against the folder; memory at a million entries.
The files are in the page cache, so that processors are compared and not disks.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import remark
from benchmarks.pairs import command, ratio

VALIDATE = """
import sys
from pathlib import Path
from preserva.bag.open import open_bag
from preserva.bag.validate import validate_source
report = validate_source(open_bag(Path(sys.argv[1])))
assert report.outcome.value == "pass", report.verdict
"""
MANIFEST = "manifest-sha512.txt"
BARE = f"""
import hashlib, os
from multiprocessing import Process
listed = [line.split("  ", 1) for line in open("{MANIFEST}", encoding="utf-8").read().splitlines()]
def check(lines):
    for digest, path in lines:
        descriptor = os.open(path, os.O_RDONLY)
        data = os.read(descriptor, 1 << 16)
        os.close(descriptor)
        assert hashlib.sha512(data).hexdigest() == digest
processes = [Process(target=check, args=(listed[start::2],)) for start in range(2)]
for process in processes:
    process.start()
for process in processes:
    process.join()
assert not any(process.exitcode for process in processes)
"""
"""The least that Python can do about small files: no listing, no names compared, no doubt."""


def make_bag(folder: Path, count: int, size: int) -> Path:
    """A bag of random files with SHA-512, for `sha512sum -c` as well."""
    dice, lines = random.Random(count), list[str]()
    for n in range(count):
        path = f"data/{n // 1000:03}/{n:06}.bin"
        content = dice.randbytes(size)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        lines.append(f"{hashlib.sha512(content).hexdigest()}  {path}\n")
    (folder / MANIFEST).write_text("".join(lines))
    declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    (folder / "bagit.txt").write_text(declaration)
    return folder


def large_files(folder: Path, rounds: int) -> None:
    """1 GiB in 16 files, in a folder and in a tar."""
    bag = make_bag(folder / "large", 16, 64 << 20)
    ours = command(sys.executable, "-c", VALIDATE, str(bag))
    check = "printf '%s\\n' \"$@\" | sha512sum -c --quiet"
    two = ["xargs", "-a", MANIFEST, "-d", "\\n", "-P2", "-n2", "sh", "-c", check, "check"]
    theirs = command(*two, cwd=str(bag))
    ratio("validate 1 GiB in 16 files / two sha512sum", ours, theirs, rounds=rounds, aim=1)
    tar = folder / "large.tar"
    subprocess.run(["tar", "-C", str(folder), "-cf", str(tar), "large"], check=True)
    packed = command(sys.executable, "-c", VALIDATE, str(tar))
    ratio("validate 1 GiB in a tar / in a folder", packed, ours, rounds=rounds)
    tar.unlink()


def small_files(folder: Path, rounds: int) -> None:
    """20,000 files of 5 KB."""
    bag = make_bag(folder / "small", 20_000, 5120)
    ours = command(sys.executable, "-c", VALIDATE, str(bag))
    one = command("sha512sum", "-c", "--quiet", MANIFEST, cwd=str(bag))
    ratio("validate 20,000 small files / one sha512sum", ours, one, rounds=rounds)
    python = [sys.executable, "-W", "ignore", "-m", "bagit", "--quiet", "--validate"]
    bagit = command(*python, "--processes", "2", str(bag))
    what = "validate 20,000 small files / bagit-python, 2 processes"
    ratio(what, ours, bagit, rounds=rounds, aim=0.25)
    bare = command(sys.executable, "-c", BARE, cwd=str(bag))
    ratio("validate 20,000 small files / a bare loop, 2 processes", ours, bare, rounds=rounds)
    ratio("that bare loop / bagit-python, 2 processes", bare, bagit, rounds=rounds)
    tar = folder / "small.tar"
    subprocess.run(["tar", "-C", str(folder), "-cf", str(tar), "small"], check=True)
    packed = command(sys.executable, "-c", VALIDATE, str(tar))
    ratio("validate small files in a tar / in a folder", packed, ours, rounds=rounds, aim=1)


MEMORY = """
import resource
from collections.abc import Iterator
from preserva.bag.validate import validate_source
from preserva.core.values.model import Entry, Kind, Observed

COUNT = 1_000_000
DIGESTS = {"sha256": "00" * 32, "sha512": "00" * 64}
PATH = "data/volume-{:03}/page-{:07}.tif"

class Made:
    name, media_type = "made", None
    def entries(self):
        yield Entry("bagit.txt", Kind.FILE, 1)
        for name in DIGESTS:
            yield Entry(f"manifest-{name}.txt", Kind.FILE, 1)
        for n in range(COUNT):
            yield Entry(PATH.format(n // 1000, n), Kind.FILE, 1)
    def stream(self, path):
        if path == "bagit.txt":
            yield b"BagIt-Version: 1.0\\nTag-File-Character-Encoding: UTF-8\\n"
            return
        digest = DIGESTS[path[9:-4]]
        for n in range(COUNT):
            yield f"{digest}  {PATH.format(n // 1000, n)}\\n".encode()
    def observe(self, files, algorithms, observer):
        for entry in files:
            yield Observed(entry.path, 1, DIGESTS)

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
report = validate_source(Made())
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert report.outcome.value == "pass" and report.checked == COUNT
each = (after - before) * 1024 / COUNT
print(f"memory at 1,000,000 files and two manifests: {each:.0f} bytes a file")
"""


def main() -> None:
    """Run everything and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the bags are made (3 GB)")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        remark(subprocess.check_output([sys.executable, "-c", MEMORY], text=True).strip())
        small_files(Path(name), options.rounds)
        large_files(Path(name), options.rounds)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    remark(f"most memory of any command: {most // 1024} MiB")


if __name__ == "__main__":
    main()
