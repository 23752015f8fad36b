"""Records of another catalogue, by OAI-PMH 2.0, page by page; an interrupted harvest resumes.

Nothing is deleted but what the server says is deleted: a server that is empty, or answers with
less than before, takes nothing away. Our own records are never taken from another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from preserva.catalogue.database import Database
from preserva.catalogue.oai import protocol
from preserva.catalogue.oai.receiver import HarvestResult, HarvestSource, Receiver
from preserva.catalogue.oai.responses import Response, read_page
from preserva.core.values.codes import Code
from preserva.core.values.report import Advanced, Ended, Finding, Observer, Started, ignore
from preserva.core.values.subjects import Named
from preserva.core.xml.safe import UnsafeXMLError
from preserva.errors import StorageError
from preserva.http_client.policy import shown
from preserva.i18n import _

OaiArguments = tuple[tuple[str, str], ...]
Ask = Callable[[OaiArguments], bytes]
"""Sends a request and gives the answer. Raises StorageError."""

_OVERLAP = 600
"""Seconds before the last harvest that are asked for again: clocks and long transactions."""

_NOTHING = "noRecordsMatch"

_PAGES, _BYTES, _SECONDS = 100_000, 64 << 30, 86_400
"""The most that one run takes from a server; the next run resumes where it stopped."""

_IDLE = 6
"""Pages in a row that lead nowhere, by their tokens or without records, after which a list ends."""


@dataclass(frozen=True, slots=True)
class _State:
    """Until when everything was harvested, and the position of an unfinished harvest."""

    since: str | None = None
    token: str | None = None
    begun: str | None = None


class _Walk:
    """The way along the pages of a list, and whether it leads on.

    Servers end a list with a token that was there before, with two in turn, or with pages without
    records; and one page may be sent in the place of another. After some pages without anything
    new the list has ended, but nobody knows that it was whole.
    """

    def __init__(self, resumed: bool) -> None:
        self.pages = 0
        self._records = 0
        self._size: int | None = None
        self._resumed = resumed
        self._idle = 0
        self._tokens = set[bytes]()

    def pass_page(self, page: Response) -> None:
        """Note a page that came."""
        self.pages += 1
        self._records += len(page.records)
        self._size = page.size if page.size is not None else self._size
        leads_on = bool(page.records) and self._is_new(page.token or "")
        self._idle = 0 if leads_on else self._idle + 1

    @property
    def is_lost(self) -> bool:
        """Whether it is of no use to go on."""
        return self._idle >= _IDLE

    def ended_properly(self, last: Response, begun: str | None) -> bool:
        """Whether everything came: the last page says that it is, and is no older than the first.

        A server that says how many records its list has must not have sent fewer.
        """
        late = last.date is None or begun is None or last.date >= begun
        full = self._resumed or self._size is None or self._records >= self._size
        return last.token is None and late and full

    def _is_new(self, token: str) -> bool:
        """Whether this run has not been here before; tokens can be long, so digests are kept."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        before = len(self._tokens)
        self._tokens.add(digest)
        return len(self._tokens) > before


