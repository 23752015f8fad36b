"""The union catalogue of an archive: its verbs as methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from preserva.api.archive import load_config
from preserva.api.arguments import StrPath, logged
from preserva.api.closing import Closing
from preserva.archive.archive import ArchivalStorage, Clock, utc_now
from preserva.catalogue.database import Database
from preserva.catalogue.oai.protocol import Prefix as OaiFormat

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from preserva import (
        Backup,
        CatalogueBackupMade,
        Config,
        DecisionsImported,
        EditionView,
        ExportFormat,
        Facet,
        HarvestResult,
        MatchDecision,
        MatchVerdict,
        Observer,
        Proposal,
        RecordsExported,
        RecordsImported,
        ResultPage,
    )


@dataclass(frozen=True, slots=True)
class HarvestSummary:
    """What a harvest brought: records, and decisions of people about editions."""

    records: HarvestResult
    decisions: DecisionsImported


class Catalogue(Closing):
    """An open union catalogue, made by `open_catalogue`; a context manager.

    A record is named as a search shows it, urn:preserva:record:aonb:17, or as aonb:17.
    """

    def __init__(self, config: Config, database: Database, clock: Clock) -> None:
        self._config = config
        self._database = database
        self._clock = clock

    def close(self) -> None:
        """Close the file. The end of a `with` block does the same."""
        self._database.close()

    def import_file(
        self,
        path: StrPath,
        *,
        library: str,
        charset: str | None = None,
        complete: bool = False,
        records: int | None = None,
        observer: Observer | None = None,
    ) -> RecordsImported:
        """Import the records of a file, as those of a library.

        With `complete` the file is the whole catalogue of the library: a record that is not in it
        is marked as deleted. `charset` is for records that declare a wrong one. `records` is how
        many records the file must have; only XML shows by itself that it was not cut off.

        Raises UsageError, NotFound; Refused for a complete file that is empty, that could not be
        read in all its parts, or that may have been cut off: then nothing is deleted.
        """
        from preserva.catalogue.import_records import import_file

        return import_file(
            self._database,
            Path(path),
            library,
            self._seconds(),
            charset=charset,
            complete=complete,
            records=records,
            observer=logged(observer),
        )

    def import_packages(self, *, observer: Observer | None = None) -> RecordsImported:
        """Import the records of the packages in the archive's primary storage.

        Raises ArchiveNotFound, LedgerError, StorageError.
        """
        from preserva.catalogue.import_records import import_packages

        with ArchivalStorage(self._config, clock=self._clock) as archive:
            seconds = self._seconds()
            return import_packages(archive, self._database, seconds, observer=logged(observer))

    def search(
        self,
        text: str,
        *,
        facets: Mapping[Facet, str] | None = None,
        start: int = 0,
        limit: int = 20,
    ) -> ResultPage:
        """Editions of which a record holds every word of `text`, in any spelling or ending.

        A word that ends in * is the beginning of a word. `facets` narrow the search. The page
        begins with edition number `start`, counted from 0.
        """
        from preserva.catalogue.search import Search

        return Search(self._database).page(text, facets or {}, start=start, limit=limit)

    def show(self, record: str) -> EditionView:
        """The edition of a record, with the records and holdings of all libraries.

        Raises NotFound.
        """
        from preserva.archive.relations import relations_known
        from preserva.catalogue.edition_view import shown
        from preserva.catalogue.entry import uri_as_typed

        return shown(self._database, uri_as_typed(record), relations_known(self._config))

    def proposals(self, *, limit: int = 20) -> Iterator[Proposal]:
        """Pairs of records that may describe one edition, on which nobody has decided."""
        from preserva.catalogue.matching import Matching

        return Matching(self._database).proposals(limit)

    def decide(self, record: str, other: str, verdict: MatchVerdict, *, by: str) -> MatchDecision:
        """Keep a decision of our library: whether two records describe one edition.

        `by` is the person who decides. Raises NotFound, UsageError; Refused while another decision
        of ours about them stands.
        """
        from preserva.catalogue.entry import uri_as_typed
        from preserva.catalogue.matching import Matching

        return Matching(self._database).decide(
            uri_as_typed(record),
            uri_as_typed(other),
            verdict,
            library=self._config.institution.id,
            person=by,
            time=self._time(),
        )

    def undo(self, decision: int, *, by: str) -> MatchDecision:
        """Withdraw a decision of our library, by its number; it is kept as undone.

        Raises NotFound; Refused for a decision of another library.
        """
        from preserva.catalogue.matching import Matching

        return Matching(self._database).undo(
            decision, library=self._config.institution.id, person=by, time=self._time()
        )

    def decisions(self) -> list[MatchDecision]:
        """All decisions about editions, undone ones too, in the order of their arrival."""
        from preserva.catalogue.matching import Matching

        return Matching(self._database).decisions()

    def export_decisions(self, destination: StrPath) -> int:
        """Write all decisions to a new file, a line of JSON each; how many there are.

        Raises Refused, StorageFull.
        """
        from preserva.catalogue.decision_files import export_decisions

        return export_decisions(self._database, Path(destination))

    def import_decisions(self, path: StrPath) -> DecisionsImported:
        """Import a file of decisions; those that are there already change nothing.

        Raises NotFound.
        """
        from preserva.catalogue.decision_files import import_decisions

        return import_decisions(self._database, Path(path))

    def export(
        self,
        destination: StrPath,
        form: ExportFormat,
        *,
        since: datetime | None = None,
        library: str | None = None,
        observer: Observer | None = None,
    ) -> RecordsExported:
        """Write the records to a new file in a format.

        All of them, or those that changed after `since`, an aware time; of all libraries, or of
        one. Raises Refused if something is at the destination, StorageFull.
        """
        from preserva.catalogue.export import export_catalogue

        return export_catalogue(
            self._database,
            Path(destination),
            form,
            since=since,
            library=library,
            observer=logged(observer),
        )

    def harvest(
        self,
        source: StrPath,
        *,
        library: str = "",
        part: str = "",
        prefix: str = "mods",
        anew: bool = False,
        observer: Observer | None = None,
    ) -> HarvestSummary:
        """Import records and decisions of another catalogue, by OAI-PMH 2.0 or from its dump.

        `source` is a URL or a folder that `dump` wrote. `library` says whose records these are
        where their identifiers do not. `part` is a set, `prefix` the format to ask for. Only
        changes since the last harvest are requested, with `anew` everything. The next run resumes
        where an interrupted one stopped.

        Raises StorageError, UsageError.
        """
        from preserva.catalogue.decision_files import DECISIONS, take_decisions
        from preserva.catalogue.oai.client import decisions_of, in_folder, over_http
        from preserva.catalogue.oai.harvester import Harvest
        from preserva.catalogue.oai.receiver import HarvestSource

        place = source if isinstance(source, str) else str(Path(source))
        own = self._config.institution.id
        harvest = Harvest(
            self._database,
            HarvestSource(place, prefix, part, library),
            over_http(place) if "://" in place else in_folder(Path(place)),
            own=own,
            clock=self._seconds,
            observer=logged(observer),
        )
        records = harvest.run(anew=anew)
        lines = [] if library else decisions_of(place).splitlines()  # others have none
        decisions = take_decisions(self._database, lines, f"{place}/{DECISIONS}", own=own)
        return HarvestSummary(records, decisions)

    def dump(
        self,
        folder: StrPath,
        *,
        url: str,
        email: str,
        form: OaiFormat = OaiFormat.MODS,
        observer: Observer | None = None,
    ) -> int:
        """Write what an OAI-PMH server would answer to a new folder; the number of its pages.

        `url` is where the folder will be on the web, `email` who answers for it. Raises Refused,
        StorageError.
        """
        from preserva.catalogue.oai.protocol import stamp
        from preserva.catalogue.oai.provider import About, Repository
        from preserva.catalogue.oai.resourcesync import dump
        from preserva.catalogue.oai.wsgi import mets_reader

        repository = Repository(
            self._database, About(url, email), mets_reader(self._config.path), clock=self._seconds
        )
        time = stamp(self._seconds())
        return dump(repository, Path(folder), form, time=time, url=url, observer=logged(observer))

    def oai_application(self, *, url: str, email: str) -> WSGIApplication:
        """A WSGI application (PEP 3333) that gives the catalogue to harvesters, by OAI-PMH 2.0.

        It only reads, and opens the file for each request: it continues when this object is closed.
        `url` is the address by which others reach it.
        """
        from preserva.catalogue.oai.provider import About
        from preserva.catalogue.oai.wsgi import application

        return application(self._config.path, About(url, email))

    def serve(
        self, *, email: str, host: str = "127.0.0.1", port: int = 8000, url: str | None = None
    ) -> None:
        """Run `oai_application` at http://HOST:PORT/oai until it is interrupted.

        For the open network put a web server with TLS in front of it.
        """
        from preserva.catalogue.oai.server import address_of, make_server

        application = self.oai_application(url=url or address_of(host, port), email=email)
        with make_server(application, host, port) as server:
            server.serve_forever()

    def _seconds(self) -> int:
        return int(self._clock().timestamp())

    def _time(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def open_catalogue(
    config: StrPath | None = None, *, must_exist: bool = False, clock: Clock = utc_now
) -> Catalogue:
    """Open the union catalogue beside the ledger of a configuration.

    It is made if it is not there, unless it must exist. `clock` gives the time of every change.

    Raises ArchiveNotFound, ConfigError, Locked, StorageError.
    """
    from preserva.catalogue.import_records import NAME

    loaded = load_config(config)
    database = Database(loaded.ledger.parent / NAME, must_exist=must_exist)
    return Catalogue(loaded, database, clock)


def backup_catalogue(
    config: StrPath | None, folder: StrPath, *, clock: Clock | None = None, thin: bool = True
) -> CatalogueBackupMade | None:
    """Make a verified backup of the union catalogue in a folder; None if there is no catalogue.

    With `thin`, older backups are removed by the rule of `backup_ledger`. Raises ArchiveNotFound,
    ConfigError, Locked, StorageError.
    """
    from preserva.catalogue import backup

    return backup.backup_catalogue(load_config(config), Path(folder), clock or utc_now, thin=thin)


def restore_catalogue(
    config: StrPath | None, source: StrPath, *, clock: Clock | None = None
) -> Backup:
    """Put a backup in the place of the union catalogue; what stands there is kept beside it.

    Raises ConfigError, NotFound; StorageError, with nothing changed, for what is no catalogue.
    """
    from preserva.catalogue import backup

    return backup.restore_catalogue(load_config(config), Path(source), clock or utc_now)
