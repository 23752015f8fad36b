"""What the commands of every day cost in an archive of many packages.

    python -m benchmarks.bench_archive
    python -m benchmarks.bench_archive --packages 100 1000 10000 100000 --place /a/roomy/folder

One small package is stored, replicated and audited. Archives are made of it by writing as many
ledger entries and stored objects as that gave, each package with its own identifier and digests;
pages and other files that no command below reads are left out. So 100,000 packages take minutes.

Each command then runs as a process of its own. Printed are, for each archive, the processor time
and the peak memory of each further package since the archive before; in brackets, beside that of
the archive before: above 1, something grows faster than the archive. Where a person waits for
lines, "the first line" is when there was one to read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.figures import remark
from preserva.core.formats import layout
from preserva.core.formats.canonical_json import canonical
from preserva.core.formats.inventory import sidecar_line
from preserva.core.formats.storage_identity import LedgerMark, serialise_mark
from preserva.fixity.audit import audit
from preserva.ingest.package import package
from preserva.ledger import Ledger
from preserva.replication.replicate import replicate
from tests.support.books import an_archive, make_book

STORAGES = ("aonb-main", "nlb-copy")
AGE = timedelta(days=9)
"""How long ago the copies were read: an interval is longer, so nothing is due."""

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "list": ("list",),
    "list, as JSON": ("list", "--json"),
    "status": ("status",),
    "report": ("report",),
    "incidents": ("incidents",),
    "health": ("health",),
    "audit --dry-run with a hundredth to read": ("audit", "--dry-run"),
    "replicate with nothing to do": ("replicate",),
    "catalogue import": ("catalogue", "import"),
    "catalogue import with nothing changed": ("catalogue", "import"),
}

_RUN = """\
import pathlib, sys, time
from preserva.cli.main import status_of
status = status_of(sys.argv[1:])
sys.stdout.flush()
lines = pathlib.Path("/proc/self/status").read_text().splitlines()
memory = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
print("USED", status, time.process_time(), memory, file=sys.stderr)
"""
_LINKS = 10_000  # names of one file: ext4 permits 65,000
_READ = {"bag-info.txt", "mods.xml", "source.xml", "premis.xml", "METS.xml"}  # by some command
_LOGS = "logs"

Entry = dict[str, Any]


class Template:
    """An archive with one package that was read."""

    def __init__(self, place: Path) -> None:
        self.place = place
        record = make_book(place.parent / "book", size=600)
        with an_archive(place) as archive:
            package(place.parent / "book", record, archive)
            replicate(archive)
            audit(archive)
            self.entries = [json.loads(body) for body in archive.ledger.bodies()]
        path = layout.object_path("urn:preserva:aonb:kp-7")
        self.object = place / "storages" / STORAGES[0] / layout.ROOT / path
        self.inventory = (self.object / "inventory.json").read_bytes()
        self.described = {
            str(path.relative_to(self.object)): path.read_bytes()
            for path in self.object.rglob("v1/content/**/*")
            if path.name in _READ and path.is_file()
        }

    def of(self, name: str) -> dict[str, bytes]:
        """The files of the object of another package that are not the same in all of them."""
        inventory, files = self.inventory, dict[str, bytes]()
        for path, data in self.described.items():
            own = _named(data, name).replace(b"KP 7", name.encode())
            files[_named(path.encode(), name).decode()] = own
            inventory = inventory.replace(_digest(data).encode(), _digest(own).encode())
        inventory = _named(inventory, name)
        sidecar = sidecar_line(_digest(inventory))
        for folder in ("", "v1/"):
            files[f"{folder}inventory.json"] = inventory
            files[f"{folder}inventory.json.sha512"] = sidecar
        return files


def _named(data: bytes, name: str) -> bytes:
    """With the identifier of another package, as a URN and as a folder."""
    own = name.encode()
    return data.replace(b"aonb:kp-7", b"aonb:" + own).replace(b"aonb-kp-7", b"aonb-" + own)


def _digest(data: bytes) -> str:
    return hashlib.sha512(data).hexdigest()


class Clones:
    """An archive of many packages."""

    def __init__(self, template: Template, place: Path, count: int) -> None:
        """Identifiers are equally long, so that packages cost the same in every archive."""
        self.template = template
        self.place = place
        self.names = [f"kp-{number:07}" for number in range(1, count + 1)]
        self.digests: dict[str, str] = {}
        shutil.copytree(template.place, place)
        for storage in self._storages():
            shutil.rmtree(next(self._root(storage).glob("[0-9a-f][0-9a-f][0-9a-f]")))
            shutil.rmtree(storage / layout.LEDGERS, ignore_errors=True)
        for lost in ("ledger-books.json", "ledger-scans.sqlite", "ledger.sqlite"):
            (place / lost).unlink(missing_ok=True)
        for number, name in enumerate(self.names):
            self._object(number, name)
        self._ledger()

    def _storages(self) -> list[Path]:
        return [self.place / "storages" / storage for storage in STORAGES]

    def _root(self, storage: Path) -> Path:
        return storage / layout.ROOT

    def _object(self, number: int, name: str) -> None:
        """In the first storage; the second has the same files under other names."""
        files = self.template.of(name)
        self.digests[name] = _digest(files["inventory.json"])
        path = layout.object_path(f"urn:preserva:aonb:{name}")
        first, second = (self._root(storage) / path for storage in self._storages())
        declaration, content = layout.OBJECT_DECLARATION
        for path, data in {declaration: content, **files}.items():
            (first / path).parent.mkdir(parents=True, exist_ok=True)
            (first / path).write_bytes(data)
        if number % _LINKS == 0:
            self.logs = shutil.copytree(self.template.object / _LOGS, first / _LOGS)
        else:
            shutil.copytree(self.logs, first / _LOGS, copy_function=os.link)
        shutil.copytree(first, second, copy_function=os.link)

    def _ledger(self) -> None:
        """Each entry of the one package, once for each of these; the mark that storages have."""
        path = self.place / "ledger.sqlite"
        Ledger(path).close()
        raw = sqlite3.connect(path, isolation_level=None)
        raw.execute("BEGIN")
        previous, number = "", 0
        for number, entry in enumerate(self._entries(), 1):
            body = canonical({**entry, "number": number, "previous": previous})
            previous = hashlib.sha256(body).hexdigest()
            row = (number, entry["type"], entry["package"], entry["storage"], body, previous)
            raw.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", row)
        raw.execute("COMMIT")
        raw.close()
        ledger = Ledger(path)
        ledger.reindex()
        ledger.close()
        identity = str(self.template.entries[0]["facts"]["ledger"])
        mark = LedgerMark(identity, number, previous, datetime.now(UTC).isoformat())
        for storage in self._storages():
            (storage / layout.LEDGER_MARK).write_bytes(serialise_mark(mark))

    def _entries(self) -> Iterator[Entry]:
        now = datetime.now(UTC).replace(microsecond=0)
        then = (now - AGE).isoformat()
        own = [entry for entry in self.template.entries if entry["package"] is not None]
        rest = [entry for entry in self.template.entries if entry["package"] is None]
        yield from (entry for entry in rest if entry["type"] != "ledger verification")
        for name in self.names:
            for entry in own:
                facts = {**entry["facts"], "inventory": self.digests[name]}
                uri = f"urn:preserva:aonb:{name}"
                yield {**entry, "package": uri, "facts": facts, "time": then}
        for entry in rest:
            if entry["type"] == "ledger verification":
                yield {**entry, "time": now.isoformat()}


class Cost(NamedTuple):
    """Seconds of processor time; kB at the most; seconds until the first line, and in all."""

    processor: float
    memory: int
    first: float
    clock: float


def cost(place: Path, words: tuple[str, ...]) -> Cost:
    """Of one command. It must succeed."""
    config = ("--config", str(place / "preserva.toml"))
    start, first = time.perf_counter(), 0.0
    with (
        (place / "stderr").open("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            [sys.executable, "-c", _RUN, *words, *config], stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        assert process.stdout is not None
        for _line in process.stdout:
            first = first or time.perf_counter() - start
    clock = time.perf_counter() - start
    said = (place / "stderr").read_text("utf-8")
    _used, status, processor, memory = said.split()[-4:]
    assert status in {"0", "3"}, f"{words}: {said[-2000:]}"  # 3: no backup was ever made
    return Cost(float(processor), int(memory), first or clock, clock)


def measure(folder: Path, sizes: list[int], chosen: list[str]) -> None:
    """Every command in every archive."""
    template = Template(folder / "template")
    smaller: dict[str, tuple[int, Cost]] = {}
    marginal: dict[str, tuple[float, float]] = {}
    for count in (1, *sizes):
        clones = Clones(template, folder / str(count), count)
        for name, words in COMMANDS.items():
            if chosen and not any(part in name for part in chosen):
                continue
            if count == 1:  # what is done once is no part of what the archive costs
                cost(clones.place, words)
            seen = cost(clones.place, words)
            if name in smaller:
                before, less = smaller[name]
                further = (
                    max(seen.processor - less.processor, 0) / (count - before),
                    max(seen.memory - less.memory, 0) / (count - before),
                )
                report(count, name, further, marginal.get(name), seen)
                marginal[name] = further
            smaller[name] = count, seen
        shutil.rmtree(clones.place)


def report(
    count: int,
    name: str,
    further: tuple[float, float],
    before: tuple[float, float] | None,
    seen: Cost,
) -> None:
    """A line: what each further package cost, beside what it cost in the smaller archive."""
    beside = ["", ""]
    if before is not None and min(before) > 0:
        beside = [f" ({now / then:.2f})" for now, then in zip(further, before, strict=True)]
    remark(
        f"{count} packages, {name}: each further package {further[0] * 1e3:.2f} ms{beside[0]}"
        f" and {further[1]:.2f} kB{beside[1]}; in all {seen.processor:.1f} s of processor time"
        f" and {seen.memory / 1024:.0f} MB; the first line after {seen.first:.1f}"
        f" of {seen.clock:.1f} s"
    )


def main() -> None:
    """Small archives unless larger ones are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--place", type=Path)
    parser.add_argument("--only", nargs="+", default=[], help="parts of the commands' names")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.place) as folder:
        measure(Path(folder), options.packages, options.only)


if __name__ == "__main__":
    main()