class Harvest:
    """One harvest into a catalogue, whose own library is `own`."""

    def __init__(
        self,
        database: Database,
        source: HarvestSource,
        ask: Ask,
        *,
        own: str,
        clock: Callable[[], int],
        observer: Observer = ignore,
    ) -> None:
        self._database = database
        self._source = source
        self._ask = ask
        self._clock = clock
        self._observer = observer
        self._result = HarvestResult()
        self._receiver = Receiver(database, source, self._result, own=own, clock=clock)
        self._begun = clock()
        self._received = 0

    def run(self, *, anew: bool = False) -> HarvestResult:
        """Import what changed since the last harvest, or everything.

        Raises StorageError where the server cannot be reached, cuts a page off, or does not keep to
        the protocol: what was received before is kept, and the next run resumes there. Raises
        UsageError for records whose library is not known.
        """
        state = _State() if anew else self._load()
        resumed = self._resumed(state) if state.token else None
        if resumed is None:
            state = _State(state.since)
        page = resumed or self._page(self._first(state.since))
        subject = Named(self._place)
        self._observer(Started("harvest", subject, page.size))
        self._receiver.begin(page, anew=anew)
        walk = _Walk(resumed is not None)
        while True:
            begun = state.begun or page.date
            if not page.whole:
                self._take(page, state)
                raise self._cut_off()
            walk.pass_page(page)
            state = _State(state.since, page.token, begun)
            self._take(page, state)
            if page.token is None or walk.is_lost:
                break
            self._refuse_endless(walk.pages)
            page = self._page((("resumptionToken", page.token),))
        if not walk.ended_properly(page, begun):
            self._result.note(Finding(Code.HARVEST_ENDED_ODDLY, self._place))
            begun = state.since  # what may be missing is asked for again
        self._save(_State(since=begun))
        self._observer(Ended("harvest", subject))
        return self._result

    def _refuse_endless(self, pages: int) -> None:
        late = self._clock() - self._begun > _SECONDS
        if pages >= _PAGES or self._received > _BYTES or late:
            message = _("{url} sent {pages} pages in this run, which is enough for one")
            raise StorageError(
                message.format(url=self._place, pages=pages),
                hint=_("What was received so far is kept; run the command again to continue."),
            )

    def _first(self, since: str | None) -> OaiArguments:
        arguments: OaiArguments = (("metadataPrefix", self._source.prefix),)
        if self._source.part:
            arguments += (("set", self._source.part),)
        if since:
            start = protocol.stamp(max(0, protocol.seconds_of(since) - _OVERLAP))
            fine = self._read((("verb", "Identify"),)).granularity.endswith("Z")
            arguments += (("from", start if fine else start[:10]),)
        return arguments

    def _resumed(self, state: _State) -> Response | None:
        """The page where the last harvest stopped; None if the server no longer knows it."""
        page = self._read((("verb", "ListRecords"), ("resumptionToken", state.token or "")))
        return page if page.is_list else None

    def _page(self, arguments: OaiArguments) -> Response:
        page = self._read((("verb", "ListRecords"), *arguments))
        if page.error and page.error != _NOTHING:
            raise self._wrong(page.error)
        if not page.error and not page.is_list:
            raise self._wrong(_("it does not send a list of records"))
        return page

    def _read(self, arguments: OaiArguments) -> Response:
        data = self._ask(arguments)
        self._received += len(data)
        self._observer(Advanced(len(data)))
        try:
            return read_page(data)
        except UnsafeXMLError as error:
            raise self._wrong(str(error)) from error

    def _take(self, page: Response, state: _State) -> None:
        """One page and the token that follows, both or neither."""
        with self._database.writing():
            self._receiver.take(page)
            for harvested in page.records:
                self._observer(Advanced(0, harvested.identifier))
            self._store(state)

    def _cut_off(self) -> StorageError:
        message = _("{url} sent a page that ends before its end: it was cut off")
        return StorageError(
            message.format(url=self._place),
            hint=_("What was received so far is kept; run the command again to continue."),
        )

    def _wrong(self, reason: str) -> StorageError:
        message = _("{url} does not follow the OAI-PMH protocol: {reason}")
        return StorageError(
            message.format(url=self._place, reason=reason),
            hint=_("What was received so far is kept; run the command again to continue."),
        )

    @property
    def _place(self) -> str:
        """Where it comes from, for people: a URL without its secrets, or a folder."""
        url = self._source.url
        return shown(url) if "://" in url else url

    @property
    def _key(self) -> tuple[str, str, str]:
        return self._source.url, self._source.prefix, self._source.part

    def _load(self) -> _State:
        rows = self._database.run(
            "SELECT since, token, begun FROM harvest WHERE url = ? AND format = ? AND part = ?",
            *self._key,
        )
        return next((_State(*cast("tuple[str, str, str]", row)) for row in rows), _State())

    def _save(self, state: _State) -> None:
        with self._database.writing():
            self._store(state)

    def _store(self, state: _State) -> None:
        self._database.run(
            "INSERT INTO harvest VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " since = excluded.since, token = excluded.token, begun = excluded.begun",
            *self._key, self._source.library, state.since, state.token, state.begun,
        )  # fmt: skip
