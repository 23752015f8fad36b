"""A number that is nearly the same for images that look nearly the same: a difference hash.

The image is reduced to 33 x 32 grey values; each of 1,024 bits says whether a value is lower than
the one to its right. `preserva.core.book.set_checks` compares the numbers.
docs/adr/0041-sets-of-scans.md says what was measured, and why no further library does this.
"""

from __future__ import annotations

import sys
from array import array

from PIL import Image as Pillow

_SIDE = 32
_BLANK = 24
"""Grey values of 256 between the lightest and the darkest: less is a blank page, like any other."""

_TO_GREY = {"P": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB"}


def likeness(image: Pillow.Image) -> int | None:
    """The likeness of a decoded image, 1,024 bits.

    None for a blank page, for one that is smaller than the reduced image, or if it has no greys.
    """
    if min(image.size) < _SIDE:
        return None
    try:
        greys = _reduced(image)
    except (OSError, ValueError):  # a mode that Pillow decodes and cannot reduce
        return None
    if max(greys) - min(greys) < _BLANK:
        return None
    bits = 0
    for row in range(0, len(greys), _SIDE + 1):
        for place in range(row, row + _SIDE):
            bits = bits << 1 | (greys[place] < greys[place + 1])
    return bits


def _reduced(image: Pillow.Image) -> bytes:
    """The grey values, line by line; those of 16 bits without their lower half."""
    deep = image.mode == "I;16"
    if not deep and image.mode not in {"L", "RGB"}:
        image = image.convert(_TO_GREY.get(image.mode, "L"))
    small = image.resize((_SIDE + 1, _SIDE), Pillow.Resampling.BOX)
    if not deep:
        return small.convert("L").tobytes()
    values = array("H", small.tobytes())
    if sys.byteorder == "big":
        values.byteswap()  # I;16 is little-endian
    return bytes(value >> 8 for value in values)
