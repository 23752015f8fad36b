"""A page of the specimen book: paper, inks, and the writers of TIFF and PNG.

A sheet holds one byte for each pixel: the ink's number in the high half, its shade in the low
half. A plane (grey, or one of red, green, blue) is the paper's plane minus what the inks take
away, done for all pixels at once as one subtraction of two long integers: no byte ever borrows
from its neighbour, because paper is always lighter than the darkest ink is strong.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from enum import IntEnum
from functools import cache

from preserva.specimen.font import SHADES, Glyph, Polygon, fill

WIDTH = 560
HEIGHT = 800
DPI = 300

_FIBRE_LEVELS = bytes([0] * 24 + [1] * 60 + [2] * 88 + [3] * 60 + [4] * 20 + [6] * 4)
_PAPER = (232, 221, 194)
_GREY_PAPER = 222


class Ink(IntEnum):
    """What the printer has in his case."""

    BLACK = 0
    RED = 1
    GOLD = 2
    BLUE = 3
    TINT = 4


# What each ink takes from the paper's red, green and blue at full strength.
_TAKES: dict[Ink, tuple[int, int, int]] = {
    Ink.BLACK: (182, 176, 156),
    Ink.RED: (62, 172, 150),
    Ink.GOLD: (42, 70, 138),
    Ink.BLUE: (162, 120, 62),
    Ink.TINT: (48, 36, 26),
}


class Sheet:
    """A blank page to print on; y runs downwards from the upper edge, in pixels."""

    def __init__(self) -> None:
        self._cells = bytearray(WIDTH * HEIGHT)

    def stamp(self, glyph: Glyph, x: int, baseline: int, ink: Ink = Ink.BLACK) -> None:
        """Print a glyph with its left edge at x."""
        pen = _pen(ink)
        for offset, row in enumerate(glyph.rows, baseline - glyph.rise):
            start = offset * WIDTH + x
            self._cells[start : start + glyph.width] = row.translate(pen)

    def bar(self, x: int, y: int, width: int, height: int, ink: Ink = Ink.BLACK) -> None:
        """Print a full rectangle."""
        solid = bytes([_pen(ink)[SHADES - 1]]) * width
        for row in range(y, y + height):
            self._cells[row * WIDTH + x : row * WIDTH + x + width] = solid

    def frame(self, x: int, y: int, width: int, height: int, weight: int, ink: Ink) -> None:
        """Print a rectangle's border, inside its edges."""
        self.bar(x, y, width, weight, ink)
        self.bar(x, y + height - weight, width, weight, ink)
        self.bar(x, y, weight, height, ink)
        self.bar(x + width - weight, y, weight, height, ink)

    def shape(self, polygons: list[Polygon], x: int, y: int, width: int, ink: Ink) -> None:
        """Print polygons given with y upwards from the point (x, y) of the page."""
        drawn = fill(polygons, width)
        pen = _pen(ink)
        for offset, row in enumerate(drawn.rows, y - drawn.rise):
            start = offset * WIDTH + x
            below = int.from_bytes(self._cells[start : start + width], "big")
            inked = row.translate(pen)
            # Where the shape leaves paper bare, what was printed before shows through.
            mask = int.from_bytes(row.translate(_UNTOUCHED), "big")
            mixed = (below & mask) | int.from_bytes(inked, "big")
            self._cells[start : start + width] = mixed.to_bytes(width, "big")

    def grey(self, number: int) -> bytes:
        """The page as one plane of grey, top row first."""
        return self._plane(_grey_table(), _GREY_PAPER, number)

    def colour(self, number: int) -> bytes:
        """The page as interleaved red, green and blue, top row first."""
        pixels = bytearray(WIDTH * HEIGHT * 3)
        for channel, base in enumerate(_PAPER):
            pixels[channel::3] = self._plane(_colour_table(channel), base, number)
        return bytes(pixels)

    def _plane(self, table: bytes, base: int, number: int) -> bytes:
        taken = int.from_bytes(self._cells.translate(table), "big")
        return (_paper(number, base) - taken).to_bytes(WIDTH * HEIGHT, "big")


