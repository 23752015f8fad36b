"""DROID's signatures are asked second: they refine, and never make it worse."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image as Pillow

from preserva.core.eark.premis_read import read_events
from preserva.core.eark.vocabulary import EventType
from preserva.describe.characterization import pronom
from preserva.describe.characterization.identify import UNIDENTIFIED, FileFormat, identify
from preserva.ingest.package import package_bag
from tests.conftest import require
from tests.support.books import an_archive, make_book
from tests.support.images import samples

METS = b'<?xml version="1.0"?>\n<mets xmlns="http://www.loc.gov/METS/"/>'
WORD = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


@pytest.fixture(autouse=True)
def _installed() -> None:
    require(pronom.is_installed(), "pygfried is not installed")


@pytest.fixture
def without() -> Iterator[None]:
    """As on a machine that has not the extra `formats`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pronom, "is_installed", lambda: False)
        yield


def docx() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", WORD)
        archive.writestr("word/document.xml", "<w/>")
    return stream.getvalue()


def bigtiff() -> bytes:
    """The head of a BigTIFF that has no image yet."""
    return b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" + struct.pack("<Q", 0) + bytes(64)


def refined(tmp_path: Path, name: str, data: bytes) -> FileFormat:
    path = tmp_path / name
    path.write_bytes(data)
    return pronom.refined(identify(data[:65536], name, len(data)), path)


def test_a_container_is_looked_into(tmp_path: Path) -> None:
    found = refined(tmp_path, "опись.docx", docx())
    assert (found.puid, found.mime) == (
        "fmt/412",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    )


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.xml", METS, FileFormat("METS", "application/mets+xml", "fmt/101", "1")),
        ("a.tif", bigtiff(), FileFormat("BigTIFF", "image/tiff", "fmt/1917")),
        ("a.doc", b"\0\1\2\3", UNIDENTIFIED),
        ("a", b"", FileFormat("empty file", "application/octet-stream")),
    ],
)
def test_what_it_knows_no_better_stays(
    tmp_path: Path, name: str, data: bytes, expected: FileFormat
) -> None:
    assert refined(tmp_path, name, data) == expected


@pytest.mark.parametrize("name", sorted(samples()))
def test_images_are_the_same_by_both(tmp_path: Path, name: str) -> None:
    data = samples()[name]
    ours = identify(data, "page", len(data))
    assert refined(tmp_path, "page", data) == ours


@pytest.mark.parametrize("kind", ["TIFF", "JPEG", "PNG", "PDF"])
def test_a_long_file_is_known_by_its_ends(tmp_path: Path, kind: str) -> None:
    import pygfried

    stream = io.BytesIO()
    Pillow.effect_noise((900, 900), 90).save(stream, kind)
    data = stream.getvalue()
    assert len(data) > 300_000
    asked: list[int] = []

    def asking(path: str, *, detailed: Literal[True]) -> object:
        asked.append(Path(path).stat().st_size)
        return plain(path, detailed=detailed)

    plain = pygfried.identify
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pygfried, "identify", asking)
        found = refined(tmp_path, f"page.{kind.lower()}", data)
    assert asked == [131072]
    path = tmp_path / f"page.{kind.lower()}"
    assert found.puid == plain(str(path))


def test_it_is_not_asked_in_a_process_forked_after_it_was_loaded() -> None:
    assert pronom.is_installed()
    child = os.fork()
    if child == 0:
        os._exit(3 if pronom.is_installed() else 7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def _identification(tmp_path: Path, out: str) -> str:
    record = tmp_path / "book.xml"
    if not record.exists():
        make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package_bag(tmp_path / "book", record, archive.config.institution, tmp_path / out)
    premis = next((tmp_path / out).glob("*/data/*/metadata/preservation/premis.xml"))
    events = list(read_events(io.BytesIO(premis.read_bytes())))
    (found,) = [one for one in events if one.type is EventType.FORMAT_IDENTIFICATION]
    return found.detail or ""


def test_premis_says_who_was_asked(tmp_path: Path) -> None:
    assert " and PRONOM by siegfried " in _identification(tmp_path, "out")


def test_without_the_extra_ours_are_named_alone(tmp_path: Path, without: None) -> None:
    assert "PRONOM" not in _identification(tmp_path, "out")
