"""Turns a folder into a bag in place, so that an interrupted run can be undone.

The tag files are written to a journal folder beside it. Then two renames: the folder becomes the
journal's `data`, and the journal gets the folder's name. Content is never copied or removed. Only
between the two is the folder not in its place; it is then complete in the journal and is moved
back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from preserva.errors import Refused
from preserva.files.disk import locked_folder, move, publish, synchronise, writing
from preserva.i18n import _


def journal_for(folder: Path) -> Path:
    """The journal beside a folder that is being turned into a bag."""
    return folder.parent / f".{folder.name}.preserva-in-place"


def roll_back(folder: Path) -> bool:
    """Undo what an interrupted run left; return whether the folder had to be moved back.

    Raises Refused if something else has taken the folder's place since, Locked, StorageError.
    """
    place = journal_for(folder)
    if not os.path.lexists(place):
        return False
    with locked_folder(place):
        moved = _put_back(place, folder)
        _remove(place)
    return moved


@contextmanager
def journal(folder: Path) -> Iterator[Path]:
    """An empty journal; unless the block succeeds, everything is restored. Raises Locked."""
    place = journal_for(folder)
    with locked_folder(place):
        _put_back(place, folder)
        _clear(place)
        try:
            yield place
        except BaseException:
            if os.path.lexists(place):
                _put_back(place, folder)
                _remove(place)
            raise


def swap(journal: Path, folder: Path) -> None:
    """Make the folder the payload of the journal, and give the journal the folder's name."""
    move(folder, journal / "data")
    publish(journal, folder)


def _put_back(journal: Path, folder: Path) -> bool:
    if not os.path.lexists(journal / "data"):
        return False
    if os.path.lexists(folder):
        message = _("{path} is in the place of a folder whose complete content is in {journal}")
        raise Refused(
            message.format(path=folder, journal=journal / "data"),
            hint=_("Move it away and run the command again: the folder is then moved back."),
        )
    publish(journal / "data", folder)
    return True


def _clear(journal: Path) -> None:
    """Remove the tag files. A folder is never removed with its content."""
    with writing(journal):
        for name in os.listdir(journal):  # noqa: PTH208
            os.unlink(journal / name)  # noqa: PTH108


def _remove(journal: Path) -> None:
    _clear(journal)
    with writing(journal):
        os.rmdir(journal)  # noqa: PTH106
    synchronise(journal.parent)
