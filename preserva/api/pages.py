"""The pages for the people who keep the books: who may use them, and the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preserva.api.archive import load_config
from preserva.api.arguments import StrPath

if TYPE_CHECKING:
    from preserva import Config, PageAccount, PageRole


class StaffPages:
    """The pages of an archive, made by `open_pages`."""

    def __init__(self, config: Config) -> None:
        from preserva.web.database import WebDatabase

        self._config, self._database = config, WebDatabase.of(config)

    def people(self) -> list[PageAccount]:
        """Who may use them, by code."""
        from preserva.web.people import accounts

        return accounts(self._database)

    def add_person(self, code: str, role: PageRole) -> str:
        """Add a person; the token with which they choose a password, once, within a week.

        They do that at /enter/TOKEN. Raises UsageError for what is no code, or is there already.
        """
        from preserva.archive.acting import acting_person
        from preserva.web import people

        acting_person(self._config.people, code)
        return people.add(self._database, code, role)

    def invite(self, code: str) -> str:
        """A new token for a person, after which the earlier one does not count. As `add_person`."""
        from preserva.web import people

        return people.invite(self._database, code)

    def invite_first(self, person: str | None = None) -> str | None:
        """A token for a first person who administers; None as soon as anybody has a password.

        `person` is their code, if not who acts (`open_archive`). Raises UsageError.
        """
        from preserva.web.server import first_invitation

        return first_invitation(self._config, self._database, person)

    def set_role(self, code: str, role: PageRole) -> None:
        """Give a person another role, which counts at once.

        Raises UsageError for a person who is not there, Refused for the last who administers.
        """
        from preserva.web import people

        people.set_role(self._database, code, role)

    def remove_person(self, code: str) -> None:
        """Take a person away, with their sessions. Raises as `set_role` does."""
        from preserva.web import people

        people.remove(self._database, code)

    def serve(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 8010,
        url: str | None = None,
        socket: str | None = None,
        proxy_user: str | None = None,
        proxy_account: str | None = None,
    ) -> None:
        """Serve the pages until interrupted; `url` is the address by which people reach them.

        `socket` is the path of a Unix socket to listen on instead; what systemd has opened comes
        before both. For the open network put a web server with TLS in front of it. By a Unix
        socket, it may say in the header `proxy_user` who its user is; `proxy_account` is the
        account by which it runs, and no other may connect then. Raises Locked if another process
        serves them; UsageError for what is no address.
        """
        from preserva.web.server import Listening, serve, site_of

        address = url or f"http://{host}:{port}"
        site = site_of(self._config, self._database, address, proxy_user)
        serve(site, address, Listening(host, port, socket, proxy_account))


def open_pages(config: StrPath | None = None) -> StaffPages:
    """Open the pages of the archive of a configuration; the folder `web` beside its ledger.

    Raises ArchiveNotFound, ConfigError; Refused if a later version wrote what is there; UsageError
    if the extra `web` is not installed.
    """
    from preserva.errors import UsageError
    from preserva.i18n import _

    loaded = load_config(config)
    try:
        import starlette  # noqa: F401 - whether it is there, before anything is made
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise UsageError(
            _("the pages need {name}, which is not installed").format(name=error.name),
            hint=_("Install it: pip install 'preserva[web]'"),
        ) from error
    return StaffPages(loaded)
