"""What is told of images, and that one which is cut, broken or too large is told as such."""

from __future__ import annotations

import io
import os
import signal
import struct
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import PngImagePlugin

from preserva.core.book.image import ByteOrder, Capture, Image, Orientation, Resolution, Unit
from preserva.core.book.scans import MAX_PIXELS, ScanProfile
from preserva.core.values.codes import Code
from preserva.describe.characterization.identify import identify
from preserva.describe.characterization.image import fax, fax_worker, libvips
from preserva.describe.characterization.image.characterise import characterise, is_characterised
from preserva.describe.characterization.image.characterization import Characterization
from preserva.describe.characterization.image.libtiff_messages import overheard
from tests.support.images import SIZE, samples

SCANNER = Capture("Zeutschel", "OS 12002", "OmniScan 12", "2024-03-05T10:20:30")
CAMERA = Capture("Canon", "EOS 5D", "Capture One 23", "2024-03-05T10:20:30", camera=True)
LITTLE = ByteOrder.LITTLE_ENDIAN
SRGB = "sRGB built-in"


def dpi(value: int) -> Resolution:
    return Resolution(Fraction(value), Fraction(value), Unit.INCH)


RGB = (8, 8, 8)
EXPECTED: dict[str, Image] = {
    "tiff": Image(*SIZE, RGB, "RGB", "Uncompressed", byte_order=LITTLE, icc_profile=SRGB,
                  resolution=dpi(400), capture=SCANNER),
    "tiff lzw": Image(*SIZE, (8,), "BlackIsZero", "LZW", byte_order=LITTLE),
    "tiff g4": Image(*SIZE, (1,), "BlackIsZero", "CCITT Group 4", byte_order=LITTLE,
                     resolution=dpi(600)),
    "tiff 16": Image(*SIZE, (16,), "BlackIsZero", "Uncompressed", byte_order=LITTLE),
    "tiff zstd": Image(*SIZE, RGB, "RGB", "Zstandard", byte_order=LITTLE),
    "tiff lzma": Image(*SIZE, RGB, "RGB", "LZMA2", byte_order=LITTLE),
    "tiff jpeg": Image(*SIZE, RGB, "RGB", "JPEG", byte_order=LITTLE),
    "tiff cmyk": Image(*SIZE, (8, 8, 8, 8), "CMYK", "Uncompressed", byte_order=LITTLE),
    "bigtiff": Image(*SIZE, RGB, "RGB", "Uncompressed", byte_order=LITTLE, resolution=dpi(400)),
    "tiff pages": Image(*SIZE, (8,), "BlackIsZero", "Uncompressed", byte_order=LITTLE,
                        resolution=dpi(300)),
    "jpeg": Image(*SIZE, RGB, "YCbCr", "JPEG", icc_profile=SRGB, resolution=dpi(300),
                  orientation=Orientation.COUNTERCLOCKWISE, capture=CAMERA),
    "jpeg grey": Image(*SIZE, (8,), "BlackIsZero", "JPEG"),
    "jpeg progressive": Image(*SIZE, RGB, "YCbCr", "JPEG"),
    "jpeg cmyk": Image(*SIZE, (8, 8, 8, 8), "CMYK", "JPEG"),
    "jp2": Image(*SIZE, RGB, "sRGB", "JPEG 2000"),
    "jp2 codestream": Image(*SIZE, RGB, "unknown", "JPEG 2000"),
    "jp2 lossy": Image(*SIZE, (8,), "BlackIsZero", "JPEG 2000 lossy"),
    "png": Image(*SIZE, RGB, "RGB", "Deflate", icc_profile=SRGB,
                 resolution=Resolution(Fraction(100), Fraction(100), Unit.CENTIMETRE)),
    "png alpha": Image(*SIZE, (8, 8, 8, 8), "RGB", "Deflate"),
    "png 16": Image(*SIZE, (16,), "BlackIsZero", "Deflate"),
    "png 1": Image(*SIZE, (1,), "BlackIsZero", "Deflate"),
    "bmp": Image(*SIZE, RGB, "RGB", "Uncompressed"),
    "gif": Image(*SIZE, (8,), "PaletteColor", "LZW"),
    "webp": Image(*SIZE, RGB, "RGB", "WebP lossy"),
    "webp lossless": Image(*SIZE, RGB, "RGB", "WebP lossless"),
    "webp extended": Image(*SIZE, RGB, "RGB", "WebP lossless",
                           orientation=Orientation.COUNTERCLOCKWISE, capture=CAMERA),
}  # fmt: skip


def looked_at(data: bytes, max_pixels: int = MAX_PIXELS) -> Characterization | None:
    form = identify(data, "page", len(data))
    return characterise(io.BytesIO(data), len(data), form.mime, max_pixels)


def code(data: bytes) -> Code | None:
    found = looked_at(data)
    assert found is not None
    return found.code


