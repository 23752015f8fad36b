"""What the newest look at the storages said: whether each is there, the right one, and has room."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from preserva.i18n import _
from preserva.outputs.findings import human_size
from preserva.web import jobs
from preserva.web.visit import Visit

ACTION = "storages"
"""The action that looks."""
_OLD = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class LastLook:
    """What the newest check of a storage said: a sentence, and its colour."""

    sentence: str
    tone: str


def looks(visit: Visit) -> tuple[dict[str, LastLook], jobs.PageJob | None]:
    """What the newest check of the storages said of each, and that job."""
    job = jobs.newest(visit.database, ACTION)
    if job is None:
        return {}, None
    least = visit.site.config.health.free_bytes
    try:
        document = json.loads(jobs.output(visit.database, job.number)[0])
        return {item["storage"]: _look(item, least) for item in document["reached"]}, job
    except (ValueError, KeyError, TypeError):  # it ended before it could say anything
        return {}, job


def _look(item: dict[str, Any], least: int) -> LastLook:
    if item["problem"] is not None:
        return LastLook(_("It cannot be used: {reason}").format(reason=item["problem"]), "bad")
    if item["outcome"] != "pass":
        return LastLook(_("It answers, but cannot take packages."), "bad")
    if item["free_bytes"] is None:
        return LastLook(_("It is there, and it is the right one."), "good")
    size = human_size(item["free_bytes"])
    if item["free_bytes"] < least:
        return LastLook(_("It is there, but has little room: {size}.").format(size=size), "warn")
    text = _("It is there, and it is the right one; {size} free.")
    return LastLook(text.format(size=size), "good")


def old_or_bad(visit: Visit) -> Iterator[tuple[str, str]]:
    """Why somebody should look again: sentences with their colours."""
    known, job = looks(visit)
    if job is None or (job.ended or 0) < visit.database.clock() - _OLD:
        yield _("Nobody has looked for a week whether the storages are there."), "warn"
    for storage, look in known.items():
        if look.tone != "good":
            yield f"{storage}: {look.sentence}", look.tone
