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
    """Give the joint catalogue to harvesters, by OAI-PMH 2.0, until it is stopped.

    \b
    preserva serve --email catalogue@library.example

    It only reads. On an open network, put a web server in front of it, or run its WSGI application
    in another server: docs/how-to/exchange-records.md.
    """
    from preserva.catalogue.ingest import open_catalogue
    from preserva.catalogue.oai.provider import About
    from preserva.catalogue.oai.server import address_of, make_server
    from preserva.catalogue.oai.wsgi import application

    with open_catalogue(given.config, must_exist=True):
        pass
    here = address_of(host, port)
    served = application(given.config, About(url or here, email))
    with make_server(served, host, port) as server:
        given.talk(_("listening at {url}; stop it with Ctrl-C").format(url=here))
        server.serve_forever()
