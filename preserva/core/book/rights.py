"""The rights in a book: basis, jurisdiction, dates, permitted acts.

Source: PREMIS Data Dictionary 3.0, 4.1 (rightsStatement).
"""

from __future__ import annotations

from dataclasses import dataclass

from preserva.core.eark.vocabulary import CopyrightStatus, RightsBasis


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights on one basis; which fields apply depends on `basis`.

    `decided_by` is who decided it, on the date `determined`. `jurisdiction` is a country (ISO
    3166), `determined`, `start` and `end` are dates (EDTF), `uri`
    leads to the licence, the law or a statement such as those of rightsstatements.org. `acts` are
    permitted, under all of `restrictions`.
    """

    basis: RightsBasis
    status: CopyrightStatus | None = None
    jurisdiction: str | None = None
    citation: str | None = None
    terms: str | None = None
    determined: str | None = None
    decided_by: str | None = None
    start: str | None = None
    end: str | None = None
    note: str | None = None
    uri: str | None = None
    acts: tuple[str, ...] = ()
    restrictions: tuple[str, ...] = ()

    def missing(self) -> tuple[str, ...]:
        """The fields that are required for this basis but not given."""
        needed: dict[RightsBasis, dict[str, object]] = {
            RightsBasis.COPYRIGHT: {"status": self.status, "jurisdiction": self.jurisdiction},
            RightsBasis.STATUTE: {"jurisdiction": self.jurisdiction, "citation": self.citation},
            RightsBasis.LICENSE: {"terms": self.terms or self.uri},
        }
        facts = needed.get(self.basis, {"note": self.note})
        if self.end:
            facts["start"] = self.start
        if self.restrictions:
            facts["acts"] = self.acts
        return tuple(name for name, value in facts.items() if not value)
