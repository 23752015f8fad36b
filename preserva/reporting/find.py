"""Packages found by what their records say: title, shelfmark, inventory, register, record number.

The record in each package is read, so that the result does not depend on a catalogue.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from preserva.access.document import Document, read_document
from preserva.archive.archive import ArchivalStorage
from preserva.core.values.model import PackageId
from preserva.core.xml.safe import parse
from preserva.describe.mods import reading
from preserva.describe.mods.crosswalk import crosswalk
from preserva.errors import UsageError


@dataclass(frozen=True, slots=True)
class Wanted:
    """The criteria; None is ignored. All that are given must fit.

    A title fits if it contains the words. Numbers fit if they have the same letters and digits:
    case, blanks and punctuation do not count.
    """

    title: str | None = None
    shelfmark: str | None = None
    inventory: str | None = None
    register: str | None = None
    record: str | None = None

    def __bool__(self) -> bool:
        return any((self.title, self.shelfmark, self.inventory, self.register, self.record))

    def fits(self, title: str, mods: etree._Element | None) -> bool:
        """Whether a package with this title and record is one of those."""
        titles = [title] if mods is None else [title, *(t.text for t in reading.titles(mods))]
        if self.title and not any(_words(self.title) in _words(text) for text in titles):
            return False
        numbers = _numbers(mods)
        asked = {
            "shelfmark": self.shelfmark,
            "inventory": self.inventory,
            "register": self.register,
            "record": self.record,
        }
        return all(
            _plain(text) in map(_plain, numbers[name]) for name, text in asked.items() if text
        )


ANY = Wanted()


def fits(
    archive: ArchivalStorage,
    package: PackageId,
    title: str,
    wanted: Wanted,
    storage: str | None = None,
) -> bool:
    """Whether a package in a storage is wanted. Raises Damaged, NotFound, StorageError."""
    if not wanted:
        return True
    try:
        mods = parse(read_document(archive, package, Document.MODS, storage=storage))
    except UsageError:  # what others sent may have no MODS
        mods = None
    return wanted.fits(title, mods)


def _numbers(mods: etree._Element | None) -> dict[str, list[str]]:
    if mods is None:
        return {"shelfmark": [], "inventory": [], "register": [], "record": []}
    registers = crosswalk().registers
    items = reading.all_of(mods, ".//m:itemIdentifier")
    return {
        "shelfmark": _texts(reading.all_of(mods, "m:location//m:shelfLocator")),
        "inventory": _texts(n for n in items if n.get("type") not in registers),
        "register": _texts(n for n in items if n.get("type") in registers),
        "record": [reading.number(mods), reading.identifier(mods)],
    }


def _texts(nodes: Iterable[etree._Element]) -> list[str]:
    return [reading.text_of(node) for node in nodes]


def _words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())
