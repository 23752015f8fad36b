"""Progress for people: bars on a terminal, nothing elsewhere.

A step that counts what it has many of stands above the step that is done to one of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from preserva.core.values.report import Advanced, Ended, Observer, Progress, Started, ignore

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


class Screen:
    """The bars of one run. rich is loaded only if there is anything to show."""

    def __init__(self) -> None:
        self._bars: Bars | None = None
        self._counted: tuple[TaskID, Started] | None = None
        self._measured: TaskID | None = None

    def observer(self, *, quiet: bool) -> Observer:
        """The observer that shows progress, if stderr is a terminal."""
        return ignore if quiet or not sys.stderr.isatty() else self._observe

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Take the bars away while something else is printed."""
        bars = self._bars
        if bars is None:
            yield
            return
        bars.stop()
        try:
            yield
        finally:
            bars.start()

    def _observe(self, progress: Progress) -> None:
        if isinstance(progress, Started):
            self._begin(progress)
        elif isinstance(progress, Advanced):
            self._advance(progress)
        else:
            self._end(progress)

    def _begin(self, started: Started) -> None:
        from preserva.outputs.subjects import subject_for_people

        bars = self._shown()
        counts = started.size is None and started.files is not None
        if counts:
            self._take_away()
        elif self._measured is not None:
            bars.remove_task(self._measured)
        task = bars.add_task(
            subject_for_people(started.subject),
            total=started.files if counts else started.size,
            counts=counts,
        )
        if counts:
            self._counted = (task, started)
        else:
            self._measured = task

    def _advance(self, advanced: Advanced) -> None:
        if self._bars is None:
            return
        if self._measured is not None and (advanced.size or advanced.path):
            self._bars.advance(self._measured, advanced.size)
        elif self._counted is not None and advanced.path is not None:
            self._bars.advance(self._counted[0], 1)

    def _end(self, ended: Ended) -> None:
        if self._bars is None:
            return
        self._bars.refresh()  # so that people see the end of it
        above = self._counted[1] if self._counted is not None else None
        if self._measured is not None and (ended.step, ended.subject) != (
            (above.step, above.subject) if above else None
        ):
            self._bars.remove_task(self._measured)
            self._measured = None
        else:
            self._take_away()
        if self._counted is None and self._measured is None:
            self._bars.stop()
            self._bars = None

    def _take_away(self) -> None:
        tasks = [self._measured, self._counted[0] if self._counted else None]
        for task in tasks:
            if task is not None and self._bars is not None:
                self._bars.remove_task(task)
        self._counted = self._measured = None

    def _shown(self) -> Bars:
        if self._bars is None:
            self._bars = _bars()
            self._bars.start()
        return self._bars


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars
    from rich.text import Text

    class Amount(ProgressColumn):
        """A number of things, or bytes."""

        def __init__(self) -> None:
            super().__init__()
            self._columns = (DownloadColumn(), MofNCompleteColumn())

        def render(self, task: Task) -> Text:
            """What is done, and how much there is."""
            return self._columns[bool(task.fields["counts"])].render(task)

    return Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        Amount(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # results go where they belong: `Screen.hidden`
        redirect_stderr=False,
    )
