"""Records that are Dublin Core: their elements, and MODS made of these."""

from __future__ import annotations

import re
from typing import cast

from lxml import etree

from preserva.describe.mods.dublin_core import Element
from preserva.describe.mods.xml_text import plain
from preserva.describe.xml_record import DC, DCTERMS, MODS

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NAMESPACES = cast("dict[str, str]", {None: MODS})

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
_TERMS = {"issued": "date", "created": "date", "alternative": "title", "extent": "format",
          "abstract": "description", "isPartOf": "relation", "spatial": "coverage"}  # fmt: skip
"""Elements of DCMI Metadata Terms that are read as those of the element set."""

_KNOWN = _OF_DC.keys() | _TERMS.keys()

_TIME_OF_DAY = re.compile(r"\d{4}-\d\d-\d\dT")


def dc_of_dc(root: etree._Element) -> list[Element]:
    """The Dublin Core elements below an element; the date of publication before other dates."""
    elements = [
        Element(_name(child), _text(child), child.get(_XML_LANG) or "")
        for child in root.iter(f"{{{DC}}}*", f"{{{DCTERMS}}}*")
        if _text(child) and (child.tag.startswith(f"{{{DC}}}") or _local(child) in _KNOWN)
    ]
    issued = [
        Element("date", _text(child)) for child in root.iter(f"{{{DCTERMS}}}issued") if _text(child)
    ]
    return list(dict.fromkeys([*issued, *elements]))


def mods_of_dc(elements: list[Element]) -> etree._Element:
    """A mods element that says what the Dublin Core elements say.

    A date with a time of day is taken as that of a repository's action, if there is another date.
    """
    root = etree.Element(f"{{{MODS}}}mods", nsmap=_NAMESPACES, version="3.8")
    years = [e for e in elements if e.name == "date" and not _TIME_OF_DAY.match(e.text)]
    for element in elements:
        if element.name == "date" and years and element not in years:
            continue
        node = root
        for step in _OF_DC.get(element.name, ("note",)):
            node = etree.SubElement(node, f"{{{MODS}}}{step}")
        node.text = element.text
        if element.name == "contributor":
            role = etree.SubElement(cast("etree._Element", node.getparent()), f"{{{MODS}}}role")
            etree.SubElement(role, f"{{{MODS}}}roleTerm", type="code").text = "ctb"
        if element.name == "title" and element.lang:
            node.set(_XML_LANG, element.lang)
    if not elements:
        etree.SubElement(root, f"{{{MODS}}}recordInfo")
    return root


def _name(node: etree._Element) -> str:
    name = _local(node)
    return name if node.tag.startswith(f"{{{DC}}}") else _TERMS.get(name, name)


def _local(node: etree._Element) -> str:
    return etree.QName(node).localname


def _text(node: etree._Element) -> str:
    texts = [plain(str(text)) for text in node.itertext()]
    return " ".join(text for text in texts if text)
