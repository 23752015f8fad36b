"""One request, as the pages see it: who asks, in which language, with which fields."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from preserva.archive.archive import ArchivalStorage
from preserva.config import Config
from preserva.core.book.words import page_word, part_word, rights_word
from preserva.errors import NotFound
from preserva.i18n import _, language, languages, ngettext, pgettext
from preserva.local_time import local_date, local_time
from preserva.outputs.decisions import named
from preserva.outputs.findings import for_people, human_size
from preserva.outputs.page import typeset
from preserva.outputs.words import word
from preserva.web.actions import ACTIONS
from preserva.web.book_pages import BookShelf
from preserva.web.database import WebDatabase
from preserva.web.forms import SentForm
from preserva.web.inbox import InboxSheets
from preserva.web.people import PageAccount, PageRole
from preserva.web.pictures import Pictures
from preserva.web.standing import ArchiveStanding
from preserva.web.worker import Worker

_NUMBER = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)

SESSION_COOKIE = "preserva_session"
LANGUAGE_COOKIE = "preserva_language"
LANGUAGE_NAMES = {"en": "English", "be": "Беларуская", "ru": "Русский"}


def environment() -> Environment:
    """The templates, with what they may call. All text is escaped."""
    made = Environment(
        loader=PackageLoader("preserva.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["set"] = typeset
    made.globals.update(
        _=_,
        ngettext=ngettext,
        pgettext=pgettext,
        language=language,
        languages={name: LANGUAGE_NAMES[name] for name in languages()},
        local_date=local_date,
        local_time=local_time,
        human_size=human_size,
        word=word,
        for_people=for_people,
        page_word=page_word,
        part_word=part_word,
        rights_word=rights_word,
        named=named,
        new_form=lambda: secrets.token_urlsafe(16),
        actions=ACTIONS,
        PageRole=PageRole,
    )
    return made


@dataclass(frozen=True, slots=True)
class StaffSite:
    """What all requests share. `url` is the address by which people reach it.

    In the header `proxy_header`, a trusted proxy says who its user is; "" if there is none.
    """

    config: Config
    database: WebDatabase
    worker: Worker
    pictures: Pictures
    shelf: BookShelf
    sheets: InboxSheets
    url: str = "http://127.0.0.1:8010"
    proxy_header: str = ""
    templates: Environment = field(default_factory=environment)
    standing: ArchiveStanding = field(default_factory=ArchiveStanding)

    @classmethod
    def of(
        cls,
        config: Config,
        database: WebDatabase,
        worker: Worker,
        url: str = "",
        proxy_header: str = "",
    ) -> StaffSite:
        """The site of an archive, with what is kept in the folder of its file."""
        pictures = Pictures(database.folder / "pictures")
        address = url.rstrip("/") or "http://127.0.0.1:8010"
        shelf, sheets = BookShelf(config), InboxSheets(config)
        return cls(config, database, worker, pictures, shelf, sheets, address, proxy_header)

    def archive(self, person: str) -> ArchivalStorage:
        """The archive, opened in somebody's name; what was verified before is not verified again.

        The verbs that jobs run trust nothing of that.
        """
        opened = ArchivalStorage(self.config, person=person, verified=self.standing.verified)
        size = opened.ledger.size
        self.standing.verified = (size, opened.ledger.digest_of(size) or "")
        return opened

    @property
    def secure(self) -> bool:
        """Whether people reach it by https."""
        return self.url.startswith("https://")

    @property
    def session_cookie(self) -> str:
        """The name of the cookie; by https, one that no neighbour can set (RFC 6265bis, 4.1.3)."""
        return f"__Host-{SESSION_COOKIE}" if self.secure else SESSION_COOKIE


@dataclass(frozen=True, slots=True)
class Visit:
    """A request: `query` are the fields of its address, `form` is what was sent."""

    site: StaffSite
    path: str
    account: PageAccount | None = None
    token: str = ""
    address: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: SentForm = field(default_factory=SentForm)

    @property
    def fields(self) -> Mapping[str, str]:
        """Those of a form that was sent."""
        return self.form.fields

    @property
    def person(self) -> PageAccount:
        """Who asks, on a page that is for people who are signed in."""
        assert self.account is not None, "the application lets nobody else come here"
        return self.account

    @property
    def database(self) -> WebDatabase:
        """The file of the server."""
        return self.site.database

    @property
    def number(self) -> int:
        """The number in the address. Raises NotFound for what is none, or a huge one."""
        text = self.params["number"]
        if not _NUMBER.fullmatch(text):
            raise NotFound(_("There is no such page"))
        return int(text)

    def archive(self) -> ArchivalStorage:
        """The archive, opened in the name of the person."""
        return self.site.archive(self.person.code)

    def may(self, role: PageRole) -> bool:
        """Whether the person has a role."""
        return self.account is not None and self.account.role.allows(role)

    def show(self, template: str, status: int = 200, /, **values: object) -> Response:
        """A page."""
        text = self.site.templates.get_template(f"{template}.html.j2").render(
            visit=self, people=self.site.config.people, **values
        )
        return HTMLResponse(text, status)

    def in_language(self, code: str) -> str:
        """The query of this page in another language."""
        return urlencode({**self.query, "lang": code})

    def same_query(self) -> str:
        """The query of this page, for another one about the same."""
        return urlencode({name: text for name, text in self.query.items() if name != "lang"})

    def go(self, path: str) -> Response:
        """To another page, which a reload does not send again."""
        return RedirectResponse(path, 303)


View = Callable[[Visit], Response]
"""What answers a request, in a thread of its own."""
