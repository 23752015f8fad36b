"""One bar for a whole table: what the steps of its rows report, put together."""

from __future__ import annotations

from collections.abc import Sequence

from preserva.core.values.report import Advanced, Ended, Observer, Progress, Started
from preserva.core.values.subjects import Named


class WholeProgress:
    """Reports the bytes of each row as part of the whole, never more than the row has."""

    def __init__(self, name: str, sizes: Sequence[int], observer: Observer) -> None:
        self._subject = Named(name)
        self._observer = observer
        self._left = 0
        observer(Started("batch", self._subject, len(sizes), sum(sizes)))

    def row(self, size: int) -> Observer:
        """The observer of a row of that size; whatever the one before did not report is done."""
        self._finish_row()
        self._left = size
        return self._observe

    def end(self) -> None:
        """The last row is done."""
        self._finish_row()
        self._observer(Ended("batch", self._subject))

    def _observe(self, progress: Progress) -> None:
        if isinstance(progress, Advanced):
            size = min(progress.size, self._left)
            self._left -= size
            self._observer(Advanced(size, progress.path))

    def _finish_row(self) -> None:
        if self._left:
            self._observer(Advanced(self._left))
            self._left = 0
