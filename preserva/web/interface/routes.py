"""The interface as routes of the server. No cookie is read: a browser cannot be tricked into it."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from preserva.errors import PreservaError
from preserva.i18n import SOURCE_LANGUAGE, _, speaking
from preserva.logs import get_logger
from preserva.web.error_status import status_of
from preserva.web.forms import LARGEST_FORM, LARGEST_UPLOAD
from preserva.web.interface import tokens
from preserva.web.interface.endpoints import BASE, ENDPOINTS, ProgramEndpoint
from preserva.web.interface.openapi import openapi
from preserva.web.interface.views import Call
from preserva.web.people import PageAccount
from preserva.web.visit import StaffSite

_logger = get_logger(__name__)
_PATIENCE = 10.0
_PATIENCE_WITH_FILES = 120.0
_BEARER = "bearer "


def routes(site: StaffSite) -> list[Route]:
    """All addresses of the interface, and the document that describes them."""
    made = [
        Route(f"{BASE}{one.path}", partial(_answer, site, one), methods=[one.method])
        for one in ENDPOINTS
    ]
    return [Route(f"{BASE}/openapi.json", partial(_describe, site), methods=["GET"]), *made]


async def _describe(site: StaffSite, _request: Request) -> Response:
    return _json(HTTPStatus.OK, openapi(site.url))


async def _answer(site: StaffSite, endpoint: ProgramEndpoint, request: Request) -> Response:
    account = await run_in_threadpool(_whose, site, request)
    if account is None:
        problem = _problem(HTTPStatus.UNAUTHORIZED, _("This token is not valid."))
        problem.headers["www-authenticate"] = 'Bearer realm="preserva"'
        return problem
    if not account.role.allows(endpoint.role):
        return _problem(HTTPStatus.FORBIDDEN, _("Your role does not allow this."))
    body = await _body(request, endpoint.takes) if endpoint.method == "POST" else b""
    if body is None:
        return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("This request is too large."))
    call = Call(
        site,
        account,
        {name: str(value) for name, value in request.path_params.items()},
        dict(request.query_params),
        request.headers.get("idempotency-key", ""),
        body,
    )
    return await run_in_threadpool(_done, endpoint, call)


def _whose(site: StaffSite, request: Request) -> PageAccount | None:
    """In whose name a program asks; None if it has no token, or several."""
    said = request.headers.getlist("authorization")
    if len(said) != 1 or not said[0].lower().startswith(_BEARER):
        return None
    return tokens.whose(site.database, said[0][len(_BEARER) :].strip())


async def _body(request: Request, takes: str) -> bytes | None:
    """What was sent; None if it is too large or does not come to its end."""
    limit, patience = LARGEST_FORM, _PATIENCE
    if takes == "*":
        limit, patience = LARGEST_UPLOAD, _PATIENCE_WITH_FILES
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for part in request.stream():
                body += part
                if len(body) > limit:
                    return None
    except TimeoutError:
        return None
    return bytes(body)


def _done(endpoint: ProgramEndpoint, call: Call) -> Response:
    """What the view says, always in English: a document is the same in every language."""
    with speaking(SOURCE_LANGUAGE):
        try:
            status, document = endpoint.view(call)
        except PreservaError as error:
            return _problem(status_of(error), str(error), error.advice())
        except Exception:
            _logger.exception("a call failed: %s %s", endpoint.method, endpoint.path)
            return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "")
    return _json(status, document)


def _problem(status: HTTPStatus, detail: str, advice: str | None = None) -> Response:
    document = {
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "advice": advice or None,
    }
    return _json(status, document, "application/problem+json")


def _json(status: HTTPStatus, document: Any, media: str = "application/json") -> Response:
    text = json.dumps(document, ensure_ascii=False)
    return Response(text.encode("utf-8", "replace"), status, media_type=media)
