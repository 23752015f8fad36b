"""Logging under the name `preserva`: for whoever must report a fault, silent unless asked for.

Log lines are in English in every language of the interface, so that those who read a report of a
fault can search for them. They hold no secret: what may quote a URL goes through `redacted`.
"""

from __future__ import annotations

import logging
import re

NAME = "preserva"

logging.getLogger(NAME).addHandler(logging.NullHandler())

get_logger = logging.getLogger
INFO = logging.INFO

_WORDS = re.compile(r"(\s+)")


def redacted(text: object) -> str:
    """The text with user, password and query taken out of every URL in it."""
    return "".join(_without_secrets(word) for word in _WORDS.split(str(text)))


def _without_secrets(word: str) -> str:
    scheme, separator, rest = word.partition("://")
    if not separator:
        return word
    before, query_mark, _query = rest.partition("?")
    _user, at, place = rest.rpartition("@")  # a password may hold / and @ and ?
    if at:
        before, query_mark, _query = place.partition("?")
        before = f"…@{before}"
    return f"{scheme}://{before}{'?…' if query_mark else ''}"
