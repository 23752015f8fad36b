"""What the evidence proves of the NDSA Levels and of CoreTrustSeal.

NDSA Levels of Digital Preservation, version 2.0 (2019): five areas, four levels each. A level is
reached if all its demands and those of the levels below are proved. What a program cannot know,
because it is on paper or done by people, is outside; it blocks a level like a missing demand.

CoreTrustSeal Requirements 2023-2025: R01 to R16. Most concern people and institutions; listed here
are those for which an archive itself can give evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from preserva.i18n import N_, NP_


class Area(StrEnum):
    """The functional areas of the Levels."""

    STORAGE = NP_("level of preservation", "storage")
    INTEGRITY = NP_("level of preservation", "integrity")
    CONTROL = NP_("level of preservation", "control")
    METADATA = NP_("level of preservation", "metadata")
    CONTENT = NP_("level of preservation", "content")


class LevelsVerdict(StrEnum):
    """How the evidence meets a demand."""

    PROVED = NP_("level of preservation", "proved")
    MISSING = "missing"
    OUTSIDE = NP_("level of preservation", "outside")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What ledger, configuration and storages show.

    `copies`, `institutions` and `countries` are the fewest that any package has of sound copies, of
    institutions that hold one, and of countries in which one lies. `read_back` are copies that were
    compared when they were made. `ledger_copied`: another institution has a copy of the ledger;
    None if that could not be determined. `verified_days` since the whole ledger was last verified.
    """

    packages: int
    copies: int
    institutions: int
    countries: int
    never: int
    overdue: int
    checks: int
    read_back: int
    damaged: int
    agents: int
    ledger_copied: bool | None
    verified_days: int | None


@dataclass(frozen=True, slots=True)
class Question:
    """A single demand, in our words, and how the evidence answers it."""

    text: str
    answer: Callable[[Evidence], bool | None]

    def verdict(self, evidence: Evidence) -> LevelsVerdict:
        """The verdict. For an archive without packages nothing is proved."""
        answer = self.answer(evidence)
        if answer is None:
            return LevelsVerdict.OUTSIDE
        return LevelsVerdict.PROVED if answer and evidence.packages else LevelsVerdict.MISSING


@dataclass(frozen=True, slots=True)
class Demand(Question):
    """A demand of a level."""

    area: Area
    level: int


@dataclass(frozen=True, slots=True)
class Requirement(Question):
    """A demand of a CoreTrustSeal requirement that an archive can show."""

    number: str


def _outside(_evidence: Evidence) -> None:
    return None


def _always(_evidence: Evidence) -> bool:
    return True


def _on_time(evidence: Evidence) -> bool:
    return evidence.checks > 0 and evidence.never == 0 and evidence.overdue == 0


def _verified(evidence: Evidence) -> bool:
    return evidence.verified_days is not None and evidence.verified_days <= 31


