"""What the backups of the ledger and of the union catalogue have in common on the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from preserva.cli.common import Settings
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.files.dated_backups import Backup

_Function = TypeVar("_Function", bound=Callable[..., Any])


def into_folder(function: _Function) -> _Function:
    """Where a backup is made, and whether older ones stay."""
    place = click.argument(
        "folder", metavar="DEST", type=click.Path(path_type=Path, file_okay=False)
    )
    return place(click.option("--keep-all", is_flag=True, help="Remove no older backup.")(function))


def tell_backup(settings: Settings, sentence: str, made: Backup, removed: Iterable[Backup]) -> None:
    """Say what was made, in a `sentence` with {path} and {count}, and which older ones went."""
    settings.talk(sentence.format(path=made.path, count=made.entries))
    for older in removed:
        settings.talk(_("{path}: removed, newer ones are kept").format(path=older.path))
