"""Files that people hand over in a form: records, tables, structures. They wait for their job."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from preserva.config import Config
from preserva.errors import UsageError
from preserva.files.disk import synchronise, write_file
from preserva.i18n import _
from preserva.web.database import WebDatabase
from preserva.web.forms import SentFile

_KEPT = 30 * 86_400.0
_TOKEN = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LONGEST_NAME = 100


def keep(database: WebDatabase, sent: SentFile) -> str:
    """Keep a file for a month; the token by which a job finds it. Raises StorageError."""
    return keep_all(database, {safe_name(sent.name): sent.data})


def keep_all(database: WebDatabase, files: Mapping[str, bytes]) -> str:
    """Keep several files, under names that are sound already; the token of their folder."""
    folder = database.folder / "uploads"
    folder.mkdir(mode=0o700, exist_ok=True)
    now = database.clock()
    _forget(folder, now)
    token = secrets.token_hex(16)
    (folder / token).mkdir(mode=0o700)
    for name, data in files.items():
        write_file(folder / token / name, data)
    os.utime(folder / token, (now, now))
    for changed in (folder / token, folder):  # the job that names it is durable, so it must be
        synchronise(changed)
    return token


def folder_of(config: Config, token: str) -> Path:
    """The folder of a token, with all of its files. Raises UsageError as `path_of`."""
    return path_of(config, token).parent


def path_of(config: Config, token: str) -> Path:
    """The file of a token. Raises UsageError if it is no token, or not kept any more."""
    folder = config.ledger.parent / "web" / "uploads" / token
    if _TOKEN.fullmatch(token):
        with suppress(OSError):
            return next(iter(sorted(folder.iterdir())))
    raise UsageError(_("this file is not here any more; choose it again"))


def safe_name(name: str) -> str:
    """A name as it may stand in a folder: no path, no option, nothing that cannot be shown."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(letter for letter in last if letter.isprintable()).lstrip(".-")
    stem, dot, suffix = shown.rpartition(".")
    shown = f"{stem[:_LONGEST_NAME]}{dot}{suffix[:10]}" if dot and stem else shown[:_LONGEST_NAME]
    return shown.strip() or "file"


def _forget(folder: Path, now: float) -> None:
    for old in folder.iterdir():
        with suppress(OSError):
            if old.stat().st_mtime < now - _KEPT:
                shutil.rmtree(old)
