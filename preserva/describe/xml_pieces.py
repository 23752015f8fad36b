"""Records of an XML file that is not well-formed, parsed separately: a bad one spoils no other.

A document type declaration is refused with the whole file, as everywhere (`core/xml/safe.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from preserva.core.xml.safe import UnsafeXMLError, parse

_NAME = rb"(?:[\w.\-]+:)?"
_DECLARATION = re.compile(rb"\s*<\?xml\b[^<>]*\?>")
_ROOT = re.compile(rb"<(" + _NAME + rb"[\w.\-]+)\b[^<>]*>")
_START = re.compile(rb"<(" + _NAME + rb"(?:record|mods|dc))(?=[\s>])")
_OUTSIDE = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_PARSED_AGAIN = 1 << 20
"""Bytes that may be parsed besides the file itself: its root, again for each record."""


def pieces(data: bytes, error: UnsafeXMLError) -> Iterator[etree._Element | UnsafeXMLError]:
    """Each record's element, or why it cannot be read; finally an error if the file has no end.

    Raises the error of the whole file if no record can be separated.
    """
    declaration = _DECLARATION.match(data.removeprefix(b"\xef\xbb\xbf"))
    head = declaration[0].strip() if declaration else b""
    root = _ROOT.search(data)
    starts = [match for match in _START.finditer(data) if root and match.start() > root.start()]
    if root is None or not starts or _OUTSIDE.search(data):
        raise error
    if len(root[0]) * len(starts) > 4 * len(data) + _PARSED_AGAIN:
        raise error
    opened, closed = head + root[0], b"</" + root[1] + b">"
    limits = [*(match.start() for match in starts[1:]), len(data)]
    for start, limit in zip(starts, limits, strict=True):
        end_tag = b"</" + start[1] + b">"
        end = data.find(end_tag, start.start(), limit)
        if end < 0:
            yield error
            continue
        try:
            yield parse(opened + data[start.start() : end + len(end_tag)] + closed)[0]
        except (UnsafeXMLError, IndexError):
            yield error
    if not data.rstrip().endswith(closed):
        yield error
