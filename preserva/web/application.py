"""The pages as one ASGI application: which address is answered by what, and who may ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from importlib.resources import files

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from preserva.errors import PreservaError
from preserva.i18n import SOURCE_LANGUAGE, languages, speaking
from preserva.logs import get_logger
from preserva.web import sessions
from preserva.web.error_status import status_of
from preserva.web.forms import LARGEST_FORM, LARGEST_UPLOAD, SentForm, read_form
from preserva.web.guard import Guard
from preserva.web.hooks import HookSender
from preserva.web.interface.routes import routes as interface_routes
from preserva.web.pages import (
    audits,
    batches,
    book,
    books,
    copies,
    corrections,
    decisions,
    inbox,
    incidents,
    jobs,
    leaves,
    people,
    programs,
    reports,
    saved_states,
    sign_in,
    structure,
    today,
)
from preserva.web.people import PageRole
from preserva.web.proxy import proxied
from preserva.web.visit import LANGUAGE_COOKIE, StaffSite, View, Visit

_logger = get_logger(__name__)
_PATIENCE = 10.0
_PATIENCE_WITH_FILES = 120.0
_A_YEAR = 365 * 86_400
_STATIC = {"style.css": "text/css", "icon.svg": "image/svg+xml", "structure.js": "text/javascript"}

_EDITORS = ("/books/{package}/{version}/structure", "/inbox/{place}/{folder}/structure")

_PAGES: tuple[tuple[str, str, PageRole | None, View], ...] = (
    ("/", "GET", PageRole.LOOK, today.show),
    ("/books", "GET", PageRole.LOOK, books.show_list),
    ("/books/{package}", "GET", PageRole.LOOK, book.show),
    ("/books/{package}/record", "POST", PageRole.PREPARE, corrections.record),
    ("/books/{package}/rights", "POST", PageRole.PREPARE, corrections.rights),
    ("/books/{package}/relations", "POST", PageRole.PREPARE, book.relate),
    ("/books/{package}/pages", "POST", PageRole.PREPARE, structure.change_pages),
    ("/books/{package}/{version}/pages", "GET", PageRole.LOOK, leaves.show_all),
    ("/books/{package}/{version}/pages/go", "GET", PageRole.LOOK, leaves.go_to),
    ("/books/{package}/{version}/pages/{number}", "GET", PageRole.LOOK, leaves.show),
    ("/books/{package}/{version}/pictures/{number}/{size}", "GET", PageRole.LOOK, leaves.picture),
    ("/inbox", "GET", PageRole.LOOK, inbox.show_list),
    ("/inbox/{place}/{folder}", "GET", PageRole.LOOK, inbox.show),
    ("/inbox/{place}/{folder}/check", "POST", PageRole.PREPARE, inbox.check),
    ("/inbox/{place}/{folder}/package", "POST", PageRole.PREPARE, inbox.package),
    ("/inbox/{place}/{folder}/pictures/{number}/{size}", "GET", PageRole.LOOK, inbox.picture),
    ("/batches", "GET", PageRole.LOOK, batches.show_list),
    ("/batches", "POST", PageRole.PREPARE, batches.begin_batch),
    ("/batches/{token}", "GET", PageRole.LOOK, batches.show),
    ("/batches/{token}", "POST", PageRole.PREPARE, batches.go_on),
    ("/batches/{token}/table", "GET", PageRole.LOOK, batches.table),
    ("/incidents", "GET", PageRole.LOOK, incidents.show_list),
    ("/incidents/{number}", "GET", PageRole.LOOK, incidents.show),
    ("/incidents/{number}/pictures/{place}/{kind}", "GET", PageRole.LOOK, incidents.picture),
    ("/incidents/{number}", "POST", PageRole.DECIDE, incidents.decide),
    ("/audits", "GET", PageRole.LOOK, audits.show),
    ("/copies", "GET", PageRole.LOOK, copies.show),
    ("/reports", "GET", PageRole.LOOK, reports.show_list),
    ("/reports/archive", "GET", PageRole.LOOK, reports.whole),
    ("/reports/copies.csv", "GET", PageRole.LOOK, reports.copies_csv),
    ("/reports/levels", "GET", PageRole.LOOK, reports.levels),
    ("/reports/period", "GET", PageRole.LOOK, reports.period),
    ("/reports/period.csv", "GET", PageRole.LOOK, reports.period_csv),
    ("/decisions", "GET", PageRole.LOOK, decisions.show_list),
    ("/decisions/{number}", "GET", PageRole.LOOK, decisions.show),
    ("/decisions/{number}", "POST", PageRole.DECIDE, decisions.answer),
    ("/jobs", "GET", PageRole.LOOK, jobs.show_list),
    ("/jobs", "POST", PageRole.PREPARE, jobs.submit),
    ("/jobs/{number}", "GET", PageRole.LOOK, jobs.show),
    ("/jobs/{number}/file", "GET", PageRole.PREPARE, jobs.take),
    ("/jobs/{number}/stop", "POST", PageRole.PREPARE, jobs.stop),
    ("/account", "GET", PageRole.LOOK, sign_in.account_page),
    ("/programs", "GET", PageRole.ADMINISTER, programs.show),
    ("/programs", "POST", PageRole.ADMINISTER, programs.change),
    ("/people", "GET", PageRole.ADMINISTER, people.show),
    ("/people", "POST", PageRole.ADMINISTER, people.change),
    ("/sign-out", "POST", PageRole.LOOK, sign_in.sign_out),
    ("/sign-out-everywhere", "POST", PageRole.LOOK, sign_in.sign_out_everywhere),
    ("/sign-in", "GET", None, sign_in.show),
    ("/sign-in", "POST", None, sign_in.sign_in),
    ("/enter/{token}", "GET", None, sign_in.invitation),
    ("/enter/{token}", "POST", None, sign_in.accept),
    *(
        (f"{editor}{rest}", method, role, view)
        for editor in _EDITORS
        for rest, method, role, view in (
            ("", "GET", PageRole.LOOK, structure.show),
            ("", "POST", PageRole.PREPARE, structure.save),
            ("/state", "GET", PageRole.LOOK, saved_states.state),
            ("/typed", "POST", PageRole.PREPARE, saved_states.keep_typed),
            ("/take-over", "POST", PageRole.PREPARE, saved_states.take_over),
            ("/structure.toml", "GET", PageRole.LOOK, saved_states.text_file),
        )
    ),
)
"""Every page: its address, the method, who may see it (None: everybody), what answers."""

_WITH_FILES = frozenset(
    {
        "/books/{package}/record",
        "/inbox/{place}/{folder}/package",
        "/batches",
        *_EDITORS,
        *(f"{editor}/typed" for editor in _EDITORS),
    }
)
"""Pages whose forms have files, or texts as long as files."""


def application(site: StaffSite) -> ASGIApp:
    """The pages of a site."""
    routes = [
        Route(path, _endpoint(site, role, view, path in _WITH_FILES), methods=[method])
        for path, method, role, view in _PAGES
    ]
    routes += [
        Route(f"/static/{name}", partial(_static, name, media), methods=["GET"])
        for name, media in _STATIC.items()
    ]

    routes += interface_routes(site)

    @asynccontextmanager
    async def working(_app: Starlette) -> AsyncIterator[None]:
        sender = HookSender(site.config, site.database)
        site.worker.start()
        sender.start()
        try:
            yield
        finally:
            await run_in_threadpool(site.worker.stop)
            await run_in_threadpool(sender.stop)

    missing = _endpoint(site, None, _nothing_here)
    handlers = {404: _handler(missing), 405: _handler(missing)}
    return Starlette(routes=routes, lifespan=working, exception_handlers=handlers)


def guarded(site: StaffSite, hosts: tuple[str, ...]) -> ASGIApp:
    """The pages, reached only by these names and only from themselves."""
    return Guard(application(site), hosts)


async def _static(name: str, media: str, _request: Request) -> Response:
    data = files("preserva.web").joinpath("static", name).read_bytes()
    return Response(data, media_type=media, headers={"cache-control": "max-age=300"})


RequestHandler = Callable[[Request], Awaitable[Response]]


def _handler(endpoint: RequestHandler) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, _error: Exception) -> Response:
        return await endpoint(request)

    return handle


def _endpoint(
    site: StaffSite, role: PageRole | None, view: View, files: bool = False
) -> RequestHandler:
    async def endpoint(request: Request) -> Response:
        form: SentForm | None = SentForm()
        if request.method == "POST":
            limit, patience = LARGEST_FORM, _PATIENCE
            if files and await run_in_threadpool(_may, site, role, request):
                limit, patience = LARGEST_UPLOAD, _PATIENCE_WITH_FILES
            form = await _form(request, limit, patience)
        if form is None:
            return Response(status_code=413)
        return await run_in_threadpool(partial(_answer, site, role, view, request, form))

    return endpoint


async def _form(request: Request, limit: int, patience: float) -> SentForm | None:
    """The form that was sent; None if it is too large or does not come to its end."""
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for part in request.stream():
                body += part
                if len(body) > limit:
                    return None
        return read_form(request.headers.get("content-type", ""), bytes(body))
    except (TimeoutError, ValueError):
        return None


def _may(site: StaffSite, role: PageRole | None, request: Request) -> bool:
    """Whether somebody who may use a page asks: only from them much is taken."""
    token = request.cookies.get(site.session_cookie, "")
    account = sessions.whose(site.database, token) if token else None
    return account is not None and (role is None or account.role.allows(role))


def _answer(
    site: StaffSite, role: PageRole | None, view: View, request: Request, form: SentForm
) -> Response:
    query = dict(request.query_params)
    language = _language(request, query)
    token = request.cookies.get(site.session_cookie, "")
    account = sessions.whose(site.database, token) if token else None
    if site.proxy_header:
        by_proxy = proxied(site.database, site.config.people, request.headers, site.proxy_header)
        account = by_proxy or account
    params = {name: str(value) for name, value in request.path_params.items()}
    address = request.client.host if request.client else ""
    visit = Visit(site, request.url.path, account, token, address, params, query, form)
    with speaking(language):
        response = _checked(visit, role, view)
    if "lang" in query:
        _remember(response, site, language)
    return response


def _checked(visit: Visit, role: PageRole | None, view: View) -> Response:
    """What the view answers, if the person may ask; else where to sign in, or why not."""
    if role is not None and visit.account is None:
        return sign_in.first(visit)
    if role is not None and not visit.may(role):
        return visit.show("forbidden", HTTPStatus.FORBIDDEN)
    try:
        return view(visit)
    except PreservaError as error:
        return visit.show("problem", status_of(error), problem=str(error), advice=error.advice())
    except Exception:
        _logger.exception("a page failed: %s", visit.path)
        return visit.show("problem", HTTPStatus.INTERNAL_SERVER_ERROR, problem=None, advice=None)


def _nothing_here(visit: Visit) -> Response:
    return visit.show("missing", HTTPStatus.NOT_FOUND)


def _language(request: Request, query: dict[str, str]) -> str:
    """What the address says, or a cookie, or else the browser."""
    known = languages()
    wanted = [query.get("lang", ""), request.cookies.get(LANGUAGE_COOKIE, "")]
    accepted = request.headers.get("accept-language", "").lower().split(",")[:20]
    wanted += [part.partition(";")[0].strip().partition("-")[0] for part in accepted]
    return next((name for name in wanted if name in known), SOURCE_LANGUAGE)


def _remember(response: Response, site: StaffSite, language: str) -> None:
    response.set_cookie(
        LANGUAGE_COOKIE, language, _A_YEAR, secure=site.secure, httponly=True, samesite="lax"
    )
