"""Formats are told from first bytes; names only contradict."""

from __future__ import annotations

import pytest

from preserva.describe.characterization.identify import EMPTY, UNIDENTIFIED, FileFormat, identify
from tests.conftest import ROOT
from tests.support.marc_records import RARE_BOOK, iso2709


def _png(*chunks: bytes) -> bytes:
    body = b"".join(bytes(4) + chunk + bytes(4) for chunk in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def _jpeg2000(brand: bytes) -> bytes:
    return b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftyp" + brand + bytes(12)


def _exif(version: bytes, order: bytes = b"II") -> bytes:
    tag = (
        b"\x00\x90\x07\x00\x04\x00\x00\x00"
        if order == b"II"
        else b"\x90\x00\x00\x07\x00\x00\x00\x04"
    )
    data = b"Exif\0\0" + order + bytes(20) + tag + version
    return b"\xff\xd8\xff\xe1" + (len(data) + 2).to_bytes(2, "big") + data


def _xml(root: str, namespace: str, extra: str = "") -> bytes:
    return f'<?xml version="1.0"?>\n<x:{root} xmlns:x="{namespace}" {extra}/>'.encode()


MODS = "http://www.loc.gov/mods/v3"
ALTO = "http://www.loc.gov/standards/alto/ns-v"
PAGE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
XHTML = (
    b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "x">'
    b'<html xmlns="http://www.w3.org/1999/xhtml"><body>'
)

CASES: dict[str, tuple[bytes, str, str, str | None, str | None]] = {
    "tiff": (b"II*\0\x08\0\0\0", "TIFF", "image/tiff", "fmt/353", None),
    "tiff, big-endian": (b"MM\0*\0\0\0\x08", "TIFF", "image/tiff", "fmt/353", None),
    "bigtiff": (b"II+\0\x08\0\0\0\x10", "BigTIFF", "image/tiff", "fmt/1917", None),
    "jfif": (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0", "JPEG/JFIF", "image/jpeg", "fmt/43", "1.01"),
    "jpeg": (b"\xff\xd8\xff\xdb\0\x43", "JPEG", "image/jpeg", "fmt/41", None),
    "exif 2.1": (_exif(b"0210", b"MM"), "JPEG/Exif", "image/jpeg", "x-fmt/390", "2.1"),
    "exif 2.21": (_exif(b"0221"), "JPEG/Exif", "image/jpeg", "fmt/645", "2.21"),
    "exif 2.32": (_exif(b"0232"), "JPEG/Exif", "image/jpeg", "fmt/1507", "2.32"),
    "exif 2.99": (_exif(b"0299"), "JPEG/Exif", "image/jpeg", None, "2.99"),
    "jp2": (_jpeg2000(b"jp2 "), "JPEG 2000 (JP2)", "image/jp2", "x-fmt/392", None),
    "jpx": (_jpeg2000(b"jpx "), "JPEG 2000 (JPX)", "image/jpx", "fmt/151", None),
    "jph": (
        _jpeg2000(b"jph "),
        "High-throughput JPEG 2000 (JPH)",
        "image/jph",
        "fmt/1964",
        None,
    ),
    "png 1.0": (_png(b"IHDR", b"IDAT"), "PNG", "image/png", "fmt/11", "1.0"),
    "png 1.1": (_png(b"IHDR", b"iCCP"), "PNG", "image/png", "fmt/12", "1.1"),
    "png 1.2": (_png(b"IHDR", b"iCCP", b"iTXt"), "PNG", "image/png", "fmt/13", "1.2"),
    "bmp": (b"BM" + bytes(12) + b"\x28\0\0\0", "Windows Bitmap", "image/bmp", "fmt/116", "3.0"),
    "bmp of a camera": (
        b"BM" + bytes(12) + b"\x7c\0\0\0",
        "Windows Bitmap",
        "image/bmp",
        "fmt/119",
        "5.0",
    ),
    "no bmp": (b"BM, a book", "plain text, US-ASCII", "text/plain", "x-fmt/111", None),
    "gif": (b"GIF89a\1\0", "GIF", "image/gif", "fmt/4", "89a"),
    "webp": (b"RIFF\0\0\0\0WEBPVP8L", "WebP", "image/webp", "fmt/567", None),
    "djvu": (b"AT&TFORM\0\0\0\0DJVM", "DjVu", "image/vnd.djvu", "fmt/255", None),
    "pdf": (b"%PDF-1.7\n", "PDF", "application/pdf", "fmt/276", "1.7"),
    "pdf of the future": (b"%PDF-3.0\n", "PDF", "application/pdf", None, "3.0"),
    "zip": (b"PK\3\4" + bytes(30), "ZIP", "application/zip", "x-fmt/263", None),
    "gzip": (b"\x1f\x8b\x08\0", "gzip", "application/gzip", "x-fmt/266", None),
    "tar": (bytes(257) + b"ustar\x0000", "tar", "application/x-tar", "x-fmt/265", None),
    "mets": (
        _xml("mets", "http://www.loc.gov/METS/"),
        "METS",
        "application/mets+xml",
        "fmt/101",
        "1",
    ),
    "mods": (
        _xml("mods", MODS, 'version="3.8"'),
        "MODS",
        "application/mods+xml",
        "fmt/101",
        "3.8",
    ),
    "alto 2": (_xml("alto", ALTO + "2#"), "ALTO", "application/xml", "fmt/101", "2"),
    "alto 3": (_xml("alto", ALTO + "3#"), "ALTO", "application/xml", "fmt/101", "3"),
    "alto 4": (
        _xml("alto", ALTO + "4#", 'SCHEMAVERSION="4.4"'),
        "ALTO",
        "application/xml",
        "fmt/101",
        "4.4",
    ),
    "page": (_xml("PcGts", PAGE), "PAGE", "application/xml", "fmt/101", "2019-07-15"),
    "marcxml": (
        _xml("record", "http://www.loc.gov/MARC21/slim"),
        "MARCXML",
        "application/marcxml+xml",
        "fmt/101",
        None,
    ),
    "marcxchange": (
        _xml("record", "info:lc/xmlns/marcxchange-v2"),
        "MarcXchange",
        "application/xml",
        "fmt/101",
        "2",
    ),
    "tei": (
        _xml("TEI", "http://www.tei-c.org/ns/1.0"),
        "TEI",
        "application/tei+xml",
        "fmt/101",
        "P5",
    ),
    "xml": (b'<?xml version="1.0"?><a/>', "XML", "application/xml", "fmt/101", None),
    "xml without declaration": (b"<a/>", "XML", "application/xml", None, None),
    "html": (b"<!DOCTYPE html>\n<html>", "HTML", "text/html", "fmt/471", "5"),
    "xhtml": (XHTML, "XHTML", "application/xhtml+xml", "fmt/102", "1.0"),
    "hocr": (
        XHTML + b"<div class='ocr_page'>",
        "hOCR",
        "text/vnd.hocr+html",
        "fmt/102",
        None,
    ),
    "utf-8": ("Кніга".encode(), "plain text, UTF-8", "text/plain", "x-fmt/111", None),
    "utf-8, cut": ("Кніга".encode()[:-1], "plain text, UTF-8", "text/plain", "x-fmt/111", None),
    "utf-16": ("Книга".encode("utf-16"), "plain text, UTF-16", "text/plain", "x-fmt/111", None),
    "cp1251": (
        "Описание города".encode("cp1251"),
        "plain text, windows-1251",
        "text/plain",
        "x-fmt/111",
        None,
    ),
    "ascii": (b"Book\n", "plain text, US-ASCII", "text/plain", "x-fmt/111", None),
    "marc": (iso2709(RARE_BOOK), "ISO 2709", "application/marc", None, None),
    "unknown": (b"\0\1\2\3", "unidentified", "application/octet-stream", None, None),
}


@pytest.mark.parametrize("name", CASES)
def test_the_content_decides(name: str) -> None:
    head, format_name, mime, puid, version = CASES[name]
    assert identify(head, "file", len(head)) == FileFormat(format_name, mime, puid, version)


def test_every_format_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "reference" / "formats.md").read_text("utf-8")
    unheard_of = {"exif 2.99", "pdf of the future"}
    rows = {
        f"| {format_name} | {mime} | {puid or ''} |"
        for name, (_head, format_name, mime, puid, _version) in CASES.items()
        if name not in unheard_of
    }
    assert sorted(row for row in rows if row not in page) == []


@pytest.mark.parametrize(
    ("name", "contradicts"),
    [
        ("0001.tif", False),
        ("0001.TIFF", False),
        ("0001", False),
        ("0001.unknown", False),
        ("tif", False),
        ("0001.jpg", True),
        ("0001.txt", True),
    ],
)
def test_a_name_can_contradict_but_not_decide(name: str, contradicts: bool) -> None:
    found = identify(b"II*\0\x08\0\0\0", name, 8)
    assert (found.name, found.puid) == ("TIFF", "fmt/353")
    assert (found.note is not None) == contradicts
    if found.note is not None:
        assert (found.note.code.value, found.note.path, found.note.seen) == ("W821", name, "TIFF")


def test_nothing_is_not_something() -> None:
    assert identify(b"", "page", 0) == EMPTY
    assert identify(b"\0" * 100, "page.bin", 100) == UNIDENTIFIED
    found = identify(b"", "page.tif", 0)
    assert found.note is not None
    assert found.note.expected == ".tif"


def test_markup_without_end_is_read_to_the_end_of_the_head() -> None:
    comments = b"<!-- a -->" * 6000
    assert identify(comments + b"<a/>", "a", 60_004).name == "XML"
    assert identify(b"<!--" * 16000, "a", 64_000).name == "plain text, US-ASCII"
    assert identify(b"\n" * 65536, "a", 65536).name == "plain text, US-ASCII"
