"""The requirements for the images of a source: decodable, and scanned as required."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from preserva.core.book.image import Image
from preserva.core.book.scan_policy import USUAL_POLICY, ScanPolicy
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding

MAX_PIXELS = 600_000_000
"""Pixels of one image that are decoded unless more are allowed: A0 at 600 dpi has 558 million.

Decoded, a pixel takes up to four bytes of memory.
"""

_LOSSY = frozenset({"JPEG", "JPEG 2000 lossy", "WebP lossy"})
_PERHAPS_LOSSY = frozenset({"JPEG 2000", "JBIG", "WebP"})
"""What can be without loss, but need not be, and the file does not say which."""
_GREY = frozenset({"BlackIsZero", "WhiteIsZero"})


class Undecodable(StrEnum):
    """How a source with a damaged image is treated."""

    REFUSE = "refuse"
    RECORD = "record"


class Colours(StrEnum):
    """The colours that the samples of an image can represent."""

    BITONAL = "bitonal"
    GREY = "grey"
    COLOUR = "colour"


@dataclass(frozen=True, slots=True)
class ScanProfile:
    """How masters must be scanned. Only what is given is checked.

    `min_resolution` is in dots per inch; `colours` and `bits` (per sample) are those allowed.
    """

    min_resolution: int | None = None
    colours: tuple[Colours, ...] = ()
    bits: tuple[int, ...] = ()
    lossless: bool = False

    def findings(self, path: str, image: Image) -> Iterator[Finding]:
        """How a master departs from the profile."""
        if self.min_resolution is not None:
            yield from self._resolution(path, image)
        colours = colours_of(image)
        if self.colours and colours not in self.colours:
            yield Finding(Code.SCAN_COLOUR, path, ", ".join(self.colours), colours)
        if self.bits and not set(image.bits) <= set(self.bits):
            allowed = ", ".join(str(bits) for bits in self.bits)
            yield Finding(
                Code.SCAN_BITS, path, allowed, ", ".join(str(bits) for bits in image.bits)
            )
        if self.lossless and image.compression in _LOSSY:
            yield Finding(Code.SCAN_LOSSY, path, seen=image.compression)
        elif self.lossless and image.compression in _PERHAPS_LOSSY:
            yield Finding(Code.SCAN_LOSS_UNKNOWN, path, seen=image.compression)

    def _resolution(self, path: str, image: Image) -> Iterator[Finding]:
        dpi = None if image.resolution is None else image.resolution.dpi()
        # half a dot is lost where a resolution is written in centimetres
        if dpi is None or dpi + 1 <= (self.min_resolution or 0):
            seen = None if dpi is None else f"{float(dpi):.0f} dpi"
            yield Finding(Code.SCAN_RESOLUTION, path, f"{self.min_resolution} dpi", seen)


def unlikely_resolution(path: str, image: Image) -> Iterator[Finding]:
    """A finding for a resolution that cannot be that of a page."""
    dpi = None if image.resolution is None else image.resolution.dpi()
    if dpi is not None and not _LEAST_DPI <= dpi <= _MOST_DPI:
        yield Finding(Code.RESOLUTION_UNLIKELY, path, seen=f"{float(dpi):g} dpi")


_LEAST_DPI, _MOST_DPI = 10, 20_000
"""A wall map from afar, a microscope; 2.54 is a resolution of 1 in a centimetre, a mere default."""

ANY_SCAN = ScanProfile()


@dataclass(frozen=True, slots=True)
class ImageRules:
    """The requirements for images; larger ones than `max_pixels` are not decoded.

    A folder in which something changed within `settle_seconds` is looked at twice.
    """

    undecodable: Undecodable = Undecodable.REFUSE
    max_pixels: int = MAX_PIXELS
    scan: ScanProfile = ANY_SCAN
    policy: ScanPolicy = USUAL_POLICY
    settle_seconds: float = 2

    def without_refusals(self) -> ImageRules:
        """The rules for what others made: it is stored unchanged, and what is wrong is recorded."""
        policy = self.policy.without_refusals()
        return replace(self, undecodable=Undecodable.RECORD, policy=policy)


USUAL_RULES = ImageRules()


def colours_of(image: Image) -> Colours:
    """The colours of the samples; an alpha channel does not count."""
    if image.colour_space not in _GREY:
        return Colours.COLOUR
    return Colours.BITONAL if image.bits[0] == 1 else Colours.GREY
