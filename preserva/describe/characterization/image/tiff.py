"""TIFF and BigTIFF, with one or several images: the first is described, all are checked.

Source: TIFF 6.0, its supplements, the BigTIFF design.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from typing import BinaryIO

from PIL import Image as Pillow

from preserva.core.book.image import ByteOrder, Image
from preserva.core.values.codes import Code
from preserva.describe.characterization.image import common_metadata
from preserva.describe.characterization.image.characterization import BrokenError, Characterization
from preserva.describe.characterization.image.decode import MAX_FRAMES, PILLOW, decode, opened
from preserva.describe.characterization.image.fax import decode_fax
from preserva.describe.characterization.image.tiff_directory import (
    Layout,
    Values,
    directories,
    layout,
)

_COMPRESSIONS = {
    1: "Uncompressed",
    2: "CCITT 1D",
    3: "CCITT Group 3",
    4: "CCITT Group 4",
    5: "LZW",
    6: "JPEG",
    7: "JPEG",
    8: "ZIP",
    32773: "PackBits",
    32946: "ZIP",
    34661: "JBIG",
    34712: "JPEG 2000",
    34925: "LZMA2",
    50000: "Zstandard",
    50001: "WebP",
}
_FAX = {2, 3, 4}
_CODECS = {
    1: None, 5: "tiff_lzw", 6: "jpeg", 7: "jpeg", 8: "tiff_adobe_deflate", 32773: "packbits",
    32946: "tiff_deflate", 34925: "lzma", 50000: "zstd", 50001: "webp",
}  # fmt: skip
"""Pillow's names of the codecs of libtiff, not all of which every libtiff has."""

_SPACES = {
    0: "WhiteIsZero",
    1: "BlackIsZero",
    2: "RGB",
    3: "PaletteColor",
    4: "TransparencyMask",
    5: "CMYK",
    6: "YCbCr",
    8: "CIELab",
    9: "ICCLab",
}


def characterise(stream: BinaryIO, size: int, max_pixels: int) -> Characterization:
    """What the first image of the file is; all of them are decoded."""
    image = None
    frames = 0
    try:
        stream.seek(0)
        form = layout(stream.read(4), size)
        fax, schemes = False, set[int]()
        for tags in directories(stream, form, MAX_FRAMES):
            image = image or _image(tags, form)
            # a preview or a mask of another image (NewSubfileType, bits 0 and 2) is no page
            frames += not (common_metadata.number(tags.get(254)) or 0) & 5
            scheme = common_metadata.number(tags.get(259)) or 1
            fax = fax or scheme in _FAX
            schemes.add(scheme)
        if fax:
            likeness = decode_fax(stream, max_pixels)
        else:
            with opened(stream, "TIFF", max_pixels) as picture:
                likeness = _decoded(picture, max_pixels, schemes)
    except BrokenError as error:
        return Characterization(PILLOW, image, error.code, error.seen)
    return Characterization(PILLOW, image, frames=frames, likeness=likeness)


def _decoded(picture: Pillow.Image, max_pixels: int, schemes: set[int]) -> int | None:
    """The likeness. What fails for want of a codec says nothing of the image."""
    try:
        return decode(picture, max_pixels)
    except BrokenError as error:
        if error.code is not Code.IMAGE_TOO_LARGE and not all(map(_has_codec, schemes)):
            raise BrokenError(Code.IMAGE_NOT_DECODABLE_HERE, error.seen) from error
        raise


@cache
def _has_codec(scheme: int) -> bool:
    """Whether Pillow's libtiff can write, and so read, images compressed like this."""
    if scheme not in _CODECS:
        return False
    try:
        Pillow.new("RGB", (8, 8)).save(io.BytesIO(), "TIFF", compression=_CODECS[scheme])
    except Exception:
        # what it raises for want of a codec differs by version
        return False
    return True


def _image(tags: Mapping[int, Values], form: Layout) -> Image:
    width, height = (common_metadata.number(tags.get(tag)) or 0 for tag in (256, 257))
    if width < 1 or height < 1:
        raise BrokenError(Code.IMAGE_UNDECODABLE, f"{width} x {height}")
    samples = max(1, min(common_metadata.number(tags.get(277)) or 1, 64))
    bits = tuple(value for value in tags.get(258, ()) if isinstance(value, int) and value > 0)
    space, scheme = (
        common_metadata.number(tags.get(262)),
        common_metadata.number(tags.get(259)) or 1,
    )
    profile = tags.get(34675)
    return Image(
        width=width,
        height=height,
        bits=bits[:samples] if len(bits) >= samples else (bits[0] if bits else 1,) * samples,
        colour_space="unknown" if space is None else _SPACES.get(space, f"TIFF {space}"),
        compression=_COMPRESSIONS.get(scheme, f"TIFF {scheme}"),
        floating=common_metadata.number(tags.get(339)) == 3,
        byte_order=ByteOrder.LITTLE_ENDIAN if form.endian == "<" else ByteOrder.BIG_ENDIAN,
        icc_profile=common_metadata.profile_name(profile) if isinstance(profile, bytes) else None,
        resolution=common_metadata.resolution(tags),
        orientation=common_metadata.orientation(tags),
        capture=common_metadata.capture(tags),
    )
