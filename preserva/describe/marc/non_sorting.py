"""Non-sorting marks, for instance around an article, in 8-bit character sets.

UNIMARC and MARC-8 use the control bytes 0x88 and 0x89 (ISO 6630), others 0x98 and 0x9C. In 8-bit
sets these bytes are letters or signs as well, so they are marks only in pairs around a short text
in ASCII that begins with a letter: an article.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_PAIR = re.compile(rb"\x88([A-Za-z][A-Za-z '\"-]{0,14})\x89|\x98([A-Za-z][A-Za-z '\"-]{0,14})\x9c")
_BEGIN, _END = "\x88", "\x89"


def without_marks(data: bytes) -> bytes:
    """The bytes without the marks."""
    return _PAIR.sub(lambda match: match[1] or match[2], data)


def decode(data: bytes, decoded: Callable[[bytes], str]) -> str:
    """The text, with U+0088 and U+0089 for the marks."""
    text: list[str] = []
    at = 0
    for match in _PAIR.finditer(data):
        article = (match[1] or match[2]).decode("ascii")
        text += (decoded(data[at : match.start()]), _BEGIN, article, _END)
        at = match.end()
    return "".join([*text, decoded(data[at:])])
