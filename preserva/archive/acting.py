"""Who acts: an institution, and the person who works for it where one is known.

Ledger and PREMIS keep the short code of a person. The name is in the configuration alone, so that
it can be removed without changing the chain or a package.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preserva.core.values.people import Person, is_code
from preserva.errors import UsageError
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.config import Institution

VARIABLE = "PRESERVA_PERSON"


@dataclass(frozen=True, slots=True)
class Actor:
    """An institution, and the code of the person who acts for it; None if nobody is named."""

    institution: Institution
    person: str | None = None


def acting_person(people: Mapping[str, Person], named: str | None = None) -> str | None:
    """The code of the acting person: `named`, otherwise PRESERVA_PERSON, otherwise the login.

    An empty name means that nobody acts, as in a nightly run. If the configuration lists `people`,
    only they are persons: any other login is nobody. Raises UsageError for a name that is not
    listed there, or that is not a code.
    """
    if named is None:
        named = os.environ.get(VARIABLE)
    if named is None:
        return _person_of(_login(), people)
    if named and people and named not in people:
        message = _("{person} is not in [people]; known ones: {known}")
        raise UsageError(message.format(person=named, known=", ".join(sorted(people))))
    if named and not is_code(named):
        message = _(
            "{person} cannot be the code of a person: at most 64 characters, none of them a space"
        )
        raise UsageError(message.format(person=named))
    return named or None


def needed(actor: Actor) -> str:
    """The code of the person, where only a person may act. Raises UsageError if none is named."""
    if actor.person is None:
        raise UsageError(
            _("this needs the name of the person who decides"),
            hint=_("Say who you are: --person, PRESERVA_PERSON, or a login listed in [people]."),
        )
    return actor.person


def _person_of(login: str, people: Mapping[str, Person]) -> str | None:
    """The person with this login; without a list of people, the login itself."""
    if not people:
        return login if is_code(login) else None
    return next((person.id for person in people.values() if person.login == login), None)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account without a name, as in some containers
        return ""
