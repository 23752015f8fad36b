"""preserva list"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, emit, settings
from preserva.i18n import _


@click.command("list")
@click.option("--storage", metavar="STORAGE", help="The storage; the primary one if not given.")
@as_json
@settings
def command(given: Settings, storage: str | None, json_: bool) -> None:
    """List the packages of a storage."""
    from preserva.outputs.findings import findings_document
    from preserva.reporting.status import list_packages

    with given.archive() as archive:
        listed = list_packages(archive, storage)
    if json_:
        emit(
            "list",
            packages=[
                {
                    "package": one.package,
                    "versions": one.versions,
                    "files": one.files,
                    "title": one.title,
                }
                for one in listed.packages
            ],
            findings=findings_document(listed.findings),
        )
    else:
        for one in listed.packages:
            click.echo(f"{one.portable}\tv{one.versions}\t{one.title}")
        for finding in listed.findings:
            click.echo(finding.message(), err=True)
        if not listed.packages:
            given.talk(_("no packages yet"))
    if listed.findings:
        raise SystemExit(1)
