"""Opening the storage at a URL: the table of schemes and drivers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from preserva.errors import UsageError
from preserva.i18n import _
from preserva.logs import get_logger, redacted
from preserva.storage.base import Storage
from preserva.storage.paths import may_hold_password
from preserva.storage.wrappers.read_only import ReadOnly
from preserva.storage.wrappers.retry import Retry

_logger = get_logger(__name__)


_SECRET = re.compile(r"(?i:pass|pwd|secret|token|credential|key)[\w%.-]{0,40}=")
"""A name in the query of a URL that may stand for a secret."""


class _Driver(NamedTuple):
    """Where a driver is, the extra that installs what it needs, and whether it needs a network."""

    module: str
    name: str
    extra: str = ""
    remote: bool = True


_DRIVERS = {
    "fs+": _Driver("preserva.storage.pyfilesystem", "PyFilesystemStorage"),
    "memory": _Driver("preserva.storage.memory", "MemoryStorage", remote=False),
    "s3": _Driver("preserva.storage.s3.driver", "S3Storage", "s3"),
    "sftp": _Driver("preserva.storage.sftp.driver", "SftpStorage", "sftp"),
}

SCHEMES = ("file", *_DRIVERS)
"""The schemes that a URL of a storage may have; `fs+` stands for `fs+` and a name."""


def open_storage(url: str, *, read_only: bool = False) -> Storage:
    """The storage at a folder or URL. Nothing is read or made yet. Raises UsageError.

    After a failed connection, calls to a remote storage are repeated as far as
    `preserva.storage.wrappers.retry` allows. With `read_only`, every call that would write raises
    Refused.
    """
    storage = _open(url)
    return ReadOnly(storage) if read_only else storage


def _open(url: str) -> Storage:
    scheme, separator, rest = url.partition("://")
    if not separator:
        from preserva.storage.local import LocalStorage

        _logger.info("storage at %s", url)
        return LocalStorage(Path(url))
    if scheme == "file":
        return _open(rest)
    driver = _DRIVERS.get("fs+" if scheme.startswith("fs+") else scheme)
    if driver is None:
        message = _("no storage driver for {scheme}:// URLs; supported: {known}")
        raise UsageError(message.format(scheme=scheme, known=", ".join(SCHEMES)))
    place, _slash, path = rest.partition("/")
    if may_hold_password(place, user=True) or _SECRET.search(path.partition("?")[2]):
        raise UsageError(_("a URL must not contain a password"))
    _logger.info("storage at %s", redacted(url))
    storage = _load(driver, scheme)(url)
    return Retry(storage, sleep=time.sleep) if driver.remote else storage


def _load(driver: _Driver, scheme: str) -> Callable[[str], Storage]:
    try:
        make: Callable[[str], Storage] = getattr(import_module(driver.module), driver.name)
    except ModuleNotFoundError as error:
        message = _("storages at {scheme}:// need {module}, which is not installed")
        raise UsageError(
            message.format(scheme=scheme, module=error.name),
            hint=_("Install it with: pip install 'preserva[{extra}]'").format(extra=driver.extra),
        ) from error
    return make
