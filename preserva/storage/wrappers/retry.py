"""A storage that asks again when the line failed, where asking twice does no harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from preserva.core.values.model import Entry, Kind
from preserva.errors import Unreachable
from preserva.logs import get_logger, redacted
from preserva.storage.base import CHUNK, Reader, Storage
from preserva.storage.wrappers.forward import Forwarding

_logger = get_logger(__name__)

T = TypeVar("T")


class Retry(Forwarding):
    """Looks, reads, `flush`, `aim`, `replace` and `discard` are tried up to `attempts` times.

    Only after Unreachable, each time waiting twice as long as before. The others are not repeated:
    chunks are there once, and what was moved before the answer was lost cannot be moved again.
    """

    def __init__(
        self,
        inner: Storage,
        *,
        sleep: Callable[[float], object],
        attempts: int = 5,
        delay: float = 1.0,
    ) -> None:
        super().__init__(inner)
        self._sleep = sleep
        self._attempts = attempts
        self._delay = delay

    def again(self, act: Callable[[], T]) -> T:
        """What `act` returns, the first time that it can be reached."""
        for attempt in range(self._attempts - 1):
            try:
                return act()
            except Unreachable as error:
                _logger.warning("attempt %d failed, trying again: %s", attempt + 1, redacted(error))
                self._sleep(self._delay * 2**attempt)
        return act()

    def stat(self, path: str) -> Entry | None:
        """What stands at a path, not following a link; None if there is nothing."""
        return self.again(lambda: self.inner.stat(path))

    def children(self, path: str) -> list[Entry]:
        """What a folder holds, sorted by name. Raises NotFound if there is no such folder."""
        return self.again(lambda: self.inner.children(path))

    def walk(self, path: str) -> Iterator[Entry]:
        """Everything below a folder, one folder at a time, so that each can be asked for again."""
        waiting = [path]
        while waiting:
            for entry in self.children(waiting.pop()):
                if entry.kind is Kind.FOLDER:
                    waiting.append(entry.path)
                yield entry

    def open(self, path: str, *, medium: bool = False) -> Reader:
        """Open a regular file; where the line fails in it, it is read up to there again."""
        return _Again(self, path, medium=medium)

    def flush(self, path: str) -> None:
        """Make a file or a whole folder in staging durable."""
        self.again(lambda: self.inner.flush(path))

    def aim(self, staged: str, final: str) -> None:
        """Say beforehand where a folder below staging is going to be published."""
        self.again(lambda: self.inner.aim(staged, final))

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file, durably and at once."""
        self.again(lambda: self.inner.replace(path, data))

    def discard(self, path: str) -> None:
        """Remove a file or folder below `staging/`, if it is there."""
        self.again(lambda: self.inner.discard(path))


class _Again:
    """An open file that is opened anew when the line failed."""

    def __init__(self, storage: Retry, path: str, *, medium: bool) -> None:
        self._storage = storage
        self._path = path
        self._medium = medium
        self._done = 0
        self._open: Reader | None = storage.again(self._opened)

    def _opened(self) -> Reader:
        reader = self._storage.inner.open(self._path, medium=self._medium)
        left = self._done
        while left > 0 and (passed := len(reader.read(min(CHUNK, left)))):
            left -= passed
        return reader

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        data = self._storage.again(lambda: self._read(size))
        self._done += len(data)
        return data

    def _read(self, size: int) -> bytes:
        if self._open is None:
            self._open = self._opened()
        try:
            return self._open.read(size)
        except Unreachable:
            self.__exit__()
            raise

    def __enter__(self) -> _Again:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            self._open.__exit__(None, None, None)
            self._open = None
