"""Simple Dublin Core in the shape of OAI-PMH's oai_dc, made of MODS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from preserva.describe.mods import dates, reading
from preserva.describe.mods.reading import all_of, text_of
from preserva.describe.xml_record import DC, OAI_DC

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LOCATION = f"{OAI_DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
_ORDER = (
    "title", "creator", "subject", "description", "publisher", "contributor", "date", "type",
    "format", "identifier", "source", "language", "relation", "coverage", "rights",
)  # fmt: skip

_PATHS = (
    ("description", "m:abstract"),
    ("description", "m:note[not(@type='statement of responsibility')]"),
    ("description", "m:location//m:note[@type='ownership' or @type='copy-specific']"),
    ("type", "m:typeOfResource | m:genre"),
    ("rights", "m:accessCondition"),
)
_NUMBERS = "m:identifier[not(@invalid='yes')] | m:location/m:url | m:recordInfo/m:recordIdentifier"
_ISBN = re.compile(r"[0-9][0-9-]{8,15}[0-9Xx]")


@dataclass(frozen=True, slots=True)
class Element:
    """One element of Dublin Core: its name, its text, and the text's BCP 47 language if known."""

    name: str
    text: str
    lang: str = ""


def elements(mods: etree._Element) -> list[Element]:
    """The Dublin Core of a record in MODS, in the order of the element set, each once."""
    unique = dict.fromkeys(element for element in _elements(mods) if element.text)
    return sorted(unique, key=lambda element: _ORDER.index(element.name))


def document(elements: list[Element]) -> etree._Element:
    """The elements as an oai_dc:dc document."""
    namespaces = {"oai_dc": OAI_DC, "dc": DC, "xsi": _XSI}
    root = etree.Element(f"{{{OAI_DC}}}dc", nsmap=namespaces)
    root.set(f"{{{_XSI}}}schemaLocation", _LOCATION)
    for element in elements:
        node = etree.SubElement(root, f"{{{DC}}}{element.name}")
        node.text = element.text
        if element.lang:
            node.set(_XML_LANG, element.lang)
    return root


def _elements(mods: etree._Element) -> Iterator[Element]:
    for title in reading.titles(mods):
        yield Element("title", title.text, title.lang)
    for name in reading.names(mods):
        for text in (name.text, *name.scripts):
            yield Element("creator" if name.creates else "contributor", text)
    for kind, text in reading.subjects(mods):
        yield Element(kind, text)
    for publisher in reading.published(mods, "m:publisher"):
        yield Element("publisher", text_of(publisher))
    yield Element("date", dates.text(mods) or dates.years(mods))
    yield Element("format", _format(mods))
    for node in all_of(mods, _NUMBERS):
        yield Element("identifier", _number(node))
    for code in reading.languages(mods):
        yield Element("language", code)
    for related in all_of(mods, "m:relatedItem/m:titleInfo"):
        yield Element("relation", reading.title_text(related))
    for kind, path in _PATHS:
        for node in all_of(mods, path):
            yield Element(kind, text_of(node))


def _format(mods: etree._Element) -> str:
    """Extent, illustrations, size, in this order."""
    part = "m:physicalDescription/"
    paths = ("m:extent[not(@unit)]", "m:note[not(@type)]", "m:extent[@unit]")
    texts = (text_of(node) for path in paths for node in all_of(mods, part + path))
    return " ; ".join(reading.each(texts))


def _number(node: etree._Element) -> str:
    """The number; an ISBN without a qualifier, as in `9785123456786 (hbk.)`."""
    text = text_of(node)
    isbn = _ISBN.search(text) if node.get("type") == "isbn" else None
    return isbn[0] if isbn else text
