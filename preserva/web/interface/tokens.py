"""Tokens of machines: made and ended by who administers; the file keeps their digests alone.

A token belongs to an account and never allows more than it; and what is decided, persons decide,
so no token allows more than `prepare`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from preserva.errors import UsageError
from preserva.i18n import _
from preserva.web.database import WebDatabase
from preserva.web.people import PageAccount, PageRole, account, digest_of

LONGEST_NAME = 100
PREFIX = "preserva_"
"""How a token begins, so that whoever finds one in a file knows what it opens."""
_SELDOM = 60.0


@dataclass(frozen=True, slots=True)
class MachineToken:
    """A token: for which program it is, whose account it uses, when it was made and last used.

    Times are seconds since 1970.
    """

    number: int
    name: str
    person: str
    made_by: str
    made: float
    used: float | None


def make(database: WebDatabase, person: str, name: str, made_by: str) -> str:
    """A new token for a program, which is not shown again. Raises UsageError."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise UsageError(_("Say which program the token is for."))
    if account(database, person) is None:
        raise UsageError(_("there is no person {person}").format(person=person))
    token = f"{PREFIX}{secrets.token_urlsafe(32)}"
    with database.writing() as rows:
        rows.execute(
            "INSERT INTO token (digest, name, person, made_by, made) VALUES (?, ?, ?, ?, ?)",
            [digest_of(token), name, person, made_by, database.clock()],
        )
    return token


def known(database: WebDatabase) -> list[MachineToken]:
    """All tokens, the newest first."""
    query = "SELECT number, name, person, made_by, made, used FROM token ORDER BY number DESC"
    with database.reading() as rows:
        return [MachineToken(*row) for row in rows.execute(query)]


def end(database: WebDatabase, number: int) -> None:
    """End a token. One that is not there has ended already."""
    with database.writing() as rows:
        rows.execute("DELETE FROM token WHERE number = ?", [number])


def whose(database: WebDatabase, token: str) -> PageAccount | None:
    """For whom a program asks, with the role of this moment; None if the token is not valid."""
    now = database.clock()
    with database.reading() as rows:
        query = "SELECT number, person, used FROM token WHERE digest = ?"
        row = rows.execute(query, [digest_of(token)]).fetchone()
    if row is None:
        return None
    if row["used"] is None or now - row["used"] >= _SELDOM:
        with database.writing() as rows:
            rows.execute("UPDATE token SET used = ? WHERE number = ?", [now, row["number"]])
    found = account(database, row["person"])
    if found is not None and found.role.allows(PageRole.PREPARE):
        return replace(found, role=PageRole.PREPARE)
    return found
