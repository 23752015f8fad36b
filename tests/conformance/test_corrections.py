"""Every version of a corrected book, judged by tools that are not ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import ocfl
import pytest
from PIL import Image

from preserva.access.export import export
from preserva.archive.archive import ArchivalStorage
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.fixity.validate import validate, validate_stored
from preserva.ingest.book_revision import PageChanges
from preserva.ingest.derive import Derivation, derive
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.ingest.supplied import Details
from preserva.replication.replicate import replicate
from tests.support import oracles
from tests.support.books import RECORD, an_archive

ID = PackageId("aonb", "kp-7")
PAGES = 4
STRUCTURE = """
[[pages]]
first = 1
last = 4
label = "12r"
[[parts]]
type = "chapter"
title = "Глава"
first = 2
last = 3
"""


def scans(folder: Path, **colours: int) -> Path:
    """A folder of page images of one colour each, by name."""
    folder.mkdir()
    for name, colour in colours.items():
        Image.new("RGB", (60, 80), (colour, 2, 3)).save(folder / f"{name}.tif", dpi=(300, 300))
    return folder


def corrected(archive: ArchivalStorage, place: Path) -> None:
    """All kinds of corrections, one version each."""
    text = place / "alto"
    text.mkdir()
    (text / "p3.txt").write_text("текст", encoding="utf-8")
    events = "type,when,person\nimaging,2026-05-12,Иванова А. А.\n"
    (place / "events.csv").write_text(events, encoding="utf-8")
    rights = '[[rights]]\nbasis = "license"\nuri = "https://x.test/"\nacts = ["publish"]\n'
    (place / "rights.toml").write_text(rights, encoding="utf-8")
    changes = [
        Change(pages=PageChanges(pages=scans(place / "again", p2=99)), reason="blurred"),
        Change(pages=PageChanges(insert=scans(place / "new", q1=50, q2=51), after=2), reason="n"),
        Change(pages=PageChanges(text=text), reason="recognised"),
        Change(pages=PageChanges(remove=(1,)), reason="scanned twice"),
        Change(pages=PageChanges(move=((5, 1),)), reason="bound wrongly"),
        Change(rights=place / "rights.toml", events=place / "events.csv", reason="forgotten"),
    ]
    for change in changes:
        update(archive, ID, change)
        replicate(archive)
    derive(archive, ID, Derivation(access=True, pdf=True))
    replicate(archive)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("corrections")
    (place / "book.xml").write_text(RECORD, encoding="utf-8")
    (place / "structure.toml").write_text(STRUCTURE, encoding="utf-8")
    scans(place / "book", **{f"p{number}": number for number in range(1, PAGES + 1)})
    details = Details(structure=place / "structure.toml")
    with an_archive(place / "archive") as archive:
        package(place / "book", place / "book.xml", archive, details=details)
        replicate(archive)
        corrected(archive, place)
        for version in range(1, 9):
            export(archive, ID, place / f"v{version}", version=f"v{version}")
    return place


VERSIONS = pytest.mark.parametrize("version", [f"v{number}" for number in range(1, 9)])


@VERSIONS
def test_commons_ip_finds_each_version_valid(version: str, place: Path) -> None:
    assert oracles.commons_ip(place / version / "aonb-kp-7/data/aonb-kp-7") == []


@VERSIONS
def test_eark_validator_finds_each_version_valid(version: str, place: Path) -> None:
    assert oracles.eark_validator(place / version / "aonb-kp-7/data/aonb-kp-7") == []


@VERSIONS
def test_bagit_python_and_preserva_find_each_version_valid(version: str, place: Path) -> None:
    bag = place / version / "aonb-kp-7"
    done = subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", str(bag)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "is valid" in done.stderr) == (0, True)
    (report,) = validate(bag)
    assert ([finding.message() for finding in report.findings], report.outcome) == (
        [],
        Outcome.PASS,
    )


def test_ocfl_py_finds_both_copies_valid(place: Path) -> None:
    for root in sorted((place / "archive/storages").glob("*/ocfl")):
        judged = ocfl.StorageRoot(root=str(root))
        assert judged.validate(log_warnings=True)
        assert (judged.num_objects, judged.good_objects, judged.errors) == (1, 1, [])
    with an_archive(place / "archive") as archive:
        for report in validate_stored(archive, ID):
            assert ([f.message() for f in report.findings], report.outcome) == ([], Outcome.PASS)
