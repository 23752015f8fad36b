"""What the union catalogue knows about a record: an edition, its contributors, and its items.

The item (FRBR; экземпляр) is the physical book that a library holds and that the law registers.
Records that a person joined describe one edition; editions with the same author and title belong
to one work.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote

from preserva.catalogue.fold import stems
from preserva.catalogue.places import places
from preserva.core.book.period import Period, centuries

RECORD_URN = "urn:preserva:record:"
"""How the identifier of every record begins."""


class Facet(StrEnum):
    """By what a search can be narrowed."""

    HOLDER = "holder"
    CENTURY = "century"
    LANGUAGE = "language"
    PLACE = "place"
    KIND = "kind"
    FORMAT = "format"


@dataclass(frozen=True, slots=True)
class Contributor:
    """A person or body: name, roles (MARC relator codes or words), authority record, dates.

    `forms` are longer forms of the name, with what its initials stand for.
    """

    name: str
    roles: tuple[str, ...] = ()
    authority: str = ""
    dates: str = ""
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TypedNumber:
    """A number of the edition: its type (isbn, fingerprint ...) and value."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Item:
    """An item: who holds it under which shelfmark, its numbers, and whose it was."""

    holder: str
    shelfmark: str = ""
    inventory: tuple[str, ...] = ()
    registers: tuple[TypedNumber, ...] = ()
    provenance: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One record as the catalogue uses it; everything is empty where the record is silent.

    `number` is the record's own, `year` the first of publication; with `last_year` it was
    published in these years, or in one of them. `collection` is true for a collection that is
    described as a whole. `responsibility` is the statement of responsibility.
    """

    title: str
    number: str = ""
    titles: tuple[str, ...] = ()
    agents: tuple[Contributor, ...] = ()
    subjects: tuple[str, ...] = ()
    place: str = ""
    publisher: str = ""
    date: str = ""
    year: int | None = None
    languages: tuple[str, ...] = ()
    form: str = ""
    extent: str = ""
    identifiers: tuple[TypedNumber, ...] = ()
    items: tuple[Item, ...] = ()
    collection: bool = False
    last_year: int | None = None
    responsibility: str = ""
    series: tuple[str, ...] = ()

    @property
    def centuries(self) -> tuple[int, ...]:
        """The centuries of publication: 18 for 1701 to 1800."""
        return () if self.year is None else tuple(centuries(Period(self.year, self.last_year)))

    def facets(self) -> Iterator[tuple[Facet, str]]:
        """Under what the entry is counted, each once."""
        yield from (
            (Facet.HOLDER, holder) for holder in sorted({c.holder for c in self.items} - {""})
        )
        yield from ((Facet.CENTURY, str(century)) for century in self.centuries)
        yield from ((Facet.LANGUAGE, code) for code in self.languages)
        yield from ((Facet.PLACE, name) for name in places(self.place))
        yield Facet.KIND, "collection" if self.collection else "single"
        if self.form:
            yield Facet.FORMAT, self.form

    def texts(self) -> Iterator[tuple[str, str]]:
        """What is searched: names of a part of the entry, and its text, as it is written."""
        yield from (("title", title) for title in (self.title, *self.titles) if title)
        for agent in self.agents:
            yield "agent", " ".join(filter(None, (agent.name, *agent.forms, agent.dates)))
        if self.responsibility:
            yield "agent", self.responsibility
        yield from (("title", title) for title in self.series)
        yield "imprint", " ".join(filter(None, (self.place, self.publisher, self.date)))
        yield from (("subject", subject) for subject in self.subjects)
        yield from (("number", identifier.value) for identifier in self.identifiers)
        for item in self.items:
            numbers = [number.value for number in item.registers]
            parts = [item.holder, item.shelfmark, *item.inventory, *numbers, *item.provenance]
            yield "copy", " ".join(filter(None, parts))

    def numbers(self) -> Iterator[tuple[str, str]]:
        """Every number of the book and of its items, with the part as in `texts`."""
        yield "number", self.number
        yield from (("number", identifier.value) for identifier in self.identifiers)
        for item in self.items:
            registers = [number.value for number in item.registers]
            yield from (("copy", text) for text in (item.shelfmark, *item.inventory, *registers))

    @property
    def imprint(self) -> str:
        """Place : publisher, date, as ISBD (4.1 to 4.3) and ГОСТ Р 7.0.100-2018 have it."""
        named = " : ".join(filter(None, (self.place, self.publisher)))
        return ", ".join(filter(None, (named, self.date)))

    @property
    def work(self) -> str:
        """What the editions of one work have in common: first author and title, folded."""
        author = stems(self.agents[0].name)[:1] if self.agents else []
        return " ".join([*author, "/", *stems(self.title)[:8]])


TEXTS = ("title", "agent", "imprint", "subject", "number", "copy")
"""The parts of an entry that `Entry.texts` gives, those that weigh most first."""


def uri_of(library: str, local: str) -> str:
    """The identifier of a library's record, the same wherever the record travels."""
    return f"{RECORD_URN}{library}:{quote(local, safe='')}"


def uri_as_typed(text: str) -> str:
    """The identifier that a person writes, whole or as LIBRARY:NUMBER."""
    match = re.fullmatch(r"([a-z][a-z0-9]*):(.+)", text)
    return uri_of(match[1], unquote(match[2])) if match and match[1] != "urn" else text


def library_of(uri: str) -> str | None:
    """Whose record it is; None for an invalid identifier."""
    match = re.fullmatch(RECORD_URN + r"([a-z][a-z0-9]*):[^\s:]+", uri)
    return match[1] if match else None


def dumps(entry: CatalogueEntry) -> str:
    """The entry as JSON; its items have the published key `copies`."""
    facts = asdict(entry)
    facts["copies"] = facts.pop("items")
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)


def loads(text: str) -> CatalogueEntry:
    """The entry of `dumps`."""
    facts: dict[str, Any] = json.loads(text)
    agents = tuple(
        Contributor(
            **{
                **agent,
                "roles": tuple(agent["roles"]),
                "forms": tuple(agent.get("forms", ())),
            }
        )
        for agent in facts["agents"]
    )
    items = tuple(_item(item) for item in facts.pop("copies"))
    lists = {
        key: tuple(facts.get(key, ())) for key in ("titles", "subjects", "languages", "series")
    }
    identifiers = _identifiers(facts["identifiers"])
    return CatalogueEntry(
        **{**facts, **lists, "agents": agents, "items": items, "identifiers": identifiers}
    )


def _item(facts: dict[str, Any]) -> Item:
    lists = {key: tuple(facts[key]) for key in ("inventory", "provenance")}
    return Item(**{**facts, **lists, "registers": _identifiers(facts["registers"])})


def _identifiers(facts: list[dict[str, str]]) -> tuple[TypedNumber, ...]:
    return tuple(TypedNumber(**identifier) for identifier in facts)
