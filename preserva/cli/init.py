"""preserva init"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, settings
from preserva.i18n import _


@click.command("init")
@dry_run
@as_json
@settings
def command(given: Settings, dry_run: bool, json_: bool) -> None:
    """Write a commented preserva.toml here, or prepare what an existing one describes.

    \b
    The first time: writes the file. Edit it, then run the command again:
    then it makes the ledger and the storages that are not there yet.
    """
    from preserva.archive.archive import create_archive, find_config
    from preserva.config import TEMPLATE, load
    from preserva.files.disk import writing

    path = find_config(given.config)
    if not path.exists():
        if not dry_run:
            with writing(path), path.open("x", encoding="utf-8") as stream:
                stream.write(TEMPLATE)
        if json_:
            emit("init", config=str(path), written=not dry_run, prepared=[])
        written = _("{path} was written. Edit it, then run `preserva init` again.")
        message = _("{path} would be written; this was a dry run") if dry_run else written
        given.talk(message.format(path=path))
        return
    config = load(path)
    places = [str(config.ledger), *(one.url for one in config.storages.values())]
    if not dry_run:
        create_archive(config)
    if json_:
        emit("init", config=str(path), written=False, prepared=list(places))
    message = _("would be ready: {path}") if dry_run else _("ready: {path}")
    for place in places:
        given.talk(message.format(path=place))
