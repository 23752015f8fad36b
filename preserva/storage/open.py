"""From a URL to the storage behind it."""

from __future__ import annotations

from pathlib import Path

from preserva.errors import UsageError
from preserva.i18n import _
from preserva.storage.base import Storage


def open_storage(url: str) -> Storage:
    """The storage at a folder or URL. Nothing is read or made yet."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        from preserva.storage.local import LocalStorage

        return LocalStorage(Path(url))
    if scheme == "file":
        return open_storage(rest)
    raise UsageError(_("no storage driver for {scheme}:// URLs").format(scheme=scheme))
