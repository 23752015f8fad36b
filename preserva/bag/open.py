"""A bag by its path: a folder or a container."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from preserva.bag.folder import FolderSource
from preserva.bag.hashing import Memory, open_regular, storage_error
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
    form = _form(path)
    if form == "zip":
        from preserva.bag.zip import ZipSource

        return ZipSource(path, jobs=jobs, limits=limits)
    if form in {"tar", "gz"}:
        from preserva.bag.tar import TarSource

        return TarSource(path, packed=form == "gz", jobs=jobs, limits=limits)
    message = _("{path} is no bag: neither a folder nor a .tar, .tar.gz or .zip file")
    raise NotAFile(message.format(path=path), path=str(path))


def _form(path: Path) -> str | None:
    """`tar`, `gz` or `zip` by the first bytes; by the name where these say nothing."""
    fd = open_regular(str(path))
    try:
        head = os.read(fd, 512)
    except OSError as error:
        raise storage_error(str(path), error) from error
    finally:
        os.close(fd)
    if head.startswith(b"\x1f\x8b"):
        return "gz"
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return "zip"
    if head[257:262] == b"ustar":
        return "tar"
    return {".tar": "tar", ".gz": "gz", ".tgz": "gz", ".zip": "zip"}.get(path.suffix.lower())
