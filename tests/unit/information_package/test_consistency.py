"""A package outside the store: what its METS and PREMIS say is checked in every container."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from preserva import config
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.fixity.validate import validate
from preserva.ingest.package import package_bag
from tests.support.books import make_book

FOLDER = "data/aonb-kp-7"
METS = f"{FOLDER}/METS.xml"


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """One of our packages as a bag in a folder."""
    record = make_book(tmp_path / "book")
    (tmp_path / config.NAME).write_text(config.TEMPLATE, encoding="utf-8")
    institution = config.load(tmp_path / config.NAME).institution
    package_bag(tmp_path / "book", record, institution, tmp_path / "bags")
    return tmp_path / "bags" / "aonb-kp-7"


def seal(bag: Path) -> None:
    """Make the manifests and the Payload-Oxum say what now lies in the bag."""
    files = sorted(path for path in (bag / "data").rglob("*") if path.is_file())
    oxum = f"{sum(path.stat().st_size for path in files)}.{len(files)}"
    info = (bag / "bag-info.txt").read_text().splitlines()
    kept = [f"Payload-Oxum: {oxum}" if line.startswith("Payload-Oxum") else line for line in info]
    (bag / "bag-info.txt").write_text("".join(f"{line}\n" for line in kept))
    for algorithm in ("sha256", "sha512"):
        write_manifest(bag, f"manifest-{algorithm}.txt", algorithm, files)
    tags = [bag / name for name in ("bagit.txt", "bag-info.txt")]
    tags += [bag / f"manifest-{algorithm}.txt" for algorithm in ("sha256", "sha512")]
    for algorithm in ("sha256", "sha512"):
        write_manifest(bag, f"tagmanifest-{algorithm}.txt", algorithm, tags)


def write_manifest(bag: Path, name: str, algorithm: str, files: list[Path]) -> None:
    lines = [
        f"{hashlib.new(algorithm, path.read_bytes()).hexdigest()}  {path.relative_to(bag)}\n"
        for path in files
    ]
    (bag / name).write_text("".join(lines))


def containers(bag: Path) -> dict[str, Path]:
    """The bag as it is, and in each container."""
    tar, zipped = bag.with_suffix(".tar"), bag.with_suffix(".zip")
    subprocess.run(["tar", "-C", bag.parent, "-cf", tar, bag.name], check=True)
    packed = bag.with_suffix(".tar.gz")
    subprocess.run(["tar", "-C", bag.parent, "-czf", packed, bag.name], check=True)
    zipping = [sys.executable, "-m", "zipfile", "-c", str(zipped), str(bag)]
    subprocess.run(zipping, check=True)
    return {"folder": bag, "tar": tar, "tar.gz": packed, "zip": zipped}


def drop_text(bag: Path) -> None:
    (bag / FOLDER / "representations/text/data/0002.txt").unlink()


def put_beside(bag: Path) -> None:
    (bag / "data/stray.txt").write_text("beside")


def put_second(bag: Path) -> None:
    (bag / "data/other").mkdir()
    (bag / "data/other/file.txt").write_text("a second folder")


def add_file(bag: Path) -> None:
    (bag / FOLDER / "representations/master/data/0003.tif").write_bytes(b"II*\0 nobody lists me")


def entity_bomb(bag: Path) -> None:
    mets = bag / METS
    text = mets.read_text()
    head, mark, rest = text.partition("?>")
    mets.write_text(f'{head}{mark}<!DOCTYPE mets [<!ENTITY a "aaaa">]>{rest}')


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (drop_text, {(Code.HREF_DANGLING, "representations/text/data/0002.txt")}),
        (add_file, {(Code.NOT_REFERENCED, "representations/master/data/0003.tif")}),
        (entity_bomb, {(Code.METADATA_XML, "METS.xml")}),
        (put_beside, {(Code.BESIDE_PACKAGE, None)}),
        (put_second, {(Code.PACKAGE_FOLDERS, None)}),
    ],
)
def test_damage_to_a_sealed_package_is_found_in_every_container(
    bag: Path, damage: object, expected: set[tuple[Code, str | None]]
) -> None:
    assert callable(damage)
    damage(bag)
    seal(bag)
    found = {}
    for name, path in containers(bag).items():
        (report,) = validate(path)
        assert report.outcome is Outcome.FAIL, name
        found[name] = {(one.code, one.path, one.expected, one.seen) for one in report.findings}
        codes = {(one[0], one[1]) for one in found[name]}
        for code, below in expected:
            assert any(c is code and (below is None or p == f"{FOLDER}/{below}") for c, p in codes)
    assert all(one == found["folder"] for one in found.values())


def test_a_sound_package_is_sound_in_every_container(bag: Path) -> None:
    for name, path in containers(bag).items():
        (report,) = validate(path)
        assert (name, [one.message() for one in report.findings]) == (name, [])
    seal(bag)
    (report,) = validate(bag)
    assert (report.outcome, report.findings) == (Outcome.PASS, [])
