"""The user of a reverse proxy that has signed people in already: Kerberos, LDAP, certificates.

It is believed only over a Unix socket: whoever can reach that is the proxy. Roles are given here as
for everybody else, and what takes a password asks for the one that was chosen here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.datastructures import Headers

from preserva.core.values.people import Person
from preserva.errors import UsageError
from preserva.i18n import _
from preserva.web.database import WebDatabase
from preserva.web.people import PageAccount, account

_HEADER = re.compile(r"X-[A-Za-z0-9-]{1,60}")


def header_named(name: str) -> str:
    """A header that may carry the user: none that browsers or we give a meaning to.

    Raises UsageError.
    """
    if not _HEADER.fullmatch(name):
        message = _("{name} cannot be the header with the user: take one such as X-Remote-User")
        raise UsageError(message.format(name=name))
    return name


def proxied(
    database: WebDatabase, people: Mapping[str, Person], headers: Headers, name: str
) -> PageAccount | None:
    """Who the proxy says it is; None if it says nobody, several, or somebody who was not invited.

    Its users are the logins of `[people]`, or the codes themselves where nobody is listed there.
    """
    said = headers.getlist(name)
    if len(said) != 1 or not said[0]:
        return None
    if not people:
        return account(database, said[0])
    known = (person.id for person in people.values() if person.login == said[0])
    code = next(known, None)
    return None if code is None else account(database, code)
