"""preserva incidents"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, settings
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.core.formats.canonical_json import Value
    from preserva.core.policy.overview import Incident


@click.group("incidents", invoke_without_command=True)
@as_json
@settings
@click.pass_context
def command(context: click.Context, given: Settings, json_: bool) -> None:
    """List what waits for a person: damage that lasts, copies that cannot be read.

    An incident keeps its number until a check finds the copy sound, however often it is seen.

    \b
    preserva incidents
    preserva incidents decide 1234 --by "И. Иванова" "rescan page 7"
    \b
    Ends with 1 if a copy is damaged, with 3 if one could not be read.
    """
    if context.invoked_subcommand is not None:
        return
    from preserva.core.policy.overview import State
    from preserva.outputs.report import advice, findings_of
    from preserva.outputs.words import word
    from preserva.reporting.incidents import open_incidents

    with given.archive() as archive:
        found = open_incidents(archive)
    if json_:
        emit("incidents", incidents=[incident_document(one) for one in found])
    for one in () if json_ else found:
        name = one.package or one.storage
        text = _("{number}\t{name} in {storage}: {state} since {since}, seen {seen} times")
        click.echo(
            text.format(
                number=one.number,
                name=name,
                storage=one.storage,
                state=word(one.state.value),
                since=one.since,
                seen=one.seen,
            )
        )
        click.echo(f"\t{findings_of(one)}\n\t{advice(one)}")
        for decision in one.decisions:
            click.echo(f"\t{decision.time} {decision.by}: {decision.decision}")
    states = {one.state for one in found}
    if State.DAMAGED in states:
        raise SystemExit(1)
    if states:
        raise SystemExit(3)


@command.command("decide")
@click.argument("number", type=int)
@click.argument("decision")
@click.option("--by", required=True, metavar="NAME", help="Who decided.")
@as_json
@settings
def decide(given: Settings, number: int, decision: str, by: str, json_: bool) -> None:
    """Record what was decided about an incident, in the ledger for good."""
    from preserva.reporting.incidents import decide as record

    with given.archive() as archive:
        one = record(archive, number, by=by, decision=decision)
    if json_:
        emit("incidents decide", incidents=[incident_document(one)])
    else:
        given.talk(_("recorded for incident {number}").format(number=number))


def incident_document(one: Incident) -> dict[str, Value]:
    """An incident for programs."""
    return {
        "number": one.number,
        "package": one.package,
        "storage": one.storage,
        "state": one.state.value,
        "since": one.since,
        "newest": one.newest,
        "seen": one.seen,
        "codes": list(one.codes),
        "paths": list(one.paths),
        "decisions": [
            {"time": each.time, "by": each.by, "decision": each.decision} for each in one.decisions
        ],
    }
