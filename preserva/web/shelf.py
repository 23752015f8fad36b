"""Titles to search by: read from the packages once for each version, and kept in the one file.

They are a copy, made again whenever they are missing; what is stored, and how sound it is, is never
read from here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from preserva.access.document import Document, read_document
from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.archive.judgements import judgements, rules_of
from preserva.config import Config
from preserva.core.values.model import PackageId
from preserva.core.xml.safe import parse
from preserva.describe.mods import reading
from preserva.errors import Damaged, StorageError, UsageError
from preserva.logs import get_logger
from preserva.web import jobs
from preserva.web.database import WebDatabase

_logger = get_logger(__name__)
_MOST_WORDS = 10
_MOST_BOOKS = 200
_PAUSE = 60.0


class TitleReader:
    """Reads titles while nothing else is to be done, if the ledger has grown.

    When a job has ended, at once: who made a package wants to see it. Else once a minute.
    """

    def __init__(self, config: Config, database: WebDatabase) -> None:
        self._config, self._database = config, database
        self._next, self._seen, self._read = 0.0, 0.0, ""

    def __call__(self) -> None:
        """Read some, if it is time."""
        now, ended = self._database.clock(), jobs.last_end(self._database)
        if now < self._next and ended == self._seen:
            return
        self._next, self._seen = now + _PAUSE, ended
        with open_archive(self._config.path, person="") as archive:
            if archive.ledger.digest == self._read:
                return
            if refresh(archive, self._database, _MOST_BOOKS) < _MOST_BOOKS:
                self._read = archive.ledger.digest
            else:
                self._next = now  # there are more


def refresh(archive: ArchivalStorage, database: WebDatabase, limit: int = _MOST_BOOKS) -> int:
    """Read the titles of packages that are new or have a new version; how many were read."""
    with database.reading() as rows:
        known = dict(rows.execute("SELECT package, version FROM book").fetchall())
    count = 0
    for judgement in judgements(archive, rules_of(archive)):
        if known.get(judgement.package) == judgement.newest or not judgement.newest:
            continue
        try:
            title, words = _described(archive, judgement.package)
        except StorageError as error:  # it is away: another time
            _logger.info("no title of %s: %s", judgement.package, error)
            continue
        with database.writing() as rows:
            values = [judgement.package, judgement.newest, title, words]
            rows.execute("INSERT OR REPLACE INTO book VALUES (?, ?, ?, ?)", values)
        count += 1
        if count == limit:
            break
    return count


def find(database: WebDatabase, text: str, start: int, limit: int) -> list[tuple[str, str]]:
    """Packages that have all these words, each with its title, by title.

    Raises nothing: a text without words finds everything.
    """
    words = fold(text).split()[:_MOST_WORDS]
    where = " AND ".join(["instr(words, ?)"] * len(words)) or "1"
    query = f"SELECT package, title FROM book WHERE {where} ORDER BY title, package LIMIT ?, ?"
    with database.reading() as rows:
        return [tuple(row) for row in rows.execute(query, [*words, start, limit])]


def count(database: WebDatabase, text: str) -> int:
    """How many packages have all these words."""
    words = fold(text).split()[:_MOST_WORDS]
    where = " AND ".join(["instr(words, ?)"] * len(words)) or "1"
    with database.reading() as rows:
        (number,) = rows.execute(f"SELECT count(*) FROM book WHERE {where}", words).fetchone()
    return int(number)


def title_of(database: WebDatabase, package: str) -> str:
    """The title of a package; "" if it has none, or was not read yet."""
    with database.reading() as rows:
        row = rows.execute("SELECT title FROM book WHERE package = ?", [package]).fetchone()
    return "" if row is None else str(row[0])


def fold(text: str) -> str:
    """A text without what people do not type: case, accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _described(archive: ArchivalStorage, package: str) -> tuple[str, str]:
    """The title, and all words to search by. A package that cannot be read has its name alone."""
    try:
        name = PackageId.parse(package)
    except ValueError:
        return "", fold(package)
    try:
        mods = parse(read_document(archive, name, Document.MODS))
    except (Damaged, UsageError) as error:
        _logger.info("no title of %s: %s", package, error)
        return "", fold(name.portable)
    titles = [title.text for title in reading.titles(mods)]
    names = [known.text for known in reading.names(mods)]
    texts = [name.portable, *titles, *names, reading.number(mods), reading.identifier(mods)]
    texts += map(reading.text_of, reading.all_of(mods, "m:location//m:shelfLocator"))
    return next(iter(titles), ""), fold(" ".join(_each(texts)))


def _each(texts: list[str]) -> Iterator[str]:
    yield from dict.fromkeys(text for text in texts if text)
