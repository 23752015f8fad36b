"""Forms as browsers send them: names and values, or with files (multipart/form-data, RFC 7578)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

LARGEST_FORM = 1 << 16
"""Bytes of a form without files."""
LARGEST_UPLOAD = 1 << 24
"""Bytes of a form with files: records and tables. Page images are never sent."""
MOST_FIELDS = 2000

_BOUNDARY = re.compile(r"""multipart/form-data;.*?boundary=(?:"([^"]{1,70})"|([^\s";,]{1,70}))""")
_NAME = re.compile(r'; ?name="([^"]*)"', re.ASCII)
_FILENAME = re.compile(r'; ?filename="([^"]*)"', re.ASCII)


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a form: the name that the sender gives it, which is to be believed in nothing."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SentForm:
    """What a form sent. Of a field that comes several times, `fields` has the last value."""

    fields: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, SentFile] = field(default_factory=dict)


def read_form(content_type: str, body: bytes) -> SentForm:
    """The form in a request. Raises ValueError for what no browser sends."""
    if not content_type.startswith("multipart/"):
        pairs = parse_qsl(body.decode("utf-8"), True, max_num_fields=MOST_FIELDS)
        return _form(pairs, {})
    boundary = _BOUNDARY.match(content_type)
    if boundary is None:
        raise ValueError("no boundary")
    return _multipart(body, (boundary[1] or boundary[2]).encode("latin-1"))


def _multipart(body: bytes, boundary: bytes) -> SentForm:
    first, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary, MOST_FIELDS + 1)
    if first or not parts or not parts[-1].startswith(b"--"):
        raise ValueError("not a whole form")
    pairs, files = [], {}
    for part in parts[:-1]:
        head, found, data = part.partition(b"\r\n\r\n")
        headers = head.decode("utf-8")
        name, filename = _NAME.search(headers), _FILENAME.search(headers)
        if not found or name is None:
            raise ValueError("a part without a name")
        if filename is None:
            pairs.append((_unescaped(name[1]), data.decode("utf-8")))
        elif filename[1] or data:  # a browser sends an empty one where no file was chosen
            files[_unescaped(name[1])] = SentFile(_unescaped(filename[1]), data)
    return _form(pairs, files)


def _form(pairs: list[tuple[str, str]], files: Mapping[str, SentFile]) -> SentForm:
    lists: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        lists[name] = (*lists.get(name, ()), value)
    return SentForm(dict(pairs), lists, files)


def _unescaped(name: str) -> str:
    """Browsers escape what would end the name: `%22`, `%0D`, `%0A` (HTML, 4.10.22.8)."""
    return re.sub("%(22|0D|0A)", lambda match: unquote(match[0]), name)
