"""The way of a real book: packaged, corrected, copied, handed over, taken in elsewhere, corrected.

The pages are those of Kant's "Was ist Aufklärung?" of 1784, with their ALTO; the records come from
a real catalogue. At each stop our own validation and the validators of others have their say.
"""

from __future__ import annotations

from pathlib import Path

import bagit
import pytest
from PIL import Image

from preserva.access.document import Document
from preserva.cli.main import status_of
from preserva.core.eark.mets import Division
from preserva.core.eark.premis_read import read_events
from preserva.core.eark.stored import read_package, read_representation
from preserva.core.eark.vocabulary import EventType
from tests.support import oracles

NAME = "aonb-kant-1784"
STRUCTURE = """\
[[pages]]
first = "PAGE_0017.tif"
label = "481"
[[parts]]
type = "article"
title = "Beantwortung der Frage: Was ist Aufklärung?"
first = 1
"""


@pytest.fixture
def place(tmp_path: Path, shared: Path) -> Path:
    """The scans, and two archives that know nothing of one another."""
    source = shared / "data/books/ocrd/data/kant_aufklaerung_1784/data"
    for folder in ("master", "access", "text"):
        (tmp_path / "scans" / folder).mkdir(parents=True)
    for page in ("0017", "0020"):
        scan = source / f"OCR-D-IMG/INPUT_{page}.tif"
        (tmp_path / f"scans/master/PAGE_{page}.tif").write_bytes(scan.read_bytes())
        alto = source / f"OCR-D-GT-ALTO/PAGE_{page}_ALTO.xml"
        (tmp_path / f"scans/text/PAGE_{page}.xml").write_bytes(alto.read_bytes())
        with Image.open(scan) as image:
            image.convert("L").save(tmp_path / f"scans/access/PAGE_{page}.jpg")
    records = shared / "data/records/marcrecord_afronkin"
    for number in (1, 2):
        data = (records / f"rusmarc_{number}.iso").read_bytes()
        (tmp_path / f"record-{number}.mrc").write_bytes(data)
    (tmp_path / "structure.toml").write_text(STRUCTURE, "utf-8")
    for archive in ("first", "second"):
        (tmp_path / archive).mkdir()
        for _twice in range(2):
            run(tmp_path, archive, "init")
    return tmp_path


def run(place: Path, archive: str, *arguments: str | Path) -> None:
    """A command on one of the archives; it ends well."""
    config = str(place / archive / "preserva.toml")
    assert status_of(["--config", config, "--quiet", *map(str, arguments)]) == 0


def files(bag: Path) -> dict[str, bytes]:
    """The files of the package in a bag."""
    folder = bag / "data" / NAME
    return {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file()
    }


def sound(place: Path, archive: str, bag: Path) -> None:
    """What was exported is sound for us and for those who wrote the standards' tools."""
    run(place, archive, "validate", bag)
    bagit.Bag(str(bag)).validate()
    assert oracles.commons_ip(bag / "data" / NAME) == []


def parts(bag: Path) -> dict[str, Division | None]:
    """The parts of the book as each representation tells them."""
    with (bag / f"data/{NAME}/METS.xml").open("rb") as stream:
        documents = read_package(stream).representations
    told = {}
    for name, path in documents.items():
        with (bag / f"data/{NAME}/{path}").open("rb") as stream:
            told[name] = read_representation(stream).structure
    return told


def test_a_real_book_goes_all_the_way(place: Path) -> None:
    position = ("--position", "1")
    scans, record = place / "scans", place / "record-1.mrc"
    run(place, "first", "package", scans, "--record", record, *position, "--id", "kant-1784")
    again = ("--record", place / "record-2.mrc", *position, "--other-record")
    run(place, "first", "update", NAME, *again, "--reason", "it was another book's")
    run(
        place,
        "first",
        "update",
        NAME,
        "--structure",
        place / "structure.toml",
        "--reason",
        "its parts were forgotten",
    )
    run(place, "first", "replicate")
    run(place, "first", "validate", NAME)

    for document in Document:
        run(place, "first", "export", NAME, place / document, "--as", document)
        assert (place / document).stat().st_size
    aip, sip, dip = (place / kind / NAME for kind in ("aip", "sip", "dip"))
    run(place, "first", "export", NAME, aip.parent)
    run(place, "first", "export", NAME, sip.parent, "--as", "sip")
    run(place, "first", "export", NAME, dip.parent, "--as", "dip")
    for bag in (aip, sip, dip):
        sound(place, "first", bag)
    for bag in (aip, dip):
        assert oracles.eark_validator(bag / "data" / NAME) == []
    whole = Division("article", "Beantwortung der Frage: Was ist Aufklärung?", (1, 2))
    assert [one and one.parts for one in parts(aip).values()] == [(whole,), None, None]
    assert [one and one.parts for one in parts(dip).values()] == [(whole,), None]

    run(place, "second", "import", sip, "--as-ours")
    run(place, "second", "replicate")
    run(place, "second", "validate", NAME)
    run(place, "second", "export", NAME, place / "elsewhere")
    taken = place / "elsewhere" / NAME
    sound(place, "second", taken)
    assert oracles.eark_validator(taken / "data" / NAME) == []
    before, after = files(aip), files(taken)
    assert {one for one in before | after if before.get(one) != after.get(one)} == {
        "METS.xml",
        "metadata/preservation/premis.xml",
        *(f"representations/{one}/METS.xml" for one in ("master", "access", "text")),
    }
    assert parts(taken) == parts(aip)
    with (taken / f"data/{NAME}/metadata/preservation/premis.xml").open("rb") as stream:
        told = [one.type for one in read_events(stream)]
    assert told.count(EventType.METADATA_MODIFICATION) == 2
    assert told[-3:] == [
        EventType.INFORMATION_PACKAGE_CREATION,
        EventType.TRANSFER,
        EventType.FIXITY_CHECK,
    ]

    back = ("--record", place / "record-1.mrc", *position, "--other-record")
    run(place, "second", "update", NAME, *back, "--reason", "taken back")
    run(place, "second", "validate", NAME)
