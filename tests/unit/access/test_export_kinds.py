"""What is handed over and what is used: packages of their own kind, without loose ends."""

from __future__ import annotations

import filecmp
import tarfile
from pathlib import Path

import pytest

from preserva.access.export import export
from preserva.core.eark.mets import Division, PackageType
from preserva.core.eark.premis_read import read_events
from preserva.core.eark.stored import read_package, read_representation
from preserva.core.eark.vocabulary import EventType
from preserva.core.values.model import PackageId
from preserva.errors import Damaged, PackageError
from preserva.fixity.validate import validate
from preserva.ingest.package import package
from preserva.ingest.supplied import Details
from tests.support import oracles
from tests.support.books import an_archive, make_book, object_folder

ID = PackageId("aonb", "kp-7")
STRUCTURE = "first;last;label;type;part;title\n1;;[1r];title_page;title_page;\n2;3;1r;;chapter;Й\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive with a book in three representations, its parts told in the master."""
    record = make_book(tmp_path / "book", pages=3)
    (tmp_path / "book/access").mkdir()
    for page in (1, 2, 3):
        master = tmp_path / f"book/master/л. {page}.tif"
        (tmp_path / f"book/access/л. {page}.tif").write_bytes(master.read_bytes())
    (tmp_path / "book/documentation").mkdir()
    (tmp_path / "book/documentation/report.txt").write_text("condition: good\n")
    (tmp_path / "s.csv").write_text(STRUCTURE, "utf-8")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive, details=Details(tmp_path / "s.csv"))
    return tmp_path


def exported(place: Path, kind: PackageType, name: str = "out") -> Path:
    """The package's own folder in what was exported as a folder."""
    with an_archive(place / "archive") as archive:
        made = export(archive, ID, place / name, kind=kind)
    (report,) = validate(made)
    assert report.findings == []
    return made / "data" / ID.portable


def names(folder: Path) -> set[str]:
    """Every file below a folder."""
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


def structure(mets: Path) -> Division | None:
    """The parts of the book that a representation tells."""
    with mets.open("rb") as stream:
        return read_representation(stream).structure


def test_a_sip_has_every_file_of_the_package(place: Path) -> None:
    stored = object_folder(place / "archive", "aonb-main", ID) / "v1/content/data/aonb-kp-7"
    made = exported(place, PackageType.SIP)
    assert names(made) == names(stored)
    differing = {one for one in names(made) if not filecmp.cmp(made / one, stored / one, False)}
    assert differing == {
        "METS.xml",
        "metadata/preservation/premis.xml",
        *(f"representations/{one}/METS.xml" for one in ("access", "master", "text")),
    }
    assert structure(made / "representations/master/METS.xml") == structure(
        stored / "representations/master/METS.xml"
    )


def test_a_dip_has_what_people_use_and_knows_the_parts_of_the_book(place: Path) -> None:
    stored = object_folder(place / "archive", "aonb-main", ID) / "v1/content/data/aonb-kp-7"
    made = exported(place, PackageType.DIP)
    assert names(made) == {
        one
        for one in names(stored)
        if not one.startswith("representations/master/")
        and (not one.startswith("documentation/") or one == "documentation/README.txt")
    }
    parts = structure(stored / "representations/master/METS.xml")
    assert parts is not None
    assert structure(made / "representations/access/METS.xml") == parts
    assert structure(made / "representations/text/METS.xml") is None
    with (made / "METS.xml").open("rb") as stream:
        assert set(read_package(stream).representations) == {"access", "text"}
    assert b"representation-master" not in (made / "metadata/preservation/premis.xml").read_bytes()
    with (made / "metadata/preservation/premis.xml").open("rb") as stream:
        last = list(read_events(stream))[-1]
    assert last.type is EventType.INFORMATION_PACKAGE_CREATION
    assert last.detail == "E-ARK DIP 2.2.0 of v1, in a BagIt 1.0 bag"


@pytest.mark.parametrize("kind", [PackageType.SIP, PackageType.DIP])
def test_the_public_validators_have_nothing_to_object(kind: PackageType, place: Path) -> None:
    made = exported(place, kind)
    objections = {one.split("'")[1] for one in oracles.eark_validator(made)}
    # it holds what it asks of the agent that is software against the one that hands over, and the
    # other way round: no SIP satisfies it; its SIP2 is that of version 2.1
    contradictory = {"CSIP12", "CSIP13", "CSIP15", "CSIP16", "SIP14", "SIP2"}
    assert objections == (contradictory if kind is PackageType.SIP else set())
    assert oracles.commons_ip(made) == []


@pytest.mark.parametrize("kind", [PackageType.SIP, PackageType.DIP])
def test_as_a_tar_it_is_the_same_package(kind: PackageType, place: Path) -> None:
    with an_archive(place / "archive") as archive:
        made = export(archive, ID, place / "out.tar", kind=kind)
    (report,) = validate(made)
    assert (made, report.findings) == (place / "out.tar", [])
    folder = exported(place, kind).parents[1]
    with tarfile.open(made) as tar:
        files = {one.name for one in tar.getmembers() if one.isfile()}
    assert files == {f"{ID.portable}/{one}" for one in names(folder)}


def test_a_book_with_masters_only_has_no_dip(tmp_path: Path) -> None:
    record = make_book(tmp_path / "book")
    for one in (tmp_path / "book/text").iterdir():
        one.unlink()
    (tmp_path / "book/text").rmdir()
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
        with pytest.raises(PackageError, match="neither access copies nor text"):
            export(archive, ID, tmp_path / "out", kind=PackageType.DIP)
    assert not (tmp_path / "out" / ID.portable).exists()


@pytest.mark.parametrize("kind", [PackageType.SIP, PackageType.DIP])
def test_a_damaged_file_is_not_handed_out(kind: PackageType, place: Path) -> None:
    stored = object_folder(place / "archive", "aonb-main", ID) / "v1/content/data/aonb-kp-7"
    (stored / "representations/text/data/0001.txt").write_bytes(b"x")
    with an_archive(place / "archive") as archive, pytest.raises(Damaged, match="is damaged"):
        export(archive, ID, place / "out", kind=kind)
    assert not (place / "out" / ID.portable).exists()
