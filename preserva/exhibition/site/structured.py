"""What a page says to programs: schema.org, as JSON-LD.

Copies are Book and ArchiveComponent: what a library holds, under its shelfmark.
"""

from __future__ import annotations

from preserva.catalogue.model import Entry
from preserva.core.formats.canonical_json import Value
from preserva.exhibition.contents import Edition, Held, Shown
from preserva.exhibition.spec import Writer

Facts = dict[str, Value]


def book(one: Shown, address: str, holder: str) -> Facts:
    """A digitised copy."""
    return {**_of_entry(one.entry), "@type": ["Book", "ArchiveComponent"], "@id": address,
            "name": one.title, "identifier": one.package.uri,
            "numberOfPages": len(one.pictures),
            "holdingArchive": {"@type": "Library", "name": holder}}  # fmt: skip


def edition(one: Edition, address: str, copies: list[str]) -> Facts:
    """An edition; `copies` are the addresses of the pages of its copies."""
    examples: list[Value] = [{"@type": "Book", "@id": copy} for copy in copies]
    said: Facts = {**_of_entry(one.entry), "@type": "Book", "@id": address}
    return {**said, "identifier": list[Value](one.uris), "workExample": examples}


def copy(held: Held, of: Edition, address: str, edition_address: str, holder: str) -> Facts:
    """A copy that a library holds."""
    said: Facts = {
        "@context": "https://schema.org",
        "@type": ["Book", "ArchiveComponent"],
        "@id": address,
        "name": of.entry.title,
        "exampleOfWork": {"@type": "Book", "@id": edition_address},
        "holdingArchive": {"@type": "Library", "name": held.copy.holder or holder},
    }
    if held.copy.shelfmark:
        said["itemLocation"] = held.copy.shelfmark
    if held.copy.inventory:
        said["identifier"] = list[Value](held.copy.inventory)
    return said


def person(writer: Writer, name: str, address: str) -> Facts:
    """A person with a page."""
    said: Facts = {
        "@context": "https://schema.org",
        "@type": "Person",
        "@id": address,
        "name": name,
        "alternateName": list[Value](sorted({*writer.name.values(), *writer.names} - {name})),
    }
    if writer.born:
        said["birthDate"] = writer.born
    if writer.died:
        said["deathDate"] = writer.died
    return said


def _of_entry(entry: Entry) -> Facts:
    said: Facts = {"@context": "https://schema.org", "name": entry.title}
    if authors := [one.name for one in entry.agents if one.name]:
        said["author"] = [{"@type": "Person", "name": one} for one in authors]
    if entry.publisher:
        said["publisher"] = {"@type": "Organization", "name": entry.publisher}
    if entry.date:
        said["datePublished"] = entry.date
    if entry.languages:
        said["inLanguage"] = list[Value](entry.languages)
    if entry.subjects:
        said["about"] = list[Value](entry.subjects)
    return said
