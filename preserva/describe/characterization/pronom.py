"""The PRONOM format of a file by DROID's signatures, through pygfried, where it is installed.

It knows two thousand formats more than our own signatures, and looks into containers. It is asked
second: ours know XML by its namespace, which it does not. It takes a path only, holds the
interpreter's lock, and hangs in a process forked after it was loaded, where it is not asked.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from preserva.describe.characterization.format import FileFormat

_GENERAL = frozenset({"fmt/101", "x-fmt/111", "fmt/898"})
"""XML and plain text, which we know better, and Zoomify, for which it mistakes some BigTIFF."""

_CONTAINERS = frozenset(
    {"application/octet-stream", "application/zip", "application/xml", "text/plain"}
)
"""Media types that a more exact format replaces."""


_WINDOW = 64 * 1024
"""Bytes from each end of a file that are looked at: as many as DROID itself looks at."""

_WHOLE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""What ZIP and OLE2 begin with: these are looked into."""


@dataclass(frozen=True, slots=True)
class _Match:
    puid: str
    name: str
    version: str
    mime: str


def is_installed() -> bool:
    """Whether DROID's signatures can be asked: the extra `formats`, in a process that can."""
    return _loaded_by() == os.getpid()


@cache
def _loaded_by() -> int | None:
    """The process that loaded it; in one that was forked from that, it would hang for ever."""
    if find_spec("pygfried") is None:
        return None
    import pygfried  # noqa: F401 - from here on it is loaded

    return os.getpid()


def registry() -> str:
    """What identifies the formats, for PREMIS."""
    import pygfried

    return f"PRONOM by siegfried {pygfried.version()}"


def refined(format_: FileFormat, path: Path) -> FileFormat:
    """The format as PRONOM knows it; the result of our signatures where PRONOM knows no better.

    A match by the name alone does not count, nor do several matches. Never raises because of the
    content.
    """
    match = _match_by_ends(path)
    if match is None or match.puid == format_.puid or match.puid in _GENERAL:
        return format_
    return replace(
        format_,
        name=match.name or format_.name,
        mime=match.mime if match.mime and format_.mime in _CONTAINERS else format_.mime,
        version=match.version or None,
        puid=match.puid,
    )


def _match_by_ends(path: Path) -> _Match | None:
    """The match for a file; only the ends of a long one are passed on, to save time."""
    with path.open("rb") as stream:
        head = stream.read(_WINDOW)
        if head.startswith(_WHOLE) or path.stat().st_size <= 2 * _WINDOW:
            return _match(str(path))
        stream.seek(-_WINDOW, os.SEEK_END)
        tail = stream.read(_WINDOW)
    with tempfile.NamedTemporaryFile(suffix=path.suffix) as ends:
        ends.write(head + tail)
        ends.flush()
        return _match(ends.name)


def _match(path: str) -> _Match | None:
    import pygfried

    try:
        answer = pygfried.identify(path, detailed=True)
    except (pygfried.EmptySourceError, pygfried.GoError, ValueError):
        return None  # ValueError: its own answer is no JSON if the name has control characters
    matches = [
        match
        for match in answer["files"][0]["matches"]
        if "byte match" in match["basis"] or "container" in match["basis"]
    ]
    if len(matches) != 1:
        return None
    best = matches[0]
    return _Match(best["id"], best["format"], best["version"], best["mime"].partition(",")[0])
