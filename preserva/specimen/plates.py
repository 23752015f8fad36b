"""The pictures of the specimen book: the Amur bridge, the end of a Slutsk belt, a title border."""

from __future__ import annotations

from math import cos, pi, sin

from preserva.specimen.font import Polygon
from preserva.specimen.page import HEIGHT, WIDTH, Ink, Sheet

_THREAD = 5
_BELT_INKS = {"r": Ink.RED, "g": Ink.GOLD, "b": Ink.BLUE, "k": Ink.BLACK}

# Half of the carnation of a belt's end: each row is mirrored on its last column.
_CARNATION = (
    "......................g",
    "....................ggr",
    "..............g..g.grrr",
    "...........g.grggrgrrrg",
    "..........grgrrrgrrrrgr",
    "..........grrrrrrrrgrrg",
    "...........grrgrrrrrgrr",
    "............grrgrrrgrrr",
    ".............ggrrrrrrrr",
    "...............ggbrrrrr",
    "................gbbbrrb",
    ".................gbbbbb",
    "......ggg.........gbbbb",
    ".....gbbbgg........gbbb",
    "....gbbgbbbgg.......gbb",
    "...gbbg.ggbbbg.......gb",
    "...gbg....gbbbg......gb",
    "..gg.......ggbbg.....gb",
    ".....ggg.....gbbg....gb",
    "....grrrg.....gbbg...gb",
    "...grrgrrg.....gbbg..gb",
    "...grgggrg......gbbg.gb",
    "...grrgrrg.......gbbggb",
    "....grrrg.........gbbbb",
    ".....ggg...........gbbb",
    "......g..........ggggbb",
    ".....gbg........gbbbbgb",
    "....gb.gbggggggggbbgggb",
    "...gb...gbbbbbbbbbg..gb",
    "..........ggggggggg.ggb",
    "...................grrr",
    "..................grrrr",
    "................gggrrrr",
    "...............grrrrggg",
    "..............ggggggggg",
)


def border(sheet: Sheet, *, coloured: bool) -> None:
    """A double rule round the page, with a diamond in each corner."""
    ink = Ink.RED if coloured else Ink.BLACK
    sheet.frame(34, 34, WIDTH - 68, HEIGHT - 68, 3, ink)
    sheet.frame(41, 41, WIDTH - 82, HEIGHT - 82, 1, Ink.BLACK)
    for x in (36, WIDTH - 36):
        for y in (36, HEIGHT - 36):
            sheet.shape(_diamond(10, 10), x - 10, y, 21, Ink.BLACK)


def title_ornament(sheet: Sheet) -> None:
    """A band of woven diamonds at the head and the foot of the title page."""
    for y in (72, HEIGHT - 72):
        for index in range(15):
            x = 84 + index * 28
            ink = Ink.RED if index % 2 else Ink.BLUE
            sheet.shape(_diamond(12, 10), x - 12, y, 25, ink)
            sheet.shape(_diamond(5, 4), x - 5, y, 11, Ink.GOLD)
        sheet.bar(70, y - 16, WIDTH - 140, 2, Ink.GOLD)
        sheet.bar(70, y + 15, WIDTH - 140, 2, Ink.GOLD)


def bridge(sheet: Sheet) -> None:
    """The railway bridge: hills, a rising sun, trusses on stone piers, a train, the river."""
    left, width, deck = 60, WIDTH - 120, 470
    sheet.shape(_disc(300, 46), left, deck - 150, width, Ink.RED)
    sheet.shape(_hills(width), left, deck, width, Ink.TINT)
    span = 144
    for number in range(3):
        _truss(sheet, left + 4 + number * span, deck, span)
    sheet.bar(left, deck, width, 5)
    sheet.bar(left, deck + 9, width, 2)
    _train(sheet, left + 70, deck)
    for number in range(4):
        middle = left + 4 + number * span
        pier = [[(8.0, 0.0), (24.0, 0.0), (30.0, -120.0), (2.0, -120.0)]]
        start = min(max(middle - 16, left), left + width - 32)
        sheet.shape(pier, start, deck + 11, 32, Ink.BLACK)
        for course in range(14, 120, 15):
            sheet.bar(start + 8, deck + 11 + course, 16, 1, Ink.GOLD)
    _river(sheet, left, deck + 92, width)
    sheet.frame(left - 4, 200, width + 8, 444, 2, Ink.BLACK)


def _truss(sheet: Sheet, x: int, deck: int, span: int) -> None:
    """One span: a parabolic upper chord, posts, and diagonals that fall towards the middle."""
    panels, rise = 8, 78
    chord: Polygon = []
    knots = [(span * i / panels, rise * (1 - (2 * i / panels - 1) ** 2)) for i in range(panels + 1)]
    chord = [(a, b + 3) for a, b in knots] + [(a, b - 2) for a, b in reversed(knots)]
    lines = [chord]
    for index, (a, b) in enumerate(knots[1:-1], 1):
        lines.append([(a - 1, 0), (a + 1, 0), (a + 1, b), (a - 1, b)])
        inner = span * (index + (1 if index < panels / 2 else -1)) / panels
        if index != panels // 2:
            lines.append([(a - 0.8, b), (a + 0.8, b), (inner + 0.8, 0), (inner - 0.8, 0)])
    sheet.shape(lines, x, deck, span + 1, Ink.BLACK)


