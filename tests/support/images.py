"""Small images of every kind, made here: each is what a scanner or a converter writes."""

from __future__ import annotations

import io
import random
from functools import cache
from typing import Any

from PIL import Image as Pillow
from PIL import ImageCms

SIZE = (31, 23)


def _saved(mode: str, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    _picture(mode).save(stream, kind, **options)
    return stream.getvalue()


def _picture(mode: str) -> Pillow.Image:
    """Noise, so that no compression makes it so small that a cut misses the pixels."""
    bands = len(Pillow.new(mode, (1, 1)).getbands())
    noise = random.Random(451).randbytes(SIZE[0] * SIZE[1] * 3)
    if mode == "1":
        return Pillow.frombytes("L", SIZE, noise[: SIZE[0] * SIZE[1]]).convert("1")
    if mode == "I;16":
        return Pillow.frombytes(mode, SIZE, noise[: SIZE[0] * SIZE[1] * 2])
    plain = Pillow.frombytes("RGB", SIZE, noise)
    return plain.convert("L" if bands == 1 else "RGB").convert(mode)


@cache
def srgb() -> bytes:
    """An ICC profile."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@cache
def exif() -> bytes:
    """Exif of a camera."""
    made = Pillow.Exif()
    made[271], made[272], made[305] = "Canon", "EOS 5D", "Capture One 23"
    made[274] = 6
    made.get_ifd(0x8769)[33434] = 0.005
    made.get_ifd(0x8769)[36867] = "2024:03:05 10:20:30"
    return made.tobytes()


_SCANNER = {271: "Zeutschel", 272: "OS 12002", 305: "OmniScan 12", 306: "2024:03:05 10:20:30"}


@cache
def samples() -> dict[str, bytes]:
    """Whole images, by a word for what they are."""
    pages = [_picture("L"), _picture("L")]
    several = io.BytesIO()
    pages[0].save(several, "TIFF", save_all=True, append_images=pages[1:], dpi=(300, 300))
    return {
        "tiff": _saved("RGB", "TIFF", dpi=(400, 400), tiffinfo=_SCANNER, icc_profile=srgb()),
        "tiff lzw": _saved("L", "TIFF", compression="tiff_lzw"),
        "tiff g4": _saved("1", "TIFF", compression="group4", dpi=(600, 600)),
        "tiff 16": _saved("I;16", "TIFF"),
        "tiff zstd": _saved("RGB", "TIFF", compression="zstd"),
        "tiff lzma": _saved("RGB", "TIFF", compression="lzma"),
        "tiff jpeg": _saved("RGB", "TIFF", compression="jpeg"),
        "tiff cmyk": _saved("CMYK", "TIFF"),
        "bigtiff": _saved("RGB", "TIFF", big_tiff=True, dpi=(400, 400)),
        "tiff pages": several.getvalue(),
        "jpeg": _saved("RGB", "JPEG", dpi=(300, 300), icc_profile=srgb(), exif=exif()),
        "jpeg grey": _saved("L", "JPEG"),
        "jpeg progressive": _saved("RGB", "JPEG", progressive=True),
        "jpeg cmyk": _saved("CMYK", "JPEG"),
        "jp2": _saved("RGB", "JPEG2000"),
        "jp2 codestream": _saved("RGB", "JPEG2000", no_jp2=True),
        "jp2 lossy": _saved("L", "JPEG2000", irreversible=True),
        "png": _saved("RGB", "PNG", dpi=(254, 254), icc_profile=srgb()),
        "png alpha": _saved("RGBA", "PNG"),
        "png 16": _saved("I;16", "PNG"),
        "png 1": _saved("1", "PNG"),
        "gif": _saved("P", "GIF"),
        "bmp": _saved("RGB", "BMP", dpi=(254, 254)),
        "webp": _saved("RGB", "WEBP"),
        "webp lossless": _saved("RGB", "WEBP", lossless=True),
        "webp extended": _saved("RGB", "WEBP", lossless=True, exif=exif()),
        "pdf": _saved("RGB", "PDF"),
    }
