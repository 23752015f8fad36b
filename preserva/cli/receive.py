"""preserva receive"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, package_id, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.replication.accession import Receipt


@click.command("receive")
@click.argument("storage", required=False)
@dry_run
@click.option("--accept", metavar="ID", help="Let what is there of this package count from now on.")
@click.option("--reason", metavar="WHY", help="Why, in your words; recorded for good.")
@as_json
@pass_settings
def command(
    settings: Settings,
    storage: str | None,
    dry_run: bool,
    accept: str | None,
    reason: str | None,
    json_: bool,
) -> None:
    """Record what another institution copied into our storage.

    This is for storages whose role is "held". Every new version is read completely and its digests
    are recorded in our ledger; from then on `audit` and `validate` compare the copy with them.

    \b
    preserva receive --dry-run
    preserva receive aonb-copy

    A package that is not what was recorded of it before is damage, unless its institution meant it:
    --accept requests that what is there counts from now on. Another person confirms that, and the
    next run records it.

    \b
    preserva receive nlb-copy --accept nlb-kp-000123 --reason "disk restored"
    """
    from preserva.outputs.json.replication import receive_document
    from preserva.replication.accession import receive

    with settings.archive() as archive:
        receipts = receive(
            archive,
            storage,
            dry_run=dry_run,
            accept=package_id(accept, archive) if accept else None,
            reason=reason,
            observer=settings.observer(json_),
            each=settings.each(lambda receipt: _print(receipt, dry_run), silent=json_),
        )
    if json_:
        emit("receive", receive_document(receipts, dry_run=dry_run))
    elif not (receipts or settings.quiet):
        echo(_("nothing new"))
    finish(receipts)


def _print(receipt: Receipt, dry_run: bool) -> None:
    from preserva.outputs.findings import for_people, report_lines

    names = {"package": for_people(receipt.package), "storage": receipt.storage}
    versions = ", ".join(receipt.versions) or _("records of events")
    if receipt.acknowledged:
        message = _("{package} in {storage}: {versions} read and recorded")
        echo(message.format(versions=versions, **names))
    elif dry_run and not receipt.report.findings:
        message = _("{package} in {storage}: {versions} would be read")
        echo(message.format(versions=versions, **names))
    else:
        for line in report_lines(receipt.report):
            echo(line)
