"""preserva list"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _


@click.command("list")
@click.option("--storage", metavar="STORAGE", help="The storage to list; by default the primary.")
@as_json
@pass_settings
def command(settings: Settings, storage: str | None, json_: bool) -> None:
    """List the packages of a storage."""
    from preserva.outputs.json.reporting import list_document
    from preserva.reporting.status import list_packages

    with settings.archive() as archive:
        listing = list_packages(archive, storage)
    if json_:
        emit("list", list_document(listing))
    else:
        for package in listing.packages:
            echo(f"{package.portable}\tv{package.versions}\t{package.title}")
        for finding in listing.findings:
            echo(finding.message(), err=True)
        if not listing.packages:
            settings.talk(_("no packages yet"))
    finish([listing])
