"""The technical metadata of an image as a value. Unknown parts are omitted.

The terms are those of ANSI/NISO Z39.87-2006, Technical Metadata for Digital Still Images.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


class ByteOrder(Enum):
    """The byte order of numbers: MIX byteOrder."""

    BIG_ENDIAN = "big endian"
    LITTLE_ENDIAN = "little endian"


class Unit(Enum):
    """The unit of a resolution: MIX samplingFrequencyUnit."""

    NONE = "no absolute unit of measurement"
    INCH = "in."
    CENTIMETRE = "cm"


class Orientation(Enum):
    """The orientation of the stored image: MIX orientation, in the order of TIFF tag 274."""

    NORMAL = "normal*"
    FLIPPED = "normal, image flipped"
    ROTATED_180 = "normal, rotated 180°"
    FLIPPED_ROTATED_180 = "normal, image flipped, rotated 180°"
    FLIPPED_CLOCKWISE = "normal, image flipped, rotated cw 90°"
    COUNTERCLOCKWISE = "normal, rotated ccw 90°"
    FLIPPED_COUNTERCLOCKWISE = "normal, image flipped, rotated ccw 90°"
    CLOCKWISE = "normal, rotated cw 90°"


@dataclass(frozen=True, slots=True)
class Resolution:
    """Samples for each unit, across and down; each is above 0."""

    x: Fraction
    y: Fraction
    unit: Unit

    def dpi(self) -> Fraction | None:
        """The lower of both in samples per inch; None if there is no unit."""
        factors = {Unit.INCH: Fraction(1), Unit.CENTIMETRE: Fraction(254, 100)}
        factor = factors.get(self.unit)
        return None if factor is None else min(self.x, self.y) * factor


@dataclass(frozen=True, slots=True)
class Capture:
    """What took the image, and when: an ISO 8601 date. `software` wrote the file.

    `camera` distinguishes a camera from a scanner: it recorded the exposure time.
    """

    maker: str | None = None
    model: str | None = None
    software: str | None = None
    when: str | None = None
    camera: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """An image: pixels, bits of each sample of a pixel, and how it is stored.

    `colour_space` is the photometric interpretation in the words of Z39.87 (`RGB`, `YCbCr`,
    `BlackIsZero`), `compression` a plain name. No text holds what XML cannot carry.
    """

    width: int
    height: int
    bits: tuple[int, ...]
    colour_space: str
    compression: str
    floating: bool = False
    byte_order: ByteOrder | None = None
    icc_profile: str | None = None
    resolution: Resolution | None = None
    orientation: Orientation | None = None
    capture: Capture = Capture()
