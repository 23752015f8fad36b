"""Access copies: JPEG in sRGB or grey, for reading on a screen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

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


def _vips() -> Any:
    """The module pyvips, shy of decoders that nobody has examined. Raises UsageError."""
    try:
        import pyvips
    except (ImportError, OSError) as error:  # without the library itself, an OSError
        raise missing_extra(error) from error
    pyvips.block_untrusted_set(True)
    return pyvips


def missing_extra(error: Exception) -> UsageError:
    """What to raise where a package that makes copies is not installed."""
    message = _("packages that make access copies are not installed: {reason}")
    return UsageError(
        message.format(reason=error),
        hint=_("Install them with: pip install 'preserva[derive]'"),
    )


def software() -> str:
    """The programs that decode and write images, with their versions."""
    pyvips = _vips()
    version = ".".join(str(pyvips.version(part)) for part in range(3))
    return f"libvips {version}, Pillow {Pillow.__version__}"  # type: ignore[attr-defined]  # not in its stubs


def access_copy(image: Path, target: Path, max_pixels: int) -> Jpeg:
    """Write the access copy of a page image, turned as its maker meant it, on white.

    Memory does not grow with the image, except for formats that only Pillow decodes (JPEG 2000);
    of these, at most `max_pixels` are decoded. The same image and the same versions of the programs
    give the same bytes. Raises NotDecodedError.
    """
    pyvips = _vips()
    try:
        whole = pyvips.Image.new_from_file(str(image), access="sequential", fail_on="error")
        width = whole.width
        profile = {"export_profile": "srgb"} if whole.bands >= 3 else {}
        page = pyvips.Image.thumbnail(
            str(image), LONGEST, height=LONGEST, size="down", fail_on="error", **profile
        )
        if page.hasalpha():
            page = page.flatten(background=255)
        page = page.colourspace("b-w" if page.bands < 3 else "srgb")
        if page.format != "uchar":
            page = page.cast("uchar")
        page.jpegsave(str(target), Q=QUALITY, keep="none")
    except pyvips.Error as error:
        if "not a known file format" not in str(error) and "not in a known format" not in str(
            error
        ):
            raise NotDecodedError(str(error).strip().splitlines()[-1]) from error
        width = _by_pillow(image, target, max_pixels)
    return read_jpeg(target, width)


def _by_pillow(image: Path, target: Path, max_pixels: int) -> int:
    """The width of an image that libvips cannot decode, after its copy was written."""
    limit = Pillow.MAX_IMAGE_PIXELS
    Pillow.MAX_IMAGE_PIXELS = max_pixels
    try:
        with Pillow.open(image) as opened:
            width = opened.width
            if opened.width * opened.height > max_pixels:
                raise NotDecodedError(f"> {max_pixels}")
            grey = opened.mode in ("1", "L", "I", "I;16")
            page = opened.convert("L" if grey else "RGB")
            page.thumbnail((LONGEST, LONGEST), Pillow.Resampling.LANCZOS)
            page.save(target, "JPEG", quality=QUALITY)
            return width
    except NotDecodedError:
        raise
    except Exception as error:  # hostile bytes make its parsers raise anything
        raise NotDecodedError(str(error) or type(error).__name__) from error
    finally:
        Pillow.MAX_IMAGE_PIXELS = limit


def read_jpeg(path: Path, source_width: int | None = None) -> Jpeg:
    """A JPEG file that is there. Raises NotDecodedError for one that cannot go into a PDF."""
    try:
        with Pillow.open(path, formats=("JPEG",)) as opened:
            width, height, mode = opened.width, opened.height, opened.mode
    except Exception as error:  # as above
        raise NotDecodedError(str(error) or type(error).__name__) from error
    if mode not in ("L", "RGB"):
        raise NotDecodedError(mode)
    return Jpeg(path, width, height, mode == "L", source_width or width)
