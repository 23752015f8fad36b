"""Which of the NDSA Levels of Digital Preservation are proved, by evidence and nothing else.

NDSA Levels of Digital Preservation, version 2.0 (2019): five areas, four levels each. A level is
reached if all that it and those below it ask for is proved. What no program can know, because it
is written on paper or done by people, lies outside; it holds a level up like what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from preserva.i18n import N_


class Area(StrEnum):
    """The functional areas of the Levels."""

    STORAGE = N_("storage")
    INTEGRITY = N_("integrity")
    CONTROL = N_("control")
    METADATA = N_("metadata")
    CONTENT = N_("content")


class Verdict(StrEnum):
    """What the evidence says of a demand."""

    PROVED = N_("proved")
    MISSING = N_("missing")
    OUTSIDE = N_("outside")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What ledger, configuration and storages show.

    `copies`, `institutions` and `countries` are the fewest that any package has of sound copies, of
    institutions that hold one, and of countries in which one lies. `read_back` are copies that were
    compared when they were made. `ledger_copied`: a copy of the ledger lies at another institution;
    None if that was not to be seen. `verified_days` since the whole ledger was last verified.
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
class Demand:
    """One thing that a level asks for, in our words, and how evidence answers it."""

    area: Area
    level: int
    text: str
    answer: Callable[[Evidence], bool | None]

    def verdict(self, evidence: Evidence) -> Verdict:
        """What the evidence says. Of an archive without packages nothing is proved."""
        answer = self.answer(evidence)
        if answer is None:
            return Verdict.OUTSIDE
        return Verdict.PROVED if answer and evidence.packages else Verdict.MISSING


def _outside(_evidence: Evidence) -> None:
    return None


def _always(_evidence: Evidence) -> bool:
    return True


def _on_time(one: Evidence) -> bool:
    return one.checks > 0 and one.never == 0 and one.overdue == 0


def _verified(one: Evidence) -> bool:
    return one.verified_days is not None and one.verified_days <= 31


DEMANDS = (
    Demand(Area.STORAGE, 1, N_("two sound copies of everything, in two places"),
           lambda one: one.copies >= 2 and one.institutions >= 2),
    Demand(Area.STORAGE, 1, N_("all storages are named in the configuration"), _always),
    Demand(Area.STORAGE, 2, N_("three sound copies of everything, one of them far away"),
           lambda one: one.copies >= 3 and one.institutions >= 2),
    Demand(Area.STORAGE, 2, N_("what the storages need in order to work is described"), _outside),
    Demand(Area.STORAGE, 3, N_("a copy where other disasters threaten: in another country"),
           lambda one: one.countries >= 2),
    Demand(Area.STORAGE, 3, N_("a copy on another kind of medium; media are renewed in time"),
           _outside),
    Demand(Area.STORAGE, 4, N_("three copies in three places with different threats"),
           lambda one: one.copies >= 3 and one.countries >= 3),
    Demand(Area.INTEGRITY, 1, N_("each file has digests from the day on which it came"), _always),
    Demand(Area.INTEGRITY, 1, N_("content was searched for viruses"), _outside),
    Demand(Area.INTEGRITY, 2, N_("each copy was read back and compared when it was made"),
           lambda one: one.read_back > 0),
    Demand(Area.INTEGRITY, 2, N_("the digests are kept apart from the content, elsewhere too"),
           lambda one: one.ledger_copied),
    Demand(Area.INTEGRITY, 3, N_("every copy is checked within its interval, and that is recorded"),
           _on_time),
    Demand(Area.INTEGRITY, 3, N_("the record itself was proved whole within a month"), _verified),
    Demand(Area.INTEGRITY, 4, N_("what was damaged has been replaced"),
           lambda one: one.damaged == 0),
    Demand(Area.CONTROL, 1, N_("who may read, write and move content is written down"), _outside),
    Demand(Area.CONTROL, 2, N_("one institution alone writes each package; nothing is deleted"),
           _always),
    Demand(Area.CONTROL, 3, N_("who did what is recorded, with agent and time"),
           lambda one: one.agents > 0),
    Demand(Area.CONTROL, 4, N_("people look through that record at intervals"), _outside),
    Demand(Area.METADATA, 1, N_("there is a list of all content and where it lies"), _always),
    Demand(Area.METADATA, 1, N_("that list is kept a second time, elsewhere"),
           lambda one: one.ledger_copied),
    Demand(Area.METADATA, 2, N_("each package says what it is: MODS or Dublin Core, and METS"),
           _always),
    Demand(Area.METADATA, 3, N_("each package was validated against the standards it uses"),
           _always),
    Demand(Area.METADATA, 4, N_("what was done to each package is recorded, as PREMIS events"),
           lambda one: one.agents > 0),
    Demand(Area.CONTENT, 1, N_("the format of each file was identified, and how is recorded"),
           _always),
    Demand(Area.CONTENT, 2, N_("formats were verified: page images are, imported files are not"),
           _outside),
    Demand(Area.CONTENT, 2, N_("those who scan are told which formats last"), _outside),
    Demand(Area.CONTENT, 3, N_("somebody watches which formats grow old"), _outside),
    Demand(Area.CONTENT, 4, N_("what grew old was migrated"), _outside),
)  # fmt: skip


def reached(area: Area, evidence: Evidence) -> int:
    """The highest level of an area of which everything is proved, with all below it; 0 if none."""
    level = 0
    for candidate in (1, 2, 3, 4):
        asked = [one for one in DEMANDS if one.area is area and one.level == candidate]
        if not all(one.verdict(evidence) is Verdict.PROVED for one in asked):
            break
        level = candidate
    return level
