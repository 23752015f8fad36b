"""What a page says to programs: schema.org, as JSON-LD.

Copies are Book and ArchiveComponent: what a library holds, under its shelfmark.
"""

from __future__ import annotations

from preserva.catalogue.entry import Entry
from preserva.core.formats.canonical_json import Value
from preserva.exhibition.contents import Edition, Held, Shown
from preserva.exhibition.spec import Writer

Facts = dict[str, Value]


def book(shown: Shown, address: str, holder: str) -> Facts:
    """A digitised copy."""
    return {**_of_entry(shown.entry), "@type": ["Book", "ArchiveComponent"], "@id": address,
            "name": shown.title, "identifier": shown.package.uri,
            "numberOfPages": len(shown.pictures),
            "holdingArchive": {"@type": "Library", "name": holder}}  # fmt: skip


def edition(edition: Edition, address: str, copies: list[str]) -> Facts:
    """An edition; `copies` are the addresses of the pages of its copies."""
    examples: list[Value] = [{"@type": "Book", "@id": copy} for copy in copies]
    facts: Facts = {**_of_entry(edition.entry), "@type": "Book", "@id": address}
    return {**facts, "identifier": list[Value](edition.uris), "workExample": examples}


def copy(held: Held, of: Edition, address: str, edition_address: str, holder: str) -> Facts:
    """A copy that a library holds."""
    facts: Facts = {
        "@context": "https://schema.org",
        "@type": ["Book", "ArchiveComponent"],
        "@id": address,
        "name": of.entry.title,
        "exampleOfWork": {"@type": "Book", "@id": edition_address},
        "holdingArchive": {"@type": "Library", "name": held.copy.holder or holder},
    }
    if held.copy.shelfmark:
        facts["itemLocation"] = held.copy.shelfmark
    if held.copy.inventory:
        facts["identifier"] = list[Value](held.copy.inventory)
    return facts


def person(writer: Writer, name: str, address: str) -> Facts:
    """A person with a page."""
    facts: Facts = {
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


def _of_entry(entry: Entry) -> Facts:
    facts: Facts = {"@context": "https://schema.org", "name": entry.title}
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
