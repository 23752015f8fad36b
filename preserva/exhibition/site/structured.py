"""Structured data of a page for programs: schema.org, as JSON-LD.

Items are Book and ArchiveComponent: what a library holds, under its shelfmark.
"""

from __future__ import annotations

from preserva.catalogue.entry import CatalogueEntry
from preserva.core.formats.canonical_json import Value
from preserva.exhibition.contents import Edition, HeldItem, ShownBook
from preserva.exhibition.spec import Writer

SchemaOrg = dict[str, Value]


def book(shown: ShownBook, address: str, holder: str) -> SchemaOrg:
    """A digitised book."""
    return {**_of_entry(shown.entry), "@type": ["Book", "ArchiveComponent"], "@id": address,
            "name": shown.title, "identifier": shown.package.uri,
            "numberOfPages": len(shown.pictures),
            "holdingArchive": {"@type": "Library", "name": holder}}  # fmt: skip


def edition(edition: Edition, address: str, items: list[str]) -> SchemaOrg:
    """An edition; `items` are the addresses of the pages of its items."""
    examples: list[Value] = [{"@type": "Book", "@id": item} for item in items]
    facts: SchemaOrg = {**_of_entry(edition.entry), "@type": "Book", "@id": address}
    return {**facts, "identifier": list[Value](edition.uris), "workExample": examples}


def item(held: HeldItem, of: Edition, address: str, edition_address: str, holder: str) -> SchemaOrg:
    """An item that a library holds."""
    facts: SchemaOrg = {
        "@context": "https://schema.org",
        "@type": ["Book", "ArchiveComponent"],
        "@id": address,
        "name": of.entry.title,
        "exampleOfWork": {"@type": "Book", "@id": edition_address},
        "holdingArchive": {"@type": "Library", "name": held.item.holder or holder},
    }
    if held.item.shelfmark:
        facts["itemLocation"] = held.item.shelfmark
    if held.item.inventory:
        facts["identifier"] = list[Value](held.item.inventory)
    return facts


def person(writer: Writer, name: str, address: str) -> SchemaOrg:
    """A person with a page."""
    facts: SchemaOrg = {
        "@context": "https://schema.org",
        "@type": "Person",
        "@id": address,
        "name": name,
        "alternateName": list[Value](sorted({*writer.name.values(), *writer.names} - {name})),
    }
    if writer.born:
        facts["birthDate"] = writer.born
    if writer.died:
        facts["deathDate"] = writer.died
    return facts


def _of_entry(entry: CatalogueEntry) -> SchemaOrg:
    facts: SchemaOrg = {"@context": "https://schema.org", "name": entry.title}
    if authors := [agent.name for agent in entry.agents if agent.name]:
        facts["author"] = [{"@type": "Person", "name": name} for name in authors]
    if entry.publisher:
        facts["publisher"] = {"@type": "Organization", "name": entry.publisher}
    if entry.date:
        facts["datePublished"] = entry.date
    if entry.languages:
        facts["inLanguage"] = list[Value](entry.languages)
    if entry.subjects:
        facts["about"] = list[Value](entry.subjects)
    return facts
