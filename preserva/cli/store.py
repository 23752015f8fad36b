"""preserva store"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, settings
from preserva.i18n import _


@click.command("store")
@click.argument("bag", type=click.Path(path_type=Path))
@dry_run
@as_json
@settings
def command(given: Settings, bag: Path, dry_run: bool, json_: bool) -> None:
    """Store a BAG that `preserva package --bag` made. The bag is only read.

    \b
    preserva store ~/bags/aonb-kp-000123
    """
    from preserva.ingest.bag import store

    with given.archive() as archive:
        package, created = store(archive, bag, dry_run=dry_run, observer=given.observer(json_))
    if json_:
        emit("store", package=package.uri, created=created, dry_run=dry_run)
        return
    if dry_run:
        given.talk(_("a valid bag; nothing was written: this was a dry run"))
    elif not created:
        given.talk(_("this very package is stored already"))
    click.echo(package.portable)
