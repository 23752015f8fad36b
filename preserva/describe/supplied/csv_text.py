"""The text of a CSV file that people save, from a spreadsheet in Russian or Belarusian Windows too.

Such a spreadsheet writes windows-1251 without declaring it, separates cells with semicolons, and
may name the separator in a first line of its own (`sep=;`).
"""

from __future__ import annotations

import re

_SEPARATOR = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def csv_text(data: bytes) -> tuple[str, str]:
    """The text and the character between its cells: a comma, a semicolon or a tab.

    It is UTF-8 with or without a mark, UTF-16 with one, else windows-1251. Raises
    UnicodeDecodeError for anything else.
    """
    text = _decoded(data)
    named = _SEPARATOR.match(text)
    if named is not None:
        return text[named.end() :], named[1]
    head = _QUOTED.sub("", text).partition("\n")[0]
    return text, max(",;\t", key=head.count)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    if (zero := data.find(b"\0")) >= 0:
        raise UnicodeDecodeError("utf-8", data, zero, zero + 1, "a binary file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1251")