def _train(sheet: Sheet, x: int, deck: int) -> None:
    """A small engine with three carriages and its smoke, on the deck."""
    for wagon in range(3):
        start = x + wagon * 44
        sheet.bar(start, deck - 20, 40, 15, Ink.BLUE)
        for window in range(4):
            sheet.bar(start + 4 + window * 9, deck - 17, 5, 5, Ink.GOLD)
    engine = x + 134
    sheet.bar(engine, deck - 24, 12, 19)
    sheet.bar(engine + 12, deck - 17, 26, 12)
    sheet.bar(engine + 30, deck - 26, 5, 9)
    for wheel in [*range(x + 6, engine, 15), engine + 6, engine + 18, engine + 30]:
        sheet.shape(_disc(4, 4), wheel - 4, deck, 9, Ink.BLACK)
    for puff, (shift, rise, radius) in enumerate(((0, 42, 7), (-16, 52, 9), (-38, 60, 12))):
        centre = engine + 32 + shift
        sheet.shape(_disc(radius, radius), centre - radius, deck - rise + puff, 26, Ink.TINT)


def _river(sheet: Sheet, x: int, y: int, width: int) -> None:
    """Waves in rows, each row shifted and longer than the one above."""
    for row in range(5):
        wave = 22.0 + row * 5
        upper = [
            (float(at), 4 * sin(2 * pi * at / wave + row * 1.7)) for at in range(0, width + 1, 2)
        ]
        lower = [(at, height - 2.2) for at, height in reversed(upper)]
        sheet.shape([upper + lower], x, y + 14 + row * 15, width, Ink.BLUE)


def _hills(width: int) -> list[Polygon]:
    ridge = [
        (float(x), 34 + 16 * sin(x / 47) + 9 * sin(x / 19 + 1)) for x in range(0, width + 1, 4)
    ]
    return [[(0.0, 0.0), *ridge, (float(width), 0.0)]]


def belt(sheet: Sheet) -> None:
    """The end of a belt: cross bands, two carnations with their leaves, a woven edge, a fringe."""
    columns = 2 * len(_CARNATION[0]) - 1
    half = columns * _THREAD
    left = (WIDTH - half) // 2
    top = 190
    _band(sheet, left, top, half)
    for number in range(2):
        start = top + 44 + number * (len(_CARNATION) * _THREAD + 12)
        for index, row in enumerate(_CARNATION):
            _weave(sheet, row + row[-2::-1], left, start + index * _THREAD)
    bottom = top + 44 + 2 * (len(_CARNATION) * _THREAD + 12)
    _band(sheet, left, bottom, half)
    for edge in (left - 18, left + half + 6):
        sheet.bar(edge, top, 12, bottom + 36 - top, Ink.RED)
        sheet.bar(edge + 3, top, 2, bottom + 36 - top, Ink.GOLD)
        for knot in range(top + 4, bottom + 30, 14):
            sheet.shape(_diamond(3, 5), edge + 3, knot + 5, 8, Ink.GOLD)
    for thread in range(left - 18, left + half + 18, 6):
        length = 40 + (thread * 7) % 9
        sheet.bar(thread, bottom + 38, 2, length, Ink.GOLD)
        sheet.bar(thread + 2, bottom + 38, 1, length - 4, Ink.RED)


def _weave(sheet: Sheet, row: str, x: int, y: int) -> None:
    for index, thread in enumerate(row):
        if thread in _BELT_INKS:
            sheet.bar(x + index * _THREAD, y, _THREAD, _THREAD - 1, _BELT_INKS[thread])


def _band(sheet: Sheet, x: int, y: int, width: int) -> None:
    """A cross band: red and gold stripes with a row of diamonds between them."""
    sheet.bar(x, y, width, 5, Ink.RED)
    sheet.bar(x, y + 7, width, 2, Ink.GOLD)
    sheet.bar(x, y + 26, width, 2, Ink.GOLD)
    sheet.bar(x, y + 30, width, 5, Ink.RED)
    for number in range(width // 15):
        ink = Ink.BLUE if number % 2 else Ink.RED
        sheet.shape(_diamond(7, 7), x + number * 15, y + 17, 15, ink)


def _diamond(half_width: float, half_height: float) -> list[Polygon]:
    w, h = half_width, half_height
    return [[(0.0, 0.0), (w, h), (2 * w, 0.0), (w, -h)]]


def _disc(centre: float, radius: float) -> list[Polygon]:
    turns = [pi * step / 24 for step in range(48)]
    return [[(centre + radius * cos(a), radius * sin(a)) for a in turns]]
