"""Access copies: JPEG in sRGB or grey, for reading on a screen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image as Pillow

from preserva.describe.characterization.image import libvips
from preserva.describe.characterization.image.characterization import BrokenError
from preserva.describe.characterization.image.decode import PILLOW
from preserva.describe.characterization.image.screen import read_for_screens
from preserva.errors import UsageError
from preserva.i18n import _

LONGEST = 3000
"""Pixels of the longer side: small print of a large page can be read."""

QUALITY = 85


class NotDecodedError(Exception):
    """The image cannot be decoded here; the text says why."""


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A JPEG file and its size in pixels. `source_width` is that of the image it was made of."""

    path: Path
    width: int
    height: int
    grey: bool
    source_width: int


def missing_extra(error: Exception) -> UsageError:
    """What to raise where a package that makes copies is not installed."""
    message = _("packages that make access copies are not installed: {reason}")
    return UsageError(
        message.format(reason=error),
        hint=_("Install them with: pip install 'preserva[derive]'"),
    )


def software() -> str:
    """The programs that decode and write images, with their versions. Raises UsageError."""
    try:
        libvips.load()
    except (ImportError, OSError) as error:  # without the library itself, an OSError
        raise missing_extra(error) from error
    return f"{libvips.name()}, {PILLOW}"


def access_copy(image: Path, target: Path, max_pixels: int) -> Jpeg:
    """Write the access copy of a page image, turned as its maker meant it, on white.

    Memory does not grow with the image, except for formats that only Pillow decodes (JPEG 2000);
    at most `max_pixels` are decoded. The same image and the same versions of the programs give the
    same bytes. Raises NotDecodedError, OSError.
    """
    try:
        page = read_for_screens(image, max_pixels, LONGEST)
    except BrokenError as error:
        raise NotDecodedError(error.seen or str(error.code.value)) from error
    target.write_bytes(page.pixels.jpegsave_buffer(Q=QUALITY, keep="none"))
    return read_jpeg(target, page.source_width)


def read_jpeg(path: Path, source_width: int | None = None) -> Jpeg:
    """A JPEG file that is there. Raises NotDecodedError for one that cannot go into a PDF."""
    try:
        with Pillow.open(path, formats=("JPEG",)) as opened:
            width, height, mode = opened.width, opened.height, opened.mode
    except Exception as error:  # hostile bytes make its parsers raise anything
        raise NotDecodedError(str(error) or type(error).__name__) from error
    if mode not in ("L", "RGB"):
        raise NotDecodedError(mode)
    return Jpeg(path, width, height, mode == "L", source_width or width)
