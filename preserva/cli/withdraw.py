"""preserva withdraw"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.errors import UsageError
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preserva.archive.removal import CopyRemoval


@click.command("withdraw")
@click.argument("package", metavar="ID")
@click.option("--reason", metavar="WHY", help="Why, in your words; recorded for good.")
@click.option("--undo", is_flag=True, help="Undo the withdrawal; this needs only one person.")
@click.option(
    "--remove-bytes",
    is_flag=True,
    help="Remove the bytes of a withdrawn package from our storages; a decision of its own.",
)
@as_json
@pass_settings
def command(
    settings: Settings,
    package: str,
    reason: str | None,
    undo: bool,
    remove_bytes: bool,
    json_: bool,
) -> None:
    """Withdraw a package that was a mistake or a duplicate.

    The package disappears from lists, the catalogue, exhibitions and audits, and remains as a
    tombstone with the reason, the people who decided and all its evidence; nothing in any storage
    is touched. This takes two persons: the first run requests it, another person confirms it, and
    the next run carries it out.

    With --remove-bytes, two persons decide once more, and after the grace period of the policy the
    content goes from the storages of this institution. Its inventories and the records of its
    events stay. This cannot be undone.

    \b
    preserva withdraw aonb-kp-000123 --reason "the same book as kp-000120"
    preserva decisions confirm 1234 --person petrov
    preserva withdraw aonb-kp-000123
    preserva withdraw aonb-kp-000123 --undo --reason "it is another edition"
    preserva withdraw aonb-kp-000123 --remove-bytes --reason "private letters"

    Exit status: 3 while it waits for a second person; 1 if a storage does not let a copy go.
    """
    from preserva.archive import removal, withdrawal
    from preserva.outputs.json.decisions import withdraw_document

    if undo and remove_bytes:
        raise UsageError(_("--undo and --remove-bytes exclude each other"))
    removals = None
    with settings.archive() as archive:
        name = package_id(package, archive)
        tombstone = None
        if undo:
            withdrawal.undo(archive, name, reason)
        elif remove_bytes:
            removals = removal.remove_bytes(archive, name, reason)
            tombstone = withdrawal.tombstones(archive.ledger)[name.uri]
        else:
            tombstone = withdrawal.withdraw(archive, name, reason)
    if json_:
        emit("withdraw", withdraw_document(name, tombstone, removals))
    elif removals is not None:
        _tell(removals)
    else:
        message = _("{id} is no longer withdrawn") if undo else _("{id} is withdrawn")
        settings.talk(message.format(id=name.portable))
    finish(removals or ())


def _tell(removals: Sequence[CopyRemoval]) -> None:
    from preserva.outputs.findings import report_lines

    for removal in removals:
        if removal.removed:
            message = ngettext(
                "{storage}: {count} file removed, {size} bytes; what stays of it is in {path}",
                "{storage}: {count} files removed, {size} bytes; what stays of it is in {path}",
                removal.files,
            )
            echo(
                message.format(
                    storage=removal.storage,
                    count=removal.files,
                    size=removal.size,
                    path=removal.tombstone,
                )
            )
        else:
            for line in report_lines(removal.report):
                echo(line)
