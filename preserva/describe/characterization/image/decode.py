"""The full decoding of an image by Pillow: any bytes get an answer, never a traceback."""

from __future__ import annotations

import struct
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image as Pillow
from PIL import PngImagePlugin, UnidentifiedImageError

from preserva.core.values.codes import Code
from preserva.describe.characterization.image.characterization import BrokenError
from preserva.describe.characterization.image.likeness import likeness

PILLOW = f"Pillow {Pillow.__version__}"  # type: ignore[attr-defined]  # not in its stubs
MAX_FRAMES = 10_000
"""The most images in one file that are decoded: more would be an attack on our time, not a book."""

_ALONE = threading.Lock()


@contextmanager
def opened(stream: BinaryIO, kind: str, max_pixels: int) -> Iterator[Pillow.Image]:
    """The image inside the block, opened but not decoded. Raises BrokenError."""
    with _our_rules():
        stream.seek(0)
        try:
            image = Pillow.open(stream, formats=(kind,))
        except UnidentifiedImageError as error:
            raise BrokenError(Code.IMAGE_NOT_DECODABLE_HERE, kind) from error
        except Exception as error:
            # hostile bytes make its parsers raise anything: struct.error, KeyError, RecursionError
            raise _broken(error) from error
        check_size(*image.size, max_pixels)
        yield image


@contextmanager
def _our_rules() -> Iterator[None]:
    """Pillow without its own limit on pixels, which is below a large map, and without warnings.

    A text or colour profile of a PNG may be as long as all texts together, and not 1 MiB only.

    Both are settings of the whole process: they are restored afterwards, and only one thread at a
    time changes them.
    """
    with _ALONE, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit, text = Pillow.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
        Pillow.MAX_IMAGE_PIXELS = None
        PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY
        try:
            yield
        finally:
            Pillow.MAX_IMAGE_PIXELS = limit
            PngImagePlugin.MAX_TEXT_CHUNK = text


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raise BrokenError for an image without pixels or with too many."""
    if width < 1 or height < 1:
        raise BrokenError(Code.IMAGE_UNDECODABLE, f"{width} x {height}")
    if width * height > max_pixels:
        raise BrokenError(Code.IMAGE_TOO_LARGE, f"{width} x {height}")


def decode(image: Pillow.Image, max_pixels: int) -> int | None:
    """Decode every image of the file to its last pixel; the likeness of the first.

    Raises BrokenError.
    """
    first = None
    for frame in range(MAX_FRAMES):
        try:
            image.seek(frame)
        except EOFError:
            return first
        except Exception as error:
            raise _broken(error) from error
        check_size(*image.size, max_pixels)
        try:
            image.load()
            first = likeness(image) if frame == 0 else first
        except Exception as error:
            raise _broken(error) from error
    raise BrokenError(Code.IMAGE_TOO_LARGE, f"> {MAX_FRAMES}")


def tags(image: Pillow.Image) -> Mapping[int, object]:
    """The Exif tags of an image, those of the Exif directory among them; none if they are bad."""
    try:
        exif = image.getexif()
        return {**exif, **exif.get_ifd(0x8769)}
    except Exception:  # as in `opened`: broken Exif does not make a broken image
        return {}


def _broken(error: Exception) -> BrokenError:
    if isinstance(error, OSError) and error.errno is not None:
        raise error  # the medium failed, which says nothing about the image
    if isinstance(error, MemoryError):
        return BrokenError(Code.IMAGE_TOO_LARGE, "MemoryError")
    words = f"{type(error).__name__}: {error}"[:200]
    if isinstance(error, SyntaxError | NotImplementedError | KeyError):
        return BrokenError(Code.IMAGE_NOT_DECODABLE_HERE, words)
    cut = "truncated" in words.lower() or isinstance(error, EOFError | struct.error)
    return BrokenError(Code.IMAGE_TRUNCATED if cut else Code.IMAGE_UNDECODABLE, words)
