"""preserva init"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, pass_settings
from preserva.i18n import _


@click.command("init")
@dry_run
@as_json
@pass_settings
def command(settings: Settings, dry_run: bool, json_: bool) -> None:
    """Write a commented preserva.toml, or prepare what it describes.

    The first run writes the file. Edit it and run the command again:
    the second run creates the ledger and the storages that do not exist yet.
    """
    from preserva.archive.archive import create_archive, find_config
    from preserva.config import load
    from preserva.files.disk import refuse_kept, writing
    from preserva.outputs.configuration import template
    from preserva.outputs.json.archive import init_document

    path = find_config(settings.config)
    if not path.exists():
        refuse_kept(path)
        if not dry_run:
            with writing(path), path.open("x", encoding="utf-8") as stream:
                stream.write(template())
        if json_:
            emit("init", init_document(path, written=not dry_run))
        written = _("{path} was written. Edit it, then run `preserva init` again.")
        message = _("{path} would be written; this was a dry run") if dry_run else written
        settings.talk(message.format(path=path))
        return
    config = load(path)
    places = [str(config.ledger), *(storage.url for storage in config.storages.values())]
    if not dry_run:
        create_archive(config, person=settings.person)
    if json_:
        emit("init", init_document(path, written=False, prepared=places))
    message = _("would be ready: {path}") if dry_run else _("ready: {path}")
    for place in places:
        settings.talk(message.format(path=place))
