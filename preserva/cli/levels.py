"""preserva levels"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, emit, settings
from preserva.i18n import _


@click.command("levels")
@as_json
@settings
def command(given: Settings, json_: bool) -> None:
    """Say which NDSA Levels of Digital Preservation are proved, and what the next ones lack.

    By the ledger, the configuration and a look at the storages. What is done on paper or by people
    is named as outside: nobody but you can vouch for it.
    """
    from preserva.core.levels import DEMANDS, Area, reached
    from preserva.services.levels import evidence

    with given.archive() as archive:
        found = evidence(archive)
    if json_:
        emit(
            "levels",
            levels={area.value: reached(area, found) for area in Area},
            demands=[
                {
                    "area": one.area.value,
                    "level": one.level,
                    "text": one.text,
                    "verdict": one.verdict(found).value,
                }
                for one in DEMANDS
            ],
        )
        return
    for area in Area:
        text = _("{area}: level {level} of 4")
        click.echo(text.format(area=_(area.value), level=reached(area, found)))
        for one in DEMANDS:
            if one.area is area:
                click.echo(f"  {one.level}  {_(one.verdict(found).value)}: {_(one.text)}")
