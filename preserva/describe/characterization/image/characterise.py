"""The technical properties of an image file, and whether it is whole, by its media type."""

from __future__ import annotations

from typing import BinaryIO

from preserva.core.values.codes import Code
from preserva.describe.characterization.image.characterization import Characterization


def is_characterised(mime: str) -> bool:
    """Whether `characterise` knows files of this media type: images, PDF."""
    return mime.startswith("image/") or mime == "application/pdf"


def characterise(
    stream: BinaryIO, size: int, mime: str, max_pixels: int
) -> Characterization | None:
    """What the file is; None where it is neither an image nor a PDF.

    `stream` is seekable and holds `size` bytes. Never raises because of its content.
    """
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
        case "image/jp2" | "image/jpx":
            from preserva.describe.characterization.image import jp2

            return jp2.characterise(stream, max_pixels, jp2=mime == "image/jp2")
        case "image/bmp" | "image/gif" | "image/webp":
            from preserva.describe.characterization.image import bmp_gif_webp

            return bmp_gif_webp.characterise(stream, mime[6:].upper(), max_pixels)
        case "application/pdf":
            from preserva.describe.characterization.image import pdf

            return pdf.characterise(stream, size)
        case _ if mime.startswith("image/"):
            return Characterization("preserva", code=Code.IMAGE_NOT_DECODABLE_HERE, seen=mime)
    return None
