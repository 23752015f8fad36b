"""preserva levels"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.terminal import echo


@click.command("levels")
@as_json
@pass_settings
def command(settings: Settings, json_: bool) -> None:
    """Show which NDSA Levels are proved and what the next ones lack.

    These are the NDSA Levels of Digital Preservation. The command also shows the evidence for the
    requirements of CoreTrustSeal.

    The evidence comes from the ledger, the configuration and a look at the storages. What is done
    on paper or by people is marked as outside: only you can vouch for it.
    """
    from preserva.outputs.json.reporting import levels_document
    from preserva.outputs.levels import level_lines
    from preserva.reporting.levels import evidence

    with settings.archive(reading=True) as archive:
        proofs = evidence(archive)
    if json_:
        emit("levels", levels_document(proofs))
        return
    for line in level_lines(proofs):
        echo(line)
