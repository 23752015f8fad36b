"""The specimen book: a small bilingual almanac that preserva draws itself, for its demonstration.

Its pages, words and catalogue record are made from nothing but this code, so that a new machine
can be shown the whole way of a book without any other file, font, library or network.
"""

from __future__ import annotations

import errno
from pathlib import Path
from xml.sax.saxutils import quoteattr

from preserva.errors import Refused, StorageError, StorageFull
from preserva.i18n import _
from preserva.specimen import page as page
from preserva.specimen.plates import belt, border, bridge, title_ornament
from preserva.specimen.setting import Block, Setter, Word
from preserva.specimen.text import LEAVES, Leaf, Plate

_HOLDER = "Амурская областная научная библиотека имени Н. Н. Муравьева-Амурского"
_COPY = "АОНБ : КП-000001"
_FIELD_END, _RECORD_END, _SUBFIELD = "\x1e", "\x1d", "\x1f"


def draw_book(folder: Path) -> Path:
    """Write the book into a new folder and its record beside it; returns the record's path.

    The folder is divided into master (TIFF), access (PNG) and text (ALTO 4.4), a file of the same
    name for each page; the record is `record.mrc`, RUSMARC in ISO 2709 and UTF-8. The same bytes
    each time (PNG: with the same zlib). Raises Refused where the folder holds something or the
    record is already there, StorageError where something cannot be written.
    """
    record = folder.parent / "record.mrc"
    try:
        if record.exists() or (folder.exists() and any(folder.iterdir())):
            raise Refused(
                _("{folder}: the specimen book needs a new folder").format(folder=folder),
                hint=_("Nothing was changed. Name a folder that does not exist yet."),
            )
        for name in ("master", "access", "text"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for number, leaf in enumerate(LEAVES, 1):
            _write_leaf(folder, leaf, number)
        record.write_bytes(catalogue_record())
    except OSError as error:
        kind = StorageFull if error.errno == errno.ENOSPC else StorageError
        path = str(error.filename or folder)
        message = _("{path}: cannot be written: {reason}")
        raise kind(message.format(path=path, reason=error.strerror), path=path) from error
    return record


def _write_leaf(folder: Path, leaf: Leaf, number: int) -> None:
    coloured = leaf.plate is not None
    sheet, blocks = _print(leaf, number)
    pixels = sheet.colour(number) if coloured else sheet.grey(number)
    files = {
        f"master/{leaf.name}.tif": page.tiff(pixels, colour=coloured),
        f"access/{leaf.name}.png": page.png(pixels, colour=coloured),
        f"text/{leaf.name}.xml": _alto(f"{leaf.name}.tif", blocks, number).encode(),
    }
    for path, content in files.items():
        (folder / path).write_bytes(content)


def _print(leaf: Leaf, number: int) -> tuple[page.Sheet, list[Block]]:
    """The printed sheet and where its words are."""
    sheet = page.Sheet()
    border(sheet, coloured=leaf.plate is not None)
    setter = Setter(sheet, coloured=leaf.plate is not None)
    match leaf.plate:
        case Plate.TITLE:
            title_ornament(sheet)
            setter.skip(70)
        case Plate.BRIDGE:
            bridge(sheet)
        case Plate.BELT:
            belt(sheet)
    for piece in leaf.pieces:
        setter.set(piece)
    if number > 1:
        setter.folio(number)
    return sheet, setter.blocks


def _alto(image: str, blocks: list[Block], number: int) -> str:
    """The page's words with their boxes: ALTO 4.4, in pixels."""
    size = f'WIDTH="{page.WIDTH}" HEIGHT="{page.HEIGHT}"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#" SCHEMAVERSION="4.4">',
        "  <Description>",
        "    <MeasurementUnit>pixel</MeasurementUnit>",
        "    <sourceImageInformation>",
        f"      <fileName>{image}</fileName>",
        "    </sourceImageInformation>",
        "  </Description>",
        "  <Layout>",
        f'    <Page ID="page" PHYSICAL_IMG_NR="{number}" {size}>',
        f'      <PrintSpace HPOS="0" VPOS="0" {size}>',
    ]
    for index, block in enumerate(blocks, 1):
        words = [word for line in block.lines for word in line]
        lines.append(f'        <TextBlock ID="block{index}" {_box(words)} LANG="{block.language}">')
        continued = False
        for line in block.lines:
            lines += _alto_line(line, continued=continued)
            continued = _divided(line[-1])
        lines.append("        </TextBlock>")
    lines += ["      </PrintSpace>", "    </Page>", "  </Layout>", "</alto>", ""]
    return "\n".join(lines)


