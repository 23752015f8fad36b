"""Where a reference in the METS or PREMIS of others leads: to a file, elsewhere, or nowhere.

What we write ourselves is one strict form (`contents.resolve`). Others write `./` and `..`, names
that are not percent-encoded, `+` for a space, `file:` in every form, and names of other schemes
beside the file's own. The files that are there decide which reading is the right one. Sources: METS
1.12.1 (FLocat, LOCTYPE); RFC 3986 5.2.4; RFC 8089 appendix B for `file:`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterator
from enum import Enum
from urllib.parse import unquote_to_bytes

_FILE = re.compile(r"file:(?://(?P<authority>[^/]*))?(?P<path>.*)", re.DOTALL | re.IGNORECASE)
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):")
_ELSEWHERE = frozenset(
    [
        "ark",
        "data",
        "doi",
        "ftp",
        "ftps",
        "handle",
        "hdl",
        "http",
        "https",
        "info",
        "ipfs",
        "irods",
        "isbn",
        "issn",
        "jar",
        "lsid",
        "mailto",
        "ni",
        "purl",
        "s3",
        "sftp",
        "smb",
        "ssh",
        "swh",
        "tag",
        "urn",
        "uuid",
        "webdav",
    ]
)
_BY_NAME = frozenset({"URN", "ARK", "HANDLE", "DOI", "PURL"})
"""The kinds of location in METS that are not addresses of files."""


class Astray(Enum):
    """Why a reference leads to none of the files."""

    ELSEWHERE = "elsewhere"
    MISSING = "missing"
    OUTSIDE = "outside"


def locate(
    folder: str, href: str | None, files: Container[str], loctype: str | None = None
) -> str | Astray:
    """The file that a reference from `folder` (empty, or ending in `/`) names, or why none.

    `loctype` is the LOCTYPE of METS. A reference that would leave the package is OUTSIDE, whatever
    is there.
    """
    if not href:
        return Astray.ELSEWHERE
    local, absolute = _local(href)
    readings = list(_readings(folder, local, absolute=absolute))
    for path in readings:
        if path is not None and path in files:
            return path
    if absolute and href[:1] != "/":
        return Astray.ELSEWHERE  # a place on the computer that made the package
    scheme = _SCHEME.match(href)
    if scheme and scheme["scheme"].lower() != "file":
        name = scheme["scheme"].lower()
        other = name in _ELSEWHERE or len(name) == 1 or href[scheme.end() :].startswith("//")
        if other or (loctype or "").upper() in _BY_NAME:
            return Astray.ELSEWHERE
    elif (loctype or "").upper() in _BY_NAME:
        return Astray.ELSEWHERE
    return Astray.OUTSIDE if absolute or None in readings else Astray.MISSING


def expected_at(folder: str, href: str) -> str:
    """The path under which the file of a reference is missed."""
    local, absolute = _local(href)
    readings = list(_readings(folder, local, absolute=absolute))
    return next((path for path in reversed(readings) if path is not None), href)


def _local(href: str) -> tuple[str, bool]:
    """The path in a reference, without the scheme `file`; whether it begins at a disk's root."""
    match = _FILE.fullmatch(href)
    if match is None:
        return href, href.startswith("/")
    authority, path = match["authority"], match["path"]
    if authority and authority.lower() != "localhost":
        return authority + path, False  # `file://data/0001.tif`: a folder in the place of a host
    return path, path.startswith("/")


def _readings(folder: str, path: str, *, absolute: bool) -> Iterator[str | None]:
    """The paths that may be meant, the likeliest first; None for one that leaves the package.

    A path from the root of a disk may have been written from the root of the package.
    """
    bare = path.lstrip("/")
    spelled = [bare, _decoded(bare)]
    if "+" in bare:
        spelled.append(_decoded(bare.replace("+", " ")))
    if "\\" in bare:
        spelled += [each.replace("\\", "/") for each in tuple(spelled)]
    for name in dict.fromkeys(spelled):
        for start in ("", folder) if absolute else (folder,):
            yield _inside(start + name)


def _decoded(path: str) -> str:
    return unquote_to_bytes(path).decode("utf-8", "surrogateescape")


def _inside(path: str) -> str | None:
    """The path without `.` and `..`; None if it leaves the package or is not a file's path."""
    plain = posixpath.normpath(path) if path else ""
    if plain in ("", ".", "..") or plain.startswith(("../", "/")) or "\0" in plain:
        return None
    return plain
