"""libvips: it shows pages, and is asked about images that Pillow has no codec for.

It only warns of much that makes a picture wrong, such as a codec that it lacks, and then makes
up black pixels. So whatever it warns of counts as an error here.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any, BinaryIO

from preserva.core.values.codes import Code
from preserva.describe.characterization.image.characterization import BrokenError
from preserva.describe.characterization.image.decode import MAX_FRAMES, check_size

STRICTLY = "warning"
"""What libvips stops at: the value of its option `fail_on`."""

_CHUNK = 1 << 20


def load() -> Any:
    """The module pyvips, without the decoders of libvips that nobody examined.

    It remembers no images: it knows them by the names of their files, and one page after another is
    put into a file of the same name. Raises ImportError, and OSError if pyvips is there, but not
    the library.
    """
    import pyvips

    pyvips.block_untrusted_set(True)
    pyvips.cache_set_max(0)
    return pyvips


@cache
def name() -> str | None:
    """The library and its version; None if it is not installed."""
    with suppress(ImportError, OSError):
        pyvips = load()
        return f"libvips {'.'.join(str(pyvips.version(part)) for part in range(3))}"
    return None


def decode(stream: BinaryIO, max_pixels: int) -> None:
    """Decode every image of the file to its last pixel. Raises BrokenError."""
    pyvips = load()
    try:
        first = _opened(pyvips, stream)
        check_size(first.width, first.height, max_pixels)
        count = first.get("n-pages") if first.get_typeof("n-pages") else 1
        if count > MAX_FRAMES:
            raise BrokenError(Code.IMAGE_TOO_LARGE, f"> {MAX_FRAMES}")
        first.avg()
        for page in range(1, count):
            image = _opened(pyvips, stream, page=page)
            check_size(image.width, image.height, max_pixels)
            image.avg()
    except pyvips.Error as error:
        raise BrokenError(Code.IMAGE_NOT_DECODABLE_HERE, reason(error)) from error


def reason(error: Exception) -> str:
    """The last line of what libvips says, which tells why."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1][:200]


def _opened(pyvips: Any, stream: BinaryIO, **options: int) -> Any:
    stream.seek(0)
    source = pyvips.SourceCustom()
    source.on_read(lambda size: stream.read(min(size, _CHUNK)))
    source.on_seek(stream.seek)
    return pyvips.Image.new_from_source(
        source, "", access="sequential", fail_on=STRICTLY, **options
    )
