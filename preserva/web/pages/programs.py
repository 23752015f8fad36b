"""Programs that work with the archive: their tokens, and the addresses that are told."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import Response

from preserva.errors import UsageError
from preserva.i18n import _
from preserva.web import hooks, people
from preserva.web.interface import tokens
from preserva.web.interface.endpoints import BASE
from preserva.web.visit import Visit


def show(visit: Visit) -> Response:
    """The lists, and the forms to add to them."""
    return _page(visit)


def change(visit: Visit) -> Response:
    """Do one of the things that the forms offer. What is secret is shown once, in the answer."""
    what, fields, database = visit.fields.get("change"), visit.fields, visit.database
    if what == "token":
        person = fields.get("person", "")
        return _page(
            visit, tokens.make(database, person, fields.get("name", ""), visit.person.code)
        )
    if what == "hook":
        url = fields.get("url", "").strip()
        return _page(visit, hooks.add(visit.site.config, database, url, visit.person.code))
    if what == "end-token":
        tokens.end(database, _number(visit))
    elif what == "remove-hook":
        hooks.remove(database, _number(visit))
    else:
        raise UsageError(_("There is no such action."))
    return visit.go("/programs")


def _number(visit: Visit) -> int:
    text = visit.fields.get("number", "")
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise UsageError(_("There is no such action."))
    return int(text)


def _page(visit: Visit, secret: str = "") -> Response:
    return visit.show(
        "programs",
        tokens=tokens.known(visit.database),
        hooks=hooks.known(visit.database),
        hosts=visit.site.config.web.webhook_hosts,
        accounts=people.accounts(visit.database),
        secret=secret,
        description=f"{BASE}/openapi.json",
        moment=lambda seconds: datetime.fromtimestamp(seconds, UTC),
    )
