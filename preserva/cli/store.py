"""preserva store"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, as_ours, dry_run, emit, pass_settings
from preserva.cli.terminal import echo
from preserva.i18n import _


@click.command("store")
@click.argument("bag", type=click.Path(path_type=Path))
@as_ours
@dry_run
@as_json
@pass_settings
def command(settings: Settings, bag: Path, as_ours: bool, dry_run: bool, json_: bool) -> None:
    """Store a BAG that was made by `preserva package --bag`. The bag is only read.

    A bag made with another ledger or by someone else is stored only with --as-ours.

    \b
    preserva store ~/bags/aonb-kp-000123
    """
    from preserva.catalogue.import_records import catalogue_version
    from preserva.ingest.bag import store
    from preserva.outputs.json.ingest import store_document

    with settings.archive() as archive:
        package, created = store(
            archive, bag, as_ours=as_ours, dry_run=dry_run, observer=settings.observer(json_)
        )
        notes = catalogue_version(archive, package) if created else []
    for note in notes:
        settings.talk(note.message())
    if json_:
        emit("store", store_document(package, created, dry_run=dry_run))
        return
    if dry_run:
        settings.talk(_("a valid bag; nothing was written: this was a dry run"))
    elif not created:
        settings.talk(_("exactly this package is already stored"))
    echo(package.portable)
