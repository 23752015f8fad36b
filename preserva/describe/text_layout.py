"""Where the text is on a page: ALTO 2 to 4, hOCR, PAGE XML; plain text has no places.

Sources: ALTO 4 (String: HPOS, VPOS, WIDTH, HEIGHT); hOCR 1.2 (bbox); PAGE 2019-07-15 (Coords).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from preserva.core.book.placed_text import PlacedText
from preserva.core.xml.safe import UnsafeXMLError, parse
from preserva.describe.mods.xml_text import plain
from preserva.describe.page_text import page_text

_BOX = re.compile(r"\bbbox\s+(-?[0-9]+)\s+(-?[0-9]+)\s+(-?[0-9]+)\s+(-?[0-9]+)")
_WORDS = frozenset({"ocrx_word", "ocr_word"})
_LINES = frozenset({"ocr_line", "ocrx_line", "ocr_textfloat", "ocr_header", "ocr_caption"})
_Box = tuple[float, float, float, float]  # left, top, right, bottom


def placed_text(data: bytes) -> list[PlacedText]:
    """The words of a page with their positions; lines if words have none.

    Of text without places, each line is put below the one before, over the whole width: it can be
    found, though not in its position. Nothing raises because of the content.
    """
    placed: list[PlacedText] = []
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        try:
            root = parse(data)
        except UnsafeXMLError:
            return []
        readers = {"alto": _alto, "PcGts": _page}
        read = readers.get(etree.QName(root).localname, _hocr)
        placed = [word for word in read(root) if word.text]
    return placed or _unplaced(page_text(data))


def _unplaced(text: str) -> list[PlacedText]:
    lines = [line for line in text.splitlines() if line]
    height = 1 / max(len(lines), 40)
    return [PlacedText(line, 0, i * height, 1, height) for i, line in enumerate(lines)]


def _placed(text: str | None, box: _Box | None, page: _Box | None) -> Iterator[PlacedText]:
    """A word, if its box lies on the page."""
    if text is None or box is None or page is None:
        return
    width, height = page[2] - page[0], page[3] - page[1]
    if width <= 0 or height <= 0:
        return
    left, right = ((x - page[0]) / width for x in (box[0], box[2]))
    top, bottom = ((y - page[1]) / height for y in (box[1], box[3]))
    if 0 <= left < right <= 1.01 and 0 <= top < bottom <= 1.01:
        yield PlacedText(plain(text), left, top, right - left, bottom - top)


def _number(element: etree._Element, name: str) -> float | None:
    try:
        return float(element.get(name) or "")
    except ValueError:
        return None


def _alto(root: etree._Element) -> Iterator[PlacedText]:
    for page in root.iter("{*}Page"):
        width, height = _number(page, "WIDTH"), _number(page, "HEIGHT")
        if width is None or height is None:
            continue
        for string in page.iter("{*}String"):
            x, y, w, h = (_number(string, name) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
            if x is not None and y is not None and w is not None and h is not None:
                content = string.get("CONTENT")
                yield from _placed(content, (x, y, x + w, y + h), (0, 0, width, height))
        return  # a file is of one page


def _hocr(root: etree._Element) -> Iterator[PlacedText]:
    marked = [
        (element, set(str(element.get("class", "")).split()))
        for element in root.iter()
        if isinstance(element.tag, str)
    ]
    page = next((_box(element) for element, names in marked if "ocr_page" in names), None)
    for kinds in (_WORDS, _LINES):
        words = [element for element, names in marked if names & kinds]
        for element in words:
            yield from _placed("".join(map(str, element.itertext())), _box(element), page)
        if words:
            return


def _box(element: etree._Element) -> _Box | None:
    match = _BOX.search(str(element.get("title", "")))
    if match is None:
        return None
    left, top, right, bottom = (float(number) for number in match.groups())
    return left, top, right, bottom


def _page(root: etree._Element) -> Iterator[PlacedText]:
    for page in root.iter("{*}Page"):
        width, height = _number(page, "imageWidth"), _number(page, "imageHeight")
        if width is None or height is None:
            continue
        name = "Word" if next(page.iter("{*}Word"), None) is not None else "TextLine"
        for element in page.iter(f"{{*}}{name}"):
            text = element.findtext("{*}TextEquiv/{*}Unicode")
            yield from _placed(text, _outline(element), (0, 0, width, height))
        return


def _outline(element: etree._Element) -> _Box | None:
    coordinates = element.find("{*}Coords")
    points = "" if coordinates is None else str(coordinates.get("points", ""))
    pairs = [pair.partition(",")[::2] for pair in points.split()]
    try:
        across, down = [float(x) for x, _y in pairs], [float(y) for _x, y in pairs]
    except ValueError:
        return None
    return (min(across), min(down), max(across), max(down)) if pairs else None
