"""Records for the scans of a book: found in the union catalogue by number, shelfmark or title."""

from __future__ import annotations

from dataclasses import dataclass

from preserva.catalogue.database import Database
from preserva.catalogue.entry import CatalogueEntry
from preserva.catalogue.import_records import NAME
from preserva.catalogue.search import Search
from preserva.config import Config

_MOST = 10
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record of the catalogue, and the packages that have it already."""

    uri: str
    entry: CatalogueEntry
    packages: tuple[str, ...]


def has_catalogue(config: Config) -> bool:
    """Whether there is a catalogue to search."""
    return (config.ledger.parent / NAME).is_file()


def find_records(config: Config, text: str) -> list[FoundRecord]:
    """The most relevant records; none without a catalogue or a question. Raises PreservaError."""
    asked = text.strip()[:_LONGEST]
    if not asked or not has_catalogue(config):
        return []
    database = Database(config.ledger.parent / NAME, must_exist=True)
    try:
        page = Search(database).page(asked, {}, limit=_MOST)
        records = [
            record for hit in page.hits for record in (hit.record, *hit.joined) if record.entry
        ]
        return [
            FoundRecord(record.uri, record.entry, tuple(record.packages))
            for record in records
            if record.entry is not None
        ]
    finally:
        database.close()
