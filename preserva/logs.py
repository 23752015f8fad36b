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

_WORD = re.compile(r"\S+")


def redacted(text: object) -> str:
    """The text with user, password and query taken out of every URL in it."""
    return _WORD.sub(_redacted_word, str(text))


def _redacted_word(word: re.Match[str]) -> str:
    scheme, separator, rest = word[0].partition("://")
    _credentials, at, place = rest.rpartition("@")  # the last @: a password may hold / and @
    path, question_mark, _query = place.partition("?")
    if not separator:
        return word[0]
    return f"{scheme}://{'…@' if at else ''}{path}{'?…' if question_mark else ''}"
