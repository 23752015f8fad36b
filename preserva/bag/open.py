"""A bag by its path: a folder or a container."""

from __future__ import annotations

import stat
from pathlib import Path

from preserva.bag.folder import FolderSource
from preserva.bag.hashing import Memory, storage_error
from preserva.bag.source import LIMITS, Limits, Source
from preserva.errors import NotAFile
from preserva.i18n import _


def open_bag(
    path: Path,
    *,
    jobs: int | None = None,
    medium: bool = False,
    memory: Memory | None = None,
    limits: Limits = LIMITS,
) -> Source:
    """The bag in a folder, or in a .tar, .tar.gz or .zip file: its content decides, not its name.

    `jobs`, `medium` and `memory` (a `Checkpoint`) serve folders, see `observe_files`.
    Raises NotFound, NotAFile or StorageError.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise storage_error(str(path), error) from error
    if stat.S_ISDIR(mode):
        return FolderSource(path, jobs=jobs, medium=medium, memory=memory, limits=limits)
    message = _("{path} is no bag: neither a folder nor a .tar, .tar.gz or .zip file")
    raise NotAFile(message.format(path=path), path=str(path))
