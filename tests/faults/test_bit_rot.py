"""Random single faults in every kind of file of a stored package: each is found and repaired.

PRESERVA_LONG=1 makes it 10,000; PRESERVA_SEED chooses others than usual.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from preserva.archive.archive import ArchivalStorage
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome, Report
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from tests.faults.damage import COPIES, PACKAGE, folder, swap
from tests.support.books import RECORD, an_archive, make_book
from tests.support.reports import by_storage

ROUNDS = 10_000 if os.environ.get("PRESERVA_LONG") == "1" else 40
SEED = int(os.environ.get("PRESERVA_SEED", "5"))
FRESH = 40
"""Rounds after which the archive is made anew, because its ledger grows."""

KINDS = (
    "a flipped bit",
    "a truncation",
    "an extension",
    "a swap",
    "a deletion",
    "an older version",
    "another package",
)


@dataclass(frozen=True)
class Spare:
    """What an object can be replaced by: its own older state, and another valid package."""

    older: Path
    other: Path


@pytest.fixture
def start() -> Iterator[Path]:
    """An archive with a package of two versions in two copies, and spare objects beside it."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as scratch:
        place = Path(scratch)
        (place / "new.xml").write_text(RECORD.replace("Амурѣ", "Зеѣ"), encoding="utf-8")
        with an_archive(place / "start") as archive:
            package(place / "book", make_book(place / "book"), archive)
            replicate(archive)
            shutil.copytree(folder(archive.primary), place / "older")
            update(archive, PACKAGE, Change(place / "new.xml", reason="a test"))
            replicate(archive)
        with an_archive(place / "elsewhere") as elsewhere:
            package(place / "strange", make_book(place / "strange", seed=9), elsewhere)
            shutil.copytree(folder(elsewhere.primary), place / "other")
        yield place


def files(target: Path) -> list[Path]:
    """Every file of an object, in one order."""
    return sorted(one for one in target.rglob("*") if one.is_file())


def content(target: Path) -> dict[str, bytes]:
    """Every file but those that a repair adds to it, or leaves in it for a person to look at."""
    return {
        str(one.relative_to(target)): one.read_bytes()
        for one in files(target)
        if "/logs/" not in str(one)
    }


def damage(kind: str, target: Path, spare: Spare, chance: random.Random) -> str | None:
    """Do one kind of damage to an object; what was damaged, None if it would change nothing."""
    if kind in {"an older version", "another package"}:
        shutil.rmtree(target)
        shutil.copytree(spare.older if kind == "an older version" else spare.other, target)
        return "everything"
    victim = chance.choice(files(target))
    data = victim.read_bytes()
    if kind == "a swap":
        other = chance.choice(files(target))
        if other.read_bytes() == data:
            return None
        swap(victim, other)
    elif kind == "a deletion":
        victim.unlink()
    elif kind == "an extension":
        victim.write_bytes(data + chance.randbytes(chance.randint(1, 5000)))
    elif not data:
        return None
    elif kind == "a truncation":
        victim.write_bytes(data[: chance.randrange(len(data))])
    else:
        place, bit = chance.randrange(len(data)), chance.randrange(8)
        victim.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
    return str(victim.relative_to(target))


def checked(archive: ArchivalStorage) -> dict[str, Report]:
    """The check of each copy, by storage."""
    return by_storage(validate_stored(archive, PACKAGE))


def test_every_fault_in_either_copy_is_found_and_repaired(start: Path) -> None:
    """To the last byte, from the other copy, which is not touched."""
    chance = random.Random(SEED)
    spare = Spare(start / "older", start / "other")
    done: Counter[str] = Counter()
    while done.total() < ROUNDS:
        shutil.rmtree(start / "trial", ignore_errors=True)
        shutil.copytree(start / "start", start / "trial")
        with an_archive(start / "trial") as archive:
            for _round in range(min(FRESH, ROUNDS - done.total())):
                kind, copy = chance.choice(KINDS), chance.choice(COPIES)
                target = folder(archive.store(copy))
                before = {one: content(folder(archive.store(one))) for one in COPIES}
                if (victim := damage(kind, target, spare, chance)) is None:
                    continue
                said = f"seed {SEED}, fault {done.total()}: {kind} of {victim} in {copy}"
                found = checked(archive)
                assert found[copy].outcome is Outcome.FAIL, said
                (other,) = set(COPIES) - {copy}
                assert found[other].outcome is Outcome.PASS, said
                (mended,) = repair(archive, storage=copy, apply=True)
                assert (mended.applied, mended.report.findings) == (True, []), said
                after = {one: content(folder(archive.store(one))) for one in COPIES}
                assert after == before, said
                left = {found.code for one in checked(archive).values() for found in one.findings}
                assert left <= {Code.LOG_UNKNOWN}, said
                done[kind] += 1
                if left:  # records of another package, which nobody would miss
                    break
            assert archive.ledger.verify() == []
    print(f"seed {SEED}: " + ", ".join(f"{count} x {kind}" for kind, count in sorted(done.items())))


def test_damage_to_the_same_file_in_both_copies_is_never_repaired_wrongly(start: Path) -> None:
    """What no copy has stays as it is, in both; what one has comes back."""
    chance = random.Random(SEED)
    spare = Spare(start / "older", start / "other")
    rounds = 0
    while rounds < ROUNDS // 8:
        shutil.rmtree(start / "trial", ignore_errors=True)
        shutil.copytree(start / "start", start / "trial")
        with an_archive(start / "trial") as archive:
            before = {one: content(folder(archive.store(one))) for one in COPIES}
            victims = {
                copy: damage(chance.choice(KINDS[:5]), folder(archive.store(copy)), spare, chance)
                for copy in COPIES
            }
            damaged = {one: content(folder(archive.store(one))) for one in COPIES}
            lost = {
                path
                for path in before["aonb-main"]
                if all(damaged[one].get(path) != before[one][path] for one in COPIES)
            }
            checked(archive)
            for copy in COPIES:
                repair(archive, storage=copy, apply=True)
            for copy in COPIES:
                said = f"seed {SEED}, {victims}: {copy}"
                after = content(folder(archive.store(copy)))
                for path, data in before[copy].items():
                    assert after.get(path) in {data, damaged[copy].get(path)}, said
                    if path not in lost:
                        assert after.get(path) == data, f"{said}: {path}"
            rounds += 1
