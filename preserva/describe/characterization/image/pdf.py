"""PDF: whether its end is there. Its pages are not rendered, so their pixels are unknown.

Source: ISO 32000-2, 7.5.5.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from preserva.core.values.codes import Code
from preserva.describe.characterization.image.characterization import Characterization

_BY = "preserva, by the trailer"
_TAIL = 1 << 16
_TRAILER = re.compile(rb"startxref\s+(\d{1,20})\s+%%EOF")
_TABLE = re.compile(rb"\s*(xref\s|\d+\s+\d+\s+obj)")


def characterise(stream: BinaryIO, size: int) -> Characterization:
    """Sound if the file ends with a trailer that points to a cross-reference table."""
    stream.seek(max(0, size - _TAIL))
    trailers = _TRAILER.findall(stream.read(_TAIL))
    if not trailers:
        return Characterization(_BY, code=Code.IMAGE_TRUNCATED, seen=f"{size}")
    stream.seek(min(int(trailers[-1]), size))
    if not _TABLE.match(stream.read(64)):
        return Characterization(
            _BY, code=Code.IMAGE_IRREGULAR, seen=f"startxref {int(trailers[-1])}"
        )
    return Characterization(_BY)
