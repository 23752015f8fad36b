"""Whatever bytes an image file holds: an answer, no traceback, nothing that XML cannot carry."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.core.eark.mix import NAMESPACE, read_mix, write_mix
from preserva.core.values.codes import Code
from preserva.core.xml.safe import parse
from preserva.core.xml.write import document
from preserva.describe.characterization.image.characterise import characterise
from preserva.describe.characterization.image.characterization import Characterization
from tests.support.images import samples

MIMES = {
    "tiff": "image/tiff", "tiff g4": "image/tiff", "tiff lzw": "image/tiff",
    "bigtiff": "image/tiff", "tiff pages": "image/tiff", "jpeg": "image/jpeg",
    "jpeg progressive": "image/jpeg", "jp2": "image/jp2", "png": "image/png", "gif": "image/gif",
    "webp": "image/webp", "pdf": "application/pdf",
}  # fmt: skip
CODES = {
    None, Code.IMAGE_TRUNCATED, Code.IMAGE_UNDECODABLE, Code.IMAGE_TOO_LARGE,
    Code.IMAGE_NOT_DECODABLE_HERE, Code.IMAGE_IRREGULAR,
}  # fmt: skip


def answered(data: bytes, mime: str) -> Characterization:
    """The verdict, after its image went through MIX and back."""
    found = characterise(io.BytesIO(data), len(data), mime, 10**6)
    assert found is not None
    assert found.code in CODES
    if found.image is not None:
        stream = io.BytesIO()
        with document(stream, "holder", {None: "urn:x", "mix": NAMESPACE}, {}) as writer:
            write_mix(writer, found.image)
        (mix,) = parse(stream.getvalue())
        assert read_mix(mix) == found.image
    return found


@pytest.mark.parametrize("name", MIMES)
@given(data=st.data())
@settings(max_examples=60)
def test_a_changed_image_has_an_answer(name: str, data: st.DataObject) -> None:
    changed = bytearray(samples()[name])
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(2, len(changed) - 1))] = data.draw(st.integers(0, 255))
    del changed[data.draw(st.integers(8, len(changed))) :]
    answered(bytes(changed), MIMES[name])


@pytest.mark.parametrize("mime", sorted(set(MIMES.values())))
@given(head=st.sampled_from(sorted(samples().values())), tail=st.binary(max_size=400))
@settings(max_examples=30)
def test_any_bytes_have_an_answer(mime: str, head: bytes, tail: bytes) -> None:
    answered(head[:40] + tail, mime)
