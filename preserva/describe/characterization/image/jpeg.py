"""JPEG: what the frame header says, and whether the image is whole.

Source: ITU-T T.81 B, JFIF 1.02, Adobe Technical Note 5116 (the marker APP14).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from PIL import Image as Pillow

from preserva.core.book.image import Image, Resolution, Unit
from preserva.core.values.codes import Code
from preserva.describe.characterization.image import common_metadata
from preserva.describe.characterization.image.characterization import BrokenError, Characterization
from preserva.describe.characterization.image.decode import PILLOW, decode, opened, tags

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_USUAL = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended and progressive with Huffman codes: every decoder has these."""
_SCAN, _ADOBE, _END = 0xDA, 0xEE, b"\xff\xd9"
_UNITS = {0: Unit.NONE, 1: Unit.INCH, 2: Unit.CENTIMETRE}
_SPACES = {1: "BlackIsZero", 3: "YCbCr", 4: "CMYK"}
_ADOBE_SPACES = {(3, 0): "RGB", (4, 0): "CMYK", (3, 1): "YCbCr", (4, 2): "YCCK"}
_CHUNK = 1 << 20
_MOST_FILL = 1 << 16  # fill bytes before markers; encoders write one or two, if any


def characterise(stream: BinaryIO, size: int, max_pixels: int) -> Characterization:
    """What the image is; it is decoded."""
    image, usual = None, True
    try:
        image, usual = _header(stream, size)
        scan = stream.tell()
        with opened(stream, "JPEG", max_pixels) as picture:
            image = replace(image, resolution=_density(picture))
            image = common_metadata.embedded(image, picture.info.get("icc_profile"), tags(picture))
            likeness = decode(picture, max_pixels)
        _check_end(stream, scan)
    except BrokenError as error:
        lacking = not usual and error.code is Code.IMAGE_UNDECODABLE
        code = Code.IMAGE_NOT_DECODABLE_HERE if lacking else error.code
        return Characterization(PILLOW, image, code, error.seen)
    return Characterization(PILLOW, image, likeness=likeness)


def _header(stream: BinaryIO, size: int) -> tuple[Image, bool]:
    """What the frame says, and whether its coding is one that every decoder has."""
    transform = None
    frame = None
    for marker, data in _segments(stream, size):
        if marker == _ADOBE and data.startswith(b"Adobe") and len(data) >= 12:
            transform = data[11]
        elif marker in _FRAMES and len(data) >= 6:
            frame = marker, data
    if frame is None:
        raise BrokenError(Code.IMAGE_UNDECODABLE)
    marker, data = frame
    components = data[5]
    space = _SPACES.get(components, f"{components}")
    image = Image(
        width=int.from_bytes(data[3:5], "big"),
        height=int.from_bytes(data[1:3], "big"),
        bits=(data[0],) * max(1, components),
        colour_space=_ADOBE_SPACES.get((components, transform), space)
        if transform is not None
        else space,
        compression="JPEG lossless" if marker in _LOSSLESS else "JPEG",
    )
    return image, marker in _USUAL and data[0] == 8


def _segments(stream: BinaryIO, size: int) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each segment before the first scan. Raises BrokenError."""
    stream.seek(2)
    fill = 0
    while True:
        head = stream.read(1)
        if not head:
            raise BrokenError(Code.IMAGE_TRUNCATED, f"{size}")
        marker = 0xFF
        while marker == 0xFF:  # a marker may be preceded by any number of them
            byte = stream.read(1)
            marker = byte[0] if byte else 0
            fill += marker == 0xFF
            if fill > _MOST_FILL:
                raise BrokenError(Code.IMAGE_UNDECODABLE, f"> {_MOST_FILL} x FF")
        length = int.from_bytes(stream.read(2), "big")
        if head != b"\xff" or length < 2:
            cut = stream.tell() >= size
            raise BrokenError(Code.IMAGE_TRUNCATED if cut else Code.IMAGE_UNDECODABLE)
        data = stream.read(length - 2)
        if len(data) < length - 2:
            raise BrokenError(Code.IMAGE_TRUNCATED, f"{size}")
        if marker == _SCAN:
            return
        yield marker, data


def _density(picture: Pillow.Image) -> Resolution | None:
    """The resolution in JFIF, unless it only gives the pixel aspect ratio."""
    unit = _UNITS.get(common_metadata.number(picture.info.get("jfif_unit")) or 0)
    density = picture.info.get("jfif_density")
    if unit is Unit.NONE or not isinstance(density, tuple) or len(density) != 2:
        return None
    return common_metadata.made_resolution(density[0], density[1], unit)


def _check_end(stream: BinaryIO, scan: int) -> None:
    """The decoder accepts made-up pixels in place of missing last bytes; we do not.

    The end marker cannot occur in the data of a scan; data added by cameras may follow it.
    """
    stream.seek(scan)
    last = b""
    while chunk := stream.read(_CHUNK):
        if _END in last + chunk:
            return
        last = chunk[-1:]
    raise BrokenError(Code.IMAGE_TRUNCATED, f"{stream.tell()}")
