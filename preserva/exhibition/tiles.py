"""Pages cut into the pieces that a viewer asks for, by libvips, in bounded memory.

`dzsave` leaves out what viewers ask for first (`full/max` and the sizes of whole pages), and its
versions differ in names; here every name comes from `exhibition.picture`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from preserva.errors import Damaged, UsageError
from preserva.exhibition.picture import Picture
from preserva.i18n import _

_QUALITY = 82

Sized = Callable[[int, int], Picture]
"""The picture of a page of this width and height in pixels."""


def vips() -> Any:
    """The module pyvips, with unexamined decoders switched off. Raises UsageError."""
    try:
        import pyvips
    except (ImportError, OSError) as error:  # without the library itself, an OSError
        raise UsageError(
            _("packages that exhibitions need are not installed: {reason}").format(reason=error),
            hint=_("Install it with: pip install 'preserva[exhibit]'"),
        ) from error
    pyvips.block_untrusted_set(True)
    return pyvips


def cut(image: Path, root: Path, sized: Sized, *, name: str, largest: int, pixels: int) -> Picture:
    """Write all pieces of a page below `root`; the picture, at most `largest` pixels long.

    Oriented as intended, in sRGB, without other metadata. `name` is for errors, `pixels` the most
    that an image may have. Raises Damaged if it is not an image.
    """
    pyvips = vips()
    try:
        page = pyvips.Image.new_from_file(str(image), access="random")
        if page.width * page.height > pixels:
            raise Damaged(
                _("{path} has more pixels than the configuration allows").format(path=name)
            )
        page = _for_screens(page.autorot(), largest)
        picture = sized(page.width, page.height)
        for scale in picture.scales[:-1]:
            level = page if scale == 1 else _reduced(page, scale)
            for tile in picture.tiles(scale):
                x, y = tile.x // scale, tile.y // scale
                piece = level.crop(x, y, tile.shown_width, tile.shown_height)
                _save(piece, root / tile.path)
        for width, height in picture.sizes:
            whole = _resized(page, width, height)
            _save(whole, root / picture.path(width, height))
            if (width, height) == picture.largest:
                _save(whole, root / picture.best)
    except pyvips.Error as error:
        message = _("{path} cannot be read as an image: {reason}")
        reason = str(error).strip().splitlines()[-1]
        raise Damaged(message.format(path=name, reason=reason)) from error
    return picture


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
