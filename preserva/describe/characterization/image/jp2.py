"""JPEG 2000, in its JP2 family or bare: what it says, by jpylyzer, and whether it decodes.

Source: ISO/IEC 15444-1, Annex I. jpylyzer proves the structure to its last marker; a decoder
accepts less than that, and a validator does not decode: each sees what the other does not.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import replace
from enum import Enum
from typing import BinaryIO
from xml.etree.ElementTree import Element

from jpylyzer import boxvalidator, config

from preserva.core.book.image import Image, Resolution, Unit
from preserva.core.values.codes import Code
from preserva.describe.characterization.image import common_metadata
from preserva.describe.characterization.image.characterization import BrokenError, Characterization
from preserva.describe.characterization.image.decode import PILLOW, decode, opened

_BY = f"jpylyzer, {PILLOW}"
_OPTIONS = {
    "verboseFlag": config.OUTPUT_VERBOSE_FLAG,
    "nullxmlFlag": config.EXTRACT_NULL_TERMINATED_XML_FLAG,
    "packetmarkersFlag": config.OUTPUT_PACKET_MARKERS_FLAG,
}
_ENDINGS = frozenset(
    {
        "boxLengthIsValid",
        "containsContiguousCodestreamBox",
        "foundEOCMarker",
        "foundNextTilePartOrEOC",
    }
)
_SPACES = {16: "sRGB", 17: "BlackIsZero", 18: "sYCC"}
_LOSSY, _UNKNOWN = "JPEG 2000 lossy", "JPEG 2000"
_IRREVERSIBLE = 0
"""The 9-7 wavelet. The 5-3 wavelet makes lossless possible; whether it is, depends on what of its
layers was written, and no marker says that."""


class Jpeg2000Kind(Enum):
    """How the image is wrapped: its media type, what jpylyzer is to expect, and its first box.

    JPX is judged as JP2, though it may have boxes of its own.
    """

    JP2 = "image/jp2", "jp2", "JP2"
    JPX = "image/jpx", "jp2", "JP2"
    CODESTREAM = "image/j2c", "j2c", "contiguousCodestreamBox"


def characterise(stream: BinaryIO, max_pixels: int, kind: Jpeg2000Kind) -> Characterization:
    """What the image is; it is decoded."""
    image = None
    try:
        properties, failed = _boxes(stream, kind)
        image = _image(properties)
        cut = [name for name in failed if name in _ENDINGS]
        if cut:
            raise BrokenError(Code.IMAGE_TRUNCATED, ", ".join(cut))
        with opened(stream, "JPEG2000", max_pixels) as picture:
            profile = picture.info.get("icc_profile")
            if image is not None and isinstance(profile, bytes):
                image = replace(image, icc_profile=common_metadata.profile_name(profile))
            likeness = decode(picture, max_pixels)
        if kind is not Jpeg2000Kind.JPX and failed:
            raise BrokenError(Code.IMAGE_IRREGULAR, ", ".join(failed))
    except BrokenError as error:
        return Characterization(_BY, image, error.code, error.seen)
    return Characterization(_BY, image, likeness=likeness)


def _boxes(stream: BinaryIO, kind: Jpeg2000Kind) -> tuple[Element, list[str]]:
    """The properties that jpylyzer read, and the names of the tests that failed."""
    stream.seek(0)
    _mime, form, root = kind.value
    options = {**_OPTIONS, "validationFormat": form}
    try:
        with redirect_stderr(io.StringIO()):  # where it prints what it does not know
            # it slices what it is given, so that a map of the file would be copied all the same
            validator = boxvalidator.BoxValidator(options, root, stream.read())
            validated = validator.validate()
    except Exception as error:
        # hostile bytes make it raise anything
        raise BrokenError(Code.IMAGE_UNDECODABLE, type(error).__name__) from error
    failed = [test.tag for test in validated.tests.iter() if not len(test) and test.text is False]
    return validated.characteristics, list(dict.fromkeys(failed))[:8]


def _image(properties: Element) -> Image | None:
    """None if a part is missing that every image has."""
    width, height, count = (_number(properties, name) for name in ("width", "height", "nC"))
    if width is None or height is None:  # a bare codestream has no header box
        numbers = [_number(properties, name) or 0 for name in ("xsiz", "ysiz", "xOsiz", "yOsiz")]
        width, height = numbers[0] - numbers[2], numbers[1] - numbers[3]
        count = _number(properties, "csiz")
    bits = tuple(_numbers(properties, "ssizDepth")) or tuple(_numbers(properties, "bPCDepth"))
    if width < 1 or height < 1 or not count or not bits:
        return None
    wavelet = _number(properties, "transformation")
    return Image(
        width=width,
        height=height,
        bits=(bits * count)[: min(count, 64)],
        colour_space=_colour_space(properties),
        compression=_LOSSY if wavelet == _IRREVERSIBLE else _UNKNOWN,
        resolution=_resolution(properties),
    )


def _colour_space(properties: Element) -> str:
    """As the box of the colours says; a bare codestream says nothing."""
    if next(properties.iter("colourSpecificationBox"), None) is None:
        return "unknown"
    space = _number(properties, "enumCS")
    return "ICC profile" if space is None else _SPACES.get(space, f"JP2 {space}")


def _resolution(properties: Element) -> Resolution | None:
    """The resolution of capture, otherwise that of display; both are in samples per metre."""
    for kind in ("captureResolutionBox", "displayResolutionBox"):
        box = properties.find(f".//{kind}")
        if box is not None:
            short = "Resc" if kind.startswith("capture") else "Resd"
            x, y = (_text(box, f"{axis}{short}InPixelsPerMeter") for axis in "hv")
            if isinstance(x, float | int) and isinstance(y, float | int):
                return common_metadata.made_resolution(x / 100, y / 100, Unit.CENTIMETRE)
    return None


def _number(properties: Element, name: str) -> int | None:
    return next(_numbers(properties, name), None)


def _numbers(properties: Element, name: str) -> Iterator[int]:
    for element in properties.iter(name):
        value: object = element.text  # before jpylyzer makes it readable, a number stands there
        if isinstance(value, int):
            yield value


def _text(element: Element, name: str) -> object:
    return next((child.text for child in element.iter(name)), None)
