"""preserva accept"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _


@click.command("accept")
@click.argument("storage")
@dry_run
@click.option("--reason", metavar="WHY", help="Why, in your words; recorded for good.")
@as_json
@pass_settings
def command(
    settings: Settings, storage: str, dry_run: bool, reason: str | None, json_: bool
) -> None:
    """Accept a storage that has another id because it was rebuilt.

    A storage with an unknown id is refused (U330): it may be the disk of another archive. If you
    know that it was rebuilt, by the other institution for instance, every copy in it is read and
    compared with what was recorded there. If all is as recorded, you accept it alone. If anything
    differs, another person must confirm it, and what differs is recorded as damage. If nothing is
    as recorded, or another ledger writes there, it is not accepted.

    \b
    preserva accept from-nlb --dry-run
    preserva accept from-nlb --reason "NLB replaced the disk"
    """
    from preserva.outputs.findings import report_lines
    from preserva.outputs.json.replication import accept_document
    from preserva.replication.accepted_storage import accept_storage

    with settings.archive() as archive:
        done = accept_storage(
            archive, storage, dry_run=dry_run, reason=reason, observer=settings.observer(json_)
        )
    if json_:
        emit("accept", accept_document(done, dry_run=dry_run))
    else:
        for report in done.reports:
            for line in report_lines(report):
                echo(line)
    names = {"storage": done.storage, "found": done.found, "known": done.known}
    if done.accepted:
        message = _("{storage} is known by the id {found} from now on; it was {known}")
    else:
        message = _("{storage} was compared, and not accepted: its id is {found}, and was {known}")
    settings.talk(message.format(**names))
    finish([done])
