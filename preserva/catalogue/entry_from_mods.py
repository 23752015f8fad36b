"""A record as an entry of the union catalogue: by way of MODS, so that all syntaxes are alike."""

from __future__ import annotations

from lxml import etree

from preserva.catalogue.entry import CatalogueEntry, Contributor, Item, TypedNumber
from preserva.describe.catalogue_record import Record
from preserva.describe.mods import dates, reading
from preserva.describe.mods.crosswalk import crosswalk
from preserva.describe.mods.reading import all_of, each, first_text, text_of
from preserva.describe.record import mods_of


def entry_of(record: Record) -> CatalogueEntry:
    """What the record says. Raises UnsafeXMLError for MODS that cannot be read safely."""
    mods = mods_of(record)
    titles = [title.text for title in reading.titles(mods)] or [""]
    years = dates.period(mods)
    identifiers = all_of(mods, "m:identifier[not(@invalid='yes')]")
    return CatalogueEntry(
        title=titles[0],
        number=reading.number(mods),
        titles=each(titles[1:]),
        agents=tuple(map(_agent, reading.names(mods))),
        subjects=each(
            [text for _kind, text in reading.subjects(mods)]
            + [text_of(node) for node in all_of(mods, "m:genre")]
        ),
        place=_place(mods),
        publisher=next(map(text_of, reading.published(mods, "m:publisher")), ""),
        date=dates.text(mods),
        year=years.first if years else None,
        last_year=years.last if years else None,
        languages=reading.languages(mods),
        form=_form(mods),
        extent=first_text(mods, "m:physicalDescription/m:extent"),
        identifiers=tuple(
            TypedNumber((node.get("type") or "").lower(), text_of(node)) for node in identifiers
        ),
        items=_items(mods),
        collection=bool(all_of(mods, "m:typeOfResource[@collection='yes']")),
        responsibility=reading.responsibility(mods),
        series=reading.series(mods),
    )


def _place(mods: etree._Element) -> str:
    places = reading.published(mods, "m:place/m:placeTerm[not(@type='code')]")
    return next(map(text_of, places), "").strip(" []?")


def _items(mods: etree._Element) -> tuple[Item, ...]:
    items = []
    for location in all_of(mods, "m:location"):
        holder = first_text(location, "m:physicalLocation")
        for node in all_of(location, ".//m:copyInformation") or [location]:
            item = _item(holder, node)
            if item != Item(""):
                items.append(item)
    return tuple(items)


def _item(holder: str, node: etree._Element) -> Item:
    numbers = [
        TypedNumber(n.get("type") or "", text_of(n)) for n in all_of(node, "m:itemIdentifier")
    ]
    registers = crosswalk().registers
    return Item(
        holder=holder,
        shelfmark=" ".join(text_of(locator) for locator in all_of(node, "m:shelfLocator")),
        inventory=tuple(number.value for number in numbers if number.type not in registers),
        registers=tuple(number for number in numbers if number.type in registers),
        provenance=each(text_of(note) for note in all_of(node, "m:note[@type='ownership']")),
    )


def _agent(name: reading.Name) -> Contributor:
    return Contributor(name.text, name.roles, name.authority, name.dates, name.forms)


def _form(mods: etree._Element) -> str:
    node = next(iter(all_of(mods, "m:typeOfResource")), None)
    if node is None:
        return ""
    return "manuscript" if node.get("manuscript") == "yes" else text_of(node)
