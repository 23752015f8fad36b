"""Make the golden set of this version: tests/golden/VERSION.tar.xz.

    python -m tests.golden.make

Everything that preserva writes, made by the commands that people type, of sources that are made
here, with a clock and identifiers that are the same each time. See the README of this folder.
"""

from __future__ import annotations

import sys
import tarfile
import tempfile
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path

from preserva.version import __version__
from tests.golden.fixed import fixed, run
from tests.support.books import RECORD, make_book
from tests.support.marc_records import RARE_BOOK, Fields, iso2709

FOLDER = Path(__file__).parent
START = datetime(2026, 12, 1, 9, tzinfo=UTC)

MINSK: Fields = (
    ("001", "BY-NLB-br5"),
    ("100", "  $a20241105d1799    |||y0bely50      ca"),
    ("101", "0 $arus"),
    ("200", "1 $aРассуждения о вере$fФ. Иванов"),
    ("210", "  $aМосква$cУнив. тип.$d1799"),
    ("700", " 1$aИванов$bФ."),
    ("801", " 0$aBY$bBY-HM0000"),
    ("899", "  $aНББ$jСтар-5"),
)
"""The other library's record of the book that RARE_BOOK describes."""

STRUCTURE = """\
[[pages]]
first = 1
label = "л. 1"

[[parts]]
type = "title_page"
first = 1
last = 1

[[parts]]
type = "chapter"
title = "Глава перьвая"
first = 2
"""
EVENTS = """\
[agents.scanner]
name = "Bookeye 5"
type = "hardware"

[[events]]
type = "imaging"
when = 2026-05-12
detail = "400 dpi"
representation = "master"
agents = ["scanner"]
"""
RIGHTS = """\
[[rights]]
basis = "copyright"
status = "public domain"
acts = ["publish", "replicate"]
"""
COMMANDS = (
    "init",
    "init",
    # a book with all that can be said of it, corrected once
    "package sources/first --record sources/rare.iso --id kp-1 --structure sources/structure.toml"
    " --events sources/events.toml --rights sources/rights.toml",
    "update aonb-kp-1 --document sources/letter.txt --reason added --person ivanova",
    # a book with nothing but its record, and a bag of somebody else
    "package sources/second --record sources/second.xml --id kp-2",
    "bag create sources/second/master bags/plain --info Source-Organization=NLB",
    "bag update bags/plain --algorithm sha384 --set Contact-Name=A",
    "import bags/plain --record sources/second.xml --id kp-3",
    "package sources/second --record sources/second.xml --id kp-4 --bag bags",
    "replicate --person petrov",
    "audit",
    "validate aonb-kp-1 --person ivanova",
    # what two persons decide
    "decisions request policy --reason three-copies --person ivanova",
    "decisions confirm 33 --person petrov",
    # one copy is damaged and repaired, the other one stays damaged
    "#damage nlb-copy aonb-kp-2 0001.tif",
    "validate aonb-kp-2",
    "repair aonb-kp-2 --apply",
    "#damage nlb-copy aonb-kp-3 *1.tif",
    "validate aonb-kp-3",
    "replicate",
    # what leaves the archive
    "export aonb-kp-1 exports/kp-1-v1.tar --version 1",
    "export aonb-kp-1 exports/kp-1-v2.tar",
    "export aonb-kp-1 exports/sip --as sip --to NLB --reason loan --person ivanova",
    "export aonb-kp-1 exports/dip --as dip",
    "ledger export",
    # the union catalogue of both libraries, with a decision
    "catalogue import",
    "catalogue import sources/rare.iso --library aonb",
    "catalogue import sources/minsk.iso --library nlb",
    "catalogue match --same nlb:BY-NLB-br5 aonb:RU\\AONB\\rare\\17 --by Anna",
    "catalogue decisions export exports/decisions.jsonl",
    "catalogue dump exports/dump --url https://example.org/dump --email anna@example.org",
)
FAILING = {"validate aonb-kp-2", "validate aonb-kp-3"}


def make_sources(folder: Path) -> None:
    """Two books, their records, and what people wrote of them."""
    make_book(folder / "first", pages=3, size=400)
    make_book(folder / "second", pages=2, size=300, seed=1)
    for name, text in (
        ("structure.toml", STRUCTURE),
        ("events.toml", EVENTS),
        ("rights.toml", RIGHTS),
        ("letter.txt", "Письмо дарителя\n"),
        ("second.xml", RECORD),
    ):
        (folder / name).write_text(text, "utf-8")
    (folder / "rare.iso").write_bytes(iso2709(RARE_BOOK))
    (folder / "minsk.iso").write_bytes(iso2709(MINSK))


def damage(storage: str, package: str, name: str) -> None:
    """Change the last byte of a page of a copy."""
    (page,) = Path("storages", storage).rglob(f"*/data/{package}/**/data/**/{name}")
    page.chmod(0o644)
    page.write_bytes(page.read_bytes()[:-1] + b"!")


def make(folder: Path) -> None:
    """Everything, in an empty folder."""
    with chdir(folder), fixed(START):
        make_sources(Path("sources"))
        for name in ("bags", "exports"):
            Path(name).mkdir()
        for command in COMMANDS:
            if command.startswith("#damage "):
                damage(*command.split()[1:])
                continue
            status, output = run(command)
            if status != (1 if command in FAILING else 0):
                raise SystemExit(f"{command} ended with {status}")
            if command == "ledger export":
                Path("exports/ledger.jsonl").write_bytes(output)


def is_lock(path: Path) -> bool:
    """Whether it says which process wrote last, on which machine, or how long that took."""
    return (path.name == "lock" and path.parent.name == "staging") or path.match("durations.*.json")


def pack(folder: Path, target: Path) -> None:
    """The folder as a tar that depends on nothing but the files."""
    with tarfile.open(target, "w:xz", format=tarfile.GNU_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            member = tarfile.TarInfo(path.relative_to(folder).as_posix())
            member.mtime = int(START.timestamp())
            if path.is_dir():
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(member)
            elif not is_lock(path):
                member.size, member.mode = path.stat().st_size, 0o644
                with path.open("rb") as content:
                    tar.addfile(member, content)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        make(Path(scratch))
        pack(Path(scratch), FOLDER / f"{__version__}.tar.xz")
    sys.stdout.write(f"{__version__}.tar.xz was written\n")
