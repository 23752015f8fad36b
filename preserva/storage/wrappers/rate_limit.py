"""A storage that transfers at most a given number of bytes a second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from preserva.storage.base import Reader, Storage
from preserva.storage.wrappers.forward import Forwarding


class RateLimit(Forwarding):
    """Reads and writes of all threads together keep to `rate` bytes a second.

    `clock` returns monotonic seconds, `sleep` waits for a number of seconds.
    """

    def __init__(
        self,
        inner: Storage,
        rate: float,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
    ) -> None:
        super().__init__(inner)
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock()
        self._guard = threading.Lock()

    def pay(self, size: int) -> None:
        """Wait until the time for all earlier bytes has passed, then let `size` bytes go."""
        with self._guard:
            now = self._clock()
            start = max(now, self._free_at)
            self._free_at = start + size / self._rate
        if start > now:
            self._sleep(start - now)

    def _paid(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.pay(len(chunk))
            yield chunk

    def open(self, path: str, *, bypass_cache: bool = False) -> Reader:
        """Open a regular file; what is read of it counts."""
        return _Paying(self.inner.open(path, bypass_cache=bypass_cache), self)

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file; its bytes count."""
        self.inner.create(path, self._paid(chunks))

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Append to a file; the bytes that are added count."""
        self.inner.extend(path, self._paid(chunks))

    def replace(self, path: str, data: bytes) -> None:
        """Replace a small file; its bytes count."""
        self.pay(len(data))
        self.inner.replace(path, data)


class _Paying:
    """An open file whose bytes count."""

    def __init__(self, inner: Reader, limit: RateLimit) -> None:
        self._inner = inner
        self._limit = limit

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        data = self._inner.read(size)
        self._limit.pay(len(data))
        return data

    def __enter__(self) -> _Paying:
        return self

    def __exit__(self, *error: object) -> None:
        self._inner.__exit__(*error)
