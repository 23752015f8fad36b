"""Records that are MODS or Dublin Core already: the one made from the other, in broad strokes."""

from __future__ import annotations

from typing import cast

from lxml import etree

from preserva.describe.mods.dublin_core import Element
from preserva.describe.mods.xml_text import plain
from preserva.describe.xml_record import DC, MODS

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NAMESPACES = cast("dict[str, str]", {None: MODS})

_OF_MODS = (
    ("title", "m:titleInfo"),
    ("subject", "m:subject"),
    ("subject", "m:classification"),
    ("description", "m:abstract"),
    ("description", "m:note[not(@type='statement of responsibility')]"),
    ("publisher", "m:originInfo/m:publisher"),
    ("date", "m:originInfo/m:dateIssued | m:originInfo/m:dateCreated"),
    ("type", "m:typeOfResource | m:genre"),
    ("format", "m:physicalDescription/m:extent"),
    ("identifier", "m:identifier | m:location/m:url | m:recordInfo/m:recordIdentifier"),
    ("language", "m:language/m:languageTerm"),
    ("relation", "m:relatedItem/m:titleInfo"),
    ("rights", "m:accessCondition"),
)

# Dublin Core element -> path below mods; dateIssued and the like stand in their parents
_OF_DC = {
    "title": ("titleInfo", "title"),
    "creator": ("name", "namePart"),
    "contributor": ("name", "namePart"),
    "subject": ("subject", "topic"),
    "description": ("note",),
    "publisher": ("originInfo", "publisher"),
    "date": ("originInfo", "dateIssued"),
    "type": ("genre",),
    "format": ("physicalDescription", "extent"),
    "identifier": ("identifier",),
    "source": ("relatedItem", "titleInfo", "title"),
    "relation": ("relatedItem", "titleInfo", "title"),
    "language": ("language", "languageTerm"),
    "coverage": ("subject", "geographic"),
    "rights": ("accessCondition",),
}


def dc_of_mods(root: etree._Element) -> list[Element]:
    """Dublin Core elements of a mods element."""
    elements = [
        Element(name, _text(node), node.get(_XML_LANG) or "")
        for name, path in _OF_MODS
        for node in _select(root, path)
    ]
    for node in _select(root, "m:name"):
        parts = [_text(part) for part in _select(node, "m:namePart[not(@type='date')]")]
        roles = {_text(role) for role in _select(node, "m:role/m:roleTerm")}
        creates = not roles or roles & {"aut", "author", "creator", "cre"}
        elements.append(Element("creator" if creates else "contributor", ", ".join(parts)))
    return [element for element in dict.fromkeys(elements) if element.text]


def dc_of_dc(root: etree._Element) -> list[Element]:
    """The Dublin Core elements below an element."""
    return [
        Element(etree.QName(child).localname, _text(child), child.get(_XML_LANG) or "")
        for child in root.iter(f"{{{DC}}}*")
        if _text(child)
    ]


def mods_of_dc(elements: list[Element]) -> etree._Element:
    """A mods element that says what the Dublin Core elements say."""
    root = etree.Element(f"{{{MODS}}}mods", nsmap=_NAMESPACES, version="3.8")
    for element in elements:
        node = root
        for step in _OF_DC.get(element.name, ("note",)):
            node = etree.SubElement(node, f"{{{MODS}}}{step}")
        node.text = element.text
        if element.name == "title" and element.lang:
            node.set(_XML_LANG, element.lang)
    if not elements:
        etree.SubElement(root, f"{{{MODS}}}recordInfo")
    return root


def _select(node: etree._Element, path: str) -> list[etree._Element]:
    return cast("list[etree._Element]", node.xpath(path, namespaces={"m": MODS}))


def _text(node: etree._Element) -> str:
    texts = [plain(str(text)) for text in node.itertext()]
    return " ".join(text for text in texts if text)
