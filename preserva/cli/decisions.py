"""preserva decisions"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.cli.terminal import echo

if TYPE_CHECKING:
    from preserva.archive.archive import ArchivalStorage
    from preserva.core.policy.two_persons import JointDecision

_reason = click.option("--reason", metavar="WHY", help="Why, in your words.")


@click.group("decisions", invoke_without_command=True)
@click.option("--all", "all_", is_flag=True, help="Include decisions that are no longer open.")
@as_json
@pass_settings
@click.pass_context
def command(context: click.Context, settings: Settings, all_: bool, json_: bool) -> None:
    """List the decisions that take two persons.

    A step that cannot be undone, or is in dispute, is requested by one person and confirmed by
    another. Both are entries in the ledger. A request that nobody answers lapses.

    \b
    preserva decisions
    preserva decisions confirm 1234
    preserva decisions refuse 1234 --reason "not a duplicate"
    """
    if context.invoked_subcommand is not None:
        return
    from preserva.archive.two_persons import decisions
    from preserva.core.policy.two_persons import DecisionState
    from preserva.outputs.decisions import decision_lines
    from preserva.outputs.json.decisions import decisions_document

    open_ = {DecisionState.WAITING, DecisionState.CONFIRMED}
    with settings.archive() as archive:
        now, people = archive.clock(), archive.config.people
        known = [one for one in decisions(archive) if all_ or one.state(now) in open_]
    if json_:
        emit("decisions", decisions_document(known, now))
        return
    for decision in known:
        for line in decision_lines(decision, people, now):
            echo(line)


@command.command("request")
@click.argument("kind", metavar="KIND")
@click.option("--package", metavar="ID", help="The package that it is about.")
@click.option("--storage", metavar="STORAGE", help="The storage that it is about.")
@click.option("--reason", metavar="WHY", required=True, help="Why, in your words.")
@as_json
@pass_settings
def request(
    settings: Settings,
    kind: str,
    package: str | None,
    storage: str | None,
    reason: str,
    json_: bool,
) -> None:
    """Request a decision: claim, policy, removal, repair, retirement, withdrawal.

    Commands that need a decision request it themselves.
    """
    from preserva.archive.two_persons import matter_of, request

    with settings.archive() as archive:
        name = package_id(package, archive) if package else None
        known = request(archive, matter_of(archive, kind, name, storage), reason)
        _show(settings, archive, known, "decisions request", json_)


@command.command("confirm")
@click.argument("number", type=int)
@_reason
@as_json
@pass_settings
def confirm(settings: Settings, number: int, reason: str | None, json_: bool) -> None:
    """Confirm another person's request."""
    _answer(settings, number, reason, confirm=True, json_=json_)


@command.command("refuse")
@click.argument("number", type=int)
@_reason
@as_json
@pass_settings
def refuse(settings: Settings, number: int, reason: str | None, json_: bool) -> None:
    """Refuse another person's request, or take back your own."""
    _answer(settings, number, reason, confirm=False, json_=json_)


def _answer(
    settings: Settings, number: int, reason: str | None, *, confirm: bool, json_: bool
) -> None:
    from preserva.archive.two_persons import answer

    name = "decisions confirm" if confirm else "decisions refuse"
    with settings.archive() as archive:
        known = answer(archive, number, confirm=confirm, reason=reason)
        _show(settings, archive, known, name, json_)


def _show(
    settings: Settings, archive: ArchivalStorage, known: JointDecision, name: str, json_: bool
) -> None:
    from preserva.outputs.decisions import decision_lines
    from preserva.outputs.json.decisions import decisions_document

    now = archive.clock()
    if json_:
        emit(name, decisions_document([known], now))
        return
    for line in decision_lines(known, archive.config.people, now):
        settings.talk(line)
