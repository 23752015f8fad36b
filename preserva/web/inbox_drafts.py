"""The structures that were written for folders of the inbox, as files for whoever packages them."""

from __future__ import annotations

from collections.abc import Iterable

from preserva.config import Config
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


def folders_drafted(config: Config, database: WebDatabase, place: int) -> list[str]:
    """The folders of a place in the inbox of which anybody saved a draft."""
    beginning = folder_key(config, place, "")
    return [key.removeprefix(beginning) for key in drafts.books(database, beginning)]
