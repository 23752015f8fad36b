"""Progress for people: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from preserva.core.values.report import Advanced, Ended, Observer, Progress, Started, ignore

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


def observer(*, quiet: bool) -> Observer:
    """The observer for this run. rich is loaded only if stderr is a terminal."""
    return ignore if quiet or not sys.stderr.isatty() else _Bar().observe


class _Bar:
    def __init__(self) -> None:
        self._bars: Bars | None = None
        self._task: TaskID | None = None
        self._counts = False

    def observe(self, progress: Progress) -> None:
        if isinstance(progress, Started):
            self._begin(progress)
        elif isinstance(progress, Advanced) and self._bars and self._task is not None:
            done = progress.path is not None if self._counts else progress.size
            self._bars.advance(self._task, done)
        elif isinstance(progress, Ended) and self._bars:
            self._bars.stop()
            self._bars = None

    def _begin(self, started: Started) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bars

        from preserva.outputs.subjects import subject_for_people

        if self._bars:
            self._bars.stop()
        self._counts = started.size is None and started.files is not None
        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn() if self._counts else DownloadColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bars.start()
        total = started.files if self._counts else started.size
        self._task = self._bars.add_task(subject_for_people(started.subject), total=total)
