"""What the readers of tar and zip have in common: where a member belongs in the bag."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import IO, Protocol

from preserva.bag.source import Limits
from preserva.core.formats.bagit import manifest_algorithm
from preserva.core.values.codes import Code
from preserva.core.values.model import Kind
from preserva.core.values.names import is_unsafe
from preserva.core.values.report import Finding
from preserva.files.opening import open_regular
from preserva.i18n import _

_READ_AS_TEXT = re.compile(r"(bagit|bag-info|package-info|fetch)\.txt")
_METADATA = re.compile(r"data/[^/]+/(representations/[^/]+/)?(METS\.xml|metadata/.+\.xml)")
_STRAY = re.compile(r"\._.*|__MACOSX|@?PaxHeaders?([.0-9]*)")
"""Files that systems and old programs add beside the folder that people meant to pack."""
_BUFFER = 1 << 16
_HARMLESS = 64 << 20  # unpacked bytes below which no ratio is a bomb


class Container(Protocol):
    """A file that contains a bag, wherever it is stored."""

    @property
    def name(self) -> str:
        """Its name without its parent folders."""

    @property
    def path(self) -> str:
        """Its location, for people."""

    def open(self) -> IO[bytes]:
        """Its bytes. Raises StorageError."""

    def state(self, stream: IO[bytes]) -> tuple[int, int]:
        """Its size in bytes, and a number that changes when it is written to."""

    def descriptor(self, stream: IO[bytes]) -> int | None:
        """A descriptor from which any part of it can be read at any time, if there is one."""


class LocalContainer:
    """A `Container` on a file system."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.path = str(path)

    def open(self) -> IO[bytes]:
        """Its bytes; buffered for headers and small files, larger reads go past it."""
        return os.fdopen(open_regular(self.path), "rb", _BUFFER)

    def state(self, stream: IO[bytes]) -> tuple[int, int]:
        """Size and time of the last change."""
        status = os.fstat(stream.fileno())
        return status.st_size, status.st_mtime_ns

    def descriptor(self, stream: IO[bytes]) -> int | None:
        """The stream's own."""
        return stream.fileno()


def is_read_as_text(path: str) -> bool:
    """Whether validation wants the content of the file, and not its digests only."""
    if "/" in path:
        return False
    return bool(_READ_AS_TEXT.fullmatch(path) or manifest_algorithm(path))


def is_package_metadata(path: str) -> bool:
    """Whether the file is METS, PREMIS or a description, in the places that E-ARK gives them."""
    return path.endswith(".xml") and _METADATA.fullmatch(path) is not None


class Members:
    """Names of members, one after the other, to paths in the bag (RFC 8493 section 4).

    All members lie in one folder, the bag's own: `top`, where it is known which one that is, or
    else that of the first member that is not stray.
    """

    def __init__(self, limits: Limits, top: str | None = None) -> None:
        self._limits = limits
        self._top = top
        self._total = 0

    def place(self, name: str, kind: Kind) -> str | Finding | None:
        """The path in the bag; None for the bag's folder; a Finding for anything foreign."""
        name = name.removeprefix("./")
        if name in {"", "."} and kind is Kind.FOLDER:
            return None
        if len(name) > self._limits.path:
            return Finding(Code.LIMIT_REACHED, name[:200], seen=_("path too long"))
        if is_unsafe(name):
            return Finding(Code.UNSAFE_PATH, name)
        top, _slash, path = name.partition("/")
        if self._top is None and (path or kind is Kind.FOLDER) and not _STRAY.fullmatch(top):
            self._top = top
        if top != self._top or (not path and kind is not Kind.FOLDER):
            return Finding(Code.CONTAINER_LAYOUT, name, expected=self._top)
        return path or None

    def inside(self, name: str) -> str | None:
        """The path in the bag of a member that was placed before, if it is in the bag."""
        top, _slash, path = name.removeprefix("./").partition("/")
        return path if top == self._top else None

    def bomb(self, size: int, packed: int | None) -> Finding | None:
        """A finding if all members so far plus these bytes are too much to unpack.

        `packed` is the size of the container, None if nothing in it is compressed.
        """
        self._total += size
        ratio = self._total if packed is None else max(self._limits.ratio * packed, _HARMLESS)
        if self._total > min(self._limits.unpacked, ratio):
            return Finding(Code.LIMIT_REACHED, seen=_("it unpacks to too much"))
        return None
