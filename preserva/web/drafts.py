"""Drafts of structures: each save is a row, so nothing that somebody saved is ever lost.

Nobody locks a draft. Who saves says which row they saw, and hears who saved another one meanwhile.
What is typed and not saved yet is kept for its person.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from sqlite3 import Connection, Row

from preserva.web.database import WebDatabase

LONGEST = 1 << 20
"""Characters of a structure; a book of a thousand pages has some ten thousand."""


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A saved state: `number` counts from 1 for each book; `origin` is the state that it repeats.

    0 is the stored structure; a state that repeats none is its own origin.
    """

    number: int
    text: str
    person: str
    time: float
    origin: int

    @property
    def saved(self) -> datetime:
        """When it was saved."""
        return datetime.fromtimestamp(self.time, UTC)


_COLUMNS = "number, text, person, time, origin"


def drafts(database: WebDatabase, book: str) -> list[SavedDraft]:
    """All states of a draft, the newest first, without their texts."""
    query = f"SELECT {_COLUMNS.replace('text', repr(''))} FROM draft WHERE book = ?"
    with database.reading() as rows:
        return [SavedDraft(*row) for row in rows.execute(f"{query} ORDER BY number DESC", [book])]


def newest(database: WebDatabase, book: str) -> SavedDraft | None:
    """The newest state; None if nobody has saved one."""
    with database.reading() as rows:
        return _newest(rows, book)


def books(database: WebDatabase, beginning: str) -> list[str]:
    """What has drafts and is called by a key with this beginning."""
    query = "SELECT DISTINCT book FROM draft WHERE substr(book, 1, ?) = ? ORDER BY book"
    with database.reading() as rows:
        return [book for (book,) in rows.execute(query, [len(beginning), beginning])]


def draft(database: WebDatabase, book: str, number: int) -> SavedDraft | None:
    """One state by its number."""
    with database.reading() as rows:
        query = f"SELECT {_COLUMNS} FROM draft WHERE book = ? AND number = ?"
        return _draft(rows.execute(query, [book, number]).fetchone())


def save(
    database: WebDatabase,
    book: str,
    base: int,
    text: str,
    person: str,
    origin: int | None = None,
    sent: Container[str] = (),
) -> SavedDraft | None:
    """Save a state that was made of the state `base` (0: of the stored structure).

    What the person typed into the fields `sent` is not kept any longer; the rest is. None if
    another state was saved meanwhile: then nothing is written.
    """
    with database.writing() as rows:
        before = _newest(rows, book)
        if (before.number if before else 0) != base:
            return None
        own = base + 1 if origin is None else origin
        made = SavedDraft(base + 1, text, person, database.clock(), own)
        rows.execute(
            f"INSERT INTO draft (book, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
            [book, made.number, made.text, made.person, made.time, made.origin],
        )
        rest = {name: text for name, text in _typed(rows, book, person).items() if name not in sent}
        rows.execute(
            "UPDATE typed SET fields = ? WHERE book = ? AND person = ?",
            [json.dumps(rest), book, person],
        )
        return made


def keep_typed(database: WebDatabase, book: str, person: str, fields: Mapping[str, str]) -> None:
    """Keep what a person has typed into the open form."""
    with database.writing() as rows:
        rows.execute(
            "INSERT OR REPLACE INTO typed (book, person, fields, time) VALUES (?, ?, ?, ?)",
            [book, person, json.dumps(dict(fields)), database.clock()],
        )


def typed(database: WebDatabase, book: str, person: str) -> dict[str, str]:
    """What a person has typed and not saved."""
    with database.reading() as rows:
        return _typed(rows, book, person)


def _typed(rows: Connection, book: str, person: str) -> dict[str, str]:
    query = "SELECT fields FROM typed WHERE book = ? AND person = ?"
    row = rows.execute(query, [book, person]).fetchone()
    return {} if row is None else dict(json.loads(row["fields"]))


def _newest(rows: Connection, book: str) -> SavedDraft | None:
    query = f"SELECT {_COLUMNS} FROM draft WHERE book = ? ORDER BY number DESC LIMIT 1"
    return _draft(rows.execute(query, [book]).fetchone())


def _draft(row: Row | None) -> SavedDraft | None:
    return None if row is None else SavedDraft(**dict(row))
