"""preserva serve"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, settings
from preserva.i18n import _


@click.command("serve")
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help="Listen there; 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="And there; 8000.")
@click.option("--url", metavar="URL", help="The address by which others reach it.")
@click.option("--email", required=True, metavar="ADDRESS", help="Who answers for it.")
@settings
def command(given: Settings, host: str, port: int, url: str | None, email: str) -> None:
    """Give the union catalogue to harvesters, by OAI-PMH 2.0, until it is stopped.

    \b
    preserva serve --email catalogue@library.example

    It only reads. For the open network put a web server before it, or run the WSGI application
    preserva.catalogue.oai.wsgi in another server: docs/how-to/exchange-records.md.
    """
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    from preserva.catalogue.import_records import open_catalogue
    from preserva.catalogue.oai.provider import About
    from preserva.catalogue.oai.wsgi import application

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what stands before it keeps the log."""

    with open_catalogue(given.config, must_exist=True):
        pass
    here = f"http://{host}:{port}/oai"
    served = application(given.config, About(url or here, email))
    with make_server(host, port, served, Server, Quiet) as server:
        given.talk(_("listening at {url}; stop it with Ctrl-C").format(url=here))
        server.serve_forever()
