"""Facts stated alike by several formats: Exif tags, resolutions, the name of a colour profile."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import SupportsFloat

from preserva.core.book.image import Capture, Image, Orientation, Resolution, Unit

_LONGEST = 200
_UNITS = {1: Unit.NONE, 2: Unit.INCH, 3: Unit.CENTIMETRE}
_MAKE, _MODEL, _SOFTWARE, _DATE, _ORIENTATION = 271, 272, 305, 306, 274
_X_RESOLUTION, _Y_RESOLUTION, _UNIT = 282, 283, 296
_EXPOSURE, _TAKEN = 33434, 36867

Tags = Mapping[int, object]


def text(value: object) -> str | None:
    """A short text that XML can carry, or None where nothing is left."""
    if isinstance(value, tuple):
        value = value[0] if value else None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    plain = "".join(
        character if character.isprintable() else " " for character in value.partition("\0")[0]
    )
    return " ".join(plain.split())[:_LONGEST] or None


def number(value: object) -> int | None:
    """A whole number; the first if there are several."""
    if isinstance(value, tuple | list):
        value = value[0] if value else None
    return value if isinstance(value, int) else None


def capture(tags: Tags) -> Capture:
    """The device that took the image. TIFF 6.0 8, Exif 2.32 4.6."""
    return Capture(
        maker=text(tags.get(_MAKE)),
        model=text(tags.get(_MODEL)),
        software=text(tags.get(_SOFTWARE)),
        when=_date(tags.get(_TAKEN)) or _date(tags.get(_DATE)),
        camera=_EXPOSURE in tags,
    )


def _date(value: object) -> str | None:
    try:
        return datetime.strptime(text(value) or "", "%Y:%m:%d %H:%M:%S").isoformat()
    except ValueError:
        return None


def orientation(tags: Tags) -> Orientation | None:
    """The orientation of the image, if a tag states it."""
    value = number(tags.get(_ORIENTATION))
    known = list(Orientation)
    return known[value - 1] if value is not None and 1 <= value <= len(known) else None


def resolution(tags: Tags) -> Resolution | None:
    """The resolution, if both tags are present and above 0; the unit is inches unless stated."""
    unit = _UNITS.get(number(tags.get(_UNIT)) or 2)
    return made_resolution(tags.get(_X_RESOLUTION), tags.get(_Y_RESOLUTION), unit)


def made_resolution(x: object, y: object, unit: Unit | None) -> Resolution | None:
    """A resolution made of these values, or None if they are not usable."""
    across, down = _rational(x), _rational(y)
    if across is None or down is None or unit is None:
        return None
    return Resolution(across, down, unit)


def _rational(value: object) -> Fraction | None:
    if isinstance(value, tuple):
        value = value[0] if value else None
    if not isinstance(value, SupportsFloat):
        return None
    try:
        fraction = Fraction(float(value)).limit_denominator(10_000)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    return fraction if 0 < fraction < 10_000_000 else None


def embedded(image: Image, profile: object, tags: Tags) -> Image:
    """The image, completed by what its ICC profile and its Exif tags say."""
    return replace(
        image,
        icc_profile=profile_name(profile) if isinstance(profile, bytes) else None,
        resolution=image.resolution or resolution(tags),
        orientation=orientation(tags),
        capture=capture(tags),
    )


def profile_name(profile: bytes) -> str | None:
    """The name of an ICC profile (its tag desc), or None. ICC.1:2022 7.2, 9.2.41."""
    try:
        (count,) = struct.unpack_from(">I", profile, 128)
        for at in range(132, 132 + 12 * min(count, 100), 12):
            signature, offset, size = struct.unpack_from(">4sII", profile, at)
            if signature == b"desc":
                return _description(profile[offset : offset + size])
    except struct.error:
        pass
    return None


def _description(tag: bytes) -> str | None:
    """Version 2 writes ASCII; version 4 a table of UTF-16 by language, whose first is taken."""
    if tag.startswith(b"desc"):
        (length,) = struct.unpack_from(">I", tag, 8)
        return text(tag[12 : 12 + length])
    if tag.startswith(b"mluc"):
        length, offset = struct.unpack_from(">II", tag, 20)
        return text(tag[offset : offset + length].decode("utf-16-be", "replace"))
    return None
