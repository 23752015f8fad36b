"""Answers of OAI-PMH 2.0 read; where one record of a page is broken, the others are read still."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import unescape

from lxml import etree

from preserva.catalogue.oai.protocol import NAMESPACE, seconds_of
from preserva.core.xml.safe import UnsafeXMLError, parse

_NAME = rb"(?:[\w.\-]+:)?"
_ROOT = re.compile(rb"<(" + _NAME + rb"OAI-PMH)\b[^<>]*>")
_RECORD = re.compile(rb"<" + _NAME + rb"record\b[^<>]*>\s*<" + _NAME + rb"header\b")
_END = re.compile(rb"<" + _NAME + rb"resumptionToken\b|</" + _NAME + rb"ListRecords\b")
_TOKEN = re.compile(rb"<" + _NAME + rb"resumptionToken\b[^<>]*>([^<]*)</")
_LIST_END = re.compile(
    rb"</" + _NAME + rb"(?:resumptionToken|ListRecords)\b"
    rb"|<" + _NAME + rb"resumptionToken\b[^<>]*/>"
)
_DECLARATION = re.compile(rb"\s{0,99}<\?xml\b[^<>]{0,200}\?>")
_DATE = re.compile(rb"<" + _NAME + rb"responseDate\b[^<>]*>([^<]*)<")
_SIZE = re.compile("[0-9]{1,12}")
_LONGEST_ROOT = 10_000
_HARMLESS = 1 << 20  # bytes that may be parsed besides the page: its root, again for each record
_IDENTIFIER = re.compile(rb"<" + _NAME + rb"identifier\b[^<>]*>([^<]*)<")


@dataclass(frozen=True, slots=True)
class Harvested:
    """A record of a list; one without metadata is deleted, or has none in this format.

    `stamp` is when it last changed there, in seconds since 1970; None if that cannot be read.
    """

    identifier: str
    deleted: bool
    metadata: etree._Element | None
    stamp: int | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be read, with its identifier if that can."""

    identifier: str
    reason: str


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: its time by the server's clock, records, the token for what follows, or an error.

    `granularity` is only in answers to Identify. `is_list` tells a list, even one without records,
    from another answer. A page that was cut off is not `whole`: what follows it is not known.
    `size` is how many records the whole list has, where the server says so.
    """

    date: str | None
    records: tuple[Harvested | Broken, ...] = ()
    token: str | None = None
    error: str = ""
    granularity: str = ""
    is_list: bool = False
    whole: bool = True
    size: int | None = None


def read_page(data: bytes) -> Response:
    """The answer in these bytes. Raises UnsafeXMLError where there is none."""
    data = data.lstrip(b" \t\r\n")  # an XML declaration may not follow them
    try:
        root = parse(data)
    except UnsafeXMLError as error:
        return _salvaged(data, error)
    if root.tag != f"{{{NAMESPACE}}}OAI-PMH":
        raise UnsafeXMLError(str(root.tag))
    records = root.iterfind("o:ListRecords/o:record", {"o": NAMESPACE})
    problem = root.find(f"{{{NAMESPACE}}}error")
    token = root.find("o:ListRecords/o:resumptionToken", {"o": NAMESPACE})
    size = "" if token is None else token.get("completeListSize", "")
    return Response(
        _date(_text(root, "responseDate")),
        tuple(_record(record) for record in records),
        _text(root, "ListRecords/{*}resumptionToken") or None,
        "" if problem is None else (problem.get("code") or "error"),
        _text(root, "Identify/{*}granularity"),
        is_list=root.find(f"{{{NAMESPACE}}}ListRecords") is not None,
        size=int(size) if _SIZE.fullmatch(size) else None,
    )


def _salvaged(data: bytes, error: UnsafeXMLError) -> Response:
    """The records of a page that is not well-formed, each read by itself."""
    root = _ROOT.search(data)
    if root is not None and len(root[0]) > _LONGEST_ROOT:
        raise error  # each record is parsed with it
    starts = [match.start() for match in _RECORD.finditer(data)]
    if root is None or not starts or len(root[0]) * len(starts) > 4 * len(data) + _HARMLESS:
        raise error
    ends = [match.start() for match in _END.finditer(data, starts[-1])]
    pieces = zip(starts, [*starts[1:], ends[-1] if ends else len(data)], strict=True)
    token = _TOKEN.search(data, starts[-1])
    date = _DATE.search(data, 0, starts[0])
    if ends and token and ends[-1] > token.start():
        pieces = zip(starts, [*starts[1:], token.start()], strict=True)
    declaration = _DECLARATION.match(data)
    head = (declaration[0] if declaration else b"") + root[0]
    records = [_piece(head, root[1], data[start:end]) for start, end in pieces]
    whole = _LIST_END.search(data, starts[-1]) is not None
    if not whole and isinstance(records[-1], Broken):
        del records[-1]  # it is cut off, and will come with the rest
    return Response(
        _date(_said(date)), tuple(records), _said(token) or None, is_list=True, whole=whole
    )


def _piece(head: bytes, name: bytes, piece: bytes) -> Harvested | Broken:
    """One record by itself, without the XML declaration that some servers put into each."""
    try:
        whole = parse(head + _DECLARATION.sub(b"", piece) + b"</" + name + b">")
        return _record(whole[0])
    except (UnsafeXMLError, IndexError) as error:
        return Broken(_said(_IDENTIFIER.search(piece)), str(error))


def _record(record: etree._Element) -> Harvested | Broken:
    identifier = _text(record, "header/{*}identifier")
    if not identifier:
        return Broken("", "no identifier")
    header = record.find("{*}header")
    metadata = record.find(f"{{{NAMESPACE}}}metadata")
    deleted = header is not None and header.get("status") == "deleted"
    inside = [] if metadata is None or deleted else list(metadata.iterchildren("*"))
    stamp = _date(_text(record, "header/{*}datestamp"))
    return Harvested(
        identifier,
        deleted,
        inside[0] if inside else None,
        None if stamp is None else seconds_of(stamp),
    )


def _date(text: str) -> str | None:
    try:
        seconds_of(text)
    except ValueError:
        return None
    return text


def _said(match: re.Match[bytes] | None) -> str:
    return unescape(match[1].decode("utf-8", "replace")).strip() if match else ""


def _text(node: etree._Element, path: str) -> str:
    return (node.findtext(f"{{{NAMESPACE}}}{path}") or "").strip()