DEMANDS = (
    Demand(
        N_("two sound copies of everything, in two places"),
        lambda e: e.copies >= 2 and e.institutions >= 2,
        Area.STORAGE,
        1,
    ),
    Demand(N_("all storages are named in the configuration"), _always, Area.STORAGE, 1),
    Demand(
        N_("three sound copies of everything, one of them far away"),
        lambda e: e.copies >= 3 and e.institutions >= 2,
        Area.STORAGE,
        2,
    ),
    Demand(N_("the requirements of the storages are documented"), _outside, Area.STORAGE, 2),
    Demand(
        N_("a copy where other disasters threaten: in another country"),
        lambda e: e.countries >= 2,
        Area.STORAGE,
        3,
    ),
    Demand(
        N_("a copy on another kind of medium; media are renewed in time"), _outside, Area.STORAGE, 3
    ),
    Demand(
        N_("three copies in three places with different threats"),
        lambda e: e.copies >= 3 and e.countries >= 3,
        Area.STORAGE,
        4,
    ),
    Demand(N_("each file has digests from the day of its ingest"), _always, Area.INTEGRITY, 1),
    Demand(N_("content was searched for viruses"), _outside, Area.INTEGRITY, 1),
    Demand(
        N_("each copy was read back and compared when it was made"),
        lambda e: e.read_back > 0,
        Area.INTEGRITY,
        2,
    ),
    Demand(
        N_("the digests are kept apart from the content, elsewhere too"),
        lambda e: e.ledger_copied,
        Area.INTEGRITY,
        2,
    ),
    Demand(
        N_("every copy is checked within its interval, and that is recorded"),
        _on_time,
        Area.INTEGRITY,
        3,
    ),
    Demand(N_("the ledger was fully verified within a month"), _verified, Area.INTEGRITY, 3),
    Demand(N_("damaged content has been replaced"), lambda e: e.damaged == 0, Area.INTEGRITY, 4),
    Demand(
        N_("permissions to read, write and move content are documented"), _outside, Area.CONTROL, 1
    ),
    Demand(
        N_("only one institution writes each package; nothing is deleted"),
        _always,
        Area.CONTROL,
        2,
    ),
    Demand(
        N_("who did what is recorded, with agent and time"),
        lambda e: e.agents > 0,
        Area.CONTROL,
        3,
    ),
    Demand(N_("people review that record at intervals"), _outside, Area.CONTROL, 4),
    Demand(N_("there is an inventory of all content and its location"), _always, Area.METADATA, 1),
    Demand(
        N_("a second copy of that inventory is kept elsewhere"),
        lambda e: e.ledger_copied,
        Area.METADATA,
        1,
    ),
    Demand(
        N_("each package describes itself: MODS or Dublin Core, and METS"),
        _always,
        Area.METADATA,
        2,
    ),
    Demand(
        N_("each package was validated against the standards it uses"), _always, Area.METADATA, 3
    ),
    Demand(
        N_("the history of each package is recorded as PREMIS events"),
        lambda e: e.agents > 0,
        Area.METADATA,
        4,
    ),
    Demand(
        N_("the format of each file was identified, and how is recorded"), _always, Area.CONTENT, 1
    ),
    Demand(
        N_("formats were verified: page images are, imported files are not"),
        _outside,
        Area.CONTENT,
        2,
    ),
    Demand(N_("those who scan know which formats are durable"), _outside, Area.CONTENT, 2),
    Demand(N_("formats are monitored for obsolescence"), _outside, Area.CONTENT, 3),
    Demand(N_("obsolete formats were migrated"), _outside, Area.CONTENT, 4),
)

REQUIREMENTS = (
    Requirement(N_("each package states the rights in it"), _always, "R02"),
    Requirement(
        N_("another institution has a sound copy of everything"),
        lambda e: e.institutions >= 2,
        "R03",
    ),
    Requirement(N_("who did what is recorded, with agent and time"), lambda e: e.agents > 0, "R07"),
    Requirement(N_("the ledger was fully verified within a month"), _verified, "R07"),
    Requirement(N_("people decide what can and cannot be ingested"), _outside, "R08"),
    Requirement(N_("there is a written plan for obsolete formats"), _outside, "R09"),
    Requirement(N_("nothing is stored that was not validated first"), _always, "R10"),
    Requirement(
        N_("each copy was read back and compared when it was made"),
        lambda e: e.read_back > 0,
        "R11",
    ),
    Requirement(
        N_("each package has an identifier that never changes, and a description"), _always, "R12"
    ),
    Requirement(
        N_("two sound copies of everything, in two places"),
        lambda e: e.copies >= 2 and e.institutions >= 2,
        "R14",
    ),
    Requirement(
        N_("every copy is checked within its interval, and that is recorded"), _on_time, "R14"
    ),
    Requirement(N_("damaged content has been replaced"), lambda e: e.damaged == 0, "R14"),
    Requirement(
        N_("a lost ledger can be rebuilt: there is a copy of it elsewhere"),
        lambda e: e.ledger_copied,
        "R15",
    ),
    Requirement(N_("permissions to read, write and move content are documented"), _outside, "R16"),
)
"""CoreTrustSeal Requirements 2023-2025; what is not here is for people alone to answer."""


def reached(area: Area, evidence: Evidence) -> int:
    """The highest level of an area that is proved with all below it; 0 if none."""
    level = 0
    for candidate in (1, 2, 3, 4):
        asked = [demand for demand in DEMANDS if demand.area is area and demand.level == candidate]
        if not all(demand.verdict(evidence) is LevelsVerdict.PROVED for demand in asked):
            break
        level = candidate
    return level
