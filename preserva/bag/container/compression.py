"""How a tar is compressed, and the bytes in it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable
from enum import Enum
from typing import IO, Protocol, cast

from preserva.errors import NotAFile, UsageError
from preserva.i18n import N_, _

_PIECE = 1 << 16
_MEMORY = 1 << 29  # bytes that unpacking may take: `xz -9` asks for 65 MiB


class Packing(Enum):
    """A media type, and the bytes that such a file begins with."""

    NONE = ("application/x-tar", b"")
    GZIP = ("application/gzip", b"\x1f\x8b")
    BZIP2 = ("application/x-bzip2", b"BZh")
    XZ = ("application/x-xz", b"\xfd7zXZ\0")
    ZSTD = ("application/zstd", b"\x28\xb5\x2f\xfd")

    def __init__(self, media_type: str, mark: bytes) -> None:
        self.media_type = media_type
        self.mark = mark


_SUFFIXES = {
    "tar": Packing.NONE,
    **dict.fromkeys(("gz", "tgz"), Packing.GZIP),
    **dict.fromkeys(("bz2", "tbz2", "tbz"), Packing.BZIP2),
    **dict.fromkeys(("xz", "txz"), Packing.XZ),
    **dict.fromkeys(("zst", "tzst"), Packing.ZSTD),
}

_FOREIGN = {
    b"7z\xbc\xaf\x27\x1c": ("7z", N_("Unpack it first: 7z x {path}")),
    b"Rar!\x1a\x07": ("RAR", N_("Unpack it first: unrar x {path}")),
}
"""Formats that others use and we do not read: name, and what to do."""


class PackingDamagedError(Exception):
    """The compressed bytes are not what their format allows."""


class PackingTooLargeError(Exception):
    """Unpacking would take more memory than it may."""


def packing_of(head: bytes, name: str) -> Packing | None:
    """How a tar is compressed, by its first 512 bytes, or by its name where these say nothing."""
    for packing in Packing:
        if packing.mark and head.startswith(packing.mark):
            return packing
    if head[257:262] == b"ustar":
        return Packing.NONE
    return _SUFFIXES.get(name.lower().rpartition(".")[2])


def bare_name(name: str) -> str:
    """The name of a container without its extension; that of a folder unchanged."""
    endings = "|".join(_SUFFIXES)
    return re.sub(rf"(\.tar)?\.({endings}|zip)$", "", name, flags=re.IGNORECASE) or name


def refuse_foreign(head: bytes, path: str) -> None:
    """Say what to do with a container of a kind that is not read. Raises NotAFile."""
    for mark, (name, hint) in _FOREIGN.items():
        if head.startswith(mark):
            message = _("{path} is a {name} archive, which preserva does not read")
            raise NotAFile(
                message.format(path=path, name=name), path=path, hint=_(hint).format(path=path)
            )


def unpacked(stream: IO[bytes], packing: Packing) -> IO[bytes]:
    """The content of a compressed file. Raises UsageError if this Python cannot decompress it."""
    if packing is Packing.NONE:
        return stream
    if packing is Packing.GZIP:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stream, mode="rb"))
    if packing is Packing.BZIP2:
        return _buffered(stream, bz2.BZ2Decompressor)
    if packing is Packing.XZ:
        return _buffered(stream, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY))
    try:
        from backports import zstd
    except ImportError as error:
        message = _("a .tar.zst needs one more package: pip install 'preserva[zst]'")
        raise UsageError(message) from error
    return cast("IO[bytes]", zstd.ZstdFile(stream, "rb"))


def damage(packing: Packing) -> tuple[type[Exception], ...]:
    """The exceptions that reading from `unpacked` raises where the compressed data is broken."""
    if packing is not Packing.ZSTD:
        return (EOFError, zlib.error, gzip.BadGzipFile, PackingDamagedError)
    from backports import zstd

    return (EOFError, zstd.ZstdError)


class _Decompressor(Protocol):
    """What BZ2Decompressor and LZMADecompressor have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def _buffered(stream: IO[bytes], start: Callable[[], _Decompressor]) -> IO[bytes]:
    return cast("IO[bytes]", io.BufferedReader(_Unpacked(stream, start)))


class _Unpacked(io.RawIOBase):
    """One compressed stream after another, unpacked in bounded memory.

    Python's own readers raise OSError for damage, ignore trailing data, and have no limit.
    """

    def __init__(self, stream: IO[bytes], start: Callable[[], _Decompressor]) -> None:
        self._stream = stream
        self._start = start
        self._decompressor = start()

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer is one
        """Fill the buffer with what comes next; 0 at the end."""
        while True:
            data = b""
            if self._decompressor.eof:
                data = self._next_stream()
                if not data:
                    return 0
            elif self._decompressor.needs_input:
                data = self._stream.read(_PIECE)
                if not data:
                    raise EOFError(_("it ends too early"))
            if piece := self._decompressed(data, len(buffer)):
                buffer[: len(piece)] = piece
                return len(piece)

    def _next_stream(self) -> bytes:
        """The beginning of a stream after the one that has ended, zeros between them left out."""
        data = self._decompressor.unused_data or self._stream.read(_PIECE)
        while data and not data.strip(b"\0"):
            data = self._stream.read(_PIECE)
        self._decompressor = self._start() if data else self._decompressor
        return data.lstrip(b"\0")

    def _decompressed(self, data: bytes, limit: int) -> bytes:
        try:
            return self._decompressor.decompress(data, limit)
        except lzma.LZMAError as error:
            if "limit" in str(error).lower():
                raise PackingTooLargeError(str(error)) from error
            raise PackingDamagedError(str(error)) from error
        except OSError as error:
            raise PackingDamagedError(str(error)) from error
