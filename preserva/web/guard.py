"""What every request has to pass, and what every answer tells the browser to hold to.

Forged requests are told by what browsers say of themselves: Fetch Metadata (W3C), and Origin
(RFC 6454) where that is missing. There is no token to leak or to run out.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from preserva.i18n import _
from preserva.web.forms import LARGEST_UPLOAD

_SAFE = frozenset({"GET", "HEAD"})
_FOR_PROGRAMS = "/api/"
_METHODS = _SAFE | {"POST"}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self';"
    " form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Lets through what is meant for us and comes from our own pages."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        """`hosts` are the names by which we are reached: another one is a trick with DNS."""
        self._app, self._hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # a web socket: closed before it is open
            await send({"type": "websocket.close", "code": 1008})
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope["method"], scope["path"], Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, marked)
        else:
            status, text = refusal
            await PlainTextResponse(f"{text}\n", status)(scope, receive, marked)

    def _refusal(self, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
        if method not in _METHODS:
            return 405, _("This method is not used here.")
        if _host(headers.get("host", "")) not in self._hosts:
            return 421, _("This server is not known by this name.")
        if len(headers.getlist("host")) != 1:
            return 400, _("This request has several hosts.")
        by_token = path.startswith(_FOR_PROGRAMS)  # no cookie counts there, so nothing is forged
        if method not in _SAFE and not by_token and not _is_own(headers):
            return 403, _("This request does not come from a page of this server.")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length[:20]) > LARGEST_UPLOAD:
            return 413, _("This request is too large.")
        return None


def _is_own(headers: Headers) -> bool:
    """Whether a page of ours sent it. Who says nothing of that is no browser of today."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host")


def _host(value: str) -> str:
    """The name without its port."""
    return value.rpartition(":")[0] if value.rpartition(":")[2].isdigit() else value
