"""What every driver checks about a path before it touches anything."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import unquote

from preserva.core.formats.layout import QUARANTINE, REMOVED
from preserva.core.values.model import Entry, Kind
from preserva.errors import NotAFile, Refused, StorageError
from preserva.i18n import _

_MANY = 400
_LONGEST, _DEEPEST = 3500, 200
"""The most bytes in a path (systems allow 4,096 including its parents), and the most folders."""

_NOT_NAMES = frozenset({"", ".", ".."})


def may_hold_password(place: str, *, user: bool = False) -> bool:
    """Whether the part of a URL before its path has more than a host and port, in any spelling.

    With `user`, a bare user name is allowed before the host.
    """
    plain = unquote(unquote(place))
    name, at, _host = plain.rpartition("@")
    if not at:
        return False
    return not user or not set(name).isdisjoint(":;@")


def contained(path: str) -> str:
    """The path, if it stays inside a storage. Raises StorageError for any other."""
    if (path and not _NOT_NAMES.isdisjoint(path.split("/"))) or "\0" in path:
        raise StorageError(_("{path} is not a path inside a storage").format(path=path), path=path)
    if len(path) > _MANY and (len(os.fsencode(path)) > _LONGEST or path.count("/") > _DEEPEST):
        message = _("{path}… is too long, or lies in too many folders, for a storage")
        raise StorageError(message.format(path=path[:100]), path=path)
    return path


def refuse_outside(path: str, folder: str) -> None:
    """Raise Refused for a path that is not below a folder."""
    if not path.startswith(folder + "/"):
        message = _("{path} is not in {folder}/; it was not touched")
        raise Refused(message.format(path=path, folder=folder))


def refuse_not_aside(path: str) -> None:
    """Raise Refused for a path to which nothing that was published may be moved."""
    if not path.startswith(f"{REMOVED}/"):
        refuse_outside(path, QUARANTINE)


def refuse_links(entries: Iterable[Entry]) -> None:
    """Raise NotAFile for what is neither a file nor a folder: it could lead out of the storage."""
    for entry in entries:
        if entry.kind not in {Kind.FILE, Kind.FOLDER}:
            message = _("{path} is neither a file nor a folder").format(path=entry.path)
            raise NotAFile(message, path=entry.path)


def parent(path: str) -> str:
    """The folder that holds a path; empty for the storage itself."""
    return path.rpartition("/")[0]


def above(path: str) -> list[str]:
    """The folders above a path, the outermost first, without the storage itself."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]
