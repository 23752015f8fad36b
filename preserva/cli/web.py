"""preserva web"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.terminal import echo
from preserva.i18n import _, pgettext

_ROLES = ["look", "prepare", "decide", "administer"]
_address = click.option(
    "--url", metavar="URL", default="http://127.0.0.1:8010", help="The address of the pages."
)


@click.group("web", invoke_without_command=True)
@click.option(
    "--host", default="127.0.0.1", metavar="ADDRESS", help="The address to listen on; 127.0.0.1."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8010, help="The port to listen on; 8010."
)
@click.option("--socket", metavar="PATH", help="A Unix socket to listen on, for a proxy before it.")
@click.option("--url", metavar="URL", help="The address under which people reach it.")
@click.option(
    "--proxy-user", metavar="HEADER", help="The header in which the proxy says who its user is."
)
@click.option(
    "--proxy-account", metavar="LOGIN", help="The account of the proxy; no other may connect."
)
@pass_settings
@click.pass_context
def command(
    context: click.Context,
    settings: Settings,
    host: str,
    port: int,
    socket: str | None,
    url: str | None,
    proxy_user: str | None,
    proxy_account: str | None,
) -> None:
    """Serve pages for the people who keep the books, until stopped.

    \b
    preserva web
    preserva web people add petrov --role decide

    The first time, it prints an address at which you choose a password. It listens on this computer
    only; on a network, put a web server with https in front of it: docs/how-to/web.md.
    """
    if context.invoked_subcommand is not None:
        return
    from preserva.api.pages import open_pages

    pages = open_pages(settings.config)
    address = (url or f"http://{host}:{port}").rstrip("/")
    token = pages.invite_first(settings.person)
    if token is not None:
        settings.talk(_("Open this address once, and choose a password:"))
        echo(f"{address}/enter/{token}")
    settings.talk(_("listening at {url}; stop with Ctrl-C").format(url=address))
    pages.serve(
        host=host,
        port=port,
        url=address,
        socket=socket,
        proxy_user=proxy_user,
        proxy_account=proxy_account,
    )


@command.group("people", invoke_without_command=True)
@as_json
@pass_settings
@click.pass_context
def people(context: click.Context, settings: Settings, json_: bool) -> None:
    """List who may use the pages, each with a role.

    Roles are look, prepare, decide, administer; each includes those before it.
    """
    if context.invoked_subcommand is not None:
        return
    from preserva.api.pages import open_pages
    from preserva.outputs.json.web import people_document

    known = open_pages(settings.config).people()
    if json_:
        rows = ((person.code, person.role.value, person.has_password) for person in known)
        emit("web people", people_document(rows))
        return
    for account in known:
        invited = "" if account.has_password else f"\t{pgettext('person', 'invited')}"
        echo(f"{account.code}\t{pgettext('role', account.role.value)}{invited}")


@people.command("add")
@click.argument("code", metavar="CODE")
@click.option("--role", type=click.Choice(_ROLES), default="look", help="What they may do; look.")
@_address
@pass_settings
def add(settings: Settings, code: str, role: str, url: str) -> None:
    """Invite a person: prints an address where they choose a password, once, within a week."""
    from preserva.api.pages import open_pages
    from preserva.web.people import PageRole

    token = open_pages(settings.config).add_person(code, PageRole(role))
    echo(f"{url.rstrip('/')}/enter/{token}")


@people.command("invite")
@click.argument("code", metavar="CODE")
@_address
@pass_settings
def invite(settings: Settings, code: str, url: str) -> None:
    """Print a new address for a person who forgot their password, or did not come in time."""
    from preserva.api.pages import open_pages

    echo(f"{url.rstrip('/')}/enter/{open_pages(settings.config).invite(code)}")


@people.command("role")
@click.argument("code", metavar="CODE")
@click.argument("role", metavar="ROLE", type=click.Choice(_ROLES))
@pass_settings
def role(settings: Settings, code: str, role: str) -> None:
    """Give a person another role. It counts at once, also for jobs that wait."""
    from preserva.api.pages import open_pages
    from preserva.web.people import PageRole

    open_pages(settings.config).set_role(code, PageRole(role))


@people.command("remove")
@click.argument("code", metavar="CODE")
@pass_settings
def remove(settings: Settings, code: str) -> None:
    """Take a person away: their sessions end, and their jobs that wait are refused."""
    from preserva.api.pages import open_pages

    open_pages(settings.config).remove_person(code)
