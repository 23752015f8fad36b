"""Who may use the pages: invited, given another role, sent away by somebody who administers."""

from __future__ import annotations

from starlette.responses import Response

from preserva.archive.acting import acting_person
from preserva.errors import UsageError
from preserva.i18n import _
from preserva.web import people, sessions
from preserva.web.people import PageRole
from preserva.web.visit import Visit


def show(visit: Visit) -> Response:
    """The list."""
    return _page(visit)


def change(visit: Visit) -> Response:
    """Do one of the things that the forms offer. An invitation is shown once, in the answer."""
    code, what = visit.fields.get("person", "").strip(), visit.fields.get("change")
    database = visit.database
    if what == "add":
        acting_person(visit.site.config.people, code)
        return _page(visit, code, people.add(database, code, _role(visit)))
    if what == "invite":
        return _page(visit, code, people.invite(database, code))
    if what == "role":
        people.set_role(database, code, _role(visit))
    elif what == "remove":
        people.remove(database, code)
    elif what == "end":
        sessions.end_all(database, code)
    else:
        raise UsageError(_("There is no such action."))
    return visit.go("/people")


def _role(visit: Visit) -> PageRole:
    try:
        return PageRole(visit.fields.get("role", ""))
    except ValueError as error:
        raise UsageError(_("There is no such role.")) from error


def _page(visit: Visit, code: str = "", token: str = "") -> Response:
    return visit.show(
        "people",
        accounts=people.accounts(visit.database),
        meanings=people.ROLE_MEANINGS,
        code=code,
        invitation=f"{visit.site.url}/enter/{token}" if token else "",
    )
