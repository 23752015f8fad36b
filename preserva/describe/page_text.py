"""The text of a page for readers, from recognition or from a transcription.

ALTO 2 to 4, PAGE XML, hOCR and TEI as XML, and plain text. Its layout is left out, except for the
lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from preserva.core.xml.safe import UnsafeXMLError, parse
from preserva.describe.mods.xml_text import clean

_BLOCKS = frozenset({"p", "div", "l", "lb", "br", "ab", "head", "li", "tr", "h1", "h2", "h3", "h4"})
_LINES = frozenset({"ocr_line", "ocrx_line"})


def page_text(data: bytes) -> str:
    """The text; empty if there is none, or the format is not known."""
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _tidy(data.decode("utf-8-sig", "replace"))
    try:
        root = parse(data)
    except UnsafeXMLError:
        return ""
    name = etree.QName(root).localname
    if name == "alto":
        return _tidy("\n".join(_alto(root)))
    if name == "PcGts":
        return _tidy("\n".join(_page(root)))
    return _tidy("".join(_running(root)))


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _alto(root: etree._Element) -> Iterator[str]:
    """Lines; an empty one between blocks. ALTO keeps each word in String/@CONTENT."""
    for block in root.iter("{*}TextBlock"):
        for line in block.iter("{*}TextLine"):
            yield " ".join(str(string.get("CONTENT", "")) for string in line.iter("{*}String"))
        yield ""


def _page(root: etree._Element) -> Iterator[str]:
    """Lines, or whole regions where lines are not distinguished (PAGE: TextEquiv/Unicode)."""
    for region in root.iter("{*}TextRegion"):
        lines = list(region.iterchildren("{*}TextLine")) or [region]
        for line in lines:
            equivalent = next(line.iterchildren("{*}TextEquiv"), None)
            unicode = None if equivalent is None else equivalent.find("{*}Unicode")
            yield (unicode.text or "") if unicode is not None else ""
        yield ""


def _running(root: etree._Element) -> Iterator[str]:
    """The text of a document in which blocks begin lines."""
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = _local(element).lower()
        hidden = name in ("head", "script", "style", "teiheader") and name != _local(element)
        breaks = name in _BLOCKS or _LINES & set(str(element.get("class", "")).split())
        if event == "start":
            if not hidden and name not in ("script", "style", "title", "meta"):
                yield " ".join((element.text or "").split("\n"))
        else:
            yield "\n" if breaks else ""
            yield " ".join((element.tail or "").split("\n"))


def _tidy(text: str) -> str:
    """Without blanks at the ends, and never more than one empty line."""
    lines: list[str] = []
    for raw in clean(text).splitlines():
        line = " ".join(raw.split())
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip()
