"""How a page of the specimen book looks: paper, letters, pictures, and where each word stands."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import ceil, floor, sin
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

from preserva.specimen.text import Leaf, TextBlock

SIZE = WIDTH, HEIGHT = 560, 800
_MARGIN, _TOP = 64, 96
_MEASURE = WIDTH - 2 * _MARGIN
_PAPER, _INK, _RED, _GOLD, _BLUE = "#e8ddc2", "#2e2a24", "#9c3227", "#c0963c", "#3f6487"
_HILLS, _SMOKE, _SILK = "#b9b394", "#cfc6ad", "#d9c48a"


@dataclass(frozen=True, slots=True)
class Word:
    """A printed word and the smallest box around it: left, top, right and bottom, in pixels."""

    text: str
    box: tuple[int, int, int, int]


Line = list[Word]


def print_page(leaf: Leaf, number: int) -> tuple[Image.Image, list[list[Line]]]:
    """A page's picture, and the lines of each of its blocks; the same each time.

    A plate is in colour, other pages are grey.
    """
    image = _paper(number)
    draw = ImageDraw.Draw(image)
    draw.rectangle((34, 34, WIDTH - 35, HEIGHT - 35), outline=_RED, width=3)
    draw.rectangle((41, 41, WIDTH - 42, HEIGHT - 42), outline=_INK)
    if leaf.plate:
        _PICTURES[number](draw)
    blocks = []
    y = _TOP
    for block in leaf.blocks:
        lines, y = _print_block(draw, block, y)
        blocks.append(lines)
    return (image if leaf.plate else image.convert("L")), blocks


def _paper(number: int) -> Image.Image:
    """Paper with its fibres, which the page's number decides."""
    fibres = Image.frombytes("L", SIZE, random.Random(number).randbytes(WIDTH * HEIGHT))
    shade = fibres.point([value // 36 for value in range(256)])
    return ImageChops.subtract(Image.new("RGB", SIZE, _PAPER), Image.merge("RGB", [shade] * 3))


@cache
def _letters(size: int) -> ImageFont.FreeTypeFont:
    path = Path(__file__).with_name("typeface.ttf")
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def _print_block(draw: ImageDraw.ImageDraw, block: TextBlock, y: int) -> tuple[list[Line], int]:
    """Print a block from y on; its lines, and where the next block begins."""
    letters = _letters(block.size)
    ink = _RED if block.size > 30 else _INK
    printed = []
    for paragraph in block.text.split("\n"):
        for words, start, space in _set(paragraph.split(), block, letters):
            line, x = [], start
            for word in words:
                draw.text((x, y), word, fill=ink, font=letters)
                left, top, right, bottom = draw.textbbox((x, y), word, font=letters)
                line.append(Word(word, (floor(left), floor(top), ceil(right), ceil(bottom))))
                x += letters.getlength(word) + space
            printed.append(line)
            y += round(block.size * 1.5)
    return printed, y + 22


def _set(
    words: list[str], block: TextBlock, letters: ImageFont.FreeTypeFont
) -> list[tuple[list[str], float, float]]:
    """A paragraph's lines: the words, where the first one begins, and the space between words."""
    space = letters.getlength(" ")
    indent = block.indent or 0
    lines: list[tuple[list[str], float, float]] = []
    while words:
        count = len(words)
        while letters.getlength(" ".join(words[:count])) > _MEASURE - indent and count > 1:
            count -= 1
        line, words = words[:count], words[count:]
        free = _MEASURE - indent - sum(map(letters.getlength, line))
        if block.indent is None:
            lines.append((line, _MARGIN + (free - space * (count - 1)) / 2, space))
        else:
            justified = words and count > 1
            lines.append((line, _MARGIN + indent, free / (count - 1) if justified else space))
        indent = 0
    return lines


def _diamond(draw: ImageDraw.ImageDraw, x: int, y: int, radius: int, colour: str) -> None:
    draw.regular_polygon((x, y, radius), 4, rotation=45, fill=colour)


def _title(draw: ImageDraw.ImageDraw) -> None:
    """A band of diamonds at the head and the foot of the title page."""
    for y in (64, HEIGHT - 64):
        for x in range(70, WIDTH - 60, 28):
            _diamond(draw, x, y, 13, _BLUE if x % 8 == 2 else _RED)
            _diamond(draw, x, y, 5, _GOLD)


def _bridge(draw: ImageDraw.ImageDraw) -> None:
    """The railway bridge over the Amur: a rising sun, trusses on piers, a train, the river."""
    left, right, deck = _MARGIN, WIDTH - _MARGIN, 480
    draw.ellipse((330, 260, 420, 350), fill=_RED)
    hills = [(x, deck - 40 - 18 * sin(x / 47) - 9 * sin(x / 19)) for x in range(left, right, 4)]
    draw.polygon([(left, deck), *hills, (right, deck)], fill=_HILLS)
    for start in range(left, right, 144):
        arch = [(start + x, deck - 78 * (1 - (x / 72 - 1) ** 2)) for x in range(0, 145, 18)]
        draw.line(arch, _INK, 4)
        for (x, top), (next_x, next_top) in pairwise(arch):
            draw.line((x, top, x, deck, next_x, next_top), _INK, 2)
        draw.polygon(
            [(start + x, y) for x, y in ((8, deck), (24, deck), (30, 610), (2, 610))], _INK
        )
    for x in range(130, 262, 44):
        draw.rectangle((x, deck - 22, x + 40, deck - 4), _BLUE)
        draw.line((x + 4, deck - 15, x + 36, deck - 15), _GOLD, 4)
        draw.circle((x + 120 - x // 3, deck - 78 + x // 7), 7 + (262 - x) // 18, _SMOKE)
    draw.rectangle((262, deck - 26, 300, deck - 4), _INK)
    draw.rectangle((left, deck - 3, right, deck + 3), _INK)
    for row in range(6):
        y = 580 + 15 * row
        draw.line([(x, y + 4 * sin(x / (5 + row))) for x in range(left, right)], _BLUE, 3)
    draw.rectangle((left, 212, right, 670), outline=_INK, width=2)


def _belt(draw: ImageDraw.ImageDraw) -> None:
    """The end of a woven belt: two carnations between cross bands, a border, a fringe."""
    left, right, top, bottom, middle = 165, WIDTH - 165, 212, 662, WIDTH // 2
    draw.rectangle((left, top, right, bottom), _RED)
    draw.rectangle((left + 14, top, right - 14, bottom), _SILK)
    for y in range(top + 10, bottom, 20):
        _diamond(draw, left + 7, y, 6, _GOLD)
        _diamond(draw, right - 7, y, 6, _GOLD)
    for y in (top + 20, bottom - 20):
        draw.rectangle((left, y - 14, right, y + 14), _BLUE)
        for x in range(left + 13, right, 17):
            _diamond(draw, x, y, 9, _GOLD)
    for y in (top + 110, top + 300):
        leaves = ((-58, 24), (-46, 66), (0, 88), (46, 66), (58, 24))
        draw.line([(middle + x, y + drop) for x, drop in leaves], _BLUE, 6)
        draw.line((middle, y, middle, y + 90), _BLUE, 8)
        petals = ((-58, 24, 16), (58, 24, 16), (-34, -6, 20), (34, -6, 20), (-18, -26, 22))
        for x, drop, radius in (*petals, (18, -26, 22), (0, -6, 28)):
            _diamond(draw, middle + x, y + drop, radius, _RED)
            _diamond(draw, middle + x, y + drop, radius // 3, _GOLD)
    for x in range(left, right, 5):
        draw.line((x, bottom, x, bottom + 40 + x * 7 % 9), _GOLD if x % 2 else _RED, 2)


_PICTURES = {1: _title, 4: _bridge, 7: _belt}
