"""The specimen book: a small bilingual almanac that preserva draws itself, for its demonstration.

Its pages, words and catalogue record are part of preserva, so that the whole way of a book can be
shown on a new machine without any other file and without a network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from preserva.core.xml.write import XmlWriter, document
from preserva.describe.catalogue_record import Dialect, Field, Record, Subfield, Syntax
from preserva.describe.marc.iso2709_write import iso2709
from preserva.errors import Refused
from preserva.files.disk import writing
from preserva.i18n import _
from preserva.specimen.page import HEIGHT, WIDTH, Line, Word, print_page
from preserva.specimen.text import LEAVES, TextBlock

PAGES = range(1, len(LEAVES) + 1)
"""The numbers of all pages."""

_ALTO = "http://www.loc.gov/standards/alto/ns-v4#"


def draw_book(folder: Path, pages: Sequence[int] = PAGES) -> Path:
    """Write the book into a new folder and its record beside it; returns the record's path.

    `pages` are the numbers of those that are wanted; all by default.

    The folder is divided into master (TIFF), access (PNG) and text (ALTO 4.4), a file of the same
    name for each page; the record is `record.mrc`, RUSMARC in ISO 2709 and UTF-8. The same bytes
    each time, with the same Pillow. Raises Refused where the folder holds something or the record
    is already there, StorageError where something cannot be written.
    """
    record = folder.parent / "record.mrc"
    with writing(folder):
        if record.exists():
            raise Refused(_("{path} exists already; it was not touched").format(path=record))
        if folder.exists() and any(folder.iterdir()):
            raise Refused(
                _("{folder}: the specimen book needs a new folder").format(folder=folder),
                hint=_("Nothing was changed. Name a folder that does not exist yet."),
            )
        for name in ("master", "access", "text"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for number in pages:
            leaf = LEAVES[number - 1]
            image, blocks = print_page(leaf, number)
            image.save(folder / "master" / f"{leaf.name}.tif", dpi=(300, 300))
            image.save(folder / "access" / f"{leaf.name}.png", dpi=(300, 300), compress_level=3)
            text = zip(leaf.blocks, blocks, strict=True)
            _write_alto(folder / "text" / f"{leaf.name}.xml", number, text)
        record.write_bytes(catalogue_record(len(pages)))
    return record


def _write_alto(path: Path, number: int, text: Iterable[tuple[TextBlock, list[Line]]]) -> None:
    """The page's words with their boxes: ALTO 4.4, in pixels."""
    size = {"WIDTH": str(WIDTH), "HEIGHT": str(HEIGHT)}
    with (
        path.open("xb") as stream,
        document(stream, "alto", {None: _ALTO}, {"SCHEMAVERSION": "4.4"}) as xml,
    ):
        with xml.element("Description"):
            xml.leaf("MeasurementUnit", "pixel")
            with xml.element("sourceImageInformation"):
                xml.leaf("fileName", f"{path.stem}.tif")
        with (
            xml.element("Layout"),
            xml.element("Page", {"ID": "page", "PHYSICAL_IMG_NR": str(number), **size}),
            xml.element("PrintSpace", {"HPOS": "0", "VPOS": "0", **size}),
        ):
            for index, (block, lines) in enumerate(text, 1):
                box = _box(word for line in lines for word in line)
                attributes = {"ID": f"block{index}", **box, "LANG": block.language}
                with xml.element("TextBlock", attributes):
                    for line in lines:
                        _write_line(xml, line)


def _write_line(xml: XmlWriter, line: Line) -> None:
    with xml.element("TextLine", _box(line)):
        for index, word in enumerate(line):
            if index:
                xml.leaf("SP")
            xml.leaf("String", attributes={**_box([word]), "CONTENT": word.text})


def _box(words: Iterable[Word]) -> dict[str, str]:
    """The attributes of the smallest box that holds the words."""
    lefts, tops, rights, bottoms = zip(*(word.box for word in words), strict=True)
    left, top = min(lefts), min(tops)
    places = {"HPOS": left, "VPOS": top, "WIDTH": max(rights) - left, "HEIGHT": max(bottoms) - top}
    return {name: str(pixels) for name, pixels in places.items()}


def catalogue_record(pages: int = len(PAGES)) -> bytes:
    """The book's RUSMARC record: ISO 2709, UTF-8 (100$a says 50, leader/9 is blank)."""
    title = "Календарь хранителя на лѣто 1917-е, или Малая книжица о береженіи книгъ"
    modern = "Календарь хранителя на лето 1917-е, или Малая книжица о бережении книг"
    holder = "Амурская областная научная библиотека имени Н. Н. Муравьева-Амурского"
    fields = (
        Field("001", value="preserva-specimen-1"),
        Field("005", value="20261123000000.0"),
        _field("100", "  ", "a20261123d1917    m  y0rusy50      ca"),
        _field("101", "0 ", "arus", "abel"),
        _field("102", "  ", "aRU"),
        _field("200", "1 ", f"a{title}", "dКаляндар захавальніка", "f[сочинила программа]"),
        _field("210", "  ", "aБлаговѣщенскъ ; Мінскъ", "c[б. и.]", "d1917"),
        _field("215", "  ", f"a{pages} с.", "cил., цв. ил.", "d7 см"),
        _field("300", "  ", "aВымышленная книга для показа программы preserva"),
        _field("316", "  ", "aСледов чтения нет; мышами не тронута", "5АОНБ : КП-000001"),
        _field("510", "1 ", "aКаляндар захавальніка", "zbel"),
        _field("518", "1 ", f"a{modern}"),
        _field("606", "0 ", "aКниги", "xХранение", "jКалендари"),
        _field("700", " 1", "aХранительевъ", "bѲ. И.", "gѲедоръ Ипполитовичъ"),
        _field("801", " 0", "aRU", "bpreserva", "c20261123", "gRCR"),
        _field("899", "  ", f"a{holder}", "jКП-000001"),
    )
    leader = "     nam0 22        450 "
    record = Record("", 1, Syntax.ISO2709, Dialect.RUSMARC, "UTF-8", leader, fields, b"")
    data = iso2709(record)
    assert data is not None  # a short MARC record can always be written
    return data


def _field(tag: str, indicators: str, *subfields: str) -> Field:
    """A data field; each subfield is its code and its value in one."""
    return Field(tag, indicators, tuple(Subfield(text[0], text[1:]) for text in subfields))
