"""The NDSA Levels and CoreTrustSeal, as far as they are proved: as lines, as sections of a page."""

from __future__ import annotations

from collections.abc import Iterator

from preserva.core.policy.levels import (
    DEMANDS,
    REQUIREMENTS,
    Area,
    Evidence,
    LevelsVerdict,
    Question,
    reached,
)
from preserva.i18n import NP_, _, pgettext
from preserva.outputs.page import Section

_CORE_TRUST_SEAL = "CoreTrustSeal 2023-2025"

_VERDICTS = {
    LevelsVerdict.PROVED: NP_("level of preservation", "proved"),
    LevelsVerdict.MISSING: NP_("level of preservation", "not met"),
    LevelsVerdict.OUTSIDE: NP_("level of preservation", "outside"),
}


def level_lines(evidence: Evidence) -> Iterator[str]:
    """Yield the lines for a terminal."""
    for area in Area:
        yield _level(area, evidence)
        for demand in DEMANDS:
            if demand.area is area:
                yield f"  {demand.level}  {_verdict(demand, evidence)}: {_(demand.text)}"
    yield _CORE_TRUST_SEAL
    for requirement in REQUIREMENTS:
        yield f"  {requirement.number}  {_verdict(requirement, evidence)}: {_(requirement.text)}"


def level_sections(evidence: Evidence) -> tuple[Section, ...]:
    """The appendix of a report."""
    reason = _("Proved by the ledger, the configuration and a look at the storages.")
    return (
        Section(
            _("NDSA Levels of Digital Preservation"),
            (", ".join(_level(area, evidence) for area in Area), reason),
            (_("Area"), _("Level"), _("Outcome"), _("Requirement")),
            [
                (
                    pgettext("level of preservation", demand.area.value),
                    str(demand.level),
                    _verdict(demand, evidence),
                    _(demand.text),
                )
                for demand in DEMANDS
            ],
        ),
        Section(
            _CORE_TRUST_SEAL,
            (),
            (_("No."), _("Outcome"), _("Requirement")),
            [
                (requirement.number, _verdict(requirement, evidence), _(requirement.text))
                for requirement in REQUIREMENTS
            ],
        ),
    )


def _level(area: Area, evidence: Evidence) -> str:
    text = _("{area}: level {level} of 4")
    name = pgettext("level of preservation", area.value)
    return text.format(area=name, level=reached(area, evidence))


def _verdict(question: Question, evidence: Evidence) -> str:
    return pgettext("level of preservation", _VERDICTS[question.verdict(evidence)])
