"""Spool of files that pass once in a container and are needed again, all in one file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping

from preserva.files.opening import CHUNK

_SPOOL = 1 << 22  # bytes above which the file is an unnamed temporary one, and not in memory


class Shelf:
    """Keeps some of the passing files. A package of a million pages has thousands of them."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_SPOOL)  # noqa: SIM115 - lives as long as this
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0

    def close(self) -> None:
        """Discard everything."""
        self._file.close()

    def keep(self, path: str, pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
        """The same pieces; the file is kept once they have passed, unless that exceeds the limit.

        A file that would exceed `limit` bytes in total is not kept, nor is any after it.
        """
        start = self._end
        for piece in pieces:
            self._end += len(piece)
            if self._end <= limit:
                self._file.seek(self._end - len(piece))
                self._file.write(piece)
            yield piece
        if self._end <= limit:
            self._places[path] = start, self._end

    def respell(self, names: Mapping[str, str]) -> None:
        """Rename kept files: names by paths."""
        places = {
            name: self._places.pop(path) for path, name in names.items() if path in self._places
        }
        self._places |= places

    def __contains__(self, path: str) -> bool:
        return path in self._places

    def pieces(self, path: str) -> Iterator[bytes]:
        """The content of a kept file."""
        place, end = self._places[path]
        while place < end:
            self._file.seek(place)
            piece = self._file.read(min(CHUNK, end - place))
            place += len(piece)
            yield piece
