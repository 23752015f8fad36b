"""MIX 2.0: what is technically known of an image, written and read as XML.

Source: ANSI/NISO Z39.87-2006, Technical Metadata for Digital Still Images; its schema MIX 2.0.
"""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from typing import TypeVar

from lxml import etree

from preserva.core.book.image import ByteOrder, Capture, Image, Orientation, Resolution, Unit
from preserva.core.xml.write import XmlWriter

NAMESPACE = "http://www.loc.gov/mix/v20"

_Kind = TypeVar("_Kind", bound=Enum)


def write_mix(writer: XmlWriter, image: Image) -> None:
    """Write the element `mix`. The document's namespaces bind the prefix `mix`."""
    with writer.element("mix:mix"):
        with writer.element("mix:BasicDigitalObjectInformation"):
            if image.byte_order is not None:
                writer.leaf("mix:byteOrder", image.byte_order.value)
            with writer.element("mix:Compression"):
                writer.leaf("mix:compressionScheme", image.compression)
        with (
            writer.element("mix:BasicImageInformation"),
            writer.element("mix:BasicImageCharacteristics"),
        ):
            writer.leaf("mix:imageWidth", str(image.width))
            writer.leaf("mix:imageHeight", str(image.height))
            with writer.element("mix:PhotometricInterpretation"):
                writer.leaf("mix:colorSpace", image.colour_space)
                if image.icc_profile is not None:
                    with writer.element("mix:ColorProfile"), writer.element("mix:IccProfile"):
                        writer.leaf("mix:iccProfileName", image.icc_profile)
        if image.orientation is not None or image.capture != Capture(
            software=image.capture.software
        ):
            _write_capture(writer, image)
        _write_assessment(writer, image)
        if image.capture.software is not None:
            with (
                writer.element("mix:ChangeHistory"),
                writer.element("mix:ImageProcessing"),
                writer.element("mix:ProcessingSoftware"),
            ):
                writer.leaf("mix:processingSoftwareName", image.capture.software)


def _write_capture(writer: XmlWriter, image: Image) -> None:
    capture = image.capture
    kind, device = ("digitalCamera", "DigitalCamera") if capture.camera else ("scanner", "Scanner")
    with writer.element("mix:ImageCaptureMetadata"):
        if capture.when is not None:
            with writer.element("mix:GeneralCaptureInformation"):
                writer.leaf("mix:dateTimeCreated", capture.when)
        if capture.camera or capture.maker is not None or capture.model is not None:
            with writer.element(f"mix:{device}Capture"):
                if capture.maker is not None:
                    writer.leaf(f"mix:{kind}Manufacturer", capture.maker)
                if capture.model is not None:
                    with writer.element(f"mix:{device}Model"):
                        writer.leaf(f"mix:{kind}ModelName", capture.model)
        if image.orientation is not None:
            writer.leaf("mix:orientation", image.orientation.value)


def _write_assessment(writer: XmlWriter, image: Image) -> None:
    with writer.element("mix:ImageAssessmentMetadata"):
        if image.resolution is not None:
            with writer.element("mix:SpatialMetrics"):
                writer.leaf("mix:samplingFrequencyUnit", image.resolution.unit.value)
                _write_rational(writer, "mix:xSamplingFrequency", image.resolution.x)
                _write_rational(writer, "mix:ySamplingFrequency", image.resolution.y)
        with writer.element("mix:ImageColorEncoding"):
            with writer.element("mix:BitsPerSample"):
                for bits in image.bits:
                    writer.leaf("mix:bitsPerSampleValue", str(bits))
                unit = "floating point" if image.floating else "integer"
                writer.leaf("mix:bitsPerSampleUnit", unit)
            writer.leaf("mix:samplesPerPixel", str(len(image.bits)))


def _write_rational(writer: XmlWriter, name: str, value: Fraction) -> None:
    with writer.element(name):
        writer.leaf("mix:numerator", str(value.numerator))
        writer.leaf("mix:denominator", str(value.denominator))


def read_mix(element: etree._Element) -> Image | None:
    """The image that an element `mix` describes, or None where it lacks a part that we write.

    Foreign MIX says more in other places; only what `write_mix` writes is read.
    """
    try:
        return Image(
            width=int(_text(element, "imageWidth") or ""),
            height=int(_text(element, "imageHeight") or ""),
            bits=tuple(int(value.text or "") for value in element.iter(_tag("bitsPerSampleValue"))),
            colour_space=_text(element, "colorSpace") or "",
            compression=_text(element, "compressionScheme") or "",
            floating=_text(element, "bitsPerSampleUnit") == "floating point",
            byte_order=_member(ByteOrder, _text(element, "byteOrder")),
            icc_profile=_text(element, "iccProfileName"),
            resolution=_read_resolution(element),
            orientation=_member(Orientation, _text(element, "orientation")),
            capture=_read_capture(element),
        )
    except (ValueError, ZeroDivisionError):
        return None


def _read_resolution(element: etree._Element) -> Resolution | None:
    unit = _member(Unit, _text(element, "samplingFrequencyUnit"))
    across, down = (_rational(element, f"{axis}SamplingFrequency") for axis in "xy")
    if unit is None or across is None or down is None:
        return None
    return Resolution(across, down, unit)


def _read_capture(element: etree._Element) -> Capture:
    camera = next(element.iter(_tag("DigitalCameraCapture")), None) is not None
    kind = "digitalCamera" if camera else "scanner"
    return Capture(
        maker=_text(element, f"{kind}Manufacturer"),
        model=_text(element, f"{kind}ModelName"),
        software=_text(element, "processingSoftwareName"),
        when=_text(element, "dateTimeCreated"),
        camera=camera,
    )


def _rational(element: etree._Element, name: str) -> Fraction | None:
    rational = next(element.iter(_tag(name)), None)
    if rational is None:
        return None
    return Fraction(
        int(_text(rational, "numerator") or ""), int(_text(rational, "denominator") or "1")
    )


def _member(kind: type[_Kind], text: str | None) -> _Kind | None:
    return None if text is None else kind(text)


def _text(element: etree._Element, name: str) -> str | None:
    child = next(element.iter(_tag(name)), None)
    return None if child is None else (child.text or "").strip()


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
