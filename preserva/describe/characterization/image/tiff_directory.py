"""The directories of a TIFF file, and whether all that they point to is in the file.

Source: TIFF 6.0, section 2; the BigTIFF design. Only the tags named here are read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from preserva.core.values.codes import Code
from preserva.describe.characterization.image.characterization import BrokenError

EXIF = 34665
_STRIPS, _TILES = (273, 279), (324, 325)
_WANTED = frozenset(
    {254, 256, 257, 258, 259, 262, 271, 272, 274, 277, 282, 283, 296, 305, 306, 339, 34675, EXIF}
    | {33434, 36867, *_STRIPS, *_TILES}
)
# fmt: off
_TYPES = {
    1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 6: "b", 7: "s", 8: "h", 9: "i", 10: "ii", 11: "f",
    12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q",
}
# fmt: on
_MAX_ENTRIES = 4096

Values = tuple[int | float | Fraction, ...] | bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """How numbers are stored in the file: `<` or `>`, and whether it is a BigTIFF."""

    endian: str
    big: bool
    size: int


def layout(head: bytes, size: int) -> Layout:
    """The layout given by the first four bytes. Raises BrokenError."""
    endian = {b"II": "<", b"MM": ">"}.get(head[:2])
    magic = head[2:4] if endian == ">" else head[3:1:-1]
    if endian is None or magic not in (b"\0*", b"\0+"):
        raise BrokenError(Code.IMAGE_UNDECODABLE)
    return Layout(endian, magic == b"\0+", size)


def directories(stream: BinaryIO, form: Layout, limit: int) -> Iterator[Mapping[int, Values]]:
    """The tags of each image in the file, those of its Exif directory among the first's.

    Raises BrokenError where something lies behind the end of the file, or in a circle.
    """
    reader = _TagReader(stream, form)
    at = reader.number(8, "Q") if form.big else reader.number(4, "I")
    seen: set[int] = set()
    while at:
        if at in seen or len(seen) >= limit:
            raise BrokenError(Code.IMAGE_UNDECODABLE, f"{len(seen)}")
        tags, following = reader.directory(at)
        _check_data(tags, form.size)
        if not seen:
            tags = {**reader.exif(tags), **tags}
        seen.add(at)
        yield tags
        at = following
    if not seen:
        raise BrokenError(Code.IMAGE_UNDECODABLE)


def _check_data(tags: Mapping[int, Values], size: int) -> None:
    """Every strip or tile lies in the file."""
    for offsets, counts in (_STRIPS, _TILES):
        for offset, count in zip(tags.get(offsets, ()), tags.get(counts, ()), strict=False):
            end = offset + count
            if end > size:
                raise BrokenError(Code.IMAGE_TRUNCATED, f"{size} < {end}")


class _TagReader:
    """Reads parts of a file, together never more than the size of the file."""

    def __init__(self, stream: BinaryIO, form: Layout) -> None:
        self._stream = stream
        self._form = form
        self._left = form.size + _MAX_ENTRIES  # well-formed parts do not overlap

    def check(self, at: int, count: int) -> None:
        if at + count > self._form.size:
            raise BrokenError(Code.IMAGE_TRUNCATED, f"{self._form.size} < {at + count}")

    def take(self, at: int, count: int) -> bytes:
        self.check(at, count)
        self._left -= count
        if self._left < 0:
            raise BrokenError(Code.IMAGE_UNDECODABLE)
        self._stream.seek(at)
        return self._stream.read(count)

    def number(self, at: int, kind: str) -> int:
        data = self.take(at, struct.calcsize(kind))
        return int.from_bytes(data, "little" if self._form.endian == "<" else "big")

    def directory(self, at: int) -> tuple[dict[int, Values], int]:
        """The tags of the directory at an offset, and the next one's offset, 0 after the last."""
        big, endian = self._form.big, self._form.endian
        first, entry, word = (8, "HHQ8s", "Q") if big else (2, "HHI4s", "I")
        count = self.number(at, "Q" if big else "H")
        if count > _MAX_ENTRIES:
            raise BrokenError(Code.IMAGE_UNDECODABLE, f"{count}")
        size = struct.calcsize(f"={entry}")
        entries = self.take(at + first, count * size)
        tags: dict[int, Values] = {}
        for tag, kind, number, field in struct.iter_unpack(f"{endian}{entry}", entries):
            if kind in _TYPES:
                values = self._values(_TYPES[kind], number, field, wanted=tag in _WANTED)
                if values is not None:
                    tags[tag] = values
        return tags, self.number(at + first + count * size, word)

    def exif(self, tags: Mapping[int, Values]) -> dict[int, Values]:
        """The tags of the Exif directory; none if it is bad, which does not make the image bad."""
        try:
            (at,) = tags[EXIF]
            return self.directory(int(at))[0]
        except (KeyError, ValueError, BrokenError):
            return {}

    def _values(self, kind: str, number: int, field: bytes, *, wanted: bool) -> Values | None:
        """The values of a tag; for unwanted tags, only checks that they are in the file."""
        each = struct.calcsize(f"={kind}")
        data = field[: number * each]
        if number * each > len(field):
            word = "Q" if self._form.big else "I"
            (at,) = struct.unpack(f"{self._form.endian}{word}", field)
            if not wanted:
                self.check(at, number * each)
                return None
            data = self.take(at, number * each)
        if not wanted:
            return None
        if kind == "s":
            return data
        numbers = struct.unpack(f"{self._form.endian}{kind[0] * (len(kind) * number)}", data)
        if len(kind) == 1:
            return tuple(numbers)
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        return tuple(Fraction(above, below) for above, below in pairs if below)
