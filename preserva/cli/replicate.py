"""preserva replicate"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, package_id, pass_settings
from preserva.cli.finish import finish
from preserva.cli.quantities import RATE
from preserva.cli.terminal import echo
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.replication.replicate import Replication


@click.command("replicate")
@click.argument("packages", metavar="[ID]...", nargs=-1)
@click.option(
    "--to", metavar="STORAGE", help="Copy to this storage only; by default to all replicas."
)
@click.option(
    "--bandwidth", type=RATE, help="The most to send and read back in a second, such as 2MB."
)
@dry_run
@as_json
@pass_settings
def command(
    settings: Settings,
    packages: tuple[str, ...],
    to: str | None,
    bandwidth: int | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Copy packages to the other institution and prove each copy.

    Only missing versions are copied. The next run resumes where an interrupted one stopped.

    \b
    preserva replicate --dry-run
    preserva replicate
    preserva replicate aonb-kp-000123 --to nlb-copy --bandwidth 2MB
    """
    from preserva.outputs.json.replication import replicate_document
    from preserva.replication.replicate import replicate

    with settings.archive() as archive:
        wanted = [package_id(package, archive) for package in packages]
        replications = replicate(
            archive,
            wanted,
            to=to,
            bandwidth=bandwidth,
            dry_run=dry_run,
            observer=settings.observer(json_),
        )
    if json_:
        emit("replicate", replicate_document(replications, dry_run=dry_run))
    else:
        for replication in replications:
            _print(replication, dry_run)
    finish(replications)


def _print(replication: Replication, dry_run: bool) -> None:
    from preserva.outputs.findings import for_people, human_size, report_lines

    facts = {
        "package": for_people(replication.package),
        "to": replication.to,
        "files": replication.files,
        "size": human_size(replication.size),
    }
    if replication.report.findings:
        for line in report_lines(replication.report):
            echo(line)
    if dry_run and replication.versions:
        message = _("{package} -> {to}: {versions}, {files} files, {size}")
        echo(message.format(versions=", ".join(replication.versions), **facts))
    elif replication.acknowledged:
        message = _("{package} -> {to}: {versions} copied, read back and compared")
        echo(message.format(versions=", ".join(replication.acknowledged), **facts))
    elif not replication.report.findings:
        echo(_("{package} -> {to}: no version is missing").format(**facts))
