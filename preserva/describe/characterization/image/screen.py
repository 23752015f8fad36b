"""A page image as screens show it, read by whichever decoder can: for exhibitions, access copies.

libvips reads in bounded memory. What it cannot read, or only with a warning, is read by the decoder
that accepts images into packages, if that one finds it sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image as Pillow
from PIL import ImageOps

from preserva.core.values.codes import Severity
from preserva.describe.characterization.identify import HEAD, identify
from preserva.describe.characterization.image import libvips
from preserva.describe.characterization.image.characterise import PILLOW_FORMATS, characterise
from preserva.describe.characterization.image.characterization import BrokenError
from preserva.describe.characterization.image.decode import check_size, opened

_FORMATS = {
    "L": ("uchar", "b-w"),
    "LA": ("uchar", "b-w"),
    "RGB": ("uchar", "srgb"),
    "RGBA": ("uchar", "srgb"),
    "CMYK": ("uchar", "cmyk"),
    "I;16": ("ushort", "grey16"),
}
"""The modes of Pillow that libvips has as well: the format of a sample, and what colours mean."""


@dataclass(frozen=True, slots=True)
class ScreenPage:
    """An image of pyvips: 8 bits of sRGB or grey, opaque, upright, in memory.

    `source_width` is the width of the image that it was made of, in pixels.
    """

    pixels: Any
    source_width: int


def read_for_screens(image: Path, max_pixels: int, longest: int = 0) -> ScreenPage:
    """The first image of the file, its longer side at most `longest` pixels, if that is not 0.

    Raises BrokenError for what is damaged, too large or decoded by nobody here; ImportError and
    OSError without libvips.
    """
    pyvips = libvips.load()
    try:
        whole = _opened(pyvips, image)
        check_size(whole.width, whole.height, max_pixels)
        return ScreenPage(_for_screens(_smaller(pyvips, whole, image, longest)), whole.width)
    except pyvips.Error:
        pass  # perhaps it is sound, and libvips has no decoder for it
    page = _by_pillow(pyvips, image, max_pixels)
    width = page.width
    if longest and max(page.width, page.height) > longest:
        page = page.thumbnail_image(longest, height=longest, size="down")
    return ScreenPage(_for_screens(page), width)


def _opened(pyvips: Any, image: Path) -> Any:
    return pyvips.Image.new_from_file(str(image), access="random", fail_on=libvips.STRICTLY)


def _smaller(pyvips: Any, whole: Any, image: Path, longest: int) -> Any:
    """The image upright and not too long: made small while it is read."""
    if not longest or max(whole.width, whole.height) <= longest:
        return whole.autorot()
    return pyvips.Image.thumbnail(
        str(image), longest, height=longest, size="down", fail_on=libvips.STRICTLY
    )


def _for_screens(page: Any) -> Any:
    space = "b-w" if page.bands < 3 else "srgb"
    if page.get_typeof("icc-profile-data"):
        page = page.icc_transform("srgb", embedded=True)
    page = page.colourspace(space)
    if page.hasalpha():
        page = page.flatten(background=255)
    if page.format != "uchar":
        page = page.cast("uchar")
    return page.copy_memory()


def _by_pillow(pyvips: Any, image: Path, max_pixels: int) -> Any:
    """The page as the decoder has it that judges what comes into packages."""
    size = image.stat().st_size
    with image.open("rb") as stream:
        mime = identify(stream.read(HEAD), image.name, size).mime
        verdict = characterise(stream, size, mime, max_pixels)
        code = None if verdict is None else verdict.code
        if verdict and code and code.severity is not Severity.WARNING:
            raise BrokenError(code, verdict.seen)
        with opened(stream, PILLOW_FORMATS.get(mime, ""), max_pixels) as picture:
            return _taken_over(pyvips, picture)


def _taken_over(pyvips: Any, picture: Pillow.Image) -> Any:
    """An image of Pillow as one of libvips, upright, with its ICC profile."""
    upright = ImageOps.exif_transpose(picture)
    profile = picture.info.get("icc_profile")
    if upright.mode not in _FORMATS:
        alpha = upright.has_transparency_data
        grey = upright.mode in ("1", "La") and not alpha
        upright = upright.convert("L" if grey else "RGBA" if alpha else "RGB")
    form, interpretation = _FORMATS[upright.mode]
    bands = len(upright.getbands())
    width, height = upright.size
    page = pyvips.Image.new_from_memory(upright.tobytes(), width, height, bands, form)
    page = page.copy(interpretation=interpretation)
    if isinstance(profile, bytes) and profile and upright.mode == picture.mode:
        page.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return page
