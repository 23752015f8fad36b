"""The bag in one version of an OCFL object, as a source whose files have been read already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from preserva.bag.source import Source
from preserva.core.values.digest import MultiHash
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Finding, Observer
from preserva.storage.base import Storage, chunks_of


@dataclass(frozen=True)
class VersionSource(Source):
    """The bag in one version of an object, whose files have been read already.

    `empty` are folders without files that it had when it was supplied.
    """

    storage: Storage
    path: str
    version: str
    located: dict[str, str]
    seen: dict[str, Observed]
    empty: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The version's name."""
        return self.version

    @property
    def media_type(self) -> str | None:
        """Loose files."""
        return None

    def entries(self) -> Iterator[Entry | Finding]:
        """Every file of the version, and the folders above them."""
        folders = set(self.empty)
        for path, content in self.located.items():
            yield Entry(path, Kind.FILE, self.seen[content].size)
            parts = path.split("/")[:-1]
            folders |= {"/".join(parts[:i]) for i in range(1, len(parts) + 1)}
        yield from (Entry(path, Kind.FOLDER) for path in sorted(folders))

    def stream(self, path: str) -> Iterator[bytes]:
        """The content of one file."""
        name = self.located[path]
        with self.storage.open(f"{self.path}/{name}" if self.path else name) as reader:
            yield from chunks_of(reader)

    def observe(
        self, files: Iterable[Entry], algorithms: frozenset[str], observer: Observer
    ) -> Iterator[Observed | Finding]:
        """The digests seen when the object was checked; others cost another read."""
        for entry in files:
            seen = self.seen[self.located[entry.path]]
            if algorithms <= set(seen.digests):
                yield Observed(entry.path, seen.size, seen.digests)
            else:
                hashes = MultiHash(algorithms)
                for chunk in self.stream(entry.path):
                    hashes.update(chunk)
                yield Observed(entry.path, hashes.size, hashes.digests())
