"""The structures that were written for folders of the inbox, as files for whoever packages them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from preserva.batch.package_rows import COLUMNS
from preserva.batch.table import read_table
from preserva.config import Config
from preserva.errors import PreservaError
from preserva.web import drafts, uploads
from preserva.web.database import WebDatabase
from preserva.web.edited import folder_key


def kept_structures(
    config: Config, database: WebDatabase, place: int, folders: Iterable[str]
) -> dict[str, str]:
    """The field of a job with the newest drafts of these folders; none if nobody wrote any.

    They are what they are now: a change that somebody saves later is not that of this job.
    """
    found = {}
    for name in folders:
        draft = drafts.newest(database, folder_key(config, place, name))
        if draft is not None:
            found[f"{name}.toml"] = draft.text.encode()
    return {"structures": uploads.keep_all(database, found)} if found else {}


def folders_in(config: Config, token: str) -> list[str]:
    """The folders directly in the place of the inbox that a table names."""
    try:
        table = read_table(uploads.path_of(config, token), COLUMNS)
    except PreservaError:  # the job says what is wrong with the table
        return []
    at = table.places.get("folder")
    cells = [row.cells[at] for row in table.rows if at is not None and at < len(row.cells)]
    paths = [PurePosixPath(cell.strip().replace("\\", "/")) for cell in cells]
    return sorted({path.name for path in paths if len(path.parts) == 1 and path.name})
