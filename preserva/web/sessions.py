"""Who is signed in: a random token in a cookie, of which the server keeps the digest."""

from __future__ import annotations

import secrets

from preserva.web.database import WebDatabase
from preserva.web.people import PageAccount, account, digest_of

IDLE = 4 * 3600.0
"""Seconds after which a session that nobody used is over."""
LONGEST = 12 * 3600.0
"""Seconds after which every session is over."""
_SELDOM = 60.0  # a session's last use is noted once a minute, not with every request


def start(database: WebDatabase, code: str) -> str:
    """Begin a session; its token."""
    token, now = secrets.token_urlsafe(32), database.clock()
    with database.writing() as rows:
        rows.execute("DELETE FROM session WHERE used < ? OR started < ?", _limits(now))
        rows.execute("INSERT INTO session VALUES (?, ?, ?, ?)", [digest_of(token), code, now, now])
    return token


def whose(database: WebDatabase, token: str) -> PageAccount | None:
    """Who is signed in with a token, with the role of this moment; None if nobody is."""
    now, digest = database.clock(), digest_of(token)
    query = "SELECT person, used FROM session WHERE digest = ? AND used >= ? AND started >= ?"
    with database.reading() as rows:
        row = rows.execute(query, [digest, *_limits(now)]).fetchone()
    if row is None:
        return None
    if now - row["used"] >= _SELDOM:
        with database.writing() as rows:
            rows.execute("UPDATE session SET used = ? WHERE digest = ?", [now, digest])
    return account(database, row["person"])


def end(database: WebDatabase, token: str) -> None:
    """End a session."""
    with database.writing() as rows:
        rows.execute("DELETE FROM session WHERE digest = ?", [digest_of(token)])


def end_all(database: WebDatabase, code: str) -> None:
    """End every session of a person."""
    with database.writing() as rows:
        rows.execute("DELETE FROM session WHERE person = ?", [code])


def _limits(now: float) -> list[float]:
    return [now - IDLE, now - LONGEST]
