"""A bag as named bytes, wherever it is: the one interface that validation reads through."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol, cast, runtime_checkable

from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Finding, Observer


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for hostile input; beyond them we stop with U104. Sizes in bytes.

    The defaults are far above any real book; a bag that needs more is read with other limits.
    """

    files: int = 5_000_000
    path: int = 4096
    line: int = 64 * 1024
    tag_file: int = 16 * 1024 * 1024
    manifest: int = 4 * 1024**3
    unpacked: int = 100 * 1024**4
    ratio: int = 250  # unpacked to packed, above 64 MiB; scans come nowhere near


LIMITS = Limits()


class Source(Protocol):
    """The operations that validation needs.

    Paths are relative to the bag, with `/`. `entries` is called once, before the others, and read
    to its end; `stream` and `observe` are called only for entries that are files.
    """

    @property
    def name(self) -> str:
        """The name of the bag."""

    @property
    def media_type(self) -> str | None:
        """The media type of the container (`application/x-tar`), None for loose files."""

    def entries(self) -> Iterator[Entry | Finding]:
        """Everything in the bag, folders, links and devices too, in any order, nothing left out.

        Yields a Finding for what cannot be listed. Raises StorageError if there is nothing to list.
        """

    def stream(self, path: str) -> Iterator[bytes]:
        """The content of one file in pieces of bounded size. Raises StorageError."""

    def observe(
        self, files: Iterable[Entry], algorithms: frozenset[str], observer: Observer
    ) -> Iterator[Observed | Finding]:
        """For each file, in any order, its size and digests, or a Finding if it could not be read.

        The observer receives Advanced for every part that was read.
        """


@runtime_checkable
class Listens(Protocol):
    """A source that reads its files while it lists them, and reports progress there."""

    def listen(self, observer: Observer) -> None:
        """Set the observer of the progress while the entries are read."""


@runtime_checkable
class ReadsEarly(Protocol):
    """A source that can start to read while it lists."""

    def read_early(self) -> None:
        """Announce, before `entries` is called, that everything will be read."""


@runtime_checkable
class NamesInDoubt(Protocol):
    """A container in which the encoding of names is not declared."""

    @property
    def in_doubt(self) -> set[str]:
        """The paths, as the entries have them, that stand for the bytes of such names."""

    @property
    def usual_encoding(self) -> str | None:
        """The encoding in which names are, by custom, where none is declared."""

    def respell(self, names: Mapping[str, str]) -> None:
        """Set the names of these paths; from then on, files have these names."""


Taker = Callable[[str, int, Iterator[bytes]], object]
"""Takes a file: its path, about how many bytes, and the bytes, all or none of which it reads."""


@runtime_checkable
class HandsOn(Protocol):
    """A source whose files can be read only once, in order."""

    def hand_on(self, taker: Taker) -> Iterator[Entry | Finding]:
        """The entries, passing each file to `taker`. Nothing else may be called on the source."""


def hand_on(source: Source, taker: Taker) -> Iterator[Entry | Finding]:
    """List everything in a bag or container, and pass each file to `taker`. Raises StorageError."""
    if isinstance(source, HandsOn):
        yield from source.hand_on(taker)
        return
    entries = list(source.entries())
    for entry in entries:
        if isinstance(entry, Entry) and entry.kind is Kind.FILE:
            taker(entry.path, entry.size, source.stream(entry.path))
        yield entry


def as_stream(pieces: Iterator[bytes]) -> BinaryIO:
    """Pieces as one stream, to be read once from its beginning."""
    return cast("BinaryIO", io.BufferedReader(_Pieces(pieces)))


class _Pieces(io.RawIOBase):
    """The pieces of a file as one stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Always readable."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer is one
        """Fill the buffer with the next bytes; 0 at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
