"""A small Cyrillic typeface of the Didone kind, drawn for the specimen book and for nothing else.

Every letter is a line of strokes: thick stems, hairlines, bowls, beaks and drops, as punchcutters
of the nineteenth century built theirs; capitals and small letters share most of their drawings.
A stroke is one closed polygon. A glyph is the union of its strokes, filled with four scanlines to
the pixel and exact coverage along each.

The strokes, with x and y in hundredths of the letter's height and angles in degrees:

    I x [y0 y1]            thick stem with serifs at both ends
    | x y0 y1              thick stem without serifs
    - x0 x1 y              hairline
    / x0 y0 x1 y1          thin diagonal
    X x0 y0 x1 y1          thick diagonal
    _ x y                  serif of a diagonal
    O cx cy rx ry          bowl, heavy on both sides
    ( cx cy rx ry a0 a1    part of a bowl, heavy on the left
    ) cx cy rx ry a0 a1    part of a bowl, heavy on the right
    . x y r                drop or dot
    v x y h                beak that hangs from a hairline (stands on it where h is negative)
    u x y                  kratka (breve) with its two drops
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from math import ceil, cos, floor, radians, sin

Point = tuple[float, float]
Polygon = list[Point]

SHADES = 16
_SCANLINES = 4

# Letters whose small form is the capital, reduced. Each entry: advance, then the strokes.
_BOTH = {
    "в": "82 I 21; - 21 44 99; ) 42 76 26 25 -90 90; - 21 46 51; ) 44 26 31 26 -90 90; - 21 46 1",
    "г": "74 I 21; - 21 66 99; v 66 99 30",
    "д": "94 - 8 86 1; v 8 1 24; v 86 1 24; / 20 0 40 99; - 32 78 99; | 68 0 100",
    "ж": "124 I 62; / 62 50 90 86; . 96 86 9; / 62 50 34 86; . 28 86 9; X 66 52 102 0; _ 104 0;"
    " X 58 52 22 0; _ 20 0",
    "з": "74 ) 34 75 27 26 -90 140; . 15 86 9; - 26 38 51; ) 35 26 31 27 -140 90; . 14 16 9",
    "и": "96 I 21; I 75; / 24 8 72 92",
    "й": "96 I 21; I 75; / 24 8 72 92; u 48 126",
    "к": "90 I 21; / 24 48 62 86; . 68 86 9; X 38 58 72 0; _ 75 0",
    "л": "92 I 71; - 34 72 99; / 24 12 40 99; . 16 8 10",
    "м": "114 I 93; / 20 0 23 99; - 10 30 1; - 12 26 99; X 24 100 54 2; / 54 2 90 99",
    "н": "96 I 21; I 75; - 21 75 51",
    "о": "88 O 44 50 38 52",
    "п": "96 I 21; I 75; - 21 75 99",
    "с": "80 ( 44 50 38 52 48 315; . 68 80 10",
    "т": "84 I 42; - 9 75 99; v 9 99 30; v 75 99 30",
    "х": "90 X 22 100 68 0; / 68 99 22 0; _ 20 99; _ 69 99; _ 21 1; _ 69 1",
    "ц": "100 I 21; I 73; - 21 93 1; v 93 1 26",
    "ч": "90 I 69; | 20 60 100; - 9 31 99; ( 47 62 36 20 180 270; - 46 69 43",
    "ш": "134 I 21; I 67; I 113; - 21 113 1",
    "щ": "138 I 21; I 66; I 111; - 21 131 1; v 131 1 26",
    "ъ": "92 I 32 0 100; - 8 32 99; v 8 99 28; - 32 56 52; ) 54 26 31 26 -90 90; - 32 56 1",
    "ы": "118 I 21; - 21 45 52; ) 43 26 31 26 -90 90; - 21 45 1; I 97",
    "ь": "82 I 21; - 21 45 52; ) 43 26 31 26 -90 90; - 21 45 1",
    "э": "80 ) 36 50 38 52 -135 132; . 12 80 10; - 30 72 51",
    "ю": "126 I 21; - 21 50 51; O 82 50 36 52",
    "я": "88 I 67; - 42 67 99; ( 44 75 29 25 90 270; - 42 67 49; X 46 50 20 4; . 16 8 9",
    "ѳ": "90 O 45 50 38 52; - 10 80 51",
    "ѵ": "84 X 18 100 42 0; / 43 2 64 84; . 72 90 9; _ 17 99",
    "ў": "86 X 19 100 46 4; / 68 99 30 -36; . 21 -36 10; _ 18 99; _ 68 99; u 44 126",
    "і": "44 I 22; . 22 134 11",
}

_SMALL = {
    "а": "82 | 60 10 66; ) 38 66 31 35 0 150; . 17 78 10; ( 38 28 31 29 80 285; - 37 60 56;"
    " - 58 76 1; X 60 14 64 0; / 44 0 60 14",
    "б": "88 O 44 40 37 41; ( 52 48 44 76 88 186; / 52 124 72 126; . 72 130 8",
    "е": "82 ( 44 50 38 52 0 312; - 12 80 51",
    "ё": "82 ( 44 50 38 52 0 312; - 12 80 51; . 28 132 10; . 58 132 10",
    "р": "92 I 21 -46 100; ) 46 50 36 52 -125 125",
    "у": "86 X 19 100 46 4; / 68 99 30 -36; . 21 -36 10; _ 18 99; _ 68 99",
    "ф": "122 I 61 -46 144; O 38 50 32 52; O 84 50 32 52",
    "ѣ": "88 I 32 0 138; - 6 66 99; v 6 99 26; v 66 99 26; - 32 54 52; ) 52 26 31 26 -90 90;"
    " - 32 54 1",
}

_CAPITAL = {
    "А": "96 / 20 0 48 100; X 47 100 77 0; - 28 68 34; _ 19 1; _ 78 1",
    "Б": "82 I 21; - 21 70 99; v 70 99 26; - 21 46 54; ) 44 27 31 27 -90 90; - 21 46 1",
    "Е": "82 I 21; - 21 70 99; v 70 99 26; - 21 74 1; v 74 1 -28; - 21 52 51; v 52 60 18",
    "Ё": "82 I 21; - 21 70 99; v 70 99 26; - 21 74 1; v 74 1 -28; - 21 52 51; v 52 60 18;"
    " . 32 122 8; . 58 122 8",
    "І": "44 I 22",
    "Р": "80 I 21; - 21 46 99; ) 44 74 31 26 -90 90; - 21 46 49",
    "У": "90 X 20 100 50 32; / 72 99 42 16; . 32 9 10; ( 36 18 14 17 270 350; _ 19 99; _ 72 99",
    "Ў": "90 X 20 100 50 32; / 72 99 42 16; . 32 9 10; ( 36 18 14 17 270 350; _ 19 99; _ 72 99;"
    " u 46 122",
    "Ф": "108 I 54; O 34 52 29 36; O 74 52 29 36",
    "Ѣ": "92 I 34 0 100; - 6 66 76; v 6 76 20; v 66 76 20; - 34 58 48; ) 56 24 31 24 -90 90;"
    " - 34 58 1",
}

_SIGNS = {
    "0": "74 O 37 50 31 51",
    "1": "74 I 37 0 100; / 18 84 36 98",
    "2": "74 ) 36 72 29 29 -30 155; . 16 82 9; / 58 58 12 2; X 14 5 62 5; v 66 4 -28",
    "3": "74 ) 34 76 26 25 -90 145; . 15 86 9; - 26 36 52; ) 34 26 31 27 -145 90; . 14 16 9",
    "4": "74 I 50 0 100; / 48 98 8 26; - 8 70 26",
    "5": "74 | 20 52 60; / 18 50 20 99; X 22 96 60 96; ) 34 31 32 32 -145 135; . 14 18 9",
    "6": "74 O 37 32 31 33; ( 44 46 38 55 75 190; . 58 90 9",
    "7": "74 X 14 95 62 95; v 12 98 22; / 64 95 34 0; X 48 44 33 0",
    "8": "74 O 37 76 25 25; O 37 27 31 28",
    "9": "74 O 37 68 31 33; ) 30 54 38 55 -105 10; . 16 10 9",
    " ": "34",
    ".": "34 . 17 8 9",
    ",": "34 . 17 8 9; / 23 6 12 -18",
    ":": "36 . 18 8 9; . 18 56 9",
    ";": "36 . 18 8 9; / 24 6 13 -18; . 18 56 9",
    "!": "38 . 19 8 9; | 19 34 100; / 19 24 19 36",
    "?": "64 ) 30 76 26 25 -90 150; . 12 86 8; | 30 36 52; / 30 24 30 38; . 30 8 9",
    "-": "40 X 8 36 32 36",
    "—": "90 - 6 84 36",
    "«": "60 / 30 60 12 34; / 12 34 30 8; / 50 60 32 34; / 32 34 50 8",
    "»": "60 / 10 60 28 34; / 28 34 10 8; / 30 60 48 34; / 48 34 30 8",
    "(": "40 ( 40 42 28 66 100 260",
    ")": "40 ) 0 42 28 66 -80 80",
    "’": "30 . 14 92 9; / 20 90 9 68",
    "*": "60 / 30 100 30 54; / 10 88 50 66; / 10 66 50 88",
    "№": "128 I 18; | 68 0 100; - 58 78 99; X 20 100 66 0; O 102 66 17 22; - 84 120 30",
    "⁂": "130 . 65 80 12; . 35 32 12; . 95 32 12",
}


@dataclass(frozen=True, slots=True)
class Glyph:
    """A letter at one size: rows of shades 0..15 from the top, `rise` pixels above the baseline."""

    width: int
    rise: int
    rows: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a stroke needs to know: pixels per hundredth in x and y, and the weights in pixels."""

    sx: float
    sy: float
    stem: float
    hair: float
    reach: float


