"""A version of a package being written: every file is hashed on its way, then read back."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from preserva.archive.reading import attempt
from preserva.core.formats.layout import STAGING
from preserva.core.values.digest import MultiHash
from preserva.core.values.model import Observed, PackageId
from preserva.core.values.report import Advanced, Observer
from preserva.errors import NotAFile, NotFound, Refused, StorageError
from preserva.files.disk import publish, refuse_kept, staging_for, writing
from preserva.files.disk import staging as staging_folder
from preserva.files.parallel import bounded_map
from preserva.files.streams import StreamDigester
from preserva.i18n import _
from preserva.storage.base import CHUNK, Storage, chunks_of
from preserva.storage.local import LocalStorage

_LARGE = 8 << 20
"""The file size from which one thread for each digest pays off."""

_AHEAD = 2
"""How many chunks the digests may lag behind: several large files are written concurrently."""

_IN_MEMORY = 4 << 20


class Staging:
    """The content of a new version, below a folder in staging.

    `files` are those written so far, `kept` those taken from the previous version.
    """

    def __init__(
        self, storage: Storage, folder: str, algorithms: Iterable[str], observer: Observer
    ) -> None:
        self.storage = storage
        self.folder = folder
        self.algorithms = tuple(algorithms)
        self.files: dict[str, Observed] = {}
        self.kept: dict[str, Observed] = {}  # of the version before, and not written again
        self.observer = observer

    def copy(
        self, path: str, chunks: Iterable[bytes], size: int, *, have: int | None = None
    ) -> Observed:
        """Write a file of about `size` bytes; the chunks are hashed on their way.

        The first bytes of a file, which an earlier run left and it must `have`, are not sent again.
        """
        if size >= _LARGE:
            with StreamDigester(len(self.algorithms), ahead=_AHEAD) as digester:
                passing = digester.begin(path, self.algorithms)
                self._write(path, self._through(passing.update, chunks), have)
                passing.end()
            (seen,) = digester.done()
        else:
            hashes = MultiHash(self.algorithms)
            self._write(path, self._through(hashes.update, chunks), have)
            seen = Observed(path, hashes.size, hashes.digests())
        self.files[path] = seen
        return seen

    def _write(self, path: str, chunks: Iterator[bytes], have: int | None) -> None:
        place = f"{self.folder}/{path}"
        if have is None:
            self.storage.create(place, chunks)
        else:
            self.storage.extend(place, _after(have, chunks))

    def _through(self, update: Callable[[bytes], None], chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            update(chunk)
            yield chunk
            self.observer(Advanced(len(chunk)))

    @contextmanager
    def on_disk(self, path: str) -> Iterator[Path]:
        """A file just written, for programs that seek in it or need a path.

        It comes from the page cache: the source is read once, and the medium not at all.
        """
        if isinstance(self.storage, LocalStorage):
            yield self.storage.root / self.folder / path
            return
        with (
            tempfile.NamedTemporaryFile(suffix=Path(path).suffix) as copy,
            self.storage.open(f"{self.folder}/{path}") as reader,
        ):
            copy.writelines(chunks_of(reader))
            copy.flush()
            yield Path(copy.name)

    def drop(self, path: str) -> None:
        """Remove a file again, and folders that become empty: OCFL allows none."""
        del self.files[path]
        while path:
            self.storage.discard(f"{self.folder}/{path}")
            path = path.rpartition("/")[0]
            if not path or self._holds_anything(path):
                return

    def _holds_anything(self, folder: str) -> bool:
        try:
            return bool(self.storage.children(f"{self.folder}/{folder}"))
        except NotFound:  # an object store has no empty folders
            return False

    def state(self) -> dict[str, Observed]:
        """Every file of the version."""
        return {**self.kept, **self.files}

    def write(self, path: str, data: bytes) -> Observed:
        """Write a small file."""
        return self.copy(path, [data], len(data))

    def render(self, path: str, render: Callable[[BinaryIO], None]) -> Observed:
        """Write a file produced as a stream; a large one is never held in memory whole."""
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as buffer:
            render(buffer)  # type: ignore[arg-type]  # a SpooledTemporaryFile is a BinaryIO in all but name
            size = buffer.tell()
            buffer.seek(0)
            return self.copy(path, iter(partial(buffer.read, CHUNK), b""), size)


@contextmanager
def new_folder(target: Path, algorithms: Iterable[str], observer: Observer) -> Iterator[Staging]:
    """A folder outside any archive that appears whole, read back, at the end of the block or never.

    Raises Refused if the folder exists already, or would be inside a bag, object or storage.
    """
    with beside(target) as scratch:
        storage = LocalStorage(scratch)
        staging = Staging(storage, f"{STAGING}/{target.name}", algorithms, observer)
        yield staging
        confirm(staging)
        storage.publish(staging.folder, target.name)
        publish(scratch / target.name, target)


def update_folder(package: PackageId) -> str:
    """The folder in staging in which a further version of a package is written."""
    return f"{STAGING}/update-{package.portable}"


def _after(size: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks without their first `size` bytes."""
    for chunk in chunks:
        if size < len(chunk):
            yield chunk[size:]
        size = max(0, size - len(chunk))


def refuse_place(target: Path) -> None:
    """Refuse to create something where anything exists, or inside a bag, object or storage."""
    if os.path.lexists(target):
        raise Refused(_("{path} exists already; it was not touched").format(path=target))
    refuse_kept(target)


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A hidden folder of ours beside a new destination; leftovers of a killed run are removed.

    Raises Refused, Locked, StorageError.
    """
    refuse_place(target)
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    with staging_folder(staging_for(target)) as scratch:
        yield scratch


def confirm(staging: Staging) -> None:
    """Make everything in staging durable and read it back. Raises StorageError if it differs."""
    staging.storage.flush(staging.folder)
    expected = ((f"{staging.folder}/{path}", seen) for path, seen in staging.files.items())
    wrong = list(read_back(staging.storage, expected, staging.observer))
    if wrong:
        path, seen = wrong[0]
        message = _(
            "{count} files were not read back as they were written, the first is {path}: {seen}"
        )
        raise StorageError(
            message.format(count=len(wrong), path=path, seen=seen),
            path=path,
            hint=_("Nothing was stored. Check the disk of this storage before you try again."),
        )


def read_back(
    storage: Storage, expected: Iterable[tuple[str, Observed]], observer: Observer
) -> Iterator[tuple[str, str]]:
    """Files that are not on the medium as they should be, each with what was seen.

    `expected` pairs a path with what was written there. Each is read through a new handle,
    bypassing the cache where the system allows it. Raises StorageError for a file that is there but
    cannot be read: nothing is known about it.
    """
    for path, seen in bounded_map(
        partial(_reread, storage), expected, workers=storage.max_concurrency
    ):
        observer(Advanced(0, path))
        if seen is not None:
            yield path, seen


def _reread(storage: Storage, item: tuple[str, Observed]) -> tuple[str, str | None]:
    path, expected = item
    algorithm = next(iter(expected.digests))
    result = attempt(storage, path, [algorithm])
    if isinstance(result, NotFound | NotAFile):
        return path, str(result)
    if isinstance(result, StorageError):
        raise result
    if result.digests[algorithm] == expected.digests[algorithm]:
        return path, None
    return path, _("{size} bytes with {algorithm} {digest}").format(
        size=result.size, algorithm=algorithm, digest=result.digests[algorithm]
    )
