"""PNG: what its header says, and whether every chunk is whole.

Source: ISO/IEC 15948 (PNG), 5 and 11.
"""

from __future__ import annotations

import zlib
from typing import BinaryIO

from preserva.core.book.image import Image, Resolution, Unit
from preserva.core.values.codes import Code
from preserva.describe.characterization.image import common_metadata
from preserva.describe.characterization.image.characterization import BrokenError, Characterization
from preserva.describe.characterization.image.decode import PILLOW, decode, opened, tags

_SPACES = {0: ("BlackIsZero", 1), 2: ("RGB", 3), 3: ("PaletteColor", 1)}
_WITH_ALPHA = {4: ("BlackIsZero", 2), 6: ("RGB", 4)}
_CHUNK = 1 << 16


def characterise(stream: BinaryIO, size: int, max_pixels: int) -> Characterization:
    """What the image is; the checksum of every chunk is compared, and it is decoded."""
    image = None
    try:
        header, density = _chunks(stream, size)
        image = _image(header, density)
        with opened(stream, "PNG", max_pixels) as picture:
            image = common_metadata.embedded(image, picture.info.get("icc_profile"), tags(picture))
            likeness = decode(picture, max_pixels)
    except BrokenError as error:
        return Characterization(PILLOW, image, error.code, error.seen)
    return Characterization(PILLOW, image, likeness=likeness)


def _chunks(stream: BinaryIO, size: int) -> tuple[bytes, bytes]:
    """The content of IHDR and of pHYs, empty without one. Raises BrokenError."""
    chunks = {b"IHDR": b"", b"pHYs": b""}
    at, kind = 8, b""
    while kind != b"IEND":
        stream.seek(at)
        head = stream.read(8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if at + 12 + length > size:
            raise BrokenError(Code.IMAGE_TRUNCATED, f"{size} < {at + 12 + length}")
        checksum, first = zlib.crc32(kind), b""
        for start in range(0, length, _CHUNK):
            piece = stream.read(min(_CHUNK, length - start))
            checksum = zlib.crc32(piece, checksum)
            first = first or piece
        if checksum != int.from_bytes(stream.read(4), "big"):
            raise BrokenError(Code.IMAGE_UNDECODABLE, f"{kind!r} CRC-32")
        if kind in chunks:
            chunks[kind] = first
        at += 12 + length
    return chunks[b"IHDR"], chunks[b"pHYs"]


def _image(header: bytes, density: bytes) -> Image:
    space = (_SPACES | _WITH_ALPHA).get(header[9]) if len(header) == 13 else None
    if space is None:
        raise BrokenError(Code.IMAGE_UNDECODABLE, "IHDR")
    name, samples = space
    return Image(
        width=int.from_bytes(header[:4], "big"),
        height=int.from_bytes(header[4:8], "big"),
        bits=(header[8],) * samples,
        colour_space=name,
        compression="Deflate",
        resolution=_resolution(density),
    )


def _resolution(density: bytes) -> Resolution | None:
    """The resolution, in samples per metre or without a unit."""
    if len(density) != 9:
        return None
    x, y = (int.from_bytes(density[at : at + 4], "big") for at in (0, 4))
    if density[8] == 1:
        return common_metadata.made_resolution(x / 100, y / 100, Unit.CENTIMETRE)
    return common_metadata.made_resolution(x, y, Unit.NONE)
