"""Formats whose facts are those of the decoded picture: BMP, GIF and WebP."""

from __future__ import annotations

from typing import BinaryIO

from preserva.core.book.image import Image
from preserva.describe.characterization.image import common_metadata
from preserva.describe.characterization.image.characterization import BrokenError, Characterization
from preserva.describe.characterization.image.decode import PILLOW, decode, opened, tags

_COMPRESSIONS = {"BMP": "Uncompressed", "GIF": "LZW", "WEBP": "WebP"}
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
                compression=_COMPRESSIONS[kind],
            )
            image = common_metadata.embedded(image, picture.info.get("icc_profile"), tags(picture))
            likeness = decode(picture, max_pixels)
    except BrokenError as error:
        return Characterization(PILLOW, image, error.code, error.seen)
    return Characterization(PILLOW, image, likeness=likeness)