def with_bytes(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_whole_image_is_described(name: str) -> None:
    found = looked_at(samples()[name])
    assert found is not None
    assert (found.image, found.code, found.seen) == (EXPECTED[name], None, None)


def test_of_a_pdf_only_its_end_is_known() -> None:
    found = looked_at(samples()["pdf"])
    assert found == Characterization("preserva, by the trailer")


@pytest.mark.parametrize("name", sorted({*EXPECTED, "pdf"} - {"gif"}))
def test_an_image_cut_anywhere_is_broken(name: str) -> None:
    data = samples()[name]
    unnoticed = [  # Pillow leaves up to 16 bytes of nothing behind the last page
        cut for cut in range(64, len(data) - 16, 7) if code(data[:cut]) is None
    ]
    assert unnoticed == []


@pytest.mark.parametrize("name", ["tiff", "bigtiff", "jpeg", "jp2", "png", "pdf"])
def test_an_image_cut_in_the_middle_is_called_cut(name: str) -> None:
    data = samples()[name]
    assert code(data[: len(data) * 2 // 3]) is Code.IMAGE_TRUNCATED


def test_what_is_known_of_a_cut_image_is_told() -> None:
    data = samples()["tiff lzw"]
    found = looked_at(with_bytes(data, data.index(b"II*\0") + 8, b"\xff" * 40))
    assert found is not None
    assert (found.image, found.code) == (EXPECTED["tiff lzw"], Code.IMAGE_UNDECODABLE)


def test_damage_that_only_libtiff_complains_of_is_found(capfd: pytest.CaptureFixture[str]) -> None:
    data = samples()["tiff g4"]
    at = data.index(b"II*\0") + 8
    codes = [code(with_bytes(data, at + n, bytes([data[at + n] ^ 64]))) for n in range(20, 60)]
    assert codes.count(Code.IMAGE_UNDECODABLE) > 20
    assert capfd.readouterr().err == ""


def test_what_others_write_to_standard_error_is_not_lost(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with overheard() as complaints:
        os.write(2, b"progress 5 %\nFax4Decode: Bad code word at line 2.\n")
        os.write(2, b"Fax4Decode: Warning, a matter of taste.\n")
    assert complaints == ["Fax4Decode: Bad code word at line 2."]
    assert capfd.readouterr().err == "progress 5 %\n\nFax4Decode: Warning, a matter of taste."


def test_a_film_behind_a_jpeg_does_not_hide_its_end() -> None:
    assert code(samples()["jpeg"] + bytes(3 << 20)) is None
    assert code(samples()["jpeg"][:-2] + bytes(3 << 20)) is Code.IMAGE_TRUNCATED


def test_every_flipped_bit_of_a_png_is_found() -> None:
    data = samples()["png 1"]
    for at in range(8, len(data)):
        flipped = with_bytes(data, at, bytes([data[at] ^ 1]))
        assert code(flipped) is not None, at


def test_a_tiff_that_goes_in_a_circle_is_broken() -> None:
    data = samples()["tiff lzw"]
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    circle = with_bytes(data, first + 2 + 12 * count, data[4:8])
    assert code(circle) is Code.IMAGE_UNDECODABLE


def test_a_tiff_whose_strip_lies_behind_its_end_is_cut() -> None:
    data = samples()["tiff 16"]
    at = data.index(struct.pack("<HHI", 279, 4, 1)) + 8
    assert code(with_bytes(data, at, b"\xff\xff\xff\x7f")) is Code.IMAGE_TRUNCATED


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_more_pixels_than_allowed_are_not_decoded(name: str) -> None:
    found = looked_at(samples()[name], max_pixels=100)
    assert found is not None
    assert (found.code, found.seen) == (Code.IMAGE_TOO_LARGE, "31 x 23")


def test_the_settings_of_pillow_stay_as_they_were() -> None:
    before = Pillow.MAX_IMAGE_PIXELS
    looked_at(samples()["tiff"])
    looked_at(samples()["tiff"][:-50])
    assert before == Pillow.MAX_IMAGE_PIXELS


def test_an_image_that_nobody_here_decodes_is_unknown() -> None:
    djvu = b"AT&TFORM\0\0\0\0DJVM" + bytes(100)
    assert looked_at(djvu) == Characterization(
        "preserva", code=Code.IMAGE_NOT_DECODABLE_HERE, seen="image/vnd.djvu"
    )


def test_a_tiff_with_a_strange_compression_is_unknown_but_described() -> None:
    data = samples()["tiff 16"]
    at = data.index(struct.pack("<HHI", 259, 3, 1)) + 8
    found = looked_at(with_bytes(data, at, struct.pack("<H", 34661)))
    assert found is not None
    assert found.image == Image(*SIZE, (16,), "BlackIsZero", "JBIG", byte_order=LITTLE)
    assert found.code in (Code.IMAGE_NOT_DECODABLE_HERE, Code.IMAGE_UNDECODABLE)


def test_a_jp2_that_departs_from_its_standard_is_told() -> None:
    data = samples()["jp2"]
    approx = data.index(b"colr") + 4 + 2  # behind method and precedence
    found = looked_at(with_bytes(data, approx, b"\x07"))
    assert found is not None
    assert (found.code, found.seen) == (Code.IMAGE_IRREGULAR, "approxIsValid")
    assert found.image == EXPECTED["jp2"]


def test_text_is_no_image() -> None:
    assert looked_at("Книга".encode()) is None
    assert not is_characterised("text/plain")


def test_a_large_map_is_not_stopped_by_the_limit_of_pillow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", 10)
    assert code(samples()["png"]) is None


def test_our_own_standard_error_is_never_redirected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad code word is found all the same: libtiff tells of it in another process."""
    data = samples()["tiff g4"]
    (strip,) = (
        struct.unpack_from("<I", data, at + 8)[0]
        for at in range(len(data) - 12)
        if data[at : at + 4] == struct.pack("<HH", 273, 4)
    )
    monkeypatch.setattr(fax_worker, "overheard", None)  # calling it here would fail
    assert [code(samples()[name]) for name in ("tiff g4", "tiff lzw")] == [None, None]
    assert code(with_bytes(data, strip + 4, b"\0" * 8)) is Code.IMAGE_UNDECODABLE


def test_a_decoder_that_crashes_takes_nobody_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that ended while it was idle is started again; a file that ends each one is broken."""
    data = samples()["tiff g4"]
    assert code(data) is None
    (worker,) = fax._workers.values()
    os.kill(worker._process.pid, signal.SIGKILL)
    worker._process.wait()
    assert code(data) is None
    with monkeypatch.context() as patch:
        patch.setattr(fax, "_WORKER", "stat")  # a module that ends at once
        fax._drop(next(iter(fax._workers.values())))
        assert code(data) is Code.IMAGE_UNDECODABLE
    assert code(data) is None


def test_a_fax_that_cannot_be_read_to_its_end_leaves_a_decoder_that_works() -> None:
    data = samples()["tiff g4"]

    class Short(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return b""

    with pytest.raises(EOFError):
        fax.decode_fax(Short(data), 1_000_000)
    assert code(data) is None


def test_a_jpeg_of_fill_bytes_is_given_up() -> None:
    """They are legal before a marker, and cost a step each: no encoder writes many."""
    jpeg = samples()["jpeg"]
    some, many = (jpeg[:2] + b"\xff" * size + jpeg[2:] for size in (1000, 70_000))
    assert code(some) is None
    assert code(many) is Code.IMAGE_UNDECODABLE


def test_a_png_with_a_long_text_is_an_image() -> None:
    """Some have a whole book in them; Pillow by itself takes no more than 1 MiB."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "кніга " * 400_000, zip=True)
    buffer = io.BytesIO()
    Pillow.new("L", (4, 3)).save(buffer, "PNG", pnginfo=text)
    assert code(buffer.getvalue()) is None


@pytest.mark.parametrize(
    ("marker", "precision"), [(b"\xc3", 8), (b"\xc7", 8), (b"\xcb", 8), (b"\xc1", 12)]
)
def test_a_jpeg_coded_as_few_can_is_unknown_and_not_broken(marker: bytes, precision: int) -> None:
    data = samples()["jpeg"]
    at = data.index(b"\xff\xc0")
    strange = with_bytes(with_bytes(data, at + 1, marker), at + 4, bytes([precision]))
    assert code(strange) is Code.IMAGE_NOT_DECODABLE_HERE


def test_a_codec_of_tiff_that_is_not_here_is_asked_of_the_second_decoder(
    monkeypatch: pytest.MonkeyPatch, shared: Path
) -> None:
    names = ("27-webp.tif", "38-arith.jpg")
    images = [(shared / "cases/images/valid-but-E452" / name).read_bytes() for name in names]
    verdicts = [looked_at(data) for data in images]
    assert [(verdict.code, verdict.by) for verdict in verdicts if verdict] == [
        (None, libvips.name()),
        (None, libvips.name()),
    ]
    monkeypatch.setattr(libvips, "name", lambda: None)
    assert [code(data) for data in images] == [Code.IMAGE_NOT_DECODABLE_HERE] * 2


def test_damage_in_a_codec_that_is_here_is_damage() -> None:
    data = samples()["tiff zstd"]
    at = data.index(b"\x28\xb5\x2f\xfd")
    assert code(with_bytes(data, at, b"\0\0\0\0")) is Code.IMAGE_UNDECODABLE


@pytest.mark.parametrize("part", [2, 3, 10])
def test_a_codestream_that_was_cut_is_cut(part: int) -> None:
    data = samples()["jp2 codestream"]
    assert code(data[: len(data) - len(data) // part]) is Code.IMAGE_TRUNCATED


def test_only_what_is_known_of_losses_is_claimed() -> None:
    profile = ScanProfile(lossless=True)
    names = ("jp2", "jp2 codestream", "jp2 lossy", "webp", "webp lossless", "tiff zstd")
    images = [looked_at(samples()[name]) for name in names]
    findings = [profile.findings("0001", found.image) for found in images if found and found.image]
    assert [[finding.code for finding in each] for each in findings] == [
        [Code.SCAN_LOSS_UNKNOWN], [Code.SCAN_LOSS_UNKNOWN], [Code.SCAN_LOSSY], [Code.SCAN_LOSSY],
        [], [],
    ]  # fmt: skip
