"""preserva receive"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, finish, settings
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.core.formats.canonical_json import Value
    from preserva.replication.accession import Receipt


@click.command("receive")
@click.argument("storage", required=False)
@dry_run
@as_json
@settings
def command(given: Settings, storage: str | None, dry_run: bool, json_: bool) -> None:
    """Take note of what another institution brought into our storage for its copies.

    For storages whose role is "held". Every new version is read whole and its digests go into our
    ledger; from then on `audit` and `validate` hold the copy against them.

    \b
    preserva receive --dry-run
    preserva receive aonb-copy
    """
    from preserva.replication.accession import receive

    with given.archive() as archive:
        done = receive(archive, storage, dry_run=dry_run, observer=given.observer(json_))
    if json_:
        emit("receive", dry_run=dry_run, packages=[_document(one) for one in done])
    else:
        for one in done:
            _say(one, dry_run)
        if not done:
            click.echo(_("nothing new"))
    finish(one.report for one in done)


def _document(one: Receipt) -> dict[str, Value]:
    from preserva.outputs.findings import report_document

    return {
        "package": one.package,
        "storage": one.storage,
        "versions": list(one.versions),
        "acknowledged": one.acknowledged,
        "report": report_document(one.report),
    }


def _say(one: Receipt, dry_run: bool) -> None:
    from preserva.outputs.findings import for_people, report_lines

    names = {"package": for_people(one.package), "storage": one.storage}
    versions = ", ".join(one.versions) or _("records of events")
    if one.acknowledged:
        message = _("{package} in {storage}: {versions} read and noted")
        click.echo(message.format(versions=versions, **names))
    elif dry_run and not one.report.findings:
        message = _("{package} in {storage}: {versions} would be read")
        click.echo(message.format(versions=versions, **names))
    else:
        for line in report_lines(one.report):
            click.echo(line)
