"""Harvested records on their way into the catalogue: whose each is, and what is left alone.

A record belongs to the library that its identifier names. What that library itself said of it, in
its file, its package, or at a server that a person named as the library's, is not changed by
others. Between third parties the later date stamp decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from preserva.catalogue.database import Database
from preserva.catalogue.entry import RECORD_URN, library_of, uri_of
from preserva.catalogue.import_records import LISTED, incoming_of, must_stay
from preserva.catalogue.index import Catalogued, Incoming, Index, Taken
from preserva.catalogue.oai.responses import Broken, Harvested, Response
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding, Outcome
from preserva.describe.record import Record, read_records
from preserva.errors import UsageError
from preserva.i18n import _

_LONGEST = 2_000
"""Characters of an identifier at most."""


@dataclass(frozen=True, slots=True)
class HarvestSource:
    """What is harvested: where from, in which format, which set, and whose records they are.

    `library` says that the server is that library's own: only its records are taken. It is needed
    where the identifiers of the records do not say whose they are.
    """

    url: str
    prefix: str = "mods"
    part: str = ""
    library: str = ""


@dataclass(slots=True)
class HarvestResult:
    """The result of a harvest; `own` records returned to their library and were left alone.

    Of findings with the same code the first are listed; `unlisted` counts the others.
    """

    read: int = 0
    changed: int = 0
    deleted: int = 0
    own: int = 0
    findings: list[Finding] = field(default_factory=list)
    unlisted: Counter[str] = field(default_factory=Counter)
    _listed: Counter[str] = field(default_factory=Counter)

    @property
    def outcome(self) -> Outcome:
        """What the findings come to."""
        return Outcome.of(self.findings)

    def note(self, finding: Finding) -> None:
        """Add a finding."""
        kind = str(finding.code.value)
        self._listed[kind] += 1
        if self._listed[kind] <= LISTED:
            self.findings.append(finding)
        else:
            self.unlisted[kind] += 1


class Receiver:
    """Takes the records of pages in. `take` belongs inside `Database.writing`."""

    def __init__(
        self,
        database: Database,
        source: HarvestSource,
        result: HarvestResult,
        *,
        own: str,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._index = Index(database)
        self._source = source
        self._result = result
        self._own = own
        self._clock = clock
        self._anew = False

    def begin(self, page: Response, *, anew: bool) -> None:
        """Prepare for a harvest that begins with this page; with `anew`, old stamps are taken.

        Raises UsageError where neither the records nor a person says whose they are.
        """
        self._anew = anew
        records = [record for record in page.records if isinstance(record, Harvested)]
        if self._source.library or any(library_of(record.identifier) for record in records):
            return
        known = self._database.run(
            "SELECT 1 FROM record WHERE source = ? LIMIT 1", self._source.url
        )
        if records and not known:
            message = _("{uri} does not name its library")
            raise UsageError(
                message.format(uri=records[0].identifier), hint=_("Give it with --library.")
            )

    def take(self, page: Response) -> None:
        """Take in the records of a page."""
        for record in page.records:
            self._result.read += 1
            if isinstance(record, Broken):
                finding = Finding(Code.HARVEST_BROKEN, record.identifier, seen=record.reason)
                self._result.note(finding)
            else:
                self._put(record)

    def _put(self, harvested: Harvested) -> None:
        identifier, given = harvested.identifier, self._source.library
        library = library_of(identifier)
        uri = identifier
        if library is None and given and not identifier.startswith(RECORD_URN):
            library, uri = given, uri_of(given, identifier)
        if library is None or len(identifier) > _LONGEST:
            self._result.note(Finding(Code.HARVEST_IDENTIFIER, identifier[:_LONGEST]))
        elif library == self._own:
            self._result.own += 1
        elif given and library != given:
            self._result.note(Finding(Code.HARVEST_OF_ANOTHER, uri))
        elif harvested.deleted:
            self._delete(uri, harvested.stamp)
        elif harvested.metadata is None:
            self._result.note(Finding(Code.HARVEST_WITHOUT_METADATA, uri))
        else:
            self._record(uri, library, harvested.metadata, harvested.stamp)

    def _delete(self, uri: str, stamp: int | None) -> None:
        known = self._index.get(uri)
        if known is None or known.entry is None:
            return
        objection = self._objection(known, stamp, deletes=True)
        if objection is not None:
            self._result.note(Finding(objection, uri))
            return
        self._result.deleted += self._index.delete(
            uri, self._clock(), of_library=bool(self._source.library), stamp=stamp
        )

    def _record(self, uri: str, library: str, metadata: etree._Element, stamp: int | None) -> None:
        data = etree.tostring(metadata, encoding="UTF-8", with_tail=False)
        for record in read_records(data, name=uri):
            if isinstance(record, Record):
                own = bool(self._source.library)
                self._accept(
                    incoming_of(
                        record, library, self._source.url, uri=uri, of_library=own, stamp=stamp
                    )
                )
                return
            self._result.note(Finding(Code.HARVEST_BROKEN, uri, seen=record.seen))

    def _accept(self, incoming: Incoming) -> None:
        before = self._index.get(incoming.uri)
        same = before is not None and before.original == incoming.original and before.entry
        objection = None if before is None else self._objection(before, incoming.stamp)
        if objection is not None:
            if not same and (before is None or before.entry != incoming.entry):
                self._result.note(Finding(objection, incoming.uri))
            return
        taken = self._index.put(incoming, self._clock(), self._keeps(incoming))
        self._result.changed += taken in (Taken.CHANGED, Taken.AGAIN) and not same

    def _objection(
        self, known: Catalogued, stamp: int | None, *, deletes: bool = False
    ) -> Code | None:
        """Why what the server says of a record that is here, or was, must not change it."""
        if known.source == self._source.url:
            older = None not in (stamp, known.stamp) and (stamp or 0) < (known.stamp or 0)
            return Code.HARVEST_OLDER if older and not self._anew else None
        if self._source.library:
            return None  # the library itself
        if known.of_library or deletes:
            return Code.HARVEST_OF_ANOTHER
        newest = known.changed if known.stamp is None else known.stamp
        return None if stamp is not None and stamp > newest else Code.HARVEST_OLDER

    def _keeps(self, incoming: Incoming) -> Callable[[Catalogued], bool]:
        """Whether a record that is there stays, because it is sound or says more; that is noted."""

        def keep(known: Catalogued) -> bool:
            return must_stay(known, incoming, self._result.note)

        return keep
