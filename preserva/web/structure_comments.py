"""Comments of a structure file, kept when the file is written anew."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|(?P<comment>#[^\n]*)',
    re.DOTALL,
)
_HEADER = re.compile(r"^[ \t]*\[\[([^][\n]*)\]\]", re.MULTILINE)

OriginalPage = Callable[[object], int | None]
"""Which page a file means by a number or a name, whatever its number is there."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the file, or what stands before the first one: its name, text, comments."""

    name: str
    text: str
    comments: tuple[str, ...] = ()

    def subject(self, original: OriginalPage) -> object:
        """What it is about: the first of its pages, or the part of a type and title."""
        try:
            values = tomllib.loads(_HEADER.sub("", self.text, count=1))
        except tomllib.TOMLDecodeError:
            return None
        if self.name == "pages":
            return self.name, original(values.get("first"))
        return self.name, values.get("type"), values.get("title")


def with_comments(old: str, new: str, old_page: OriginalPage, new_page: OriginalPage) -> str:
    """The new text with the comments of the old one, each before the table that it is about.

    A comment of a table that is gone stands before the one that follows it, or at the end.
    """
    head, *before, end = _tables(old)
    if not any(table.comments for table in (head, *before, end)):
        return new
    first, *after, _end = _tables(new)
    places: dict[object, list[int]] = {}
    for place, table in enumerate(after):
        places.setdefault(table.subject(new_page), []).append(place)
    kept: list[list[str]] = [[] for _table in (*after, end)]
    here = -1
    for table in before:
        known = places.get(table.subject(old_page), [])
        ahead = known[bisect_right(known, here) :][:1]
        here = ahead[0] if ahead else here
        place = here if ahead else known[0] if known else here + 1  # it may have been moved back
        kept[place] += table.comments
    kept[-1] += end.comments
    pieces = [(head.comments, first.text)]
    pieces += [(tuple(own), table.text) for own, table in zip(kept, (*after, end), strict=True)]
    return "".join(line for own, text in pieces for line in (*(f"{one}\n" for one in own), text))


def _tables(text: str) -> Iterator[_Table]:
    """What stands before the tables of a file, each of them, and what is below all of them.

    Comments that stand directly above a table belong to it.
    """
    spans = [match for match in _TOKEN.finditer(text) if match["comment"] is not None]
    places = [match.start() for match in spans]
    words = [match["comment"].rstrip() for match in spans]
    bare = _TOKEN.sub(_blank, text)
    headers = [(match.start(), "".join(match[1].split())) for match in _HEADER.finditer(bare)]
    headers.append((len(text), ""))
    starts = [(0, ""), *headers]
    ends = [*(_above(text, bare, start) for start, _name in headers), len(text)]
    begin = 0
    for (start, name), end in zip(starts, ends, strict=True):
        own = words[bisect_left(places, begin) : bisect_left(places, end)]
        yield _Table(name, text[start:end], tuple(own))
        begin = end


def _blank(match: re.Match[str]) -> str:
    """Neither a comment nor a text can look like a header."""
    return re.sub(r"[^\n]", " ", match[0])


def _above(text: str, bare: str, start: int) -> int:
    """Where the lines of comments directly above a header begin."""
    while True:
        end = bare.rfind("\n", 0, max(start - 1, 0)) + 1
        if start == 0 or bare[end:start].strip() or not text[end:start].strip():
            return start
        start = end
