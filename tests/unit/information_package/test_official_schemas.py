"""Official XML Schemas of a folder: what is valid, what is not, and what a folder may not do."""

from __future__ import annotations

import io
import shutil
import socket
from pathlib import Path

import pytest

from preserva import config
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome
from preserva.core.xml.safe import UnsafeXMLError
from preserva.errors import ConfigError
from preserva.fixity.validate import BagOptions, validate, validate_stored
from preserva.information_package.official_schemas import OfficialSchemas, load_schemas
from preserva.ingest.package import package, package_bag
from tests.mutations import BOMB, EXTERNAL, MASTER_METS, MASTER_PREMIS, MODS_PATH, PREMIS, ROOT
from tests.support.aips import MODS, metadata, spec
from tests.support.books import an_archive, make_book
from tests.unit.information_package.test_consistency import FOLDER, seal

PACKAGE = PackageId("aonb", "kp-7")


@pytest.fixture
def xsd(shared: Path, tmp_path: Path) -> Path:
    """A copy of the official schemas, to be changed."""
    return Path(shutil.copytree(shared / "data/xsd", tmp_path / "xsd"))


@pytest.fixture(scope="module")
def official(shared: Path) -> OfficialSchemas:
    """The official schemas."""
    return load_schemas(shared / "data/xsd")


@pytest.fixture(scope="module")
def documents() -> dict[str, bytes]:
    """The metadata of a package."""
    return {**metadata(spec(3)), MODS_PATH: MODS}


def check(official: OfficialSchemas, document: bytes) -> list[Finding]:
    return list(official.check("x.xml", io.BytesIO(document)))


def test_what_we_write_is_valid(official: OfficialSchemas, documents: dict[str, bytes]) -> None:
    for path in (ROOT, PREMIS, MASTER_METS, MASTER_PREMIS, MODS_PATH):
        assert (path, check(official, documents[path])) == (path, [])


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (ROOT, b"<metsHdr", b"<header/><metsHdr"),
        (ROOT, b'csip:OAISPACKAGETYPE="AIP"', b'csip:OAISPACKAGETYPE="BOX"'),
        (MASTER_METS, b'SEQ="2"', b'SEQ="two"'),
        (PREMIS, b'version="3.0"', b'version="9"'),
        (MASTER_PREMIS, b"<size>9</size>", b"<size>nine</size>"),
        (MASTER_PREMIS, b"<mix:imageWidth>4961<", b"<mix:imageWidth>wide<"),
        (MODS_PATH, b"titleInfo", b"title"),
    ],
)
def test_what_is_not_valid_is_named_and_the_next_document_is_not_blamed(
    official: OfficialSchemas, documents: dict[str, bytes], path: str, old: bytes, new: bytes
) -> None:
    assert old in documents[path]
    (found,) = check(official, documents[path].replace(old, new))
    assert (found.code, found.path) == (Code.OFFICIAL_SCHEMA, "x.xml")
    assert str(found.seen).startswith("Element '")
    assert check(official, documents[path]) == []


def test_documents_in_other_namespaces_are_not_judged(official: OfficialSchemas) -> None:
    assert check(official, b'<a xmlns="urn:of-nobody"><b/></a>') == []


@pytest.mark.parametrize("document", [BOMB, EXTERNAL, b"", b"<a>", b"\xff\xfe<"])
def test_hostile_xml_is_refused(official: OfficialSchemas, document: bytes) -> None:
    with pytest.raises(UnsafeXMLError):
        check(official, document)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"catalog\.xml"):
        load_schemas(tmp_path)


def test_a_folder_without_premis_is_refused(xsd: Path) -> None:
    text = (xsd / "catalog.xml").read_text("utf-8")
    kept = [line for line in text.splitlines() if 'uri="premis-3.0.xsd"' not in line]
    (xsd / "catalog.xml").write_text("\n".join(kept), "utf-8")
    with pytest.raises(ConfigError, match=r"premis/v3"):
        load_schemas(xsd)


