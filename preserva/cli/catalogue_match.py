"""preserva catalogue match, decisions"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from preserva.catalogue.decisions import MatchDecision
    from preserva.catalogue.index import Catalogued
    from preserva.catalogue.matching import Proposal


@click.command("match")
@click.option(
    "--same", nargs=2, metavar="A B", help="Decide that records A and B describe one edition."
)
@click.option(
    "--different", nargs=2, metavar="A B", help="Decide that they describe different editions."
)
@click.option("--undo", type=int, metavar="N", help="Undo decision N.")
@click.option("--by", metavar="NAME", help="Who makes the decision.")
@click.option("--decisions", is_flag=True, help="Show the decisions.")
@dry_run
@as_json
@pass_settings
def match(
    settings: Settings,
    same: tuple[str, str] | None,
    different: tuple[str, str] | None,
    undo: int | None,
    by: str | None,
    decisions: bool,
    dry_run: bool,
    json_: bool,
) -> None:
    """Propose records that may describe one edition, and record what a person decides.

    \b
    preserva catalogue match
    preserva catalogue match --same aonb:17 nlb:5 --by Anna
    preserva catalogue match --undo 3 --by Anna

    Records are joined only by such a decision, and never while decisions disagree.
    """
    from preserva.archive.archive import utc_now
    from preserva.catalogue.decisions import MatchVerdict
    from preserva.catalogue.entry import uri_as_typed
    from preserva.catalogue.import_records import open_catalogue, own_library
    from preserva.catalogue.matching import Matching

    pair = same or different
    if sum((bool(same), bool(different), undo is not None)) > 1:
        raise click.UsageError(_("Give only one of --same, --different and --undo."))
    if (pair or undo is not None) and not by:
        raise click.UsageError(_("Use --by to name who makes the decision."))
    library, time = own_library(settings.config), utc_now().isoformat(timespec="seconds")
    proposals: list[Proposal] = []
    decided: list[MatchDecision] = []
    with open_catalogue(settings.config, must_exist=True) as database:
        matching = Matching(database)
        if pair and not dry_run:
            verdict = MatchVerdict.SAME if same else MatchVerdict.DIFFERENT
            first, second = map(uri_as_typed, pair)
            decided = [
                matching.decide(first, second, verdict, library=library, person=by or "", time=time)
            ]
        elif undo is not None and not dry_run:
            decided = [matching.undo(undo, library=library, person=by or "", time=time)]
        elif decisions:
            decided = matching.decisions()
        elif not pair and undo is None:
            proposals = list(matching.proposals())
    _print(proposals, decided, json_)


def _print(proposals: list[Proposal], decided: list[MatchDecision], json_: bool) -> None:
    from preserva.catalogue.edition_view import sentence
    from preserva.core.values.report import printable
    from preserva.outputs.json.catalogue import match_document
    from preserva.outputs.words import word

    if json_:
        emit("catalogue match", match_document(proposals, decided))
        return
    for proposal in proposals:
        agreements = ", ".join(word(evidence.value) for evidence in proposal.evidence)
        echo(f"{proposal.record.uri}\t{proposal.other.uri}\t{agreements}")
        for record in (proposal.record, proposal.other):
            echo("  " + printable(_in_short(record)))
    if proposals:
        echo(_("Decide with --same or --different to see more proposals."), err=True)
    elif not decided:
        echo(_("There is nothing to propose."), err=True)
    for decision in decided:
        echo(printable(sentence(decision)))


def _in_short(record: Catalogued) -> str:
    """What a person needs to tell two records apart at a glance."""
    entry = record.entry
    if entry is None:
        return record.uri
    agents = [agent.name for agent in entry.agents[:1]]
    items = dict.fromkeys(f"{item.holder} {item.shelfmark}".strip() for item in entry.items)
    parts = (*agents, entry.title, entry.place, entry.publisher, entry.date, *items)
    return ", ".join(filter(None, parts))


@click.group("decisions")
def decisions() -> None:
    """Export or import decisions about editions, as a backup or for the other library."""


@decisions.command("export")
@click.argument("destination", metavar="FILE", type=click.Path(path_type=Path))
@as_json
@pass_settings
def export(settings: Settings, destination: Path, json_: bool) -> None:
    """Write every decision, including undone ones, to a new file as lines of JSON.

    \b
    preserva catalogue decisions export decisions.jsonl
    """
    from preserva.catalogue.decision_files import export_decisions
    from preserva.catalogue.import_records import open_catalogue
    from preserva.outputs.json.catalogue import decisions_export_document

    with open_catalogue(settings.config, must_exist=True) as database:
        count = export_decisions(database, destination)
    if json_:
        emit("catalogue decisions export", decisions_export_document(destination, count))
    else:
        echo(destination)


@decisions.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@as_json
@pass_settings
def import_(settings: Settings, file: Path, json_: bool) -> None:
    """Import the decisions in a file; those that are already known change nothing.

    \b
    preserva catalogue decisions import decisions.jsonl

    Decisions that disagree are kept and listed, and the records concerned are not joined.
    """
    from preserva.catalogue.decision_files import import_decisions
    from preserva.catalogue.import_records import open_catalogue
    from preserva.outputs.json.catalogue import decisions_import_document

    with open_catalogue(settings.config) as database:
        decided = import_decisions(database, file)
    if json_:
        emit("catalogue decisions import", decisions_import_document(decided))
    else:
        for finding in decided.findings:
            echo(finding.message(), err=True)
        message = ngettext(
            "{read} decision read, {changed} new or undone",
            "{read} decisions read, {changed} new or undone",
            decided.read,
        )
        settings.talk(message.format(read=decided.read, changed=decided.changed))
    finish([decided])
