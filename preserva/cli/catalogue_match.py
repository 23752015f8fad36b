"""preserva catalogue match, decisions"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, finish, settings
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from preserva.catalogue.decisions import MatchDecision
    from preserva.catalogue.index import Catalogued
    from preserva.catalogue.matching import Proposal
    from preserva.core.formats.canonical_json import Value


@click.command("match")
@click.option("--same", nargs=2, metavar="A B", help="Decide that two records are one edition.")
@click.option("--different", nargs=2, metavar="A B", help="Decide that they are not.")
@click.option("--undo", type=int, metavar="N", help="Take a decision back.")
@click.option("--by", metavar="NAME", help="Who decides.")
@click.option("--decisions", is_flag=True, help="Show what was decided.")
@dry_run
@as_json
@settings
def match(
    given: Settings,
    same: tuple[str, str] | None,
    different: tuple[str, str] | None,
    undo: int | None,
    by: str | None,
    decisions: bool,
    dry_run: bool,
    json_: bool,
) -> None:
    """Propose records that may describe one edition; keep what a person decides of them.

    \b
    preserva catalogue match
    preserva catalogue match --same aonb:17 nlb:5 --by Anna
    preserva catalogue match --undo 3 --by Anna

    Nothing is ever joined but by such a decision, and nothing while decisions disagree.
    """
    from preserva.archive.archive import utc_now
    from preserva.catalogue.decisions import MatchVerdict
    from preserva.catalogue.entry import uri_as_typed
    from preserva.catalogue.import_records import open_catalogue, own_library
    from preserva.catalogue.matching import Matching

    pair = same or different
    if sum((bool(same), bool(different), undo is not None)) > 1:
        raise click.UsageError(_("Decide one thing at a time."))
    if (pair or undo is not None) and not by:
        raise click.UsageError(_("Say with --by who decides."))
    library, time = own_library(given.config), utc_now().isoformat(timespec="seconds")
    proposed: list[Proposal] = []
    decided: list[MatchDecision] = []
    with open_catalogue(given.config, must_exist=True) as database:
        matching = Matching(database)
        if pair and not dry_run:
            verdict = MatchVerdict.SAME if same else MatchVerdict.DIFFERENT
            one, other = map(uri_as_typed, pair)
            decided = [
                matching.decide(one, other, verdict, library=library, person=by or "", time=time)
            ]
        elif undo is not None and not dry_run:
            decided = [matching.undo(undo, library=library, person=by or "", time=time)]
        elif decisions:
            decided = matching.decisions()
        elif not pair and undo is None:
            proposed = list(matching.proposals())
    _matched(proposed, decided, json_)


def _matched(proposed: list[Proposal], decided: list[MatchDecision], json_: bool) -> None:
    from preserva.catalogue.edition_view import sentence
    from preserva.core.values.report import printable
    from preserva.outputs.words import word

    if json_:
        emit(
            "catalogue match",
            proposals=[_proposal(one) for one in proposed],
            decisions=[as_document(one) for one in decided],
        )
        return
    for proposal in proposed:
        agree = ", ".join(word(one.value) for one in proposal.evidence)
        click.echo(f"{proposal.record.uri}\t{proposal.other.uri}\t{agree}")
        for record in (proposal.record, proposal.other):
            click.echo("  " + printable(_in_short(record)))
    if proposed:
        click.echo(_("Decide with --same or --different; then the next are proposed."), err=True)
    for one in decided:
        click.echo(printable(sentence(one)))


def _in_short(one: Catalogued) -> str:
    """What a person needs to tell two records apart at a glance."""
    if one.entry is None:
        return one.uri
    agents = [agent.name for agent in one.entry.agents[:1]]
    holders = dict.fromkeys(f"{item.holder} {item.shelfmark}".strip() for item in one.entry.items)
    said = (*agents, one.entry.title, one.entry.place, one.entry.publisher, one.entry.date)
    return ", ".join(filter(None, (*said, *holders)))


def _proposal(one: Proposal) -> Value:
    agree: list[Value] = [evidence.value for evidence in one.evidence]
    return {"one": one.record.uri, "other": one.other.uri, "evidence": agree}


def as_document(one: MatchDecision) -> Value:
    """The decision for programs."""
    return {
        "number": one.number,
        "library": one.library,
        "time": one.time,
        "person": one.person,
        "verdict": one.verdict.value,
        "one": one.record,
        "other": one.other,
        "undone": one.undone is not None,
        "undone_time": one.undone.time if one.undone else None,
        "undone_by": one.undone.person if one.undone else None,
        "disputed": one.disputed,
    }


@click.group("decisions")
def decisions() -> None:
    """What people decided of editions as a file: for a backup, or for the other library."""


@decisions.command("export")
@click.argument("destination", metavar="FILE", type=click.Path(path_type=Path))
@as_json
@settings
def export(given: Settings, destination: Path, json_: bool) -> None:
    """Write every decision to a new file, a line of JSON each, undone ones too.

    \b
    preserva catalogue decisions export decisions.jsonl
    """
    from preserva.catalogue.decision_files import export_decisions
    from preserva.catalogue.import_records import open_catalogue

    with open_catalogue(given.config, must_exist=True) as database:
        written = export_decisions(database, destination)
    if json_:
        emit("catalogue decisions export", path=str(destination), decisions=written)
    else:
        click.echo(destination)


@decisions.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@as_json
@settings
def import_(given: Settings, file: Path, json_: bool) -> None:
    """Take in the decisions of a file; those that are there already change nothing.

    \b
    preserva catalogue decisions import decisions.jsonl

    Decisions that disagree are kept and named, and what they speak of is not joined.
    """
    from preserva.catalogue.decision_files import import_decisions
    from preserva.catalogue.import_records import open_catalogue
    from preserva.core.values.report import Report
    from preserva.outputs.findings import findings_document

    with open_catalogue(given.config) as database:
        done = import_decisions(database, file)
    if json_:
        emit("catalogue decisions import", read=done.read, changed=done.changed,
             findings=findings_document(done.findings))  # fmt: skip
    else:
        for finding in done.findings:
            click.echo(finding.message(), err=True)
        message = ngettext(
            "{read} decision read, {changed} new or undone",
            "{read} decisions read, {changed} new or undone",
            done.read,
        )
        given.talk(message.format(read=done.read, changed=done.changed))
    finish([Report(str(file), done.findings)])
