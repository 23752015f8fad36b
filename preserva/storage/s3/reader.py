"""Reading an object of an object store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preserva.errors import Unreachable
from preserva.i18n import _
from preserva.storage.base import CHUNK
from preserva.storage.s3.bucket import errors

if TYPE_CHECKING:
    from obstore import BytesStream, GetResult


class S3Reader:
    """An object that is being read, in one stream."""

    def __init__(self, result: GetResult, path: str, url: str) -> None:
        self._path = path
        self._url = url
        self._left = result.meta["size"]
        self._stream: BytesStream | None = None
        self._here = b""
        if self._left > CHUNK:
            self._stream = result.stream(min_chunk_size=CHUNK)
        else:  # in one piece: half the calls
            with errors(path, url):
                self._here = bytes(result.bytes())

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end of the file, none after it."""
        parts = []
        while size > 0 and self._left:
            if not self._here:
                self._here = self._next_chunk()
            taken, self._here = self._here[:size], self._here[size:]
            size -= len(taken)
            self._left -= len(taken)
            parts.append(taken)
        return b"".join(parts)

    def _next_chunk(self) -> bytes:
        with errors(self._path, self._url):
            chunk = bytes(next(self._stream, b"")) if self._stream is not None else b""
        if not chunk:
            message = _("{path}: the answer was cut short").format(path=self._path)
            raise Unreachable(message, path=self._path)
        return chunk

    def __enter__(self) -> S3Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream = None  # with this the connection is free
