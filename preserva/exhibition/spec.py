"""The specification of an exhibition, from a document that its JSON Schema has accepted.

A person writes it: ids refer to one another, and every text must be there in every language of the
site. Every inconsistency is reported by its key path, all at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from preserva.core.values.model import PackageId
from preserva.i18n import _

LANGUAGES = ("ru", "be", "en")

Words = Mapping[str, str]
"""A text in each language of the site."""

TextsByLanguage = Callable[[str, str], str | None]
"""The Markdown of a text by its name and language; None if there is none."""


class Include(StrEnum):
    """Which editions of the union catalogue get pages."""

    ALL = "all"
    DIGITISED = "digitised"
    SHOWN = "shown"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A book in a section. `pages` are ranges, none for all; `page` stands for the book."""

    where: str
    package: PackageId
    caption: Words
    page: int = 1
    pages: tuple[range, ...] = ()

    def shows(self, number: int) -> bool:
        """Whether a page of the book can be seen."""
        return not self.pages or any(number in some for some in self.pages)


@dataclass(frozen=True, slots=True)
class ExhibitionSection:
    """A part of the exhibition; `text` is Markdown."""

    id: str
    title: Words
    text: Words
    exhibits: tuple[Exhibit, ...]


@dataclass(frozen=True, slots=True)
class Writer:
    """A person with a page. `names` and `authorities` identify their records."""

    id: str
    name: Words
    text: Words
    born: str
    died: str
    names: tuple[str, ...]
    authorities: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the map, in degrees (WGS 84)."""

    id: str
    name: Words
    latitude: float
    longitude: float
    note: Words


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """An entry of the timeline, with the ids of its subjects, empty if it has none."""

    date: str
    title: Words
    place: str = ""
    writer: str = ""
    package: PackageId | None = None

    @property
    def order(self) -> tuple[int, str]:
        """The key that sorts events by time."""
        year, _hyphen, rest = self.date.partition("-")
        return int(year), rest


@dataclass(frozen=True, slots=True)
class Library:
    """An institution's address for readers."""

    id: str
    address: Words
    url: str = ""


@dataclass(frozen=True, slots=True)
class Exhibition:
    """A whole specification. `largest` counts pixels, 0 for as large as the pages are."""

    title: Words
    languages: tuple[str, ...]
    text: Words
    credits: Words
    rights: str
    url: str
    largest: int
    include: Include
    sections: tuple[ExhibitionSection, ...]
    writers: tuple[Writer, ...]
    places: tuple[Place, ...]
    events: tuple[TimelineEvent, ...]
    libraries: tuple[Library, ...]
    lines: str = ""

    def exhibits(self) -> Iterator[Exhibit]:
        """Every book of every section."""
        for section in self.sections:
            yield from section.exhibits

    def exhibits_of(self, package: PackageId) -> list[Exhibit]:
        """Every place where a book is shown."""
        return [exhibit for exhibit in self.exhibits() if exhibit.package == package]


def read_exhibition(
    document: Mapping[str, Any], texts: TextsByLanguage
) -> tuple[Exhibition, list[str]]:
    """The exhibition, and every problem, with its key path; it is usable if there is none."""
    reading = _SpecificationReader(document, texts)
    made = reading.exhibition()
    return made, reading.problems + list(_contradictions(made))


