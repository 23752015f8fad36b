"""A storage that can only be read."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from preserva.core.values.model import StorageTraits
from preserva.errors import Refused
from preserva.i18n import _
from preserva.storage.wrappers.forward import Forwarding


class ReadOnly(Forwarding):
    """Refuses whatever would change something, the lock included."""

    def _refused(self, path: str) -> Refused:
        message = _("{url} is open for reading only; {path} was not touched")
        return Refused(message.format(url=self.url, path=path))

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Refused; no chunk is asked for."""
        raise self._refused(path)

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Refused; no chunk is asked for."""
        raise self._refused(path)

    def flush(self, path: str) -> None:
        """Refused."""
        raise self._refused(path)

    def reserve(self, staged: str, final: str) -> None:
        """Refused."""
        raise self._refused(final)

    def publish(self, staged: str, final: str) -> None:
        """Refused."""
        raise self._refused(final)

    def replace(self, path: str, data: bytes) -> None:
        """Refused."""
        raise self._refused(path)

    def quarantine(self, path: str, target: str) -> None:
        """Refused."""
        raise self._refused(path)

    def discard(self, path: str) -> None:
        """Refused."""
        raise self._refused(path)

    def lock(self, holder: str) -> AbstractContextManager[object]:
        """Refused: a lock is written."""
        raise self._refused("")

    def inspect(self, path: str) -> StorageTraits:
        """Refused: some storages can only be asked by writing."""
        raise self._refused(path)
