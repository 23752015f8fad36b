"""preserva levels"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, emit, settings


@click.command("levels")
@as_json
@settings
def command(given: Settings, json_: bool) -> None:
    """Say which NDSA Levels of Digital Preservation are proved, and what the next ones lack.

    And what the archive shows for the requirements of CoreTrustSeal.

    By the ledger, the configuration and a look at the storages. What is done on paper or by people
    is named as outside: nobody but you can vouch for it.
    """
    from preserva.outputs.levels import level_lines, levels_document
    from preserva.reporting.levels import evidence

    with given.archive() as archive:
        found = evidence(archive)
    if json_:
        emit("levels", **levels_document(found))
        return
    for line in level_lines(found):
        click.echo(line)
