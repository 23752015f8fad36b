"""Resume state of an interrupted fixity check: the files that were read and are as recorded.

A second reading reads only files that the first did not find as recorded, and the next run resumes
a large copy where this one stopped. Only digests are kept: a verdict compares them all.
"""

from __future__ import annotations

import json
from collections.abc import Set
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from preserva.archive.stored_copy import StoredCopy
from preserva.core.formats.guarded_json import read_json
from preserva.core.values.model import Observed
from preserva.files.disk import writing

_FORGOTTEN = timedelta(days=7)
"""Older results are read again: a check must not claim more than it saw."""

_SAVED = 1 << 30
"""How many bytes must be read again after a kill, at most."""


class ResumeState:
    """Files of one copy, each as it was when it was read; `since` is when the first of them was."""

    def __init__(self, path: Path | None = None, since: datetime | None = None) -> None:
        """An empty state; with a path, it can be saved there."""
        self.seen: dict[str, Observed] = {}
        self.since = since
        self.recalled = 0
        self._path = path
        self._unsaved: list[Observed] = []
        self._size = 0

    def recall(self, path: str, size: int | None, algorithms: Set[str]) -> Observed | None:
        """The file as it was read before; None if it was not, or has another size now."""
        observed = self.seen.get(path)
        if observed is None or observed.size != size or not algorithms <= set(observed.digests):
            return None
        self.recalled += observed.size
        return observed

    def keep(self, observed: Observed) -> None:
        """A file was read and is as recorded."""
        self.seen[observed.path] = observed
        self._unsaved.append(observed)
        self._size += observed.size
        if self._size >= _SAVED:
            self.save()

    def save(self) -> None:
        """Save the state for the next run. Raises StorageError."""
        if self._path is None or not self._unsaved:
            return
        with writing(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                if not file.tell():
                    file.write(json.dumps(self.since and self.since.isoformat()))
                for observed in self._unsaved:
                    line = [observed.path, observed.size, dict(observed.digests)]
                    file.write("\n" + json.dumps(line))
        self._unsaved, self._size = [], 0

    def forget(self) -> None:
        """The reading is complete. Raises StorageError."""
        self._unsaved = []
        if self._path is not None:
            with writing(self._path):
                self._path.unlink(missing_ok=True)


def load_resume_state(copy: StoredCopy) -> ResumeState:
    """What earlier runs read of a copy, if recent enough; otherwise an empty state."""
    path = copy.archive.audits_of(copy.store.id) / f"{copy.package.portable}.jsonl"
    now = copy.archive.clock()
    state = _load(path, now)
    if state is None:
        state = ResumeState(path, now)
        state.forget()
    return state


def _load(path: Path, now: datetime) -> ResumeState | None:
    """The state in a file; None if there is none, it is too old, or it is not one of ours.

    A kill may have left half a line, which is ignored.
    """
    try:
        with path.open(encoding="utf-8") as file:
            since = datetime.fromisoformat(read_json(file.readline()))
            state = ResumeState(path, since)
            for line in file:
                with suppress(ValueError, TypeError):
                    name, size, digests = read_json(line)
                    state.seen[name] = Observed(name, size, digests)
    except (OSError, ValueError, TypeError):
        return None
    return state if timedelta() <= now - since < _FORGOTTEN else None
