"""How far the work is, for whoever looks at a file: one small JSON document, written anew."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from preserva.core.values.report import Advanced, Ended, Observer, Progress, Started

_SELDOM = 0.5
"""Seconds between two writes: people look, and a file for each chunk would cost more than it."""


def to_file(path: Path, hand_on: Observer, clock: Callable[[], float] = time.monotonic) -> Observer:
    """An observer that also writes to a file, which is always whole; `clock` gives seconds.

    The document has `step`, `subject` (in the reader's language), `done` and `total` (null if not
    known) and their `unit`, "bytes" or "files"; after a step, it is the last one's. A file that
    cannot be written is no reason to stop.
    """
    return _ProgressFile(path, hand_on, clock).observe


class _ProgressFile:
    def __init__(self, path: Path, hand_on: Observer, clock: Callable[[], float]) -> None:
        self._path, self._hand_on, self._clock = path, hand_on, clock
        self._began: Started | None = None
        self._done, self._written = 0, 0.0

    def observe(self, progress: Progress) -> None:
        if isinstance(progress, Started):
            self._began, self._done = progress, 0
            self._write()
        elif isinstance(progress, Advanced) and self._began is not None:
            self._done += progress.path is not None if self._counts else progress.size
            if self._clock() - self._written >= _SELDOM:
                self._write()
        elif isinstance(progress, Ended):
            self._write()
        self._hand_on(progress)

    @property
    def _counts(self) -> bool:
        """Whether it is counted in files, or in whatever else the step has many of."""
        began = self._began
        return began is not None and began.size is None and began.files is not None

    def _write(self) -> None:
        from preserva.outputs.subjects import subject_for_people

        if self._began is None:
            return
        self._written = self._clock()
        document = {
            "step": self._began.step,
            "subject": subject_for_people(self._began.subject),
            "done": int(self._done),
            "total": self._began.files if self._counts else self._began.size,
            "unit": "files" if self._counts else "bytes",
        }
        new = self._path.with_name(f"{self._path.name}.new")
        with suppress(OSError):
            new.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
            new.replace(self._path)
