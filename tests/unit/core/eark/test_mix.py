"""MIX: valid by its official schema, and read back as it was written."""

from __future__ import annotations

import io
import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from preserva.core.book.image import ByteOrder, Capture, Image, Orientation, Resolution, Unit
from preserva.core.eark.mix import NAMESPACE, read_mix, write_mix
from preserva.core.xml.write import document
from tests.support.aips import SCAN
from tests.support.xsd import schema

BARE = Image(1, 1, (1,), "WhiteIsZero", "CCITT Group 4")
PHOTO = Image(
    6000, 4000, (16, 16, 16), "RGB", "Uncompressed", floating=True,
    capture=Capture("Canon", "EOS 5D", None, "2024-03-05T10:20:30", camera=True),
)  # fmt: skip

_TEXT = st.text(
    st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=20
)  # what facts.text leaves of any bytes
_NUMBER = st.fractions(min_value=Fraction(1, 1000), max_value=10**6, max_denominator=1000)
_CAPTURES = st.builds(
    Capture,
    maker=st.none() | _TEXT,
    model=st.none() | _TEXT,
    software=st.none() | _TEXT,
    when=st.none() | st.datetimes().map(lambda one: one.replace(microsecond=0).isoformat()),
    camera=st.booleans(),
)
IMAGES = st.builds(
    Image,
    width=st.integers(1, 10**6),
    height=st.integers(1, 10**6),
    bits=st.lists(st.sampled_from((1, 8, 12, 16, 32)), min_size=1, max_size=5).map(tuple),
    colour_space=_TEXT,
    compression=_TEXT,
    floating=st.booleans(),
    byte_order=st.none() | st.sampled_from(ByteOrder),
    icc_profile=st.none() | _TEXT,
    resolution=st.none() | st.builds(Resolution, _NUMBER, _NUMBER, st.sampled_from(Unit)),
    orientation=st.none() | st.sampled_from(Orientation),
    capture=_CAPTURES,
)


def written(image: Image) -> etree._Element:
    stream = io.BytesIO()
    with document(stream, "holder", {None: "urn:x", "mix": NAMESPACE}, {}) as writer:
        write_mix(writer, image)
    (mix,) = etree.fromstring(stream.getvalue())
    return mix


@pytest.mark.parametrize("image", [SCAN, BARE, PHOTO], ids=["scan", "bare", "photo"])
def test_it_is_read_as_it_was_written(image: Image) -> None:
    assert read_mix(written(image)) == image


@given(IMAGES)
def test_any_image_is_valid_and_read_as_it_was_written(shared: Path, image: Image) -> None:
    mix = written(image)
    schema(shared, "mix-2.0.xsd").assertValid(mix)
    assert read_mix(mix) == image


def test_the_schema_would_have_objected(shared: Path) -> None:
    mix = written(SCAN)
    unit = next(mix.iter(f"{{{NAMESPACE}}}samplingFrequencyUnit"))
    unit.text = "furlong"
    assert not schema(shared, "mix-2.0.xsd").validate(mix)


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"<mix:imageWidth>.*?</mix:imageWidth>", ""),
        (r"(<mix:imageHeight>).*?<", r"\1tall<"),
        (r"(<mix:denominator>).*?<", r"\g<1>0<"),
        (r"(<mix:byteOrder>).*?<", r"\1middle<"),
    ],
)
def test_mix_that_is_not_ours_is_no_image(pattern: str, replacement: str) -> None:
    text = etree.tostring(written(SCAN), encoding="unicode")
    changed, count = re.subn(pattern, replacement, text)
    assert count
    assert read_mix(etree.fromstring(changed)) is None


def test_resolution_is_compared_in_dots_per_inch() -> None:
    assert Resolution(Fraction(600), Fraction(300), Unit.INCH).dpi() == 300
    assert Resolution(Fraction(100), Fraction(100), Unit.CENTIMETRE).dpi() == 254
    assert Resolution(Fraction(1), Fraction(1), Unit.NONE).dpi() is None