def _box(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def _ring(cut: _Cut, bowl: Iterable[float], left: float, right: float) -> Polygon:
    """The part of a bowl between two ellipses; what is heavy follows from how they are placed."""
    cx, cy, rx, ry, start, end = bowl
    steps = max(6, int(abs(end - start) / 9))
    angles = [radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    x, y, outer_x, outer_y = cx * cut.sx, cy * cut.sy, rx * cut.sx, ry * cut.sy
    inner_x, shift = outer_x - (left + right) / 2, (left - right) / 2
    inner_y = outer_y - cut.hair
    outer = [(x + outer_x * cos(a), y + outer_y * sin(a)) for a in angles]
    inner = [(x + shift + inner_x * cos(a), y + inner_y * sin(a)) for a in reversed(angles)]
    return outer + inner


def _serif(cut: _Cut, x: float, y: float, towards: float) -> list[Polygon]:
    """A hairline foot under a stem, with brackets that rise into it (towards 1) or hang (-1)."""
    half, reach = cut.stem / 2, cut.stem / 2 + cut.reach
    inner = y + towards * cut.hair
    tip = y + towards * (cut.hair + cut.reach * 0.7)
    bracket = [(x - reach, inner), (x + reach, inner), (x + half, tip), (x - half, tip)]
    return [_box(x - reach, min(y, inner), x + reach, max(y, inner)), bracket]


def _stem(cut: _Cut, x: float, y0: float = 0, y1: float = 100) -> list[Polygon]:
    left, bottom, top = x * cut.sx, y0 * cut.sy, y1 * cut.sy
    bar = _box(left - cut.stem / 2, bottom, left + cut.stem / 2, top)
    return [bar, *_serif(cut, left, bottom, 1), *_serif(cut, left, top, -1)]


def _bare(cut: _Cut, x: float, y0: float, y1: float) -> list[Polygon]:
    half = cut.stem / 2
    return [_box(x * cut.sx - half, y0 * cut.sy, x * cut.sx + half, y1 * cut.sy)]


def _hairline(cut: _Cut, x0: float, x1: float, y: float) -> list[Polygon]:
    middle, half = y * cut.sy, cut.hair / 2
    return [_box(x0 * cut.sx, middle - half, x1 * cut.sx, middle + half)]


def _diagonal(
    cut: _Cut, weight: float, x0: float, y0: float, x1: float, y1: float
) -> list[Polygon]:
    ax, ay, bx, by = x0 * cut.sx, y0 * cut.sy, x1 * cut.sx, y1 * cut.sy
    if abs(by - ay) < abs(bx - ax) / 2:
        dx, dy = 0.0, weight / 2
    else:
        dx, dy = weight / 2, 0.0
    return [[(ax - dx, ay - dy), (ax + dx, ay + dy), (bx + dx, by + dy), (bx - dx, by - dy)]]


def _beak(cut: _Cut, x: float, y: float, height: float) -> list[Polygon]:
    half, tip = cut.hair * 0.8, (y - height) * cut.sy
    root = cut.stem * 0.45
    return [
        [
            (x * cut.sx - root, y * cut.sy),
            (x * cut.sx + root, y * cut.sy),
            (x * cut.sx + half, tip),
            (x * cut.sx - half, tip),
        ]
    ]


def _drop(cut: _Cut, x: float, y: float, r: float) -> list[Polygon]:
    turns = [radians(20 * i) for i in range(18)]
    return [[(x * cut.sx + r * cut.sy * cos(a), (y + r * sin(a)) * cut.sy) for a in turns]]


def _kratka(cut: _Cut, x: float, y: float) -> list[Polygon]:
    arc = [radians(180 + 18 * i) for i in range(11)]
    outer = [((x + 21 * cos(a)) * cut.sx, (y + 18 * sin(a)) * cut.sy) for a in arc]
    inner = [((x + 18 * cos(a)) * cut.sx, (y + 6 * sin(a)) * cut.sy) for a in reversed(arc)]
    return [outer + inner, *_drop(cut, x - 18, y + 1, 7), *_drop(cut, x + 18, y + 1, 7)]


_STROKES: dict[str, Callable[..., list[Polygon]]] = {
    "I": _stem,
    "|": _bare,
    "-": _hairline,
    "/": lambda cut, *at: _diagonal(cut, cut.hair * 1.15, *at),
    "X": lambda cut, *at: _diagonal(cut, cut.stem, *at),
    "_": lambda cut, x, y: _hairline(cut, x - 13, x + 13, y),
    "O": lambda cut, *at: [_ring(cut, (*at, 0, 360), cut.stem, cut.stem)],
    "(": lambda cut, *at: [_ring(cut, at, cut.stem, cut.hair)],
    ")": lambda cut, *at: [_ring(cut, at, cut.hair, cut.stem)],
    ".": _drop,
    "v": _beak,
    "u": _kratka,
}


def _design(letter: str) -> tuple[str, bool]:
    """The strokes of a letter, and whether it stands as high as a capital."""
    if letter in _SIGNS:
        return _SIGNS[letter], True
    if letter in _CAPITAL:
        return _CAPITAL[letter], True
    if letter in _SMALL:
        return _SMALL[letter], False
    return _BOTH[letter.lower()], letter != letter.lower()


def can_print(letter: str) -> bool:
    """Whether the typeface has this letter."""
    return letter in _SIGNS or letter in _CAPITAL or letter.lower() in {*_SMALL, *_BOTH}


@cache
def glyph(letter: str, size: int) -> Glyph:
    """The letter with capitals `size` pixels high. KeyError where the typeface lacks it."""
    design, capital = _design(letter)
    advance, _, strokes = design.partition(" ")
    height = size if capital else size * 0.67
    cut = _Cut(
        sx=height / 100 * (1.0 if capital else 1.12),
        sy=height / 100,
        stem=size * (0.15 if capital else 0.132),
        hair=max(size * 0.045, 0.9),
        reach=size * 0.065,
    )
    polygons: list[Polygon] = []
    for stroke in filter(None, map(str.split, strokes.split(";"))):
        polygons += _STROKES[stroke[0]](cut, *map(float, stroke[1:]))
    return fill(polygons, max(1, round(float(advance) * cut.sx)))


def fill(polygons: list[Polygon], width: int) -> Glyph:
    """The union of polygons (y upwards, in pixels) as shades, cut to columns 0..width."""
    if not polygons:
        return Glyph(width, 0, ())
    heights = [y for polygon in polygons for _, y in polygon]
    top, bottom = ceil(max(heights)), floor(min(heights))
    edges = [list(zip(polygon, polygon[1:] + polygon[:1], strict=True)) for polygon in polygons]
    rows = []
    for row in range(top, bottom, -1):
        ink = [0.0] * width
        for scan in range(_SCANLINES):
            y = row - (scan + 0.5) / _SCANLINES
            for start, end in _spans(edges, y):
                _cover(ink, max(start, 0.0), min(end, float(width)))
        rows.append(bytes(round(cell * (SHADES - 1) / _SCANLINES) for cell in ink))
    return Glyph(width, top, tuple(rows))


def _spans(edges: list[list[tuple[Point, Point]]], y: float) -> list[tuple[float, float]]:
    """Where a scanline meets ink, overlaps joined."""
    found: list[tuple[float, float]] = []
    for outline in edges:
        crossings = sorted(
            x0 + (y - y0) * (x1 - x0) / (y1 - y0)
            for (x0, y0), (x1, y1) in outline
            if (y0 <= y) != (y1 <= y)
        )
        found += zip(crossings[::2], crossings[1::2], strict=True)
    joined: list[tuple[float, float]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _cover(ink: list[float], start: float, end: float) -> None:
    """Add one scanline's ink between two abscissae."""
    if end <= start:
        return
    first, last = int(start), min(int(end), len(ink) - 1)
    if first == last:
        ink[first] += end - start
        return
    ink[first] += first + 1 - start
    for column in range(first + 1, last):
        ink[column] += 1.0
    ink[last] += end - last