class _SpecificationReader:
    def __init__(self, document: Mapping[str, Any], texts: TextsByLanguage) -> None:
        self.problems: list[str] = []
        self._document = document
        self._texts = texts
        self._languages = tuple(document["exhibition"].get("languages", LANGUAGES))

    def exhibition(self) -> Exhibition:
        head = self._document["exhibition"]
        return Exhibition(
            self._words("exhibition.title", head["title"]),
            self._languages,
            self._text("exhibition.text", head),
            self._text("exhibition.credits", head, "credits"),
            head.get("rights", ""),
            head.get("url", "").rstrip("/"),
            head.get("largest", 0),
            Include(head.get("catalogue", "shown")),
            tuple(self._section(where, table) for where, table in self._list("sections")),
            tuple(self._writer(where, table) for where, table in self._list("writers")),
            tuple(self._place(where, table) for where, table in self._list("places")),
            tuple(self._event(where, table) for where, table in self._list("events")),
            tuple(self._library(where, table) for where, table in self._list("libraries")),
            self._document.get("map", {}).get("lines", ""),
        )

    def _list(self, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for number, table in enumerate(self._document.get(key, ())):
            yield f"{key}.{number}", table

    def _words(self, where: str, words: Words) -> Words:
        for language in self._languages:
            if language not in words:
                self.problems.append(_("{key}: missing").format(key=f"{where}.{language}"))
        return {language: words.get(language, "") for language in self._languages}

    def _text(self, where: str, of: Mapping[str, Any], key: str = "text") -> Words:
        if (name := of.get(key)) is None:
            return {}
        texts = {}
        for language in self._languages:
            text = self._texts(name, language)
            if text is None:
                file = f"{name}.{language}.md"
                self.problems.append(_("{key}: there is no {path}").format(key=where, path=file))
            texts[language] = text or ""
        return texts

    def _package(self, where: str, text: str) -> PackageId:
        try:
            return PackageId.parse(text)
        except ValueError:
            message = _("{key}: {text} is not a package identifier")
            self.problems.append(message.format(key=where, text=text))
            return PackageId("none", "none")

    def _section(self, where: str, table: Mapping[str, Any]) -> ExhibitionSection:
        exhibits = []
        for number, exhibit in enumerate(table.get("objects", ())):
            at = f"{where}.objects.{number}"
            exhibits.append(
                Exhibit(
                    at,
                    self._package(f"{at}.package", exhibit["package"]),
                    self._words(f"{at}.caption", exhibit["caption"]),
                    exhibit.get("page", 1),
                    tuple(_ranges(exhibit.get("pages", ""))),
                )
            )
        return ExhibitionSection(
            table["id"],
            self._words(f"{where}.title", table["title"]),
            self._text(f"{where}.text", table),
            tuple(exhibits),
        )

    def _writer(self, where: str, table: Mapping[str, Any]) -> Writer:
        return Writer(
            table["id"],
            self._words(f"{where}.name", table["name"]),
            self._text(f"{where}.text", table),
            table.get("born", ""),
            table.get("died", ""),
            tuple(table.get("names", ())),
            tuple(table.get("authorities", ())),
            tuple(table.get("places", ())),
        )

    def _place(self, where: str, table: Mapping[str, Any]) -> Place:
        note = self._words(f"{where}.note", table["note"]) if "note" in table else {}
        name = self._words(f"{where}.name", table["name"])
        return Place(table["id"], name, table["latitude"], table["longitude"], note)

    def _event(self, where: str, table: Mapping[str, Any]) -> TimelineEvent:
        package = table.get("package")
        return TimelineEvent(
            table["date"],
            self._words(f"{where}.title", table["title"]),
            table.get("place", ""),
            table.get("writer", ""),
            None if package is None else self._package(f"{where}.package", package),
        )

    def _library(self, where: str, table: Mapping[str, Any]) -> Library:
        return Library(
            table["id"], self._words(f"{where}.address", table["address"]), table.get("url", "")
        )


def _ranges(text: str) -> Iterator[range]:
    for first, last in re.findall(r"([0-9]+)(?: *- *([0-9]+))?", text):
        yield range(int(first), int(last or first) + 1)


def _contradictions(made: Exhibition) -> Iterator[str]:
    """Checks that involve several keys."""
    for name in ("sections", "writers", "places", "libraries"):
        yield from _twice(name, getattr(made, name))
    for exhibit in made.exhibits():
        for some in exhibit.pages:
            if not some or not some[0]:
                yield _("{key}: {pages} is not a range of pages").format(
                    key=f"{exhibit.where}.pages", pages=f"{some.start}-{some.stop - 1}"
                )
        if not exhibit.shows(exhibit.page):
            message = _("{key}: page {page} is not one of the pages that are shown")
            yield message.format(key=f"{exhibit.where}.page", page=exhibit.page)
    places = {place.id for place in made.places}
    writers = {writer.id for writer in made.writers}
    shown = {exhibit.package for exhibit in made.exhibits()}
    for number, writer in enumerate(made.writers):
        for place in writer.places:
            yield from _unknown(f"writers.{number}.places", place, places)
    for number, event in enumerate(made.events):
        yield from _unknown(f"events.{number}.place", event.place, {"", *places})
        yield from _unknown(f"events.{number}.writer", event.writer, {"", *writers})
        if event.package is not None and event.package not in shown:
            message = _("{key}: {id} is not shown in a section")
            yield message.format(key=f"events.{number}.package", id=event.package.portable)


def _twice(
    name: str, some: Sequence[ExhibitionSection | Writer | Place | Library]
) -> Iterator[str]:
    seen = set[str]()
    for number, entry in enumerate(some):
        if entry.id in seen:
            yield _("{key}: {id} is given twice").format(key=f"{name}.{number}.id", id=entry.id)
        seen.add(entry.id)


def _unknown(key: str, id_: str, known: set[str]) -> Iterator[str]:
    if id_ not in known:
        yield _("{key}: there is no {id}").format(key=key, id=id_)
