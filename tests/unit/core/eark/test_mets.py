"""METS as a stream: what it refuses, and how it writes names and pages."""

from __future__ import annotations

import io
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from preserva.core.eark.mets import Division, FileEntry, Header, href, write_representation_mets
from preserva.core.values.model import Observed

HEADER = Header("master", "2026-11-23T08:00:00Z", "0.1.0", "Библиотека")
NAMES = {"m": "http://www.loc.gov/METS/", "x": "http://www.w3.org/1999/xlink"}


def entry(name: str, page: int | None, label: str | None = None) -> FileEntry:
    file = Observed(f"data/{name}", 1, {"sha512": "0" * 128})
    return FileEntry(f"ID-{name}", file, "image/tiff", page, label)


def written(files: Iterable[FileEntry], structure: Division | None = None) -> etree._Element:
    stream = io.BytesIO()
    write_representation_mets(
        stream, header=HEADER, preservation=(), files=files, structure=structure
    )
    return etree.fromstring(stream.getvalue())


@given(st.binary(min_size=1, max_size=20))
def test_every_name_survives_in_a_reference(raw: bytes) -> None:
    reference = href(raw.decode("utf-8", "surrogateescape"))
    assert unquote_to_bytes(reference) == raw
    assert all(c.isascii() and (c.isalnum() or c in "/-._~%") for c in reference)


def test_files_of_one_page_share_its_division() -> None:
    root = written((entry("1.xml", 1, "12r"), entry("1.txt", 1, "12r"), entry("2.xml", 2)))
    found = [
        (
            page.get("ORDER"),
            page.get("ORDERLABEL"),
            [pointer.get("FILEID") for pointer in page],
        )
        for page in root.iterfind(".//m:div[@TYPE='page']", NAMES)
    ]
    assert found == [("1", "12r", ["ID-1.xml", "ID-1.txt"]), ("2", None, ["ID-2.xml"])]


def test_chapters_link_to_their_pages() -> None:
    inner = Division("section", pages=(2,))
    structure = Division("monograph", "Кніга", (1,), (Division("chapter", parts=(inner,)),))
    root = written((entry("1.tif", 1), entry("2.tif", 2)), structure)
    divisions = [
        (item.get("ID"), item.get("TYPE"), item.get("LABEL"))
        for item in root.iterfind("m:structMap[@TYPE='LOGICAL']//m:div", NAMES)
    ]
    links = [list(item.attrib.values()) for item in root.iterfind(".//m:smLink", NAMES)]
    assert divisions == [
        ("part-1", "monograph", "Кніга"),
        ("part-1.1", "chapter", None),
        ("part-1.1.1", "section", None),
    ]
    assert links == [["part-1", "page-00001"], ["part-1.1.1", "page-00002"]]


def test_a_chapter_on_a_page_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="page 7"):
        written((entry("1.tif", 1),), Division("monograph", pages=(1, 7)))


def test_pages_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="page 1 comes after page 2"):
        written((entry("1.xml", 1), entry("2.xml", 2), entry("1.txt", 1)))
