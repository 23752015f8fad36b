"""Draws one page image small, as a process of its own that has little memory and time.

    python -m preserva.web.draw LONGEST < page.tif > page.jpg

Images come from scanners, and from folders that anybody may write into: what such bytes do to a
decoder ends with this process. It opens no file, writes none, and says in one line on the standard
error why a picture cannot be had.
"""

from __future__ import annotations

import os
import resource
import sys
from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageFile, ImageOps

_MEMORY = 256 << 20
"""Bytes of memory of its own. Parts of a file that are mapped do not count; the kernel has them."""
_SECONDS = 60
_MOST_PIXELS = 64_000_000
"""Pixels that are decoded at once where that cannot be done piece by piece."""
_QUALITY = 80


def main(longest: int) -> None:
    """Draw the image on the standard input, its longer side at most `longest` pixels."""
    _limit()
    try:
        picture = _drawn(sys.stdin.buffer, longest)
    except MemoryError:
        sys.exit("MemoryError")
    except Exception as error:  # hostile bytes make decoders raise anything
        sys.exit(f"{type(error).__name__}: {error}".replace("\n", " ")[:200])
    sys.stdout.buffer.write(picture)


def _limit() -> None:
    """The limits that no image can talk us out of; libvips works with one thread."""
    os.environ.update(VIPS_CONCURRENCY="1", VIPS_DISC_THRESHOLD=str(1 << 40))
    limits = {
        resource.RLIMIT_DATA: _MEMORY,
        resource.RLIMIT_CPU: _SECONDS,
        resource.RLIMIT_FSIZE: 0,  # no file is written, not even one for swapping
        resource.RLIMIT_CORE: 0,
    }
    for name, most in limits.items():
        resource.setrlimit(name, (most, most))


def _drawn(stream: BinaryIO, longest: int) -> bytes:
    """JPEG, in grey or sRGB; by libvips, which decodes piece by piece, or else by Pillow."""
    try:
        return _by_libvips(stream, longest)
    except ImportError:
        pass
    except Exception:  # it has no decoder for JPEG 2000, and stops at what is damaged
        stream.seek(0)
    return _by_pillow(stream, longest)


def _by_libvips(stream: BinaryIO, longest: int) -> bytes:
    from preserva.describe.characterization.image import libvips

    pyvips = libvips.load()
    source = pyvips.Source.new_from_descriptor(stream.fileno())
    page = pyvips.Image.thumbnail_source(
        source, longest, height=longest, size="down", fail_on=libvips.STRICTLY,
        export_profile="srgb",
    )  # fmt: skip
    if page.hasalpha():
        page = page.flatten(background=255)
    picture: bytes = page.jpegsave_buffer(Q=_QUALITY, keep="none")
    return picture


def _by_pillow(stream: BinaryIO, longest: int) -> bytes:
    """What is left of a damaged page is drawn as well: people want to see how much that is."""
    Image.MAX_IMAGE_PIXELS = None
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    with Image.open(stream) as page:
        _reduce(page, longest)
        if page.width * page.height > _MOST_PIXELS and page.format != "JPEG2000":
            raise MemoryError
        page.thumbnail((longest, longest), reducing_gap=2.0)
        upright = ImageOps.exif_transpose(page)
    picture = BytesIO()
    upright.convert("L" if upright.mode in ("1", "L", "I;16") else "RGB").save(
        picture, "JPEG", quality=_QUALITY
    )
    return picture.getvalue()


def _reduce(page: Image.Image, longest: int) -> None:
    """JPEG 2000 has the page in several sizes; the smallest that is large enough is decoded."""
    if page.format == "JPEG2000":
        halvings = 0
        while halvings < 5 and max(page.size) >> (halvings + 1) >= longest:
            halvings += 1
        page.reduce = halvings  # type: ignore[method-assign, assignment]  # its own meaning there
        page.load()


if __name__ == "__main__":
    main(int(sys.argv[1]))
