"""preserva replicate"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, finish, package_id, settings
from preserva.i18n import _


@click.command("replicate")
@click.argument("packages", metavar="[ID]...", nargs=-1)
@click.option("--to", metavar="STORAGE", help="One storage; all replicas if not given.")
@dry_run
@as_json
@settings
def command(
    given: Settings, packages: tuple[str, ...], to: str | None, dry_run: bool, json_: bool
) -> None:
    """Copy packages to the other institution's storage, and prove each copy.

    Only versions that are missing are copied. An interrupted run goes on where it stopped.

    \b
    preserva replicate --dry-run
    preserva replicate
    preserva replicate aonb-kp-000123 --to nlb-copy
    """
    from preserva.outputs.findings import human_size, report_document, report_lines
    from preserva.services.replicate import replicate

    wanted = [package_id(one) for one in packages]
    with given.archive() as archive:
        done = replicate(archive, wanted, to=to, dry_run=dry_run, observer=given.observer(json_))
    if json_:
        emit(
            "replicate",
            dry_run=dry_run,
            packages=[
                {
                    "package": one.package,
                    "to": one.to,
                    "versions": list(one.versions),
                    "acknowledged": list(one.acknowledged),
                    "files": one.files,
                    "bytes": one.size,
                    "report": report_document(one.report),
                }
                for one in done
            ],
        )
    for one in [] if json_ else done:
        if one.report.findings:
            for line in report_lines(one.report):
                click.echo(line)
        elif dry_run and one.versions:
            message = _("{package} -> {to}: {versions}, {files} files, {size}")
            versions, size = ", ".join(one.versions), human_size(one.size)
            click.echo(
                message.format(
                    package=one.package, to=one.to, versions=versions, files=one.files, size=size
                )
            )
        elif one.acknowledged:
            message = _("{package} -> {to}: {versions} copied, read back and compared")
            versions = ", ".join(one.acknowledged)
            click.echo(message.format(package=one.package, to=one.to, versions=versions))
        else:
            click.echo(
                _("{package} -> {to}: nothing missing").format(package=one.package, to=one.to)
            )
    finish(one.report for one in done)
