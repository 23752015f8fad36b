"""The whole way with real books and real records, judged by tools that are not ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import ocfl
import pytest
from lxml import etree

from preserva.core.values.report import Outcome
from preserva.fixity.validate import validate, validate_stored
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from tests.support import oracles
from tests.support.books import an_archive
from tests.support.xsd import schema


@dataclass(frozen=True)
class Book:
    """A real scanned book, gathered into a folder, and the record it is described with."""

    name: str
    scans: str
    record: str
    divided: bool = False


BOOKS = [
    # a page of a pre-reform Riga newspaper with its text in the old orthography
    Book(
        "prereform",
        "books/prereform_riga/RizhskoyeUtro/riut1915n001/DIVL11",
        "records/rusmarc_loge/TEST2.ISO",
    ),
    # Church Slavonic lines with combining letters in their texts
    Book("slavonic", "books/church_slavonic_lines", "records/marcrecord_afronkin/rusmarc_1.iso"),
    # TIFF masters, with ALTO and PAGE beside them
    Book(
        "kant", "books/ocrd/data/kant_aufklaerung_1784/data", "records/pymarc/testunimarc.dat", True
    ),
]


@pytest.fixture(scope="module", params=BOOKS, ids=lambda book: book.name)
def place(
    request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An archive with the book in two copies."""
    book: Book = request.param
    place = tmp_path_factory.mktemp(book.name)
    source = place / "scans"
    if book.divided:
        for folder, name in (("OCR-D-IMG", "master"), ("OCR-D-GT-ALTO", "text")):
            shutil.copytree(shared / "data" / book.scans / folder, source / name)
    else:
        shutil.copytree(shared / "data" / book.scans, source)
    with an_archive(place / "archive") as archive:
        done = package(source, shared / "data" / book.record, archive)
        assert done.created
        assert done.title
        (copied,) = replicate(archive)
        assert (copied.acknowledged, copied.report.findings) == (["v1"], [])
        reports = validate_stored(archive, done.package)
        assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2
    return place


def roots(place: Path) -> list[Path]:
    """The two OCFL storage roots."""
    found = sorted((place / "archive" / "storages").glob("*/ocfl"))
    assert len(found) == 2
    return found


def bags(place: Path) -> list[Path]:
    """The bag of the first version, in place, in both copies."""
    found = [path for root in roots(place) for path in root.glob("*/*/*/*/v1/content")]
    assert len(found) == 2
    return found


def run(*command: str, cwd: Path | None = None) -> str:
    """What a command says; it must end well."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def tool(name: str) -> str:
    """A script of an installed package, beside this Python."""
    return str(Path(sys.executable).with_name(name))


def test_bagit_python_finds_each_copy_valid(place: Path) -> None:
    """v1/content is a bag in place."""
    for bag in bags(place):
        assert "is valid" in run(sys.executable, "-m", "bagit", "--validate", str(bag))


def test_sha512sum_finds_each_file_as_listed(place: Path) -> None:
    """With nothing but coreutils."""
    for bag in bags(place):
        for manifest in ("manifest-sha512.txt", "tagmanifest-sha512.txt"):
            run("sha512sum", "--strict", "--quiet", "-c", manifest, cwd=bag)
        run("sha256sum", "--strict", "--quiet", "-c", "manifest-sha256.txt", cwd=bag)


def test_ocfl_py_finds_both_roots_valid(place: Path) -> None:
    """Without warnings. Its verdict on a root is not one on the objects: they are asked too."""
    for root in roots(place):
        run(tool("ocfl-validate.py"), str(root))
        judged = ocfl.StorageRoot(root=str(root))
        assert judged.validate(log_warnings=True)
        assert (judged.num_objects, judged.good_objects, judged.errors) == (1, 1, [])
        (found,) = root.glob("*/*/*/*")
        said = run(tool("ocfl-validate.py"), str(found)).strip()
        assert said == f"OCFL v1.1 Object at {found} is VALID"


def test_commons_ip_finds_each_package_valid(place: Path) -> None:
    """CSIP 2.2.0."""
    for bag in bags(place):
        (folder,) = (bag / "data").iterdir()
        assert oracles.commons_ip(folder) == []


def test_eark_validator_finds_each_package_valid(place: Path) -> None:
    """CSIP 2.1.0."""
    (folder,) = (bags(place)[0] / "data").iterdir()
    assert oracles.eark_validator(folder) == []


def test_all_metadata_follow_the_official_schemas(place: Path, shared: Path) -> None:
    """METS, PREMIS, MODS, Dublin Core."""
    schemas = {
        "METS.xml": schema(shared, "mets-1.12.1.xsd"),
        "premis.xml": schema(shared, "premis-3.0.xsd"),
        "mods.xml": schema(shared, "mods-3.8.xsd"),
        "dc.xml": schema(shared, "oai_dc.xsd"),
    }
    checked = dict.fromkeys(schemas, 0)
    for bag in bags(place)[:1]:
        for name, official in schemas.items():
            for path in bag.rglob(name):
                official.assertValid(etree.parse(str(path)))
                checked[name] += 1
    assert all(checked.values()), checked


def test_the_logs_follow_the_official_schema(place: Path, shared: Path) -> None:
    """Ingestion and replication, as PREMIS, in both copies."""
    official = schema(shared, "premis-3.0.xsd")
    for root in roots(place):
        logs = sorted(root.glob("*/*/*/*/logs/*.xml"))
        assert len(logs) == 2
        for log in logs:
            official.assertValid(etree.parse(str(log)))


def test_our_own_validation_of_the_roots_agrees(place: Path) -> None:
    """Without an archive."""
    for path in (*roots(place), *bags(place)):
        reports = validate(path)
        assert reports
        for report in reports:  # of a root and of each object in it
            assert (report.outcome, report.findings) == (Outcome.PASS, [])
