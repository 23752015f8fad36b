"""preserva serve"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, pass_settings
from preserva.i18n import _


@click.command("serve")
@click.option(
    "--host", default="127.0.0.1", metavar="ADDRESS", help="The address to listen on; 127.0.0.1."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, help="The port to listen on; 8000."
)
@click.option("--url", metavar="URL", help="The address under which others reach it.")
@click.option(
    "--email", required=True, metavar="ADDRESS", help="The address of the person responsible."
)
@pass_settings
def command(settings: Settings, host: str, port: int, url: str | None, email: str) -> None:
    """Serve the union catalogue by OAI-PMH 2.0 until stopped.

    \b
    preserva serve --email catalogue@library.example

    It only reads. On the open network, put a web server in front of it, or run the WSGI application
    preserva.catalogue.oai.wsgi in another server: docs/how-to/exchange-records.md.
    """
    from preserva.catalogue.import_records import open_catalogue
    from preserva.catalogue.oai.provider import About
    from preserva.catalogue.oai.server import address_of, make_server
    from preserva.catalogue.oai.wsgi import application

    with open_catalogue(settings.config, must_exist=True):
        pass
    address = address_of(host, port)
    served = application(settings.config, About(url or address, email))
    with make_server(served, host, port) as server:
        settings.talk(_("listening at {url}; stop with Ctrl-C").format(url=address))
        server.serve_forever()
