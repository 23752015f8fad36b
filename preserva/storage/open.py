"""From a URL to the storage behind it: the one table of schemes and drivers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from preserva.errors import UsageError
from preserva.i18n import _
from preserva.logs import get_logger, redacted
from preserva.storage.base import Storage

_logger = get_logger(__name__)


class _Driver(NamedTuple):
    """Where a driver is, and the extra that installs what it needs; empty if it needs nothing."""

    module: str
    name: str
    extra: str


_DRIVERS = {
    "fs+": _Driver("preserva.storage.pyfilesystem", "PyFilesystemStorage", ""),
    "memory": _Driver("preserva.storage.memory", "MemoryStorage", ""),
    "s3": _Driver("preserva.storage.s3.driver", "S3Storage", "s3"),
    "sftp": _Driver("preserva.storage.sftp.driver", "SftpStorage", "sftp"),
}

SCHEMES = ("file", *_DRIVERS)
"""The schemes that a URL of a storage may have; `fs+` stands for `fs+` and a name."""


def open_storage(url: str) -> Storage:
    """The storage at a folder or URL. Nothing is read or made yet. Raises UsageError."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        from preserva.storage.local import LocalStorage

        _logger.info("storage at %s", url)
        return LocalStorage(Path(url))
    if scheme == "file":
        return open_storage(rest)
    driver = _DRIVERS.get("fs+" if scheme.startswith("fs+") else scheme)
    if driver is None:
        message = _("no storage driver for {scheme}:// URLs; there are: {known}")
        raise UsageError(message.format(scheme=scheme, known=", ".join(SCHEMES)))
    if "@" in (place := rest.partition("/")[0]) and ":" in place.rpartition("@")[0]:
        raise UsageError(_("a password may not stand in a URL"))
    try:
        make: Callable[[str], Storage] = getattr(import_module(driver.module), driver.name)
    except ModuleNotFoundError as error:
        message = _("storages at {scheme}:// need {module}, which is not installed")
        raise UsageError(
            message.format(scheme=scheme, module=error.name),
            hint=_("Install it with: pip install 'preserva[{extra}]'").format(extra=driver.extra),
        ) from error
    _logger.info("storage at %s", redacted(url))
    return make(url)
