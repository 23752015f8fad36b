"""The format of a file of text: XML by its namespace, HTML, records of a catalogue, plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from preserva.core.xml.safe import UnsafeXMLError, iterparse
from preserva.describe import xml_record
from preserva.describe.characterization.format import FileFormat
from preserva.describe.marc import iso2709
from preserva.describe.marc.charset import UNKNOWN, decide_text

_XML = "fmt/101"
_FEED = 1024
_BOMS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_BINARY = frozenset(range(0x20)) - frozenset(b"\t\n\r\f\x1b")

_NAMESPACES: Mapping[str, FileFormat] = {
    "http://www.loc.gov/METS/": FileFormat("METS", "application/mets+xml", _XML, "1"),
    "http://www.loc.gov/METS/v2": FileFormat("METS", "application/mets+xml", _XML, "2"),
    "http://www.loc.gov/mods/v3": FileFormat("MODS", "application/mods+xml", _XML, "3"),
    "http://www.loc.gov/MARC21/slim": FileFormat("MARCXML", "application/marcxml+xml", _XML),
    "info:lc/xmlns/marcxchange-v1": FileFormat("MarcXchange", "application/xml", _XML, "1"),
    "info:lc/xmlns/marcxchange-v2": FileFormat("MarcXchange", "application/xml", _XML, "2"),
    "http://www.loc.gov/premis/v3": FileFormat("PREMIS", "application/xml", _XML, "3"),
    "http://www.openarchives.org/OAI/2.0/oai_dc/": FileFormat(
        "Dublin Core", "application/xml", _XML
    ),
    "http://www.loc.gov/standards/alto/ns-v2#": FileFormat("ALTO", "application/xml", _XML, "2"),
    "http://www.loc.gov/standards/alto/ns-v3#": FileFormat("ALTO", "application/xml", _XML, "3"),
    "http://www.loc.gov/standards/alto/ns-v4#": FileFormat("ALTO", "application/xml", _XML, "4"),
    "http://www.tei-c.org/ns/1.0": FileFormat("TEI", "application/tei+xml", _XML, "P5"),
    "http://www.w3.org/2001/XMLSchema": FileFormat("XML Schema", "application/xml", "x-fmt/280"),
    "http://www.w3.org/1999/xhtml": FileFormat("XHTML", "application/xhtml+xml"),
}
_PAGE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/"

_HTML = re.compile(r"<!doctype\s+html([^>]*)>|<html[\s>]", re.IGNORECASE)
_SPACE = re.compile("[\ufeff\xef\xbb\xbf\\s]+")
_CLOSING = {"<?": "?>", "<!--": "-->"}
_HOCR = re.compile(r"ocr_page|name=['\"]ocr-system", re.IGNORECASE)
_DOCTYPES = (
    ("XHTML 1.0", "fmt/102", "1.0"),
    ("XHTML 1.1", "fmt/103", "1.1"),
    ("HTML 4.01", "fmt/100", "4.01"),
    ("HTML 4.0", "fmt/99", "4.0"),
)


def by_text(head: bytes) -> FileFormat | None:
    """The format, or None where the bytes are no text."""
    if iso2709.looks_like(head):
        return FileFormat("ISO 2709", "application/marc")
    text = _decoded(head)
    html = _HTML.match(text, _first_tag(text))
    if html:
        return _html(text, html)
    if xml_record.looks_like(head):
        format_ = _xml(head)
        if format_ is not None:
            return format_
    return _plain(head)


def _decoded(head: bytes) -> str:
    """The text decoded by its byte order mark: enough to see the tags at its beginning."""
    codec = next((codec for bom, codec in _BOMS.items() if head.startswith(bom)), "latin-1")
    return head.decode(codec, "replace")


def _first_tag(text: str) -> int:
    """Where the first tag begins, after the XML declaration and comments. Linear in the text."""
    at = 0
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        opening = next((mark for mark in _CLOSING if text.startswith(mark, at)), None)
        if opening is None:
            return at
        end = text.find(_CLOSING[opening], at)
        if end < 0:
            return at
        at = end + len(_CLOSING[opening])


def _html(text: str, match: re.Match[str]) -> FileFormat:
    doctype = (match[1] or "").strip()
    xhtml = "XHTML" in doctype or 'xmlns="http://www.w3.org/1999/xhtml"' in text[:4096]
    puid: str | None
    puid, version = next(
        ((puid, version) for mark, puid, version in _DOCTYPES if mark in doctype),
        ("fmt/471", "5") if match[1] is not None and not doctype else ("fmt/96", None),
    )
    if _HOCR.search(text):
        return FileFormat("hOCR", "text/vnd.hocr+html", puid)
    name, mime = ("XHTML", "application/xhtml+xml") if xhtml else ("HTML", "text/html")
    return FileFormat(name, mime, puid, version)


def _xml(head: bytes) -> FileFormat | None:
    """By the name of the first element; XML alone where no namespace is known."""
    pieces = (head[at : at + _FEED] for at in range(0, len(head), _FEED))
    declared = head.lstrip(b"\xef\xbb\xbf").startswith(b"<?xml")
    try:
        _event, root = next(iterparse(pieces, events=("start",)))
    except UnsafeXMLError:
        return FileFormat("XML", "application/xml", _XML) if declared else None
    name = etree.QName(root)
    namespace = name.namespace or ""
    if namespace.startswith(_PAGE):
        version = namespace.removeprefix(_PAGE)
        return FileFormat("PAGE", "application/xml", _XML, version)
    format_ = _NAMESPACES.get(namespace)
    if format_ is not None:
        stated = root.get("version") or root.get("SCHEMAVERSION")
        detailed = (
            stated if format_.name in ("MODS", "ALTO", "PREMIS") and stated else format_.version
        )
        puid = format_.puid if declared or format_.puid != _XML else None
        return FileFormat(format_.name, format_.mime, puid, detailed)
    return FileFormat("XML", "application/xml", _XML if declared else None)


def _plain(head: bytes) -> FileFormat | None:
    """Plain text with its character set, where one can be told; None for binary data."""
    for bom, codec in _BOMS.items():
        if head.startswith(bom):
            return _text(codec.removesuffix("-sig").upper())
    if not head or any(byte in _BINARY for byte in head):
        return None
    if head.isascii():
        return _text("US-ASCII")
    # the last character may be cut off where the head ends
    for end in range(len(head), max(len(head) - 4, 0), -1):
        try:
            head[:end].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return _text("UTF-8")
    return _text(_legacy(head))


def _legacy(head: bytes) -> str | None:
    name = decide_text(head, "").name
    return None if name == UNKNOWN else name


def _text(charset: str | None) -> FileFormat:
    name = "plain text" if charset is None else f"plain text, {charset}"
    return FileFormat(name, "text/plain", "x-fmt/111")
