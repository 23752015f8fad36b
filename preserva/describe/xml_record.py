"""Records in XML: MARCXML, MarcXchange, MODS and Dublin Core, alone, in collections, in OAI-PMH.

A MARC record that is alone in its document keeps the document as its original, byte for byte, and
so does one of MODS or Dublin Core that is the document. Others are cut out: the same element in
UTF-8, with the namespaces that it needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.core.xml.safe import UnsafeXMLError, parse
from preserva.describe import xml_pieces
from preserva.describe.catalogue_record import Dialect, Field, Record, Subfield, Syntax
from preserva.describe.marc import dialect
from preserva.describe.marc.iso2709_read import embed

MODS = "http://www.loc.gov/mods/v3"
DC = "http://purl.org/dc/elements/1.1/"
DCTERMS = "http://purl.org/dc/terms/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
MARCXML = "http://www.loc.gov/MARC21/slim"
MARCXCHANGE = "info:lc/xmlns/marcxchange-v2"

_MARC = {
    MARCXML: Syntax.MARCXML,
    MARCXCHANGE: Syntax.MARCXCHANGE,
    "info:lc/xmlns/marcxchange-v1": Syntax.MARCXCHANGE,
    None: Syntax.MARCXML,
}
_MARC_CHILDREN = {"leader", "controlfield", "datafield"}


def looks_like(head: bytes) -> bool:
    """Whether the bytes begin as XML does, in UTF-8, UTF-16 or an 8-bit set."""
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00\t\r\n ").startswith(b"<")


def read(data: bytes, name: str) -> Iterator[Record | Finding]:
    """Each record of a document, or a finding if there is none."""
    try:
        root = parse(data)
    except UnsafeXMLError as error:
        yield from _salvaged(data, name, error)
        return
    records = list(_records(root))
    if not records:
        yield Finding(Code.RECORD_UNREADABLE, name, seen=str(root.tag))
    charset = root.getroottree().docinfo.encoding or "UTF-8"
    for position, (element, syntax) in enumerate(records, 1):
        alone = len(records) == 1 and (element is root or syntax in _MARC.values())
        original = data if alone else etree.tostring(element, encoding="UTF-8", with_tail=False)
        yield _checked(element, syntax, original, name, position, charset if alone else "UTF-8")


def _salvaged(data: bytes, name: str, error: UnsafeXMLError) -> Iterator[Record | Finding]:
    """The records of a file that is not well-formed, with a finding for each that is not."""
    position = 0
    try:
        for position, piece in enumerate(xml_pieces.pieces(data, error), 1):
            where = f"{name}#{position}"
            syntax = None if isinstance(piece, UnsafeXMLError) else _syntax(piece)
            if isinstance(piece, UnsafeXMLError) or syntax is None:
                yield Finding(Code.RECORD_UNREADABLE, where, seen=str(error))
            else:
                original = etree.tostring(piece, encoding="UTF-8", with_tail=False)
                yield _checked(piece, syntax, original, name, position, "UTF-8")
    except UnsafeXMLError:
        yield Finding(Code.RECORD_UNREADABLE, name, seen=str(error))


def _checked(
    element: etree._Element,
    syntax: Syntax,
    original: bytes,
    name: str,
    position: int,
    charset: str,
) -> Record | Finding:
    record = _record(element, syntax, original, name, position, charset)
    if record.fields or syntax in (Syntax.MODS, Syntax.DC):
        return record
    return Finding(Code.RECORD_UNREADABLE, f"{name}#{position}", seen=str(element.tag))


def _records(root: etree._Element) -> Iterator[tuple[etree._Element, Syntax]]:
    """The outermost elements that are records."""
    inside: list[etree._Element] = [root]
    while inside:
        element = inside.pop()
        syntax = _syntax(element)
        if syntax is not None:
            yield element, syntax
        else:
            inside.extend(reversed(_children(element)))


def _syntax(element: etree._Element) -> Syntax | None:
    name = etree.QName(element)
    if name.localname == "record" and name.namespace in _MARC:
        names = {etree.QName(child).localname for child in _children(element)}
        return _MARC[name.namespace] if names & _MARC_CHILDREN else None
    if name.namespace == MODS and name.localname == "mods":
        return Syntax.MODS
    if any(etree.QName(child).namespace in {DC, DCTERMS} for child in _children(element)):
        return Syntax.DC
    return None


def _children(element: etree._Element) -> list[etree._Element]:
    return [child for child in element if isinstance(child.tag, str)]


def _record(
    element: etree._Element,
    syntax: Syntax,
    original: bytes,
    name: str,
    position: int,
    charset: str,
) -> Record:
    is_marc = syntax in (Syntax.MARCXML, Syntax.MARCXCHANGE)
    fields = tuple(_fields(element)) if is_marc else ()
    leader = next((c.text or "" for c in _children(element) if _local(c) == "leader"), "")
    declared = (element.get("format") or "").lower().replace(" ", "").replace("-", "")
    detected = dialect.detect(fields) if is_marc else Dialect.NONE
    return Record(
        name=name,
        position=position,
        syntax=syntax,
        dialect=dialect.FORMATS.get(declared, detected) if is_marc else Dialect.NONE,
        charset=charset,
        leader=leader,
        fields=fields,
        original=original,
    )


def _fields(element: etree._Element) -> Iterator[Field]:
    for child in _children(element):
        tag = child.get("tag") or "???"
        if _local(child) == "controlfield":
            yield Field(tag, value=child.text or "")
        elif _local(child) == "datafield":
            yield _data_field(child, tag)


def _data_field(element: etree._Element, tag: str) -> Field:
    indicators = (element.get("ind1") or " ") + (element.get("ind2") or " ")
    subfields: list[Subfield] = []
    nested: list[Field] = []
    for child in _children(element):
        if _local(child) == "subfield":
            subfields.append(Subfield(child.get("code") or " ", child.text or ""))
        elif _local(child) == "s1":
            nested.extend(_fields(child))
    field = embed(tag, indicators, subfields)
    if nested:
        return Field(tag, indicators, field.subfields, embedded=(*field.embedded, *nested))
    return field


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname
