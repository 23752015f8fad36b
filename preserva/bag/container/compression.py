"""How a tar is compressed, and the bytes in it."""

from __future__ import annotations

import gzip
import zlib
from enum import Enum
from typing import IO, cast

from preserva.errors import UsageError
from preserva.i18n import _


class Packing(Enum):
    """A media type, and the bytes that such a file begins with."""

    NONE = ("application/x-tar", b"")
    GZIP = ("application/gzip", b"\x1f\x8b")
    ZSTD = ("application/zstd", b"\x28\xb5\x2f\xfd")

    def __init__(self, media_type: str, mark: bytes) -> None:
        self.media_type = media_type
        self.mark = mark


def packing_of(head: bytes, name: str) -> Packing | None:
    """How a tar is packed, by its first 512 bytes, or by its name where these say nothing."""
    for packing in (Packing.GZIP, Packing.ZSTD):
        if head.startswith(packing.mark):
            return packing
    if head[257:262] == b"ustar":
        return Packing.NONE
    suffix = name.lower().rpartition(".")[2]
    return {
        "tar": Packing.NONE,
        "gz": Packing.GZIP,
        "tgz": Packing.GZIP,
        "zst": Packing.ZSTD,
        "tzst": Packing.ZSTD,
    }.get(suffix)


def unpacked(stream: IO[bytes], packing: Packing) -> IO[bytes]:
    """What is in a packed file. Raises UsageError where this Python cannot unpack it."""
    if packing is Packing.NONE:
        return stream
    if packing is Packing.GZIP:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stream, mode="rb"))
    try:
        from backports import zstd
    except ImportError as error:
        message = _("a .tar.zst needs one package more: pip install 'preserva[zst]'")
        raise UsageError(message) from error
    return cast("IO[bytes]", zstd.ZstdFile(stream, "rb"))


def damage(packing: Packing) -> tuple[type[Exception], ...]:
    """What reading from `unpacked` raises where the packing is broken."""
    if packing is not Packing.ZSTD:
        return (EOFError, zlib.error, gzip.BadGzipFile)
    from backports import zstd

    return (EOFError, zstd.ZstdError)
