"""Coming and going: invitations, passwords, sessions."""

from __future__ import annotations

import re
from http import HTTPStatus

from starlette.responses import Response

from preserva.errors import UsageError
from preserva.i18n import _
from preserva.web import people, sessions
from preserva.web.visit import Visit

_OWN_PATH = re.compile(r"/(?:[\w.-]+(?:/[\w.-]+)*)?(?:\?[\w.=&%+-]*)?", re.ASCII)
_KEPT = "kept-"
"""Before the names of fields of a form that was sent when its session was over."""


def first(visit: Visit) -> Response:
    """Ask who it is, before a page is shown. What was typed into a form there is kept."""
    kept = {f"{_KEPT}{name}": text for name, text in visit.fields.items() if name != "password"}
    return _ask(visit, HTTPStatus.UNAUTHORIZED, visit.path, kept)


def show(visit: Visit) -> Response:
    """The page to sign in on."""
    return _ask(visit, HTTPStatus.OK, visit.query.get("next", "/"), {})


def sign_in(visit: Visit) -> Response:
    """Begin a session, if the password fits, and go on where the person was."""
    code, password = visit.fields.get("person", "").strip(), visit.fields.get("password", "")
    path = own_path(visit.fields.get("next", "/"))
    kept = {name: text for name, text in visit.fields.items() if name.startswith(_KEPT)}
    if not people.proves(visit.database, code, password, visit.address):
        problem = _("This code and this password do not belong together.")
        return _ask(visit, HTTPStatus.UNAUTHORIZED, path, kept, problem)
    if not kept:
        return _with_session(visit, code, visit.go(path))
    fields = {name.removeprefix(_KEPT): text for name, text in kept.items()}
    response = visit.show("resume", path=path, fields=fields)
    return _with_session(visit, code, response)


def invitation(visit: Visit) -> Response:
    """Where somebody who was invited chooses a password. To look at it changes nothing."""
    code = people.invited(visit.database, visit.params["token"])
    status = HTTPStatus.OK if code else HTTPStatus.NOT_FOUND
    return visit.show("invitation", status, code=code, problem=None)


def accept(visit: Visit) -> Response:
    """Set the password, and begin a session."""
    token, password = visit.params["token"], visit.fields.get("password", "")
    code = people.invited(visit.database, token)
    if code is None:
        return visit.show("invitation", HTTPStatus.NOT_FOUND, code=None, problem=None)
    try:
        if password != visit.fields.get("again", ""):
            raise UsageError(_("The two passwords are not the same."))
        people.accept(visit.database, token, password)
    except UsageError as error:
        return visit.show("invitation", HTTPStatus.BAD_REQUEST, code=code, problem=str(error))
    return _with_session(visit, code, visit.go("/"))


def account_page(visit: Visit) -> Response:
    """What the server knows of who asks."""
    return visit.show("account", meanings=people.ROLE_MEANINGS)


def sign_out(visit: Visit) -> Response:
    """End this session."""
    sessions.end(visit.database, visit.token)
    return _without_session(visit)


def sign_out_everywhere(visit: Visit) -> Response:
    """End every session of the person, also on other computers."""
    sessions.end_all(visit.database, visit.person.code)
    return _without_session(visit)


def own_path(text: str) -> str:
    """A path of ours that was handed round in a form; the first page instead of anything else."""
    return text if _OWN_PATH.fullmatch(text) else "/"


def confirmed_by_password(visit: Visit) -> bool:
    """Whether who is signed in has typed their own password once more, for what is important."""
    password = visit.fields.get("password", "")
    return people.proves(visit.database, visit.person.code, password, visit.address)


def _ask(
    visit: Visit, status: HTTPStatus, path: str, kept: dict[str, str], problem: str | None = None
) -> Response:
    empty = not people.accounts(visit.database)
    return visit.show(
        "sign-in", status, next=own_path(path), kept=kept, problem=problem, empty=empty
    )


def _with_session(visit: Visit, code: str, response: Response) -> Response:
    token = sessions.start(visit.database, code)
    response.set_cookie(
        visit.site.session_cookie,
        token,
        secure=visit.site.secure,
        httponly=True,
        samesite="lax",
    )
    return response


def _without_session(visit: Visit) -> Response:
    response = visit.go("/sign-in")
    response.delete_cookie(
        visit.site.session_cookie, secure=visit.site.secure, httponly=True, samesite="lax"
    )
    return response
