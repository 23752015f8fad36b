"""The check of METS and PREMIS of three representations: does time grow with the files alone?

    python -m benchmarks.bench_check
    python -m benchmarks.bench_check --peer PYTHON

Prints ratios only, so that machines and years can be compared. Each size runs in a process of its
own; the peak memory is that of the process, with the table of all files in it. PYTHON is that of an
environment with metsrw, which reads METS into a tree: it reads the METS of one representation (in
its own dialect) in turns with our check of METS and PREMIS of all three.
"""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, Spread, remark, report
from benchmarks.pairs import command, ratio
from preserva.core.eark.check import check_package
from preserva.core.values.model import Observed
from preserva.information_package.profile_schemas import check_schemas
from tests.support.aips import MODS, PACKAGE, metadata, observed, representations, spec
from tests.support.dialects import for_metsrw

FILES = (1_000, 10_000, 100_000)
PEERS = (1_000, 4_000)
ROUNDS = 3
_TABLE = "files.pickle"
_READ = "import sys, metsrw; metsrw.METSDocument.fromfile(sys.argv[1])"


def write(folder: Path, files: int) -> None:
    """Store the metadata of a package with about so many files, and the table of all its files."""
    pages = files // 3
    documents = {**metadata(spec(pages)), "metadata/descriptive/mods.xml": MODS}
    table = {path: observed(path, content) for path, content in documents.items()}
    for path, content in documents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    for item in representations(pages):
        table.update((content.file.path, content.file) for content in item)
    (folder / _TABLE).write_bytes(pickle.dumps(table))


def measure(folder: Path) -> tuple[float, int]:
    """Seconds of processor time of the check with our grammars and rules, and the peak memory."""
    table: dict[str, Observed] = pickle.loads((folder / _TABLE).read_bytes())
    start = time.process_time()
    found = list(
        check_package(lambda path: (folder / path).open("rb"), table, folder=PACKAGE.portable)
    )
    for path in table:
        if path.endswith(".xml") and "/data/" not in path:
            with (folder / path).open("rb") as stream:
                found += check_schemas(path, stream)
    seconds = time.process_time() - start
    assert not found, found[:3]
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def in_new_process(folder: Path) -> tuple[float, int]:
    """The best of some measurements, each in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.bench_check", "--measure", str(folder)]
    runs = [
        json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
        for _round in range(ROUNDS)
    ]
    return min(seconds for seconds, _memory in runs), min(memory for _seconds, memory in runs)


def sizes(place: Path) -> None:
    """Report how each size compares with the first, per file."""
    first: tuple[float, int] | None = None
    for files in FILES:
        folder = place / str(files)
        write(folder, files)
        seconds, memory = in_new_process(folder)
        first = first or (seconds, memory)
        per_file = seconds / first[0] * FILES[0] / files
        what = f"check of METS and PREMIS, time per file: {files:,} files / {FILES[0]:,}"
        report(Figure(what, processor=Spread(per_file, per_file, per_file)))
        remark(f"  peak memory: {memory / first[1]:.2f} times")


def peer(place: Path, python: str) -> None:
    """Print our time divided by metsrw's, both with the start of a process."""
    for files in PEERS:
        folder = place / f"peer-{files}"
        write(folder, files)
        ours = (sys.executable, "-m", "benchmarks.bench_check", "--measure", str(folder))
        mets = folder / "representations/master/METS.xml"
        (folder / "dialect.xml").write_bytes(for_metsrw(mets.read_bytes()))
        theirs = (python, "-c", _READ, str(folder / "dialect.xml"))
        ratio(f"check of METS and PREMIS / metsrw, {files}", command(*ours), command(*theirs))


def main() -> None:
    """Measure, each size in its own process, and print how they compare."""
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
        return
    with TemporaryDirectory() as place:
        if sys.argv[1:2] == ["--peer"]:
            peer(Path(place), sys.argv[2])
        else:
            sizes(Path(place))


if __name__ == "__main__":
    main()
