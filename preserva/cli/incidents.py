"""preserva incidents"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _


@click.group("incidents", invoke_without_command=True)
@as_json
@pass_settings
@click.pass_context
def command(context: click.Context, settings: Settings, json_: bool) -> None:
    """List the copies that stay damaged or cannot be read.

    An incident keeps its number until a check finds the copy sound, however often it is seen.
    Packages with too few copies follow, without a number.

    \b
    preserva incidents
    preserva incidents decide 1234 --by "И. Иванова" "rescan page 7"

    Exit status: 1 if a copy is damaged; 3 if a copy could not be read or a package has too few
    copies.
    """
    if context.invoked_subcommand is not None:
        return
    from preserva.archive.judgements import tally_of
    from preserva.outputs.json.reporting import incidents_document
    from preserva.outputs.report import few_lines, incident_lines
    from preserva.reporting.incidents import open_incidents

    with settings.archive(reading=True) as archive:
        incidents, tally = open_incidents(archive), tally_of(archive)
        wanted = archive.config.policy.copies
    if json_:
        emit("incidents", incidents_document(incidents, tally.few))
    else:
        for incident in incidents:
            for line in incident_lines(incident):
                echo(line)
        for line in few_lines(tally.few, wanted):
            echo(line)
    finish([tally])


@command.command("decide")
@click.argument("number", type=int)
@click.argument("decision")
@click.option(
    "--by", metavar="NAME", help="Who made the decision, if not the person who records it."
)
@as_json
@pass_settings
def decide(settings: Settings, number: int, decision: str, by: str | None, json_: bool) -> None:
    """Record a decision about an incident permanently in the ledger."""
    from preserva.outputs.json.reporting import incidents_document
    from preserva.reporting.incidents import decide as record

    with settings.archive() as archive:
        incident = record(archive, number, by=by, decision=decision)
    if json_:
        emit("incidents decide", incidents_document([incident]))
    else:
        settings.talk(_("recorded for incident {number}").format(number=number))
