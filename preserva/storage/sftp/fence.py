"""Staging on an SFTP server: a room for each lock holder, which the next holder renames.

See docs/adr/0030-final-place-and-fencing.md. Late requests of a former holder name a folder that no
longer exists, and only the holder of a number ever creates the folder of that number.
"""

from __future__ import annotations

from preserva.core.formats.layout import OF_DRIVERS, STAGING
from preserva.core.values.model import Kind
from preserva.storage.publication_marks import below_any

UNLOCKED = "replicate-log-"
"""The beginning of the names of files that a process stages without holding the lock."""


def room_of(number: int) -> str:
    """The folder in which the holder of a lease works."""
    return f"{STAGING}/{number:08}"


def placed(path: str, room: str | None) -> str:
    """Where a path is on the server while `room` is that of the lock's holder."""
    if room is None or not below_any(path, frozenset([STAGING])) or below_any(path, OF_DRIVERS):
        return path
    return room + path.removeprefix(STAGING)


def takeover(names: list[tuple[str, Kind]], room: str) -> tuple[str | None, list[str], list[str]]:
    """What happens to the entries of staging: one becomes the room, others move in or go.

    The room of the newest former holder becomes ours, whole and at once. Older ones were left
    behind by somebody who did not know yet that he had been followed. Files outside any room were
    written before rooms existed, or through another driver.
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
