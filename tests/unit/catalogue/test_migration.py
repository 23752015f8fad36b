"""A catalogue of an earlier format becomes one of today's when it is opened; the old file stays."""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

from preserva.catalogue.database import SCHEMA_VERSION, Database
from preserva.catalogue.entry import uri_of
from preserva.catalogue.import_records import import_file
from preserva.catalogue.index import Index
from preserva.catalogue.search import Search
from tests.support.marc_records import iso2709

PACKAGE = "urn:preserva:aonb:kp-7"
OLD = f"""
DROP TABLE vocabulary;
DROP TABLE words;
CREATE VIRTUAL TABLE words USING fts5 (title, agent, imprint, subject, number, copy, facets);
ALTER TABLE record DROP COLUMN of_library;
ALTER TABLE record DROP COLUMN stamp;
ALTER TABLE record RENAME COLUMN packages TO package;
UPDATE record SET package = '{PACKAGE}' WHERE uri LIKE '%:1';
UPDATE record SET source = 'http://one.example/oai' WHERE uri LIKE '%:2';
UPDATE record SET source = 'http://two.example/oai' WHERE uri LIKE '%:3';
INSERT INTO harvest VALUES ('http://one.example/oai', 'mods', '', '', NULL, NULL, NULL);
INSERT INTO harvest VALUES ('http://two.example/oai', 'mods', '', 'nlb', NULL, NULL, NULL);
INSERT INTO decision (library, time, person, verdict, one, other)
  VALUES ('aonb', '2026-11-23T00:00:00Z', 'A', 'same', 'a', 'b');
PRAGMA user_version = 2;
"""


def _format_2(path: Path, folder: Path) -> None:
    titles = {"1": "Горе от ума", "2": "Чеховъ", "3": "Жалейка"}
    data = b"".join(
        iso2709((("001", number), ("200", f"1 $a{title}"))) for number, title in titles.items()
    )
    (folder / "a.iso").write_bytes(data)
    database = Database(path)
    import_file(database, folder / "a.iso", "nlb", 100)
    with database.writing():
        Index(database).delete(uri_of("nlb", "3"), 150)
    database.close()
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(OLD)


def test_what_was_in_it_stays_and_is_found(tmp_path: Path) -> None:
    """Records, packages and decisions; who may change a record is known from where it came."""
    path = tmp_path / "catalogue.sqlite"
    _format_2(path, tmp_path)
    database = Database(path)
    known = {record.uri.rpartition(":")[2]: record for record in Index(database).changed_since()}
    assert {number: record.entry and record.entry.title for number, record in known.items()} == {
        "1": "Горе от ума", "2": "Чеховъ", "3": None,
    }  # fmt: skip
    assert [record.of_library for record in known.values()] == [True, False, True]
    assert known["1"].packages == (PACKAGE,)
    assert [record.stamp for record in known.values()] == [None] * 3
    for text, number in (("kp-7", "1"), ("Чеховой", "2"), ("Chekhov", "2"), ("горе", "1")):
        assert [hit.record.uri for hit in Search(database).page(text, {}).hits] == [
            uri_of("nlb", number)
        ]
    assert Search(database).page("Жалейка", {}).hits == ()
    assert database.run("SELECT count(*) FROM decision") == [(1,)]
    database.close()
    with closing(sqlite3.connect(f"{path}.format-2")) as kept:
        assert kept.execute("PRAGMA user_version").fetchone() == (2,)
        assert kept.execute("SELECT count(*) FROM record").fetchone() == (3,)
    Database(path).close()
    with closing(sqlite3.connect(path)) as now:
        assert now.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


def test_the_catalogue_of_an_old_archive(shared: Path, tmp_path: Path) -> None:
    """As preserva wrote it some months ago."""
    with tarfile.open(shared / "cases" / "archive-of-9f566b2.tar.gz") as tar:
        stream = tar.extractfile("archive/catalogue.sqlite")
        assert stream is not None
        path = tmp_path / "catalogue.sqlite"
        path.write_bytes(stream.read())
    with closing(sqlite3.connect(path)) as raw:
        ((before,),) = raw.execute("SELECT count(*) FROM record WHERE NOT deleted").fetchall()
    database = Database(path)
    records = [record for record in Index(database).changed_since() if record.entry]
    assert len(records) == before > 0
    for record in records:
        assert record.entry is not None
        hits = Search(database).page(record.uri, {}).hits
        assert record.uri in {hit.record.uri for hit in hits}
    database.close()
