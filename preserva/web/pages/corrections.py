"""Corrections of a stored book that come with a file: each is a job that makes a new version."""

from __future__ import annotations

import json

from starlette.responses import Response

from preserva.errors import UsageError
from preserva.i18n import _
from preserva.web import uploads
from preserva.web.forms import SentFile
from preserva.web.pages.book import package_of
from preserva.web.pages.jobs import begin
from preserva.web.visit import Visit

_RIGHTS = ("basis", "status", "citation", "uri", "terms", "note")


def record(visit: Visit) -> Response:
    """Another record for a book, from a file that was sent."""
    sent = visit.form.files.get("file")
    if sent is None or not sent.data:
        raise UsageError(_("Choose a file."))
    return _begin(visit, "record", sent, ("position", "other_record"))


def rights(visit: Visit) -> Response:
    """What may be done with a book, as the fields of the form say; they become the usual file."""
    stated = {name: " ".join(visit.fields.get(name, "").split()) for name in _RIGHTS}
    lines = [f"{name} = {_toml(text)}\n" for name, text in stated.items() if text]
    data = "".join(["[[rights]]\n", *lines]).encode()
    return _begin(visit, "rights", SentFile("rights.toml", data), ())


def _begin(visit: Visit, action: str, sent: SentFile, names: tuple[str, ...]) -> Response:
    fields = {name: visit.fields[name] for name in ("reason", *names) if visit.fields.get(name)}
    token = uploads.keep(visit.database, sent)
    return begin(visit, action, {"package": package_of(visit).portable, "file": token, **fields})


def _toml(text: str) -> str:
    """A text as a basic string of TOML, which has the escapes of JSON."""
    return json.dumps("".join(c for c in text if c.isprintable()), ensure_ascii=False)