def _alto_line(line: tuple[Word, ...], *, continued: bool) -> list[str]:
    """One TextLine; `continued` where it begins with the second half of a divided word."""
    lines = [f"          <TextLine {_box(line)}>"]
    for index, word in enumerate(line):
        halves = ""
        text = word.text
        if word.whole is not None:
            part = 2 if continued and index == 0 else 1
            halves = f' SUBS_TYPE="HypPart{part}" SUBS_CONTENT={quoteattr(word.whole)}'
            text = text if part == 2 else text.removesuffix("-")
        if index:
            lines.append("            <SP/>")
        lines.append(f"            <String {_box([word])} CONTENT={quoteattr(text)}{halves}/>")
    if _divided(line[-1]):
        lines.append('            <HYP CONTENT="-"/>')
    return [*lines, "          </TextLine>"]


def _divided(word: Word) -> bool:
    return word.whole is not None and word.text.endswith("-")


def _box(words: list[Word] | tuple[Word, ...]) -> str:
    """The attributes of the smallest box that holds the words."""
    x, y = min(word.x for word in words), min(word.y for word in words)
    width = max(word.x + word.width for word in words) - x
    height = max(word.y + word.height for word in words) - y
    return f'HPOS="{x}" VPOS="{y}" WIDTH="{width}" HEIGHT="{height}"'


def catalogue_record() -> bytes:
    """The book's RUSMARC record: ISO 2709, UTF-8 (100$a says 50, leader/9 is blank)."""
    general = "20261123d1917    m  y0rusy50      ca"
    title = "Календарь хранителя на лѣто 1917-е, или Малая книжица о береженіи книгъ"
    modern = "Календарь хранителя на лето 1917-е, или Малая книжица о бережении книг"
    fields = [
        ("001", "preserva-specimen-1"),
        ("005", "20261123000000.0"),
        ("100", _data("  ", a=general)),
        ("101", _data("0 ", a="rus") + _SUBFIELD + "abel"),
        ("102", _data("  ", a="RU")),
        ("200", _data("1 ", a=title, d="Каляндар захавальніка", f="[сочинила программа]")),
        ("210", _data("  ", a="Благовѣщенскъ ; Мінскъ", c="[б. и.]", d="1917")),
        ("215", _data("  ", a="12 с.", c="ил., цв. ил.", d="7 см")),
        ("300", _data("  ", a="Вымышленная книга для показа программы preserva")),
        ("316", _data("  ", **{"a": "Следов чтения нет; мышами не тронута", "5": _COPY})),
        ("510", _data("1 ", a="Каляндар захавальніка", z="bel")),
        ("518", _data("1 ", a=modern)),
        ("606", _data("0 ", a="Книги", x="Хранение", j="Календари")),
        ("700", _data(" 1", a="Хранительевъ", b="Ѳ. И.", g="Ѳедоръ Ипполитовичъ")),
        ("801", _data(" 0", a="RU", b="preserva", c="20261123", g="RCR")),
        ("899", _data("  ", a=_HOLDER, j="КП-000001")),
    ]
    return _iso2709(fields)


def _data(indicators: str, **subfields: str) -> str:
    return indicators + "".join(_SUBFIELD + code + text for code, text in subfields.items())


def _iso2709(fields: list[tuple[str, str]]) -> bytes:
    """The record's bytes: leader, directory, fields (ISO 2709, with RUSMARC's leader)."""
    directory = ""
    body = b""
    for tag, content in fields:
        data = (content + _FIELD_END).encode()
        directory += f"{tag}{len(data):04}{len(body):05}"
        body += data
    base = 24 + len(directory) + 1
    total = base + len(body) + 1
    leader = f"{total:05}nam0 22{base:05}   450 "
    return (leader + directory + _FIELD_END).encode() + body + _RECORD_END.encode()
