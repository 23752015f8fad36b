"""The ICC profile of sRGB, by which a PDF says what its colours mean: a few hundred bytes.

Source: ICC.1:2010 (version 4.3): 7.2 header, 9 tags, 10 types; IEC 61966-2-1 for the numbers.
"""

from __future__ import annotations

import hashlib
import struct
from functools import cache

NAME = "sRGB IEC61966-2.1"

_D50 = (0.9642, 1.0, 0.8249)
_COLUMNS = {  # the primaries, adapted to D50
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
_ADAPTATION = (
    *(1.04788, 0.02292, -0.05022),
    *(0.02959, 0.99048, -0.01707),
    *(-0.00925, 0.01508, 0.75168),
)
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_MADE = (2026, 1, 1, 0, 0, 0)
"""The date in the header: always the same, so that the bytes are."""


@cache
def srgb_profile() -> bytes:
    """The profile, version 4.3, with its own identifier. The same bytes each time."""
    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + _numbers(_CURVE)
    tags = {
        b"desc": _text(NAME),
        b"cprt": _text("No copyright, use freely"),
        b"wtpt": _xyz(_D50),
        b"chad": b"sf32" + bytes(4) + _numbers(_ADAPTATION),
        **{name: _xyz(column) for name, column in _COLUMNS.items()},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    body = _with_table(tags)
    without_id = _header(128 + len(body)) + body
    identifier = hashlib.md5(without_id, usedforsecurity=False).digest()  # 7.2.18
    return without_id[:84] + identifier + without_id[100:]


def _header(size: int) -> bytes:
    """7.2, with flags, rendering intent and identifier zero, as 7.2.18 wants them hashed."""
    return (
        struct.pack(">I4xI4s4s4s", size, 0x04300000, b"mntr", b"RGB ", b"XYZ ")
        + struct.pack(">6H4s", *_MADE, b"acsp")
        + bytes(28)
        + _numbers(_D50)
        + bytes(48)
    )


def _with_table(tags: dict[bytes, bytes]) -> bytes:
    """The tag table (7.3) and the tags; equal ones are stored once."""
    start = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    places: dict[bytes, int] = {}
    for name, content in tags.items():
        if content not in places:
            places[content] = start + len(data)
            data += content + bytes(-len(content) % 4)
        table += name + struct.pack(">II", places[content], len(content))
    return table + data


def _numbers(values: tuple[float, ...]) -> bytes:
    """Numbers as s15Fixed16Number."""
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + _numbers(values)


def _text(text: str) -> bytes:
    """Text as multiLocalizedUnicodeType (10.15), in English."""
    data = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(data), 28) + data
