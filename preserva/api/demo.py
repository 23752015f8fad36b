"""The demonstration as a call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from preserva.api.arguments import StrPath, logged, optional_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from preserva import Observer, PackageId


def run_demo(
    place: StrPath,
    folder: StrPath | None = None,
    record: StrPath | None = None,
    *,
    say: Callable[[str], None] = lambda line: None,
    observer: Observer | None = None,
) -> PackageId:
    """Show everything on a new archive in the folder `place`: the identifier of its one package.

    The book is a folder of scans and its record, or by default a small book that is drawn. `say` is
    called with each line of the story. At the end one copy is damaged on purpose, found, and left
    to look at.

    Raises PreservaError if a step does not end as it should.
    """
    from preserva.demo import demo
    from preserva.files.disk import writing

    with writing(Path(place)):
        Path(place).mkdir(parents=True, exist_ok=True)
    return demo(
        Path(place),
        optional_path(folder),
        optional_path(record),
        say=say,
        observer=logged(observer),
    )
