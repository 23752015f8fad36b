"""Staging on an SFTP server: a room for each holder of the lock, which its follower renames.

See docs/adr/0030-final-place-and-fencing.md. What a former holder still sends names a folder that
is not there any more, and nobody but the holder of a number ever makes the folder of that number.
"""

from __future__ import annotations

from preserva.core.formats.layout import OF_DRIVERS, STAGING
from preserva.core.values.model import Kind
from preserva.storage.publication_marks import below_any

UNLOCKED = "replicate-log-"
"""What the names of files begin with that a process stages without holding the lock."""


def room_of(number: int) -> str:
    """The folder in which the holder of a lease works."""
    return f"{STAGING}/{number:08}"


def placed(path: str, room: str | None) -> str:
    """Where a path lies on the server while `room` is that of the lock's holder."""
    if room is None or not below_any(path, frozenset([STAGING])) or below_any(path, OF_DRIVERS):
        return path
    return room + path.removeprefix(STAGING)


def takeover(names: list[tuple[str, Kind]], room: str) -> tuple[str | None, list[str], list[str]]:
    """What is done with the entries of staging: what becomes the room, what moves in, what goes.

    The room of the newest former holder becomes ours, whole and at once. Older ones were left
    behind by somebody who did not know yet that he had been followed. What lies in no room was
    written before there were any, or through another driver.
    """
    rooms: list[str] = []
    loose: list[str] = []
    for path, kind in names:
        name = path.rpartition("/")[2]
        if path in OF_DRIVERS or path == room or name.startswith(UNLOCKED):
            continue
        is_room = name.isdecimal() and kind is Kind.FOLDER
        (rooms if is_room else loose).append(path)
    rooms.sort()
    return (rooms[-1] if rooms else None), loose, rooms[:-1]
