"""What an image file is technically, and whether it is whole: by its media type.

Here alone is decided which decoder reads which format. Pillow, which is always there, reads all
of them; what it has no codec for is put to libvips, if that is installed. Whoever may decode
decides for all: what one of them read to its end is sound, and can be shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO

from preserva.core.values.codes import Code
from preserva.describe.characterization.image.characterization import BrokenError, Characterization


def is_characterised(mime: str) -> bool:
    """Whether `characterise` knows files of this media type: images, PDF."""
    return mime.startswith("image/") or mime == "application/pdf"


PILLOW_FORMATS: Mapping[str, str] = {
    "image/bmp": "BMP",
    "image/gif": "GIF",
    "image/j2c": "JPEG2000",
    "image/jp2": "JPEG2000",
    "image/jpeg": "JPEG",
    "image/jpx": "JPEG2000",
    "image/png": "PNG",
    "image/tiff": "TIFF",
    "image/webp": "WEBP",
}
"""The media types that are decoded, and Pillow's name of each format."""


def characterise(
    stream: BinaryIO, size: int, mime: str, max_pixels: int
) -> Characterization | None:
    """What the file is; None where it is neither an image nor a PDF.

    `stream` is seekable and holds `size` bytes. Never raises because of its content.
    """
    verdict = _by_format(stream, size, mime, max_pixels)
    if verdict is None or verdict.code is not Code.IMAGE_NOT_DECODABLE_HERE:
        return verdict
    return _by_libvips(stream, mime, max_pixels, verdict)


def _by_libvips(
    stream: BinaryIO, mime: str, max_pixels: int, verdict: Characterization
) -> Characterization:
    """The verdict of the second decoder; the first one's, if that cannot decode it either."""
    from preserva.describe.characterization.image import libvips

    by = libvips.name() if mime in PILLOW_FORMATS else None
    if by is None:
        return verdict
    try:
        libvips.decode(stream, max_pixels)
    except BrokenError as error:
        return verdict if error.code is verdict.code else replace(verdict, code=error.code)
    return replace(verdict, by=by, code=None, seen=None)


def _by_format(stream: BinaryIO, size: int, mime: str, max_pixels: int) -> Characterization | None:
    # each format is imported where it is met: the decoders are heavy
    match mime:
        case "image/tiff":
            from preserva.describe.characterization.image import tiff

            return tiff.characterise(stream, size, max_pixels)
        case "image/jpeg":
            from preserva.describe.characterization.image import jpeg

            return jpeg.characterise(stream, size, max_pixels)
        case "image/png":
            from preserva.describe.characterization.image import png

            return png.characterise(stream, size, max_pixels)
        case "image/jp2" | "image/jpx" | "image/j2c":
            from preserva.describe.characterization.image import jp2

            kind = next(kind for kind in jp2.Jpeg2000Kind if kind.value[0] == mime)
            return jp2.characterise(stream, max_pixels, kind)
        case "image/bmp" | "image/gif" | "image/webp":
            from preserva.describe.characterization.image import bmp_gif_webp

            return bmp_gif_webp.characterise(stream, PILLOW_FORMATS[mime], max_pixels)
        case "application/pdf":
            from preserva.describe.characterization.image import pdf

            return pdf.characterise(stream, size)
        case _ if mime.startswith("image/"):
            return Characterization("preserva", code=Code.IMAGE_NOT_DECODABLE_HERE, seen=mime)
    return None
