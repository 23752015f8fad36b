"""A small web server for the WSGI application, out of the standard library."""

from __future__ import annotations

from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref import simple_server

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


class _Server(ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True


class _Quiet(simple_server.WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the web server in front of it keeps the log."""


def address_of(host: str, port: int) -> str:
    """Where the application is reached if it is not named otherwise."""
    return f"http://{host}:{port}/oai"


def make_server(application: WSGIApplication, host: str, port: int) -> simple_server.WSGIServer:
    """A server that listens already; a context manager. A thread answers each request."""
    return simple_server.make_server(host, port, application, _Server, _Quiet)
