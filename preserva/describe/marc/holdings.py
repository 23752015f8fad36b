"""The holdings that a record describes: what it says of each item (экземпляр) of the edition.

There is one holding for each 899 or 852 (910 in IRBIS; 952, 995, 930 of Koha and Sudoc). Fields
about an item (141, 316-318, 621, 703 ...) are tied to it by $5, "holder : shelfmark"; without $5
they belong to the only holding there is. Registers of book monuments register items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from preserva.describe.catalogue_record import Dialect, Field, Record
from preserva.describe.mods.crosswalk import HOLDING, HOLDING_NOTE, PathStep, Rule, crosswalk

_WRITTEN_OFF = "6"
"""The status of an item in IRBIS (910 ^A) that the library no longer has."""

_Attributes = tuple[tuple[str, str], ...]


class HoldingKind(StrEnum):
    """The two kinds of book monuments (Federal Law 78-FZ of Russia, article 16.1)."""

    SINGLE = "single"
    COLLECTION = "collection"


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """The number of an item in a register of book monuments: `ru-knpam`, `by-kp`."""

    register: str
    number: str


@dataclass(slots=True)
class Holding:
    """A holder and what the record says of one item there: (attributes, text) by MODS element.

    The properties name the same texts by their meaning; each is empty where the record is silent.
    """

    holder: str = ""
    kind: HoldingKind = HoldingKind.SINGLE
    parts: dict[str, list[tuple[_Attributes, str]]] = field(default_factory=dict)

    def add(self, step: PathStep, text: str) -> None:
        """Add a statement about the item."""
        statements = self.parts.setdefault(step.name, [])
        if (step.attributes, text) not in statements:
            statements.append((step.attributes, text))

    def texts(self, element: str, type_: str | None = None) -> list[str]:
        """The texts of an element, or only those with a `type` attribute of that value."""
        statements = self.parts.get(element, [])
        return [text for own, text in statements if type_ is None or dict(own).get("type") == type_]

    @property
    def sublocation(self) -> str:
        """The fund or department."""
        return ", ".join(self.texts("subLocation"))

    @property
    def shelfmark(self) -> str:
        """The shelfmark."""
        return " ".join(self.texts("shelfLocator"))

    @property
    def inventory(self) -> tuple[str, ...]:
        """Inventory and item numbers."""
        numbers = self.parts.get("itemIdentifier", [])
        registers = crosswalk().registers
        return tuple(text for own, text in numbers if dict(own).get("type") not in registers)

    @property
    def registers(self) -> tuple[RegisterEntry, ...]:
        """Its numbers in registers of book monuments."""
        return tuple(
            RegisterEntry(name, text)
            for name in crosswalk().registers
            for text in self.texts("itemIdentifier", name)
        )

    @property
    def completeness(self) -> tuple[str, ...]:
        """What is missing."""
        return tuple(self.texts("note", "completeness"))

    @property
    def condition(self) -> tuple[str, ...]:
        """The state of the book and of its binding."""
        return tuple(self.texts("note", "condition"))

    @property
    def binding(self) -> tuple[str, ...]:
        """The binding: material, age, whether it is the first."""
        return tuple(self.texts("note", "binding"))

    @property
    def provenance(self) -> tuple[str, ...]:
        """Former owners."""
        return tuple(self.texts("note", "ownership"))

    @property
    def bookplates(self) -> tuple[str, ...]:
        """Ex-libris."""
        return tuple(self.texts("note", "bookplate"))

    @property
    def marginalia(self) -> tuple[str, ...]:
        """Inscriptions and marginalia."""
        return tuple(self.texts("note", "marginalia"))

    @property
    def features(self) -> tuple[str, ...]:
        """What else distinguishes it from other items of the edition."""
        return tuple(self.texts("note", "copy-specific"))


@dataclass(frozen=True, slots=True)
class Statement:
    """A note about an item: its element, its text, and the item that $5 names, if any."""

    step: PathStep
    text: str
    tie: str
    inventory: str


def read_holdings(record: Record, rules: tuple[Rule, ...]) -> list[Holding]:
    """All holdings in the order of the record; those that only a $5 names come last."""
    fields = record.fields
    holdings = [
        _holding(marc_field, rule)
        for marc_field in fields
        for rule in rules
        if marc_field.tag in rule.tags and rule.element[0].name == HOLDING
        if rule.needs is None or marc_field.all(rule.needs)
        if not (record.dialect is Dialect.IRBIS and marc_field.first("a").strip() == _WRITTEN_OFF)
    ]
    for statement in _statements(fields, rules):
        holding = _tied(holdings, statement.tie)
        holding.add(statement.step, statement.text)
        if statement.inventory and statement.inventory not in holding.texts("itemIdentifier"):
            holding.add(PathStep("itemIdentifier", (("type", "inventory"),)), statement.inventory)
    for entry, tie in _registered(fields, rules):
        if tie or len(holdings) == 1:
            step = PathStep("itemIdentifier", (("type", entry.register),))
            _tied(holdings, tie).add(step, entry.number)
    if record.leader[7:8] == "c":  # bibliographic level: collection
        for holding in holdings:
            holding.kind = HoldingKind.COLLECTION
    return [holding for holding in holdings if holding.holder or holding.parts]


def _holding(marc_field: Field, rule: Rule) -> Holding:
    holding = Holding()
    paths = dict(rule.subfields)
    for subfield in marc_field.subfields:
        path = paths.get(subfield.code)
        text = subfield.value.strip()
        if path and text and path[0].name == "physicalLocation":
            holding.holder = holding.holder or text
        elif path and text:
            holding.add(path[0], text)
    return holding


def _statements(fields: tuple[Field, ...], rules: tuple[Rule, ...]) -> Iterator[Statement]:
    for rule in rules:
        if rule.element[0].name != HOLDING_NOTE:
            continue
        codes = "".join(code for code, _path in rule.subfields)
        if "141" in rule.tags:
            yield from _coded(fields)
        step = PathStep("note", rule.element[0].attributes)
        for marc_field in fields:
            values = [value.strip() for value in marc_field.all(codes) if value.strip()]
            if marc_field.tag not in rule.tags or not values:
                continue
            tie, inventory = marc_field.first("5").strip(), marc_field.first("9").strip()
            texts = [rule.join.join(values)] if rule.join is not None else values
            for text in texts:
                yield Statement(step, text, tie, inventory)


def _coded(fields: tuple[Field, ...]) -> Iterator[Statement]:
    """The meaning of the codes in 141: binding, condition, marginalia."""
    for marc_field in fields:
        for coded in crosswalk().coded:
            for note, text in (
                coded.notes(marc_field.first(coded.subfield)) if marc_field.tag == "141" else ()
            ):
                step = PathStep("note", (("type", note),))
                yield Statement(
                    step, text, marc_field.first("5").strip(), marc_field.first("9").strip()
                )


def _registered(
    fields: tuple[Field, ...], rules: tuple[Rule, ...]
) -> Iterator[tuple[RegisterEntry, str]]:
    """Numbers in registers of book monuments, each with the $5 that ties it to an item."""
    for rule in rules:
        for marc_field in fields if rule.type_from else ():
            if marc_field.tag not in rule.tags:
                continue
            register = marc_field.first(rule.type_from or "").strip()
            if register in crosswalk().registers:
                for number in marc_field.all("a"):
                    yield RegisterEntry(register, number.strip()), marc_field.first("5").strip()


def _tied(holdings: list[Holding], tie: str) -> Holding:
    """The holding that $5 names, made if the record has no field for it."""
    holder, _colon, shelfmark = (part.strip() for part in tie.partition(":"))
    if not tie and len(holdings) == 1:
        return holdings[0]
    candidates = [holding for holding in holdings if _same(holding.holder, holder)]
    for holding in candidates:
        if _same("".join(holding.texts("shelfLocator")), shelfmark):
            return holding
    if not shelfmark and len(candidates) == 1:
        return candidates[0]
    holding = Holding(holder)
    if shelfmark:
        holding.add(PathStep("shelfLocator"), shelfmark)
    holdings.append(holding)
    return holding


def _same(text: str, other: str) -> bool:
    return re.sub(r"[\s.]", "", text).lower() == re.sub(r"[\s.]", "", other).lower()
