"""Records of another catalogue, by OAI-PMH 2.0, page by page; an interrupted harvest goes on.

Nothing is deleted but what the server says is deleted: a server that is empty, or answers with
less than before, takes nothing away. Our own records are never taken from another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from lxml import etree

from preserva.catalogue.database import Database
from preserva.catalogue.entry import library_of, uri_of
from preserva.catalogue.import_records import incoming_of, must_stay
from preserva.catalogue.index import Catalogued, Incoming, Index, Taken
from preserva.catalogue.oai import protocol
from preserva.catalogue.oai.responses import Broken, Harvested, Response, read_page
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding, Outcome
from preserva.core.xml.safe import UnsafeXMLError
from preserva.describe.record import Record, read_records
from preserva.errors import StorageError, UsageError
from preserva.http_client.policy import shown
from preserva.i18n import _

OaiArguments = tuple[tuple[str, str], ...]
Ask = Callable[[OaiArguments], bytes]
"""Sends a request and gives the answer. Raises StorageError."""

_OVERLAP = 600
"""Seconds before the last harvest that are asked for again: clocks and long transactions."""

_NOTHING = "noRecordsMatch"

_PAGES, _BYTES, _SECONDS = 100_000, 64 << 30, 86_400
"""What one run takes from a server at most; the next run goes on where it stopped."""


@dataclass(frozen=True, slots=True)
class HarvestSource:
    """What is harvested: where from, in which format, which set, and whose records they are.

    `library` is needed where the identifiers of the records do not say it.
    """

    url: str
    prefix: str = "mods"
    part: str = ""
    library: str = ""


@dataclass(slots=True)
class HarvestResult:
    """What a harvest did; `own` records came back to where they are from and were left alone."""

    read: int = 0
    changed: int = 0
    deleted: int = 0
    own: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """What the findings come to."""
        return Outcome.of(self.findings)


@dataclass(frozen=True, slots=True)
class _State:
    """Until when everything was harvested, and where an unfinished harvest stands."""

    since: str | None = None
    token: str | None = None
    begun: str | None = None


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
    ) -> None:
        self._database = database
        self._index = Index(database)
        self._source = source
        self._ask = ask
        self._own = own
        self._clock = clock
        self._result = HarvestResult()
        self._begun = clock()
        self._received = 0

    def run(self, *, anew: bool = False) -> HarvestResult:
        """Take in what changed since the last harvest, or everything.

        Raises StorageError where the server cannot be reached or does not keep to the protocol:
        what came before is kept, and the next run goes on there. Raises UsageError for records
        whose library is not known.
        """
        state = _State() if anew else self._load()
        page = self._resumed(state) if state.token else None
        if page is None:
            state = _State(state.since)
            page = self._page(self._first(state.since))
        tokens = set[bytes]()
        while True:
            state = _State(state.since, page.token, state.begun or page.date)
            if page.token and not self._is_new(page.token, tokens):
                self._save(_State(state.since))  # by its tokens nobody comes to an end
                raise self._wrong(_("it sends the same resumption token again"))
            self._take(page, state)
            if not page.token:
                break
            self._refuse_endless(len(tokens))
            page = self._page((("resumptionToken", page.token),))
        self._save(_State(since=state.begun))
        return self._result

    @staticmethod
    def _is_new(token: str, tokens: set[bytes]) -> bool:
        """Whether this run has not been here before; tokens can be long, so digests are kept."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        before = len(tokens)
        tokens.add(digest)
        return len(tokens) > before

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
        """The page where the last harvest stopped; None if the server no longer knows of it."""
        page = self._read((("verb", "ListRecords"), ("resumptionToken", state.token or "")))
        return None if page.error else page

    def _page(self, arguments: OaiArguments) -> Response:
        page = self._read((("verb", "ListRecords"), *arguments))
        if page.error and page.error != _NOTHING:
            raise self._wrong(page.error)
        if not page.error and not page.records:
            raise self._wrong(_("it sends a list without records"))
        return page

    def _read(self, arguments: OaiArguments) -> Response:
        data = self._ask(arguments)
        self._received += len(data)
        try:
            return read_page(data)
        except UnsafeXMLError as error:
            raise self._wrong(str(error)) from error

    def _take(self, page: Response, state: _State) -> None:
        """One page and the token that follows, both or neither."""
        with self._database.writing():
            for harvested in page.records:
                self._result.read += 1
                if isinstance(harvested, Broken):
                    finding = Finding(
                        Code.HARVEST_BROKEN, harvested.identifier, seen=harvested.reason
                    )
                    self._result.findings.append(finding)
                else:
                    self._put(harvested)
            self._store(state)

    def _put(self, harvested: Harvested) -> None:
        library = library_of(harvested.identifier)
        uri = harvested.identifier
        if library is None:
            library, uri = self._source.library, uri_of(self._source.library, harvested.identifier)
        if not library:
            message = _("{uri} does not name its library")
            raise UsageError(
                message.format(uri=harvested.identifier), hint=_("Give it with --library.")
            )
        if library == self._own:
            self._result.own += 1
        elif harvested.metadata is None:
            known = self._index.get(uri)
            if harvested.deleted and known is not None and known.source == self._source.url:
                self._result.deleted += self._index.delete(uri, self._clock())
        else:
            self._record(uri, library, harvested.metadata)

    def _record(self, uri: str, library: str, metadata: etree._Element) -> None:
        data = etree.tostring(metadata, encoding="UTF-8", with_tail=False)
        for record in read_records(data, name=uri):
            if isinstance(record, Record):
                incoming = incoming_of(record, library, self._source.url, uri=uri)
                before = self._index.get(uri)
                taken = self._index.put(incoming, self._clock(), self._keeps(incoming))
                same = before is not None and before.original == incoming.original and before.entry
                replaced = taken in (Taken.CHANGED, Taken.AGAIN)
                self._result.changed += replaced and not same
                return
            self._result.findings.append(Finding(Code.HARVEST_BROKEN, uri, seen=record.seen))

    def _keeps(self, incoming: Incoming) -> Callable[[Catalogued], bool]:
        """Whether a record that is there stays, because it is sound or says more; that is noted."""

        def keep(known: Catalogued) -> bool:
            return must_stay(known, incoming, self._result.findings.append)

        return keep

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
