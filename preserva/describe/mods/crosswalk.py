"""The crosswalk from MARC fields to MODS 3.8, as rules read from crosswalk.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TypedDict

from preserva.describe.catalogue_record import Dialect

HOLDING = "holding"
HOLDING_NOTE = "holding note"

ARTICLE = "in"
"""displayLabel of the host of an article: it is not a part of the article's title."""

FAMILY: Mapping[Dialect, str] = {
    Dialect.MARC21: "marc21",
    Dialect.UNIMARC: "unimarc",
    Dialect.RUSMARC: "unimarc",
    Dialect.BELMARC: "unimarc",
    Dialect.IRBIS: "irbis",
}
"""Which rules a dialect follows; a record of no dialect has none."""

_STEP = re.compile(r"([A-Za-z ]+|\.)((?:@[A-Za-z]+=[^@]*)*)")


@dataclass(frozen=True, slots=True)
class PathStep:
    """One element of a path: its name, and attributes with their values."""

    name: str
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What fields with these tags become: see the head of crosswalk.toml."""

    tags: tuple[str, ...]
    about: str
    element: tuple[PathStep, ...]
    subfields: tuple[tuple[str, tuple[PathStep, ...]], ...]
    join: str | None
    merge: bool
    type_from: str | None
    second: str | None
    role: str | None
    needs: str | None

    def applies(self, tag: str, indicators: str) -> bool:
        """Whether the rule applies to a field with this tag and these indicators."""
        second = indicators[1:2] or " "
        return tag in self.tags and (self.second is None or second in self.second)


@dataclass(frozen=True, slots=True)
class Coded:
    """Places `start` to `end` of a subfield of 141: what they say, and the note they make.

    `apart` holds the codes that make a note of another type.
    """

    subfield: str
    start: int
    end: int
    note: str
    label: str
    codes: Mapping[str, str]
    apart: Mapping[str, str] = field(default_factory=dict)

    def notes(self, value: str) -> list[tuple[str, str]]:
        """Types and texts of the notes; none where the codes say nothing or "unknown"."""
        by_type: dict[str, list[str]] = {}
        for code in dict.fromkeys(value[self.start : self.end + 1]):
            if code.strip(" #|u"):
                note = self.apart.get(code, self.note)
                by_type.setdefault(note, []).append(self.codes.get(code, code))
        return [(note, f"{self.label}: {', '.join(texts)}") for note, texts in by_type.items()]


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """All rules by family of dialects; types of resource by family; MARC relators by UNIMARC's.

    `role_words` are MARC relators by words, `registers` those of book monuments, by their codes.
    """

    rules: Mapping[str, tuple[Rule, ...]]
    coded: tuple[Coded, ...]
    resource: Mapping[str, Mapping[str, str]]
    relators: Mapping[str, str]
    registers: Mapping[str, str]
    role_words: Mapping[str, str]

    def relator(self, role: str) -> str:
        """The MARC relator of a code, of a code with words after it, or of words; else empty."""
        bare = role.strip(" .,:;/[]").casefold()
        if bare[:3].isdigit():
            return self.relators.get(bare[:3], "")
        return self.role_words.get(bare, "")


class _Table(TypedDict, total=False):
    tags: list[str]
    about: str
    mods: str
    subfields: dict[str, str]
    join: str
    merge: bool
    type_from: str
    second: str
    role: str
    needs: str


@cache
def crosswalk() -> Crosswalk:
    """The rules, read once from the installed file."""
    text = files("preserva.describe.mods").joinpath("crosswalk.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return Crosswalk(
        rules={
            family: tuple(_rule(table) for table in data[family])
            for family in ("unimarc", "marc21", "irbis")
        },
        coded=tuple(Coded(**table) for table in data["coded"]),
        resource=data["resource"],
        relators=data["relators"],
        registers=data["registers"],
        role_words=data["role_words"],
    )


def _rule(table: _Table) -> Rule:
    subfields = tuple((code, _path(path)) for code, path in table["subfields"].items())
    return Rule(
        tags=tuple(table["tags"]),
        about=table["about"],
        element=_path(table["mods"]),
        subfields=subfields,
        join=table.get("join"),
        merge=table.get("merge", False),
        type_from=table.get("type_from"),
        second=table.get("second"),
        role=table.get("role"),
        needs=table.get("needs"),
    )


def _path(text: str) -> tuple[PathStep, ...]:
    steps = []
    for part in text.split(">"):
        match = _STEP.fullmatch(part)
        if not match:
            raise ValueError(f"not a path of the crosswalk: {text!r}")
        pairs = [pair.split("=", 1) for pair in match[2].split("@")[1:]]
        steps.append(PathStep(match[1], tuple((name, value) for name, value in pairs)))
    return tuple(steps)
