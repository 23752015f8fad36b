"""Pages cut into the pieces that a viewer asks for, by libvips, in bounded memory.

`dzsave` leaves out what viewers ask for first (`full/max` and the sizes of whole pages), and its
versions differ in names; here every name comes from `exhibition.picture`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from preserva.core.values.codes import Severity
from preserva.core.values.report import Finding
from preserva.describe.characterization.image import libvips
from preserva.describe.characterization.image.characterization import BrokenError
from preserva.describe.characterization.image.screen import read_for_screens
from preserva.errors import Damaged, PreservaError, Refused, UsageError
from preserva.exhibition.picture import Picture
from preserva.i18n import _

_QUALITY = 82
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
    try:
        return read_for_screens(image, pixels, largest).pixels
    except BrokenError as error:
        raise _unshowable(Finding(error.code, name, seen=error.seen)) from error


def _unshowable(finding: Finding) -> PreservaError:
    if finding.code.severity is Severity.ERROR:
        return Damaged(finding.message())
    return Refused(
        finding.message(),
        hint=_("Give the package access images of another format, or leave the page out: `pages`."),
    )


def _reduced(page: Any, scale: int) -> Any:
    return _resized(page, -(-page.width // scale), -(-page.height // scale))


def _resized(page: Any, width: int, height: int) -> Any:
    if (page.width, page.height) == (width, height):
        return page
    return page.thumbnail_image(width, height=height, size="force").copy_memory()


def _save(image: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.jpegsave(str(path), Q=_QUALITY, keep="none")
