"""The engine that reads the files of a folder: each to its end, once, for all digests together.

`FolderReader.read` is its one interface. How it reads a file depends only on the file:

- Small files go over several processes (`small_file_pool`), unless they are to be read past the
  cache or a memory wants to be asked for each. Of these results only those beyond doubt count.
- All others, and small ones in doubt, are read with care (`careful_reader`): large ones by several
  threads, a single large one with a thread for each digest.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

from preserva.core.values.model import Entry, Observed
from preserva.core.values.report import Advanced, Finding, Observer, ignore
from preserva.files.careful_reader import CarefulReader, Memory
from preserva.files.opening import SMALL, Folder
from preserva.files.small_file_pool import SmallFiles


class FolderReader:
    """Reads files of one folder for some algorithms; to be closed at the end.

    `jobs`, `bypass_cache` and `memory` are those of `CarefulReader`.
    """

    def __init__(
        self,
        folder: Folder,
        algorithms: Iterable[str],
        *,
        jobs: int | None = None,
        bypass_cache: bool = False,
        memory: Memory | None = None,
    ) -> None:
        self.algorithms = frozenset(algorithms)
        self._folder = folder
        self._jobs = jobs
        self._bypass_cache = bypass_cache
        self._memory = memory
        self._small: SmallFiles | None = None

    def close(self) -> None:
        """Stop the other processes, whatever they are doing."""
        if self._small is not None:
            self._small.close()
            self._small = None

    def read_early(self, entries: Iterable[Entry]) -> None:
        """Start on files that will be asked for, while the listing continues."""
        if self._uses_processes():
            self._processes().read_early(entry for entry in entries if entry.size <= SMALL)

    def read(
        self, files: Iterable[Entry], observer: Observer = ignore
    ) -> Iterator[Observed | Finding]:
        """For each file, in any order, what was read to its end, or why it could not be read."""
        try:
            if self._uses_processes() and self._folder.is_there():
                files = yield from self._read_small(files, observer)
            careful = CarefulReader[Entry](
                self._folder.open,
                self.algorithms,
                jobs=self._jobs,
                bypass_cache=self._bypass_cache,
                memory=self._memory,
            )
            yield from careful.read(files, observer)
        finally:
            self.close()

    def read_beyond_doubt(self, files: Iterable[Entry]) -> Iterator[Observed | Entry]:
        """Each file as it was read, or unread if it is large or there is any doubt.

        For callers with their own reader for the unread ones. With `bypass_cache`, only files that
        were made durable before are certain to be read from the medium. Raises OSError if the
        folder is not there.
        """
        large = list[Entry]()
        yield from self._processes().read(_without_large(files, large))
        yield from large

    def _uses_processes(self) -> bool:
        return self._memory is None and not self._bypass_cache

    def _processes(self) -> SmallFiles:
        if self._small is None:
            self._small = SmallFiles(
                self._folder.open_top(),
                self.algorithms,
                self._jobs,
                bypass_cache=self._bypass_cache,
            )
        return self._small

    def _read_small(
        self, files: Iterable[Entry], observer: Observer
    ) -> Generator[Observed, None, list[Entry]]:
        """Small files that raise no doubt; returns the others."""
        others = list[Entry]()
        for result in self.read_beyond_doubt(files):
            if isinstance(result, Entry):
                others.append(result)
                continue
            if observer is not ignore:
                observer(Advanced(result.size, result.path))
            yield result
        self.close()
        return others


def _without_large(files: Iterable[Entry], large: list[Entry]) -> Iterator[Entry]:
    for entry in files:
        if entry.size > SMALL:
            large.append(entry)
        else:
            yield entry
