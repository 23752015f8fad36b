"""preserva withdraw"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.i18n import _


@click.command("withdraw")
@click.argument("package", metavar="ID")
@click.option("--reason", metavar="WHY", help="Why, in your words; recorded for good.")
@click.option("--undo", is_flag=True, help="Undo the withdrawal; this needs only one person.")
@as_json
@pass_settings
def command(settings: Settings, package: str, reason: str | None, undo: bool, json_: bool) -> None:
    """Withdraw a package that was a mistake or a duplicate.

    The package disappears from lists, the catalogue, exhibitions and audits, and remains as a
    tombstone with the reason, the people who decided and all its evidence; nothing in any storage
    is touched. This takes two persons: the first run requests it, another person confirms it, and
    the next run carries it out.

    \b
    preserva withdraw aonb-kp-000123 --reason "the same book as kp-000120"
    preserva decisions confirm 1234 --person petrov
    preserva withdraw aonb-kp-000123
    preserva withdraw aonb-kp-000123 --undo --reason "it is another edition"

    Exit status: 3 while it waits for a second person.
    """
    from preserva.archive import withdrawal
    from preserva.outputs.json.decisions import withdraw_document

    with settings.archive() as archive:
        name = package_id(package, archive)
        tombstone = None
        if undo:
            withdrawal.undo(archive, name, reason)
        else:
            tombstone = withdrawal.withdraw(archive, name, reason)
    if json_:
        emit("withdraw", withdraw_document(name, tombstone))
        return
    message = _("{id} is no longer withdrawn") if undo else _("{id} is withdrawn")
    settings.talk(message.format(id=name.portable))
