"""What a reading of a copy has found as recorded so far, so that it need not be read twice.

A second reading reads only what the first did not find as recorded, and a large copy whose reading
was stopped is gone on with by the next run. What is kept are digests: a verdict compares them all.
"""

from __future__ import annotations

import json
from collections.abc import Set
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from preserva.archive.archive import Archive
from preserva.archive.store import Store
from preserva.core.values.model import Observed, PackageId
from preserva.files.disk import writing

_FORGOTTEN = timedelta(days=7)
"""What was read longer ago is read again: a check must not stand for more than it saw."""

_SAVED = 1 << 30
"""Bytes that a kill may cost."""


class Begun:
    """Files of one copy, each as it was when it was read; `since` is when the first of them was."""

    def __init__(self, path: Path | None = None, since: datetime | None = None) -> None:
        """Nothing yet; with a path, what is kept can be saved there."""
        self.seen: dict[str, Observed] = {}
        self.since = since
        self.recalled = 0
        self._path = path
        self._unsaved: list[Observed] = []
        self._size = 0

    def recall(self, path: str, size: int | None, algorithms: Set[str]) -> Observed | None:
        """The file as it was read before; None if it was not so, or has another size now."""
        found = self.seen.get(path)
        if found is None or found.size != size or not algorithms <= set(found.digests):
            return None
        self.recalled += found.size
        return found

    def keep(self, observed: Observed) -> None:
        """A file was read and is as recorded."""
        self.seen[observed.path] = observed
        self._unsaved.append(observed)
        self._size += observed.size
        if self._size >= _SAVED:
            self.save()

    def save(self) -> None:
        """Let the next run know. Raises StorageError."""
        if self._path is None or not self._unsaved:
            return
        with writing(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                if not file.tell():
                    file.write(json.dumps(self.since and self.since.isoformat()))
                for one in self._unsaved:
                    file.write("\n" + json.dumps([one.path, one.size, dict(one.digests)]))
        self._unsaved, self._size = [], 0

    def forget(self) -> None:
        """The reading came to its end. Raises StorageError."""
        self._unsaved = []
        if self._path is not None:
            with writing(self._path):
                self._path.unlink(missing_ok=True)


def begun_reading(archive: Archive, store: Store, package: PackageId) -> Begun:
    """What earlier runs read of a copy, if that is not too long ago; a new beginning otherwise."""
    path = archive.audits_of(store.id) / f"{package.portable}.jsonl"
    now = archive.clock()
    begun = _load(path, now)
    if begun is None:
        begun = Begun(path, now)
        begun.forget()
    return begun


def _load(path: Path, now: datetime) -> Begun | None:
    """What a file tells; None if it is not there, too old, or not one of ours.

    A kill in the midst of a line may have left half of it, which counts for nothing.
    """
    try:
        with path.open(encoding="utf-8") as file:
            begun = Begun(path, datetime.fromisoformat(json.loads(file.readline())))
            for line in file:
                with suppress(ValueError, TypeError):
                    name, size, digests = json.loads(line)
                    begun.seen[name] = Observed(name, size, digests)
    except (OSError, ValueError, TypeError):
        return None
    since = begun.since
    return begun if since is not None and timedelta() <= now - since < _FORGOTTEN else None
