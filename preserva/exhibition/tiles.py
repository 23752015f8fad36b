"""Pages cut into the pieces that a viewer asks for, by libvips, in bounded memory.

What libvips cannot read, or only with a warning, is read by the decoder that accepted it into its
package, if that one finds it sound.

`dzsave` leaves out what viewers ask for first (`full/max` and the sizes of whole pages), and its
versions differ in names; here every name comes from `exhibition.picture`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image as Pillow
from PIL import ImageOps

from preserva.core.values.codes import Severity
from preserva.core.values.report import Finding
from preserva.describe.characterization.identify import HEAD, identify
from preserva.describe.characterization.image import libvips
from preserva.describe.characterization.image.characterise import PILLOW_FORMATS, characterise
from preserva.describe.characterization.image.characterization import BrokenError
from preserva.describe.characterization.image.decode import opened
from preserva.errors import Damaged, PreservaError, Refused, UsageError
from preserva.exhibition.picture import Picture
from preserva.i18n import _

_QUALITY = 82
_FORMATS = {
    "L": ("uchar", "b-w"),
    "LA": ("uchar", "b-w"),
    "RGB": ("uchar", "srgb"),
    "RGBA": ("uchar", "srgb"),
    "CMYK": ("uchar", "cmyk"),
    "I;16": ("ushort", "grey16"),
}
"""The modes of Pillow that libvips has as well: the format of a sample, and what colours mean."""

Sized = Callable[[int, int], Picture]
"""The picture of a page of this width and height in pixels."""


def vips() -> Any:
    """The module pyvips. Raises UsageError."""
    try:
        return libvips.load()
    except (ImportError, OSError) as error:  # without the library itself, an OSError
        raise UsageError(
            _("packages that exhibitions need are not installed: {reason}").format(reason=error),
            hint=_("Install it with: pip install 'preserva[exhibit]'"),
        ) from error


def cut(image: Path, root: Path, sized: Sized, *, name: str, largest: int, pixels: int) -> Picture:
    """Write all pieces of a page below `root`; the picture, at most `largest` pixels long.

    Turned as its maker meant it, in sRGB, without what else the file says. `name` is for errors,
    `pixels` the most that an image may have. Raises Damaged for what is no sound image, Refused
    for what no decoder here can read.
    """
    pyvips = vips()
    page = _read(image, name, largest, pixels)
    try:
        picture = sized(page.width, page.height)
        for scale in picture.scales[:-1]:
            level = page if scale == 1 else _reduced(page, scale)
            for tile in picture.tiles(scale):
                x, y = tile.x // scale, tile.y // scale
                piece = level.crop(x, y, tile.shown_width, tile.shown_height)
                _save(piece, root / tile.path)
        for whole in picture.wholes():
            _save(_resized(page, whole.shown_width, whole.shown_height), root / whole.path)
    except pyvips.Error as error:
        message = _("{path} cannot be read as an image: {reason}")
        reason = libvips.reason(error)
        raise Damaged(message.format(path=name, reason=reason)) from error
    return picture


def check(image: Path, *, name: str, pixels: int) -> None:
    """Read a page as `cut` does, and write nothing. Raises what that raises."""
    _read(image, name, 1, pixels)


def _read(image: Path, name: str, largest: int, pixels: int) -> Any:
    """The whole page, decoded, as screens show it."""
    pyvips = vips()
    try:
        page = pyvips.Image.new_from_file(str(image), access="random", fail_on=libvips.STRICTLY)
        if page.width * page.height <= pixels:
            return _for_screens(page.autorot(), largest)
    except pyvips.Error:
        pass  # perhaps it is sound, and libvips has no decoder for it
    return _for_screens(_by_pillow(pyvips, image, name, pixels), largest)


def _by_pillow(pyvips: Any, image: Path, name: str, pixels: int) -> Any:
    """The page as the decoder has it that judges what comes into packages."""
    size = image.stat().st_size
    with image.open("rb") as stream:
        mime = identify(stream.read(HEAD), image.name, size).mime
        verdict = characterise(stream, size, mime, pixels)
        code = None if verdict is None else verdict.code
        if verdict and code and code.severity is not Severity.WARNING:
            raise _unshowable(Finding(code, name, seen=verdict.seen))
        try:
            with opened(stream, PILLOW_FORMATS.get(mime, ""), pixels) as picture:
                return _taken_over(pyvips, picture)
        except BrokenError as error:
            raise _unshowable(Finding(error.code, name, seen=error.seen)) from error


def _unshowable(finding: Finding) -> PreservaError:
    if finding.code.severity is Severity.ERROR:
        return Damaged(finding.message())
    return Refused(
        finding.message(),
        hint=_("Give the package access images of another format, or leave the page out: `pages`."),
    )


def _taken_over(pyvips: Any, picture: Pillow.Image) -> Any:
    """An image of Pillow as one of libvips, upright, with its ICC profile."""
    upright = ImageOps.exif_transpose(picture)
    profile = picture.info.get("icc_profile")
    if upright.mode not in _FORMATS:
        alpha = upright.has_transparency_data
        grey = upright.mode in ("1", "LA", "La") and not alpha
        upright = upright.convert("L" if grey else "RGBA" if alpha else "RGB")
    form, interpretation = _FORMATS[upright.mode]
    bands = len(upright.getbands())
    width, height = upright.size
    page = pyvips.Image.new_from_memory(upright.tobytes(), width, height, bands, form)
    page = page.copy(interpretation=interpretation)
    if isinstance(profile, bytes) and profile and upright.mode == picture.mode:
        page = page.copy()
        page.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return page


def _for_screens(page: Any, largest: int) -> Any:
    """Eight bits of sRGB or grey, on white, no larger than asked."""
    if page.get_typeof("icc-profile-data"):
        page = page.icc_transform("srgb", embedded=True)
    page = page.colourspace("b-w" if page.bands < 3 else "srgb")
    if page.hasalpha():
        page = page.flatten(background=255)
    if page.format != "uchar":
        page = page.cast("uchar")
    if largest and max(page.width, page.height) > largest:
        page = page.thumbnail_image(largest, height=largest, size="down")
    return page.copy_memory()


def _reduced(page: Any, scale: int) -> Any:
    return _resized(page, -(-page.width // scale), -(-page.height // scale))


def _resized(page: Any, width: int, height: int) -> Any:
    if (page.width, page.height) == (width, height):
        return page
    return page.thumbnail_image(width, height=height, size="force").copy_memory()


def _save(image: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.jpegsave(str(path), Q=_QUALITY, keep="none")
