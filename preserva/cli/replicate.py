"""preserva replicate"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, finish, package_id, settings
from preserva.cli.quantities import RATE
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.core.formats.canonical_json import Value
    from preserva.replication.replicate import Replication


@click.command("replicate")
@click.argument("packages", metavar="[ID]...", nargs=-1)
@click.option("--to", metavar="STORAGE", help="One storage; all replicas if not given.")
@click.option("--bandwidth", type=RATE, help="Move no more in a second, there and back: 2MB.")
@dry_run
@as_json
@settings
def command(
    given: Settings,
    packages: tuple[str, ...],
    to: str | None,
    bandwidth: int | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Copy packages to the other institution's storage, and prove each copy.

    Only versions that are missing are copied. An interrupted run goes on where it stopped.

    \b
    preserva replicate --dry-run
    preserva replicate
    preserva replicate aonb-kp-000123 --to nlb-copy --bandwidth 2MB
    """
    from preserva.replication.replicate import replicate

    wanted = [package_id(one) for one in packages]
    with given.archive() as archive:
        done = replicate(
            archive,
            wanted,
            to=to,
            bandwidth=bandwidth,
            dry_run=dry_run,
            observer=given.observer(json_),
        )
    if json_:
        emit("replicate", dry_run=dry_run, packages=[_document(one) for one in done])
    else:
        for one in done:
            _say(one, dry_run)
    finish(one.report for one in done)


def _document(one: Replication) -> dict[str, Value]:
    from preserva.outputs.findings import report_document

    return {
        "package": one.package,
        "to": one.to,
        "versions": list(one.versions),
        "acknowledged": list(one.acknowledged),
        "files": one.files,
        "bytes": one.size,
        "report": report_document(one.report),
    }


def _say(one: Replication, dry_run: bool) -> None:
    from preserva.outputs.findings import for_people, human_size, report_lines

    name = for_people(one.package)
    facts = {"package": name, "to": one.to, "files": one.files, "size": human_size(one.size)}
    if one.report.findings:
        for line in report_lines(one.report):
            click.echo(line)
    elif dry_run and one.versions:
        message = _("{package} -> {to}: {versions}, {files} files, {size}")
        click.echo(message.format(versions=", ".join(one.versions), **facts))
    elif one.acknowledged:
        message = _("{package} -> {to}: {versions} copied, read back and compared")
        click.echo(message.format(versions=", ".join(one.acknowledged), **facts))
    else:
        click.echo(_("{package} -> {to}: nothing missing").format(**facts))
