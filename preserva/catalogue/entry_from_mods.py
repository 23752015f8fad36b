"""A record as an entry of the union catalogue: by way of MODS, so that every syntax comes alike."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from preserva.catalogue.entry import CatalogueEntry, Contributor, Item, TypedNumber
from preserva.core.xml.safe import parse
from preserva.describe.catalogue_record import Record
from preserva.describe.mods.crosswalk import crosswalk
from preserva.describe.mods.xml_text import clean
from preserva.describe.record import to_mods
from preserva.describe.xml_record import MODS

_SPACE = {"m": MODS}
_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)")
_SUBJECTS = ("m:subject", "m:genre", "m:classification")
_HOST = "m:relatedItem[@type='host'][not(m:part/m:date | m:part/m:text)]/m:titleInfo"
_BEFORE = {"subTitle": " : ", "partNumber": ". ", "partName": ". "}
_DATES = ("dateIssued", "dateCreated", "copyrightDate", "dateOther")


def entry_of(record: Record) -> CatalogueEntry:
    """What the record says. Raises UnsafeXMLError for MODS that cannot be read safely."""
    root = parse(to_mods(record))
    mods = next(root.iter(f"{{{MODS}}}mods"), root)
    title, *titles = [_title(node) for node in _all(mods, "m:titleInfo")] or [""]
    host = next((_title(node).rstrip(" .") for node in _all(mods, _HOST)), "")
    dates = [node for name in _DATES for node in _all(mods, f"m:originInfo/m:{name}")]
    identifiers = _all(mods, "m:identifier")
    return CatalogueEntry(
        title=". ".join(filter(None, (host, title))),
        number=_first(mods, "m:recordInfo/m:recordIdentifier"),
        titles=_each(titles),
        agents=tuple(_agent(node) for node in _all(mods, "m:name")),
        subjects=_each(_text(node) for path in _SUBJECTS for node in _all(mods, path)),
        place=_first(mods, "m:originInfo/m:place/m:placeTerm[not(@type='code')]").strip(" []?"),
        publisher=_first(mods, "m:originInfo/m:publisher"),
        date=next((_text(node) for node in dates if not node.get("encoding")), ""),
        year=_year(map(_text, dates)),
        languages=_each(_text(node) for node in _all(mods, "m:language/m:languageTerm")),
        form=_form(mods),
        extent=_first(mods, "m:physicalDescription/m:extent"),
        identifiers=tuple(
            TypedNumber((node.get("type") or "").lower(), _text(node)) for node in identifiers
        ),
        items=_items(mods),
        collection=bool(_all(mods, "m:typeOfResource[@collection='yes']")),
    )


def _items(mods: etree._Element) -> tuple[Item, ...]:
    items = []
    for location in _all(mods, "m:location"):
        holder = _first(location, "m:physicalLocation")
        for node in _all(location, ".//m:copyInformation") or [location]:
            item = _item(holder, node)
            if item != Item(""):
                items.append(item)
    return tuple(items)


def _item(holder: str, node: etree._Element) -> Item:
    numbers = [TypedNumber(n.get("type") or "", _text(n)) for n in _all(node, "m:itemIdentifier")]
    registers = crosswalk().registers
    return Item(
        holder=holder,
        shelfmark=" ".join(_text(locator) for locator in _all(node, "m:shelfLocator")),
        inventory=tuple(number.value for number in numbers if number.type not in registers),
        registers=tuple(number for number in numbers if number.type in registers),
        provenance=_each(_text(note) for note in _all(node, "m:note[@type='ownership']")),
    )


def _agent(name: etree._Element) -> Contributor:
    parts = [_text(part) for part in _all(name, "m:namePart[not(@type='date')]")]
    return Contributor(
        name=", ".join(filter(None, parts)),
        roles=_each(_text(role) for role in _all(name, "m:role/m:roleTerm")),
        authority=name.get("valueURI") or _first(name, "m:nameIdentifier"),
        dates=_first(name, "m:namePart[@type='date']"),
    )


def _title(info: etree._Element) -> str:
    text = ""
    for child in info.iterchildren("*"):
        name, part = etree.QName(child).localname, _text(child)
        text = f"{text}{_BEFORE.get(name, ' ') if text else ''}{part}" if part else text
    return text


def _form(mods: etree._Element) -> str:
    node = next(iter(_all(mods, "m:typeOfResource")), None)
    if node is None:
        return ""
    return "manuscript" if node.get("manuscript") == "yes" else _text(node)


def _year(texts: Iterable[str]) -> int | None:
    return next((int(match[1]) for text in texts if (match := _YEAR.search(text))), None)


def _all(node: etree._Element, path: str) -> list[etree._Element]:
    return node.xpath(path, namespaces=_SPACE)  # type: ignore[return-value]  # nodes, by the path


def _first(node: etree._Element, path: str) -> str:
    return next((_text(child) for child in _all(node, path)), "")


def _text(node: etree._Element) -> str:
    return clean(" ".join("".join(map(str, node.itertext())).split()))


def _each(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