_UNTOUCHED = bytes([255]) + bytes(255)


@cache
def _pen(ink: Ink) -> bytes:
    """The table that turns shades into cells of that ink; no shade leaves the cell bare."""
    return bytes([0] + [ink * SHADES + min(shade, SHADES - 1) for shade in range(1, 256)])


@cache
def _colour_table(channel: int) -> bytes:
    """What a cell takes from one plane."""
    table = bytearray(256)
    for ink, takes in _TAKES.items():
        for shade in range(1, SHADES):
            table[ink * SHADES + shade] = takes[channel] * shade // (SHADES - 1)
    return bytes(table)


@cache
def _grey_table() -> bytes:
    channels = [_colour_table(channel) for channel in range(3)]
    mixed = zip(*channels, strict=True)
    return bytes((red * 30 + green * 55 + blue * 15) // 100 for red, green, blue in mixed)


@cache
def _paper(number: int, base: int) -> int:
    """Bare laid paper: wires, fibres, darker edges and the shadow of the fold, as one integer.

    The fibres come from SHAKE-256 of the page's number: the same on every machine for ever.
    """
    columns = bytes(base - _edge(x, number) - (x % 88 == 40) for x in range(WIDTH))
    wires = b"".join(bytes([_edge(y, 0) + (y % 4 == 0)]) * WIDTH for y in range(HEIGHT))
    seed = f"preserva specimen {number}".encode()
    fibres = hashlib.shake_256(seed).digest(WIDTH * HEIGHT).translate(_FIBRE_LEVELS)
    shade = int.from_bytes(wires, "big") + int.from_bytes(fibres, "big")
    return int.from_bytes(columns * HEIGHT, "big") - shade


def _edge(position: int, number: int) -> int:
    """How much darker the paper is there: rows where number is 0, else columns of that page."""
    length = WIDTH if number else HEIGHT
    near = min(position, length - 1 - position)
    worn = max(0, 14 - near // 2) // 2
    if not number:
        return worn
    from_fold = position if number % 2 else length - 1 - position
    return worn + max(0, 18 - from_fold // 3) // 2


def tiff(pixels: bytes, *, colour: bool) -> bytes:
    """An uncompressed baseline TIFF 6.0 of one strip, 300 dpi, 8 bits a sample, little-endian."""
    samples = 3 if colour else 1
    short, long, rational, ascii_text = 3, 4, 5, 2
    maker = b"preserva specimen\x00"
    entries = 13
    extra = 8 + 2 + entries * 12 + 4
    depth_at, resolution_at, maker_at = extra, extra + 8, extra + 16
    data_at = maker_at + len(maker)
    fields = [
        (254, long, 1, 0),
        (256, long, 1, WIDTH),
        (257, long, 1, HEIGHT),
        (258, short, samples, depth_at if colour else 8),
        (259, short, 1, 1),
        (262, short, 1, 2 if colour else 1),
        (273, long, 1, data_at),
        (277, short, 1, samples),
        (278, long, 1, HEIGHT),
        (279, long, 1, len(pixels)),
        (282, rational, 1, resolution_at),
        (283, rational, 1, resolution_at),
        (305, ascii_text, len(maker), maker_at),
    ]
    directory = b"".join(struct.pack("<HHII", *field) for field in fields)
    header = struct.pack("<2sHIH", b"II", 42, 8, entries) + directory + bytes(4)
    values = struct.pack("<4HII", 8, 8, 8, 0, DPI, 1) + maker
    return header + values + pixels


def png(pixels: bytes, *, colour: bool) -> bytes:
    """A PNG of the same pixels with their resolution, each row as it is (filter 0)."""
    stride = WIDTH * (3 if colour else 1)
    rows = b"".join(b"\x00" + pixels[at : at + stride] for at in range(0, len(pixels), stride))
    per_metre = round(DPI / 0.0254)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2 if colour else 0, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
            _chunk(b"IDAT", zlib.compress(rows, 4)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
