"""The people who act for an institution."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CODE = re.compile(r"[^\W_][\w.@\\+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Person:
    """A person who acts for the institution.

    `id` is a code, the same for good, which ledger and PREMIS keep. `name` is for people to read;
    None where it was taken away. `login` is the account on this computer.
    """

    id: str
    name: str | None
    login: str


def is_code(text: str) -> bool:
    """Whether a text can be the code of a person: a login, an e-mail address, initials."""
    return _CODE.fullmatch(text) is not None
