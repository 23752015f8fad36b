"""The NDSA Levels and CoreTrustSeal, as far as they are proved: in words, as data, on a page."""

from __future__ import annotations

from collections.abc import Iterator

from preserva.core.formats.canonical_json import Value
from preserva.core.policy.levels import DEMANDS, REQUIREMENTS, Area, Evidence, reached
from preserva.i18n import _
from preserva.outputs.page import Section

_CORE_TRUST_SEAL = "CoreTrustSeal 2023-2025"


def level_lines(found: Evidence) -> Iterator[str]:
    """For a terminal."""
    for area in Area:
        text = _("{area}: level {level} of 4")
        yield text.format(area=_(area.value), level=reached(area, found))
        for one in DEMANDS:
            if one.area is area:
                yield f"  {one.level}  {_(one.verdict(found).value)}: {_(one.text)}"
    yield _CORE_TRUST_SEAL
    for each in REQUIREMENTS:
        yield f"  {each.number}  {_(each.verdict(found).value)}: {_(each.text)}"


def levels_document(found: Evidence) -> dict[str, Value]:
    """For programs."""
    return {
        "levels": {area.value: reached(area, found) for area in Area},
        "demands": [
            {
                "area": one.area.value,
                "level": one.level,
                "text": one.text,
                "verdict": one.verdict(found).value,
            }
            for one in DEMANDS
        ],
        "requirements": [
            {"number": one.number, "text": one.text, "verdict": one.verdict(found).value}
            for one in REQUIREMENTS
        ],
    }


def level_sections(found: Evidence) -> tuple[Section, ...]:
    """The appendix of a report."""
    reason = _("Proved by the ledger, the configuration and a look at the storages.")
    return (
        Section(
            _("NDSA Levels of Digital Preservation"),
            (
                ", ".join(
                    _("{area}: level {level} of 4").format(
                        area=_(area.value), level=reached(area, found)
                    )
                    for area in Area
                ),
                reason,
            ),
            (_("Area"), _("Level"), _("Outcome"), _("What is asked for")),
            [
                (_(one.area.value), str(one.level), _(one.verdict(found).value), _(one.text))
                for one in DEMANDS
            ],
        ),
        Section(
            _CORE_TRUST_SEAL,
            (),
            (_("Requirement"), _("Outcome"), _("What is asked for")),
            [(one.number, _(one.verdict(found).value), _(one.text)) for one in REQUIREMENTS],
        ),
    )
