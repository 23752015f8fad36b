"""Simple Dublin Core of a record, in the shape of OAI-PMH's oai_dc."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from preserva.describe.catalogue_record import Dialect, Field, Record
from preserva.describe.mods import language
from preserva.describe.mods.crosswalk import FAMILY, Rule, crosswalk
from preserva.describe.mods.mods import languages
from preserva.describe.mods.xml_text import plain
from preserva.describe.xml_record import DC, OAI_DC

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LOCATION = f"{OAI_DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
_ORDER = (
    "title", "creator", "subject", "description", "publisher", "contributor", "date", "type",
    "format", "identifier", "source", "language", "relation", "coverage", "rights",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Element:
    """One element of Dublin Core: its name, its text, and the text's BCP 47 language if known."""

    name: str
    text: str
    lang: str = ""


def elements(record: Record) -> list[Element]:
    """The Dublin Core of a MARC or IRBIS record, in the order of the element set, each once."""
    family = FAMILY.get(record.dialect)
    if family is None:
        return []
    codes = languages(record)
    unique = dict.fromkeys(
        Element(rule.dc, text, language.of_text(text, codes).tag if rule.dc == "title" else "")
        for rule in crosswalk().rules[family]
        if rule.dc
        for field in record.fields
        if field.tag in rule.tags
        for text in _texts(rule, field, record.dialect)
    )
    if record.dialect is Dialect.MARC21:
        unique.update(dict.fromkeys(Element("language", code) for code in codes))
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


def _texts(rule: Rule, field: Field, dialect: Dialect) -> Iterator[str]:
    values = [field.value] if "" in rule.dc_from else []
    values += [subfield.value for subfield in field.subfields if subfield.code in rule.dc_from]
    texts = [text.lstrip(", ") for text in map(plain, values) if text.strip(", ")]
    for inner in field.embedded:
        if inner.tag == "200" and rule.dc == "relation":
            texts += [text for text in map(plain, inner.all("a")) if text]
    if dialect is Dialect.MARC21:
        texts = [text.rstrip(" /:;,=") for text in texts]
    if rule.dc_join is None:
        yield from texts
    elif texts:
        yield rule.dc_join.join(texts)
