"""A storage that notes what it would be asked to write, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from preserva.storage.base import Storage
from preserva.storage.wrappers.forward import Forwarding


class Planned(NamedTuple):
    """One thing that would be done: the name of the operation, its path, the bytes it writes."""

    verb: str
    path: str
    size: int = 0


class DryRun(Forwarding):
    """Reads come from the storage inside; `planned` is what it would be asked to do, in order."""

    def __init__(self, inner: Storage) -> None:
        super().__init__(inner)
        self.planned: list[Planned] = []

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Note it; the chunks are read to their end, for their size."""
        self.planned.append(Planned("create", path, sum(map(len, chunks))))

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Note it; the chunks are read to their end, for their size."""
        self.planned.append(Planned("extend", path, sum(map(len, chunks))))

    def flush(self, path: str) -> None:
        """Nothing was written that could be flushed."""

    def aim(self, staged: str, final: str) -> None:
        """Nothing is written whose place would matter."""

    def publish(self, staged: str, final: str) -> None:
        """Note where it would come to lie."""
        self.planned.append(Planned("publish", final))

    def replace(self, path: str, data: bytes) -> None:
        """Note it."""
        self.planned.append(Planned("replace", path, len(data)))

    def set_aside(self, path: str, aside: str) -> None:
        """Note what would go to quarantine."""
        self.planned.append(Planned("set_aside", path))

    def discard(self, path: str) -> None:
        """Note it."""
        self.planned.append(Planned("discard", path))

    def lock(self, holder: str) -> AbstractContextManager[None]:
        """Who writes nothing needs no lock."""
        return nullcontext()
