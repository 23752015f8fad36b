"""A bag by its path: a folder or a container."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from preserva.bag.container.compression import packing_of, refuse_foreign
from preserva.bag.folder import FolderSource
from preserva.bag.source import LIMITS, Limits, Source
from preserva.errors import NotAFile
from preserva.files.careful_reader import Memory
from preserva.files.opening import open_regular, storage_error
from preserva.i18n import _

_ZIP = (b"PK\3\4", b"PK\5\6")


def open_bag(
    path: Path,
    *,
    jobs: int | None = None,
    bypass_cache: bool = False,
    memory: Memory | None = None,
    limits: Limits = LIMITS,
) -> Source:
    """The bag in a folder, a tar (.tar, .tar.gz, .tar.bz2, .tar.xz, .tar.zst) or a zip.

    Its content decides, not its name.

    `jobs`, `bypass_cache` and `memory` (a `Checkpoint`) apply to folders, see `CarefulReader`.
    Raises NotFound, NotAFile or StorageError; UsageError if an optional package is needed.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise storage_error(str(path), error) from error
    if stat.S_ISDIR(mode):
        return FolderSource(
            path, jobs=jobs, bypass_cache=bypass_cache, memory=memory, limits=limits
        )
    head = _head(path)
    refuse_foreign(head, str(path))
    if head.startswith(_ZIP) or (path.suffix.lower() == ".zip" and packing_of(head, "") is None):
        from preserva.bag.container.zip import ZipSource

        return ZipSource(path, jobs=jobs, limits=limits)
    packing = packing_of(head, path.name)
    if packing is None:
        message = _(
            "{path} is not a bag: it is neither a folder nor a tar (compressed or not) nor a zip"
        )
        raise NotAFile(message.format(path=path), path=str(path))
    from preserva.bag.container.members import LocalContainer
    from preserva.bag.container.tar import TarSource

    return TarSource(LocalContainer(path), packing, jobs=jobs, limits=limits)


def _head(path: Path) -> bytes:
    fd = open_regular(str(path))
    try:
        return os.read(fd, 512)
    except OSError as error:
        raise storage_error(str(path), error) from error
    finally:
        os.close(fd)
