"""Formats whose facts are those of the decoded picture: BMP, GIF and WebP."""

from __future__ import annotations

from typing import BinaryIO

from preserva.core.book.image import Image
from preserva.describe.characterization.image import common_metadata
from preserva.describe.characterization.image.characterization import BrokenError, Characterization
from preserva.describe.characterization.image.decode import PILLOW, decode, opened, tags

_COMPRESSIONS = {"BMP": "Uncompressed", "GIF": "LZW"}
_WEBP = {b"VP8 ": "WebP lossy", b"VP8L": "WebP lossless"}
_LONGEST_WEBP = 1 << 16  # chunks before the first picture; there are a handful
_SPACES = {"1": "BlackIsZero", "L": "BlackIsZero", "P": "PaletteColor"}


def characterise(stream: BinaryIO, kind: str, max_pixels: int) -> Characterization:
    """What the image is; it is decoded. `kind` is Pillow's name of the format."""
    image = None
    try:
        with opened(stream, kind, max_pixels) as picture:
            image = Image(
                width=picture.width,
                height=picture.height,
                bits=(8,) * len(picture.getbands()),
                colour_space=_SPACES.get(picture.mode, "RGB"),
                compression=_COMPRESSIONS.get(kind) or _webp(stream),
            )
            image = common_metadata.embedded(image, picture.info.get("icc_profile"), tags(picture))
            likeness = decode(picture, max_pixels)
    except BrokenError as error:
        return Characterization(PILLOW, image, error.code, error.seen)
    return Characterization(PILLOW, image, likeness=likeness)


def _webp(stream: BinaryIO) -> str:
    """By the first chunk of pixels, in a frame where the image moves (RFC 9649, 2.5 to 2.7)."""
    at = 12
    for _number in range(_LONGEST_WEBP):
        stream.seek(at)
        head = stream.read(8)
        name = head[:4]
        if name in _WEBP or len(head) < 8:
            return _WEBP.get(name, "WebP")
        size = int.from_bytes(head[4:], "little")
        at += 8 + (16 if name == b"ANMF" else size + size % 2)
    return "WebP"
