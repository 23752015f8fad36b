"""Safe parsing of untrusted XML: the only place where preserva parses XML.

Promises, for every function here:

- no document type declaration: it is refused, and with it every entity, internal or external;
- no network, no other file, no XInclude, no style sheet: nothing but the given bytes is read;
- size, depth and text are bounded (`huge_tree` is off, so libxml2's own limits hold as well);
- what is not well-formed is refused: nothing is repaired.

A refusal is an `UnsafeXMLError`, which is a ValueError; its message says what is wrong, and where.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal, cast

from lxml import etree

from preserva.i18n import _

MAX_SIZE = 64 * 1024 * 1024
"""Bytes of a document that is parsed as a whole. Longer ones are streamed with `iterparse`."""

MAX_DEPTH = 200
"""Elements inside one another. libxml2 itself stops at 256 or more, depending on its version."""

_Event = Literal["start", "end"]
_CHUNK = 64 * 1024
_REFUSALS = (etree.XMLSyntaxError, ValueError, LookupError)


class UnsafeXMLError(ValueError):
    """The document is not well-formed, or contains something that a safe reader does not accept."""


def parse(data: bytes, *, max_size: int = MAX_SIZE, max_depth: int = MAX_DEPTH) -> etree._Element:
    """The root element of a document in memory. Raises UnsafeXMLError."""
    if len(data) > max_size:
        raise UnsafeXMLError(
            _("{size} bytes of XML; the limit for one document is {limit}").format(
                size=len(data), limit=max_size
            )
        )
    root: etree._Element | None = None
    chunks = (data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))
    for _event, element in iterparse(chunks, events=("start", "end"), max_depth=max_depth):
        root = element  # the last one to end is the root
    if root is None:
        raise UnsafeXMLError(_("not well-formed XML: {error}").format(error="no element"))
    return root


class InvalidXMLError(ValueError):
    """The document does not follow the schema."""


def iterparse(
    chunks: Iterable[bytes],
    *,
    events: tuple[str, ...] = ("end",),
    max_depth: int = MAX_DEPTH,
) -> Iterator[tuple[str, etree._Element]]:
    """Pairs of event (`start` or `end`) and element, while the bytes arrive. Raises UnsafeXMLError.

    Memory stays flat if the caller clears each element after use (at its `end`) and removes it from
    its parent. Text and children of an element are complete only at its `end`.
    """
    parser = _parser()
    depth = 0
    for chunk in chain(chunks, [None]):
        if chunk is None:
            _close(parser)
        else:
            _feed(parser, chunk)
        for event, element in _events(parser):
            depth += 1 if event == "start" else -1
            _check(element, event, depth, max_depth)
            if event in events:
                yield event, element


def streamed(
    chunks: Iterable[bytes], tags: tuple[str, ...], *, events: tuple[_Event, ...] = ("end",)
) -> Iterator[tuple[str, etree._Element]]:
    """The start of the root, then the events of elements with these names, then the root's end.

    As `iterparse` for documents of millions of elements: other elements are skipped without a step
    in Python. A name is `{namespace}local` or `{namespace}*`. The depth is bounded by libxml2.
    Raises UnsafeXMLError.
    """
    source = iter(chunks)
    head: list[bytes] = []
    _event, root = next(iterparse(_remembered(source, head), events=("start",)))
    yield "start", root  # of a first parser: what has a DOCTYPE never comes to the second
    parser = _parser(events, tags)
    for chunk in chain(head, source):
        _feed(parser, chunk)
        yield from _events(parser)
    yield "end", _close(parser)


def validated(
    chunks: Iterable[bytes], schema: etree.XMLSchema
) -> Iterator[tuple[str, etree._Element]]:
    """The start of the root, then the end of each element, validated against a schema meanwhile.

    Raises UnsafeXMLError, and InvalidXMLError with the first violation, at the latest at the end.
    """
    source = iter(chunks)
    head: list[bytes] = []
    _event, root = next(iterparse(_remembered(source, head), events=("start",)))
    yield "start", root
    parser = _parser(("end",), schema=schema)
    try:
        for chunk in chain(head, source):
            parser.feed(chunk)
            yield from _events(parser)
        parser.close()
    except _REFUSALS as error:
        raise _refusal(error) from error


def _refusal(error: Exception) -> ValueError:
    log = error.error_log if isinstance(error, etree.XMLSyntaxError) else ()
    for entry in cast("Iterable[etree._LogEntry]", log):
        if entry.domain_name == "SCHEMASV" and entry.message in str(error):  # others are of before
            return InvalidXMLError(entry.message)
    return UnsafeXMLError(_("not well-formed XML: {error}").format(error=error))


def _remembered(chunks: Iterable[bytes], kept: list[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        kept.append(chunk)
        yield chunk


def _parser(
    events: tuple[_Event, ...] = ("start", "end"),
    tags: tuple[str, ...] | None = None,
    schema: etree.XMLSchema | None = None,
) -> etree.XMLPullParser:
    return etree.XMLPullParser(
        events=events,
        tag=tags,
        schema=schema,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
    )


def _events(parser: etree.XMLPullParser) -> Iterator[tuple[str, etree._Element]]:
    return cast("Iterator[tuple[str, etree._Element]]", parser.read_events())


def _feed(parser: etree.XMLPullParser, chunk: bytes) -> None:
    try:
        parser.feed(chunk)
    except _REFUSALS as error:
        raise UnsafeXMLError(_("not well-formed XML: {error}").format(error=error)) from error


def _close(parser: etree.XMLPullParser) -> etree._Element:
    try:
        root: etree._Element = parser.close()
    except _REFUSALS as error:
        raise UnsafeXMLError(_("not well-formed XML: {error}").format(error=error)) from error
    return root


def _check(element: etree._Element, event: str, depth: int, max_depth: int) -> None:
    if depth > max_depth:
        raise UnsafeXMLError(
            _("elements are nested more than {limit} levels deep").format(limit=max_depth)
        )
    if event == "start" and depth == 1 and element.getroottree().docinfo.internalDTD is not None:
        raise UnsafeXMLError(
            _("it has a document type declaration (DOCTYPE), which is refused for safety")
        )