def test_no_schema_comes_from_the_network(xsd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_arguments: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", never)
    text = (xsd / "catalog.xml").read_text("utf-8")
    kept = [line for line in text.splitlines() if 'uri="xlink-loc.xsd"' not in line]
    (xsd / "catalog.xml").write_text("\n".join(kept), "utf-8")
    with pytest.raises(ConfigError, match=r"cannot be used: .*http.*xlink\.xsd"):
        load_schemas(xsd)


@pytest.mark.parametrize("outside", ["../secret.xsd", "/etc/hostname", "link.xsd"])
def test_no_schema_comes_from_outside_the_folder(xsd: Path, outside: str) -> None:
    (xsd.parent / "secret.xsd").write_bytes((xsd / "xlink-loc.xsd").read_bytes())
    (xsd / "link.xsd").symlink_to("../secret.xsd")
    text = (xsd / "catalog.xml").read_text("utf-8")
    (xsd / "catalog.xml").write_text(text.replace("xlink-loc.xsd", outside), "utf-8")
    with pytest.raises(ConfigError, match="outside"):
        load_schemas(xsd)


def test_a_schema_may_not_include_a_file_outside(xsd: Path) -> None:
    (xsd.parent / "secret.xsd").write_bytes((xsd / "xlink-loc.xsd").read_bytes())
    mets = (xsd / "mets-1.12.1.xsd").read_text("utf-8")
    changed = mets.replace("http://www.loc.gov/standards/xlink/xlink.xsd", "../secret.xsd")
    assert changed != mets
    (xsd / "mets-1.12.1.xsd").write_text(changed, "utf-8")
    with pytest.raises(ConfigError, match=r"cannot be used: .*secret\.xsd"):
        load_schemas(xsd)


def test_a_package_is_checked_against_the_folder_that_was_named(
    shared: Path, tmp_path: Path
) -> None:
    record = make_book(tmp_path / "book")
    (tmp_path / config.NAME).write_text(config.TEMPLATE, encoding="utf-8")
    institution = config.load(tmp_path / config.NAME).institution
    package_bag(tmp_path / "book", record, institution, tmp_path / "bags", person="ivanova")
    bag = tmp_path / "bags" / "aonb-kp-7"
    options = BagOptions(xsd=shared / "data/xsd")
    (report,) = validate(bag, options=options)
    assert (report.outcome, report.findings) == (Outcome.PASS, [])
    mods = bag / FOLDER / "metadata/descriptive/mods.xml"
    mods.write_text(mods.read_text("utf-8").replace("titleInfo", "title"), "utf-8")
    seal(bag)
    (report,) = validate(bag, options=options)
    found = {(one.code.value, one.path) for one in report.findings}
    assert ("E435", f"{FOLDER}/metadata/descriptive/mods.xml") in found
    assert report.outcome is Outcome.FAIL


@pytest.mark.parametrize("configured", [True, False])
def test_stored_packages_are_checked_against_the_folder(
    xsd: Path, tmp_path: Path, configured: bool
) -> None:
    premis = (xsd / "premis-3.0.xsd").read_text("utf-8")
    changed = premis.replace('enumeration value="3.0"', 'enumeration value="3.9"')
    assert changed != premis
    (xsd / "premis-3.0.xsd").write_text(changed, "utf-8")
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
        (sound,) = validate_stored(archive, PACKAGE)
        assert (sound.outcome, sound.findings) == (Outcome.PASS, [])
    if configured:
        with (tmp_path / "archive" / config.NAME).open("a", encoding="utf-8") as file:
            file.write(f'[schemas]\nxsd = "{xsd}"\n')
    with an_archive(tmp_path / "archive") as archive:
        (report,) = validate_stored(archive, PACKAGE, xsd=None if configured else xsd)
    documents = ("metadata", *(f"representations/{one}/metadata" for one in ("master", "text")))
    assert {(one.code.value, one.path) for one in report.findings} == {
        ("E435", f"v1: {FOLDER}/{one}/preservation/premis.xml") for one in documents
    }


def test_the_configuration_names_the_folder_beside_it(tmp_path: Path) -> None:
    text = config.TEMPLATE.replace("# [schemas]\n# xsd", "[schemas]\nxsd")
    (tmp_path / config.NAME).write_text(text, encoding="utf-8")
    assert config.load(tmp_path / config.NAME).xsd == tmp_path / "xsd"
