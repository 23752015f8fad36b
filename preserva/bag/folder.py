"""A bag in a folder of a POSIX file system.

Everything is opened below the folder's descriptor, see `preserva.files.opening.Folder`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path

from preserva.bag.source import LIMITS, Limits
from preserva.core.formats.bagit import manifest_algorithm
from preserva.core.values.codes import Code
from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Finding, Observer
from preserva.files.careful_reader import Memory
from preserva.files.folder_reader import FolderReader
from preserva.files.opening import Folder, read_pieces, storage_error
from preserva.i18n import _

_PATH = attrgetter("path")


class FolderSource:
    """A `Source` over a folder; `jobs`, `bypass_cache`, `memory` are those of `CarefulReader`."""

    media_type = None

    def __init__(
        self,
        path: Path,
        *,
        jobs: int | None = None,
        bypass_cache: bool = False,
        memory: Memory | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self.path = path
        self.name = path.resolve().name
        self._jobs = jobs
        self._bypass_cache = bypass_cache
        self._memory = memory
        self._limits = limits
        self._folder = Folder(path)
        self._reader: FolderReader | None = None
        self._reads_early = False

    def __del__(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._folder.close()

    def read_early(self) -> None:
        """Start to read small files while they are listed: everything will be read."""
        self._reads_early = True

    def _reader_for(self, algorithms: frozenset[str]) -> FolderReader:
        if self._reader is None or self._reader.algorithms != algorithms:
            if self._reader is not None:
                self._reader.close()
            self._reader = FolderReader(
                self._folder,
                algorithms,
                jobs=self._jobs,
                bypass_cache=self._bypass_cache,
                memory=self._memory,
            )
        return self._reader

    def entries(self) -> Iterator[Entry | Finding]:
        """Everything in the folder, sorted within each folder. Raises StorageError for the top."""
        try:
            self._folder.open_top()
        except OSError as error:
            raise storage_error(str(self.path), error) from error
        stack = [""]
        while stack:
            prefix = stack.pop()
            try:
                entries = sorted(self._scan(prefix), key=_PATH)
            except OSError as error:
                yield Finding(Code.UNREADABLE, prefix or ".", seen=str(error))
                continue
            if self._reads_early and not prefix:
                self._begin_early(entries)
            if self._reads_early and self._reader and f"{prefix}/".startswith("data/"):
                self._reader.read_early(entry for entry in entries if entry.kind is Kind.FILE)
            for entry in entries:
                if len(entry.path) > self._limits.path:
                    yield Finding(Code.LIMIT_REACHED, entry.path[:200], seen=_("path too long"))
                    continue
                yield entry
                if entry.kind is Kind.FOLDER:
                    stack.append(entry.path)

    def _begin_early(self, top: Iterable[Entry]) -> None:
        """Guess from the files at the top which digests will be needed for everything below."""
        names = [manifest_algorithm(entry.path) for entry in top]
        algorithms = {name[1] for name in names if name is not None and name[0] == "manifest"}
        if algorithms and ALGORITHMS.keys() >= algorithms:
            self._reader_for(frozenset(algorithms))

    def _scan(self, prefix: str) -> Iterator[Entry]:
        start = f"{prefix}/" if prefix else ""
        with self._folder.scan(prefix) as names:
            for name in names:
                path = start + name.name
                if name.is_file(follow_symlinks=False):
                    yield Entry(path, Kind.FILE, name.stat(follow_symlinks=False).st_size)
                elif name.is_dir(follow_symlinks=False):
                    yield Entry(path, Kind.FOLDER)
                else:
                    yield Entry(path, Kind.LINK if name.is_symlink() else Kind.OTHER)

    def stream(self, path: str) -> Iterator[bytes]:
        """The content of one file in pieces. Raises NotFound, NotAFile or StorageError."""
        yield from read_pieces(self._folder.open_regular(path), path)

    def observe(
        self, files: Iterable[Entry], algorithms: frozenset[str], observer: Observer
    ) -> Iterator[Observed | Finding]:
        """Read and hash the files; see `FolderReader.read`."""
        yield from self._reader_for(algorithms).read(files, observer)
