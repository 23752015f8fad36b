"""The copies (экземпляры) of an edition that a record describes: the copy is what is registered.

One copy for each 899 or 852 (910 in IRBIS). Fields about a copy (141, 316-318, 621, 703...) are
tied to it by $5, "holder : shelfmark"; without $5 they belong to the only copy there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from preserva.describe.crosswalk import COPY, COPY_NOTE, Rule, Step, crosswalk
from preserva.describe.model import Field

Attributes = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Copy:
    """One copy: holder, and what is said of it, as (attributes, text) by MODS element."""

    holder: str = ""
    parts: dict[str, list[tuple[Attributes, str]]] = field(default_factory=dict)

    def add(self, step: Step, text: str) -> None:
        """Say one more thing of the copy."""
        said = self.parts.setdefault(step.name, [])
        if (step.attributes, text) not in said:
            said.append((step.attributes, text))

    def texts(self, element: str) -> list[str]:
        """What is said in that element."""
        return [text for _attributes, text in self.parts.get(element, [])]


@dataclass(frozen=True, slots=True)
class Statement:
    """A note of a copy: the kind of note, its text, and the copy that $5 names, if it does."""

    step: Step
    text: str
    tie: str
    inventory: str


def copies(fields: tuple[Field, ...], rules: tuple[Rule, ...]) -> list[Copy]:
    """All copies, in the order of the record; those that only a $5 names come last."""
    found = [
        _copy(one, rule)
        for one in fields
        for rule in rules
        if one.tag in rule.tags and rule.element and rule.element[0].name == COPY
    ]
    for statement in _statements(fields, rules):
        copy = _tied(found, statement.tie)
        copy.add(statement.step, statement.text)
        if statement.inventory and statement.inventory not in copy.texts("itemIdentifier"):
            copy.add(Step("itemIdentifier", (("type", "inventory"),)), statement.inventory)
    return [copy for copy in found if copy.holder or copy.parts]


def _copy(one: Field, rule: Rule) -> Copy:
    copy = Copy()
    paths = dict(rule.subfields)
    for subfield in one.subfields:
        path = paths.get(subfield.code)
        text = subfield.value.strip()
        if path and text and path[0].name == "physicalLocation":
            copy.holder = copy.holder or text
        elif path and text:
            copy.add(path[0], text)
    return copy


def _statements(fields: tuple[Field, ...], rules: tuple[Rule, ...]) -> Iterator[Statement]:
    for rule in rules:
        if not rule.element or rule.element[0].name != COPY_NOTE:
            continue
        codes = "".join(code for code, _path in rule.subfields)
        if "141" in rule.tags:
            yield from _coded(fields)
        step = Step("note", rule.element[0].attributes)
        for one in fields:
            values = [value.strip() for value in one.all(codes) if value.strip()]
            if one.tag not in rule.tags or not values:
                continue
            tie, inventory = one.first("5").strip(), one.first("9").strip()
            texts = [rule.join.join(values)] if rule.join is not None else values
            for text in texts:
                yield Statement(step, text, tie, inventory)


def _coded(fields: tuple[Field, ...]) -> Iterator[Statement]:
    """What the codes of 141 mean: binding, condition, marginalia."""
    for one in fields:
        for coded in crosswalk().coded:
            text = coded.text(one.first(coded.subfield)) if one.tag == "141" else ""
            if text:
                step = Step("note", (("type", coded.note),))
                yield Statement(step, text, one.first("5").strip(), one.first("9").strip())


def _tied(found: list[Copy], tie: str) -> Copy:
    """The copy that $5 names, made if the record has no field for it."""
    holder, _colon, shelfmark = (part.strip() for part in tie.partition(":"))
    if not tie and len(found) == 1:
        return found[0]
    candidates = [copy for copy in found if _same(copy.holder, holder)]
    for copy in candidates:
        if _same("".join(copy.texts("shelfLocator")), shelfmark):
            return copy
    if not shelfmark and len(candidates) == 1:
        return candidates[0]
    copy = Copy(holder)
    if shelfmark:
        copy.add(Step("shelfLocator"), shelfmark)
    found.append(copy)
    return copy


def _same(one: str, other: str) -> bool:
    return re.sub(r"[\s.]", "", one).lower() == re.sub(r"[\s.]", "", other).lower()
