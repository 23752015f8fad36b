"""The accounts of the pages: codes of people, what each may do, how they prove who they are.

A name is never here: it stands in `[people]` of the configuration, or nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from preserva.core.values.people import is_code
from preserva.errors import Refused, UsageError
from preserva.i18n import N_, NP_, _
from preserva.web.database import WebDatabase


class PageRole(StrEnum):
    """What a person may do; each includes those before it."""

    LOOK = "look"
    PREPARE = "prepare"
    DECIDE = "decide"
    ADMINISTER = "administer"

    def allows(self, needed: PageRole) -> bool:
        """Whether this role is enough."""
        order = list(PageRole)
        return order.index(self) >= order.index(needed)


ROLE_NAMES = (
    NP_("role", "look"),
    NP_("role", "prepare"),
    NP_("role", "decide"),
    NP_("role", "administer"),
)
"""What the roles are called; what is typed stays the same in every language."""

ROLE_MEANINGS = {
    PageRole.LOOK: N_("sees everything and changes nothing"),
    PageRole.PREPARE: N_("also starts work that can be undone: checks, replication, repair plans"),
    PageRole.DECIDE: N_("also decides about incidents, carries out repairs, answers decisions"),
    PageRole.ADMINISTER: N_("also invites people and ends their sessions"),
}

LONGEST_PASSWORD = 1024
SHORTEST_PASSWORD = 12

_COST = 1 << 17  # of scrypt, with r=8 and p=1: OWASP Password Storage Cheat Sheet; 128 MiB
_one_at_a_time = threading.BoundedSemaphore(1)  # or guessing would fill the memory

_INVITATION = 7 * 86_400.0
_WINDOW = 15 * 60.0
_MOST_OF_PERSON = 10
_MOST_OF_ADDRESS = 50


@dataclass(frozen=True, slots=True)
class PageAccount:
    """A person with a role. One without a `password` was invited and has not come yet."""

    code: str
    role: PageRole
    has_password: bool


def accounts(database: WebDatabase) -> list[PageAccount]:
    """Everybody, by code."""
    with database.reading() as rows:
        query = "SELECT code, role, password IS NOT NULL FROM person ORDER BY code"
        found = rows.execute(query).fetchall()
    return [PageAccount(code, PageRole(role), bool(has)) for code, role, has in found]


def account(database: WebDatabase, code: str) -> PageAccount | None:
    """One person; None if there is none of this code."""
    return next((known for known in accounts(database) if known.code == code), None)


def add(database: WebDatabase, code: str, role: PageRole) -> str:
    """Add a person who has not come yet; the invitation. Raises UsageError."""
    if not is_code(code):
        message = _("{person} cannot name a person: at most 64 characters, none of them a space")
        raise UsageError(message.format(person=code))
    if account(database, code) is not None:
        raise UsageError(_("{person} was added already").format(person=code))
    with database.writing() as rows:
        rows.execute("INSERT INTO person VALUES (?, ?, NULL)", [code, role.value])
    return invite(database, code)


def set_role(database: WebDatabase, code: str, role: PageRole) -> None:
    """Give a person another role. Raises UsageError; Refused for the last who administers."""
    _refuse_last(database, code, role)
    with database.writing() as rows:
        rows.execute("UPDATE person SET role = ? WHERE code = ?", [role.value, code])


def remove(database: WebDatabase, code: str) -> None:
    """Take a person away, with their sessions. Raises as `set_role` does."""
    _refuse_last(database, code, None)
    with database.writing() as rows:
        rows.execute("DELETE FROM person WHERE code = ?", [code])


def _refuse_last(database: WebDatabase, code: str, role: PageRole | None) -> None:
    known = _known(database, code)
    highest = PageRole.ADMINISTER
    count = sum(person.role is highest for person in accounts(database))
    if known.role is highest and role is not highest and count == 1:
        raise Refused(_("{person} is the only one who administers").format(person=code))


def _known(database: WebDatabase, code: str) -> PageAccount:
    known = account(database, code)
    if known is None:
        raise UsageError(_("there is no person {person}").format(person=code))
    return known


def invite(database: WebDatabase, code: str) -> str:
    """A token with which the person can choose a password, once, within a week.

    Earlier ones no longer count. Only its digest is kept. Raises UsageError.
    """
    _known(database, code)
    token = secrets.token_urlsafe(24)
    with database.writing() as rows:
        rows.execute("DELETE FROM invitation WHERE person = ?", [code])
        values = [digest_of(token), code, database.clock() + _INVITATION]
        rows.execute("INSERT INTO invitation VALUES (?, ?, ?)", values)
    return token


def invited(database: WebDatabase, token: str) -> str | None:
    """Whose token this is; None if it was used, or is too old, or never was one."""
    with database.reading() as rows:
        query = "SELECT person FROM invitation WHERE digest = ? AND expires > ?"
        row = rows.execute(query, [digest_of(token), database.clock()]).fetchone()
    return None if row is None else str(row[0])


def accept(database: WebDatabase, token: str, password: str) -> str:
    """Set the password of who was invited, which ends the invitation; their code.

    Raises Refused for a token that does not count any more, UsageError for a password that is too
    easily guessed.
    """
    hashed = _hashed(_usable(password, invited(database, token) or ""))
    with database.writing() as rows:
        values = [digest_of(token), database.clock()]
        query = "DELETE FROM invitation WHERE digest = ? AND expires > ? RETURNING person"
        row = rows.execute(query, values).fetchone()
        if row is None:
            raise Refused(_("This address was used already, or is too old. Ask for a new one."))
        rows.execute("UPDATE person SET password = ? WHERE code = ?", [hashed, row[0]])
        rows.execute("DELETE FROM session WHERE person = ?", [row[0]])
        return str(row[0])


def proves(database: WebDatabase, code: str, password: str, address: str) -> bool:
    """Whether this is the password of this person, asked from a network address.

    A person who is not there takes as long. Raises Refused.
    """
    now = database.clock()
    with database.writing() as rows:
        rows.execute("DELETE FROM attempt WHERE time < ?", [now - _WINDOW])
        query = "SELECT ifnull(sum(person = ?), 0), ifnull(sum(address = ?), 0) FROM attempt"
        of_person, of_address = rows.execute(query, [code, address]).fetchone()
        # behind a socket nobody has an address, and one who guesses must not keep all others out
        if of_person >= _MOST_OF_PERSON or (address and of_address >= _MOST_OF_ADDRESS):
            raise Refused(_("Too many attempts. Try again in a quarter of an hour."))
        rows.execute("INSERT INTO attempt VALUES (?, ?, ?)", [code[:64], address, now])
        row = rows.execute("SELECT password FROM person WHERE code = ?", [code]).fetchone()
    known = row[0] if row is not None and row[0] is not None else None
    fits = _fits(password, known or _nobody()) and known is not None
    if fits:
        with database.writing() as rows:
            rows.execute("DELETE FROM attempt WHERE person = ?", [code])
    return fits


def digest_of(token: str) -> str:
    """What is kept of a token: whoever reads the file cannot use it."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _usable(password: str, code: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        message = _("The password needs at least {count} characters.")
        raise UsageError(message.format(count=SHORTEST_PASSWORD))
    if len(set(password)) < 5 or (code and code.casefold() in password.casefold()):
        raise UsageError(_("This password is too easily guessed."))
    return password


def _hashed(password: str) -> str:
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _COST)
    return "$".join(["scrypt", str(_COST), _text(salt), _text(digest)])


def _fits(password: str, hashed: str) -> bool:
    _name, cost, salt, digest = hashed.split("$")
    tried = _scrypt(password[:LONGEST_PASSWORD], base64.b64decode(salt), int(cost))
    return hmac.compare_digest(tried, base64.b64decode(digest))


def _nobody() -> str:
    return "$".join(["scrypt", str(_COST), _text(bytes(16)), _text(bytes(32))])


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    text = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    with _one_at_a_time:
        return hashlib.scrypt(
            text, salt=salt, n=cost, r=8, p=1, maxmem=129 * 8 * cost + (1 << 20), dklen=32
        )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
