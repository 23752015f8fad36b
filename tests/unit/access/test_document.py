"""Single documents of a package: as they were stored, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from preserva import config as configuration
from preserva.access.document import Document, export_document, read_document
from preserva.cli.main import status_of
from preserva.core.values.model import PackageId
from preserva.errors import Damaged, Refused, UsageError
from preserva.ingest.package import package
from tests.conftest import SHARED, require
from tests.support.books import an_archive, make_book
from tests.support.marc_records import iso2709
from tests.support.xsd import schema

ID = PackageId("aonb", "kp7")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive with one package, whose record is RUSMARC."""
    make_book(tmp_path / "book")
    record = tmp_path / "book.mrc"
    record.write_bytes(iso2709((("001", "KP7"), ("200", "1 $aПовѣсть о рѣкѣ")), "utf-8"))
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
    return tmp_path


def test_each_document_is_what_was_stored(place: Path) -> None:
    roots = {}
    with an_archive(place / "archive") as archive:
        for one in set(Document) - {Document.RECORD}:
            data = read_document(archive, ID, one)
            roots[one] = etree.fromstring(data).tag
            assert export_document(archive, ID, one, place / one.value).read_bytes() == data
        record = read_document(archive, ID, Document.RECORD)
    assert record == (place / "book.mrc").read_bytes()
    assert {one: etree.QName(tag).localname for one, tag in roots.items()} == {
        Document.MODS: "mods",
        Document.DC: "dc",
        Document.MARCXML: "record",
        Document.METS: "mets",
        Document.PREMIS: "premis",
    }


def test_marcxml_is_marcxml(place: Path) -> None:
    require((SHARED / "data/xsd").is_dir(), "the folder ../shared with official schemas")
    with an_archive(place / "archive") as archive:
        root = etree.fromstring(read_document(archive, ID, Document.MARCXML))
    assert root.nsmap == {None: "http://www.loc.gov/MARC21/slim"}
    fields = {field.get("tag"): "".join(map(str, field.itertext())).strip() for field in root}
    assert (fields["001"], fields["200"]) == ("KP7", "Повѣсть о рѣкѣ")
    assert schema(SHARED, "MARC21slim.xsd").validate(root)


def test_what_is_not_there_or_damaged_is_refused(place: Path) -> None:
    with an_archive(place / "archive") as archive:
        with pytest.raises(UsageError, match="no version v9"):
            read_document(archive, ID, Document.MODS, version="v9")
        (place / "there").touch()
        with pytest.raises(Refused, match="exists already"):
            export_document(archive, ID, Document.MODS, place / "there")
        folder = Path(archive.primary.storage.url) / archive.primary.root.path_of(ID.uri)
        (mods,) = folder.rglob("mods.xml")
        mods.write_bytes(mods.read_bytes().replace("рѣкѣ".encode(), "рѣке".encode()))
        with pytest.raises(Damaged, match=r"mods\.xml"):
            read_document(archive, ID, Document.MODS)
        make_book(place / "other")
        package(place / "other", place / "other.xml", archive)
        with pytest.raises(UsageError, match="no marcxml"):
            read_document(archive, PackageId("aonb", "kp-7"), Document.MARCXML)


def test_the_command_writes_a_file_or_the_standard_output(
    place: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    config = ["--config", str(place / "archive" / configuration.NAME)]
    assert status_of([*config, "export", "aonb-kp7", "-", "--as", "record"]) == 0
    assert capfdbinary.readouterr().out == (place / "book.mrc").read_bytes()
    out = place / "mods.xml"
    assert status_of([*config, "export", "aonb-kp7", str(out), "--as", "mods"]) == 0
    assert out.read_bytes().startswith(b"<?xml")
    assert status_of([*config, "export", "aonb-kp7", str(out), "--as", "mods"]) == 4
