"""Turning a folder into a bag where it lies, so that a kill at any instant can be undone.

The tag files are written to a journal folder beside it. Then two renames: the folder becomes the
journal's `data`, and the journal gets the folder's name. Content is never copied or removed. Only
between the two is the folder not where it was; then it is whole in the journal and goes back.
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
    """Undo what a killed run left; whether the folder had to be put back.

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
    """An empty journal; unless the block ends well, all is as it was before. Raises Locked."""
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
    """Make the folder the journal's payload, and give the journal its name."""
    move(folder, journal / "data")
    publish(journal, folder)


def _put_back(journal: Path, folder: Path) -> bool:
    if not os.path.lexists(journal / "data"):
        return False
    if os.path.lexists(folder):
        message = _("{path} was put where a folder was that now lies whole in {journal}")
        raise Refused(
            message.format(path=folder, journal=journal / "data"),
            hint=_("Move it away and run the command again: it puts the folder back."),
        )
    publish(journal / "data", folder)
    return True


def _clear(journal: Path) -> None:
    """Remove the tag files. A folder is never removed with what it holds."""
    with writing(journal):
        for name in os.listdir(journal):  # noqa: PTH208
            os.unlink(journal / name)  # noqa: PTH108


def _remove(journal: Path) -> None:
    _clear(journal)
    with writing(journal):
        os.rmdir(journal)  # noqa: PTH106
    synchronise(journal.parent)
