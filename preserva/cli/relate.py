"""preserva relate"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.errors import UsageError
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.core.values.report import Finding


@click.command("relate")
@click.argument("package", metavar="ID")
@click.option("--volume-of", metavar="ID", help="It is a volume of this one.")
@click.option("--same-edition", metavar="ID", help="Both are copies of one edition.")
@click.option("--replaces", metavar="ID", help="It was made in place of this one.")
@click.option("--bound-with", metavar="ID", help="Both are in one binding.")
@click.option("--reason", metavar="WHY", help="Why, in your words; recorded for good.")
@click.option("--undo", is_flag=True, help="Take it back.")
@as_json
@pass_settings
def command(
    settings: Settings,
    package: str,
    volume_of: str | None,
    same_edition: str | None,
    replaces: str | None,
    bound_with: str | None,
    reason: str | None,
    undo: bool,
    json_: bool,
) -> None:
    """State how two packages are related: volume, edition.

    It is recorded in the ledger with the person and the reason, shown with both packages, and
    written into the PREMIS of a package with its next version. The other package may be one that
    is not known here, such as another institution's.

    \b
    preserva relate aonb-kp-12-2 --volume-of aonb-kp-12 --reason "part two"
    preserva relate aonb-kp-9 --replaces aonb-kp-7 --reason "scanned again"
    preserva relate aonb-kp-9 --replaces aonb-kp-7 --undo --reason "a mistake"
    preserva status aonb-kp-9
    """
    from preserva.archive.relations import relate, relations, unrelate
    from preserva.core.policy.relations import RelationKind, relations_of
    from preserva.outputs.decisions import relation_line
    from preserva.outputs.json.decisions import relate_document

    asked = {
        RelationKind.VOLUME_OF: volume_of,
        RelationKind.SAME_EDITION: same_edition,
        RelationKind.REPLACES: replaces,
        RelationKind.BOUND_WITH: bound_with,
    }
    chosen = [(kind, other) for kind, other in asked.items() if other is not None]
    if len(chosen) != 1:
        raise UsageError(_("name one relation, such as --volume-of ID"))
    [(kind, related)] = chosen
    findings: list[Finding] = []
    with settings.archive() as archive:
        name, other = package_id(package, archive), package_id(related, archive)
        if undo:
            unrelate(archive, name, kind, other, reason)
        else:
            findings = relate(archive, name, kind, other, reason).findings
        known = relations_of(name.uri, relations(archive.ledger))
        people = archive.config.people
    if json_:
        emit("relate", relate_document(name, known, findings))
    else:
        echo(name.portable)
        for relation in known:
            echo(f"  {relation_line(relation, name.uri, people)}")
        for finding in findings:
            echo(f"  {finding.message()}")
    finish(())
