"""A ledger's file, opened by those who may only read it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote


def opened_read_only(path: Path) -> sqlite3.Connection:
    """The database, of which nothing can be changed. Raises sqlite3.Error.

    Who may not write to its folder cannot open it in the usual way while nobody else has it open:
    then there is no write-ahead log beside it, and the file alone is the whole of it.
    """
    usual = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        return _opened(usual)
    except sqlite3.OperationalError:
        if path.with_name(f"{path.name}-wal").exists() or not path.is_file():
            raise
    return _opened(f"{usual}&immutable=1")


def _opened(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=60, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
