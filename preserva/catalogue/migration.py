"""A catalogue of an earlier format in today's: records stay, what is made of them is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from preserva.catalogue.database import SCHEMA_VERSION, WORDS, Database
from preserva.catalogue.entry import CatalogueEntry
from preserva.catalogue.entry_from_mods import entry_of
from preserva.catalogue.index import Catalogued, Index
from preserva.describe.record import Record, read_records
from preserva.logs import get_logger

_BATCH = 500

# to format 3: several packages of one record; whether its own library sent it, and when it changed
_TO_3 = (
    "ALTER TABLE record RENAME COLUMN package TO packages",
    "ALTER TABLE record ADD COLUMN of_library INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE record ADD COLUMN stamp INTEGER",
    "UPDATE record SET of_library = 0 WHERE source IN (SELECT url FROM harvest WHERE library = '')",
    "DROP TABLE words",
)

_logger = get_logger(__name__)


def migrate(database: Database, version: int) -> None:
    """Bring a catalogue of format 2 to today's format, or leave it as it is."""
    _logger.info("catalogue format %d becomes %d", version, SCHEMA_VERSION)
    with database.writing():
        if database.run("PRAGMA user_version") == [(SCHEMA_VERSION,)]:
            return  # another process was faster
        for statement in _TO_3:
            database.run(statement)
        for statement in filter(str.strip, WORDS.split(";")):
            database.run(statement)
        index = Index(database)
        for record in _records(database, index):
            entry = _entry(record)
            if entry is not None:
                index.remake(record, entry)
        database.run(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _records(database: Database, index: Index) -> Iterator[Catalogued]:
    """Every record, by its number: others may be changed meanwhile."""
    last = 0
    while rows := database.run(
        "SELECT id FROM record WHERE id > ? AND NOT deleted ORDER BY id LIMIT ?", last, _BATCH
    ):
        for (id_,) in rows:
            last = cast("int", id_)
            yield index.by_id(last)


def _entry(record: Catalogued) -> CatalogueEntry | None:
    """What the record says by today's reading; what it said before if it cannot be read."""
    for read in read_records(record.original, name=record.uri, charset=record.charset):
        if isinstance(read, Record):
            return entry_of(read)
    return record.entry
