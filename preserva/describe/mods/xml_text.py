"""Text of a record in the form that XML permits."""

from __future__ import annotations

import re
import unicodedata

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NON_SORTING = re.compile("[\x88\x98](.*?)[\x89\x9c]", re.DOTALL)
_MARKS = re.compile("[\x88\x89\x98\x9c]")


def clean(text: str) -> str:
    """The text composed (NFC), with U+FFFD for each character that XML 1.0 forbids."""
    return unicodedata.normalize("NFC", _FORBIDDEN.sub("\ufffd", text))


def has_forbidden(text: str) -> bool:
    """True if `clean` replaces a character."""
    return _FORBIDDEN.search(text) is not None


def plain(text: str) -> str:
    """The cleaned text without the marks around what sorting leaves out."""
    return clean(_MARKS.sub("", text)).strip()


def split_non_sorting(text: str) -> tuple[str, str]:
    """What sorting leaves out at the beginning (an article), and the rest.

    UNIMARC marks it with U+0088 and U+0089, MARC 21 in Unicode with U+0098 and U+009C.
    """
    match = _NON_SORTING.match(text)
    if not match:
        return "", plain(text)
    return plain(match[1]), plain(text[match.end() :])
