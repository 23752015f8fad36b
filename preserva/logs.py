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

_CREDENTIALS = re.compile(r"(?<=://)\S*@")  # to the last @: a password may hold / and @
_QUERY = re.compile(r"(://[^\s?]*)\?\S*")


def redacted(text: object) -> str:
    """The text with user, password and query taken out of every URL in it."""
    return _QUERY.sub(r"\1?…", _CREDENTIALS.sub("…@", str(text)))
