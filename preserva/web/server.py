"""The server: one process, the pages of one archive, on this computer unless told otherwise."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from preserva.archive.acting import acting_person
from preserva.config import Config
from preserva.errors import Locked, UsageError
from preserva.i18n import _
from preserva.web import people
from preserva.web.application import guarded
from preserva.web.database import WebDatabase
from preserva.web.people import PageRole
from preserva.web.proxy import header_named
from preserva.web.shelf import TitleReader
from preserva.web.sockets import is_unix, listening, user_named
from preserva.web.visit import StaffSite
from preserva.web.worker import Worker

_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_SILENT = 10  # seconds after which a connection that says nothing is closed
_MOST_CONNECTIONS = 1000


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens: `host` and `port`, or the path of a Unix `socket`.

    `proxy_account` is the account by which a reverse proxy runs; no other may connect.
    """

    host: str = "127.0.0.1"
    port: int = 8010
    socket: str | None = None
    proxy_account: str | None = None


def site_of(
    config: Config, database: WebDatabase, url: str, proxy_user: str | None = None
) -> StaffSite:
    """What the server shares between requests; `url` is how people reach it."""
    worker = Worker(config, database, TitleReader(config, database))
    header = "" if proxy_user is None else header_named(proxy_user)
    return StaffSite.of(config, database, worker, url, header)


def hosts_of(url: str) -> tuple[str, ...]:
    """The names by which a server at this address may be called. Raises UsageError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(_("{url} is not the address of a web page").format(url=url))
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return (*_LOCAL, name)


def first_invitation(config: Config, database: WebDatabase, person: str | None) -> str | None:
    """A token for whoever starts the server, as long as nobody has a password; else None.

    Raises UsageError if it is not known who that is.
    """
    known = people.accounts(database)
    if any(account.has_password for account in known):
        return None
    code = acting_person(config.people, person)
    if code is None and known:
        return None  # somebody was invited, or comes by a proxy
    if code is None:
        raise UsageError(
            _("nobody is named who may come first"),
            hint=_("Say who you are: --person, PRESERVA_PERSON, or a login listed in [people]."),
        )
    if people.account(database, code) is None:
        return people.add(database, code, PageRole.ADMINISTER)
    people.set_role(database, code, PageRole.ADMINISTER)
    return people.invite(database, code)


def serve(site: StaffSite, url: str, listen: Listening) -> None:
    """Serve until stopped. Raises Locked if another process serves this archive.

    Raises UsageError and Refused for where it cannot listen.
    """
    import uvicorn

    from preserva.web.connections import only_for

    users = None
    if listen.proxy_account is not None:
        users = {os.getuid(), user_named(listen.proxy_account)}
    application = guarded(site, hosts_of(url))
    with _only_one(site.database):
        sockets = listening(listen.host, listen.port, listen.socket)
        if (site.proxy_header or users) and not is_unix(sockets):
            for one in sockets:
                one.close()
            raise UsageError(_("the user of a proxy is believed only over a Unix socket: --socket"))
        config = uvicorn.Config(
            application,
            log_level="warning",
            access_log=False,  # addresses of invitations would be in it
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_SILENT,
            limit_concurrency=_MOST_CONNECTIONS,
            ws="none",
            http=only_for(users),
        )
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets)


@contextmanager
def _only_one(database: WebDatabase) -> Iterator[None]:
    descriptor = os.open(database.folder / "server.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        message = _("another preserva web serves this archive already: {path}")
        raise Locked(message.format(path=database.folder)) from error
    try:
        yield
    finally:
        os.close(descriptor)
