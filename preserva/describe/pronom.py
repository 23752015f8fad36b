"""The PRONOM format of a file by DROID's signatures, through pygfried, where it is installed.

It knows two thousand formats more than our own signatures, and looks into containers. It is asked
second: ours know XML by its namespace, which it does not. It takes a path only, holds the
interpreter's lock, and must not be used behind a fork; preserva forks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec

from preserva.describe.format import Format

_GENERAL = frozenset({"fmt/101", "x-fmt/111", "fmt/898"})
"""XML and plain text, of which ours knows more, and Zoomify, which it takes some BigTIFF for."""

_CONTAINERS = frozenset(
    {"application/octet-stream", "application/zip", "application/xml", "text/plain"}
)
"""Media types that a more exact format replaces."""


@dataclass(frozen=True, slots=True)
class _Match:
    puid: str
    name: str
    version: str
    mime: str


@cache
def is_installed() -> bool:
    """Whether DROID's signatures can be asked: the extra `formats`."""
    return find_spec("pygfried") is not None


def registry() -> str:
    """By what the formats are told, for PREMIS."""
    import pygfried

    return f"PRONOM by siegfried {pygfried.version()}"


def refined(found: Format, path: str) -> Format:
    """The format as PRONOM knows it; what our signatures found where it knows no better.

    A match by the name alone counts for nothing, nor does more than one. Never raises for what
    stands in the file.
    """
    match = _match(path)
    if match is None or match.puid == found.puid or match.puid in _GENERAL:
        return found
    return replace(
        found,
        name=match.name or found.name,
        mime=match.mime if match.mime and found.mime in _CONTAINERS else found.mime,
        version=match.version or None,
        puid=match.puid,
    )


def _match(path: str) -> _Match | None:
    import pygfried

    try:
        answer = pygfried.identify(path, detailed=True)
    except (pygfried.EmptySourceError, pygfried.GoError):
        return None
    matches = [
        one
        for one in answer["files"][0]["matches"]
        if "byte match" in one["basis"] or "container" in one["basis"]
    ]
    if len(matches) != 1:
        return None
    one = matches[0]
    return _Match(one["id"], one["format"], one["version"], one["mime"].partition(",")[0])
