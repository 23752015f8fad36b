"""preserva catalogue backup, preserva catalogue restore"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.backups import into_folder, tell_backup
from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.i18n import _, ngettext


@click.command("backup")
@into_folder
@as_json
@pass_settings
def backup(settings: Settings, folder: Path, keep_all: bool, json_: bool) -> None:
    """Back up the union catalogue to a folder on another disk, also while others work.

    It is verified before it counts. Older backups are thinned as those of the ledger are. Without a
    catalogue nothing is done.

    \b
    preserva catalogue backup /mnt/backup/ledger
    """
    from preserva.archive.archive import find_config, utc_now
    from preserva.catalogue.backup import backup_catalogue
    from preserva.config import load
    from preserva.outputs.json.catalogue import catalogue_backup_document

    config = load(find_config(settings.config))
    made = backup_catalogue(config, folder, utc_now, thin=not keep_all)
    if json_:
        emit("catalogue backup", catalogue_backup_document(made))
        return
    if made is None:
        settings.talk(_("there is no catalogue, so there is nothing to back up"))
        return
    records = ngettext("{path}: {count} record", "{path}: {count} records", made.backup.entries)
    tell_backup(settings, records, made.backup, made.removed)


@click.command("restore")
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@as_json
@pass_settings
def restore(settings: Settings, source: Path, json_: bool) -> None:
    """Put a FILE, a backup, in the place of the union catalogue.

    It is verified first. What stands there is kept beside it, with the decisions that were made
    since: `preserva catalogue decisions import` brings them from an export.

    \b
    preserva catalogue restore catalogue-20261201T050000Z-018214.sqlite
    """
    from preserva.archive.archive import find_config, utc_now
    from preserva.catalogue.backup import restore_catalogue
    from preserva.config import load
    from preserva.outputs.json.catalogue import catalogue_restore_document

    config = load(find_config(settings.config))
    restored = restore_catalogue(config, source, utc_now)
    if json_:
        emit("catalogue restore", catalogue_restore_document(restored))
    text = ngettext(
        "the catalogue was restored with {count} record",
        "the catalogue was restored with {count} records",
        restored.entries,
    )
    settings.talk(text.format(count=restored.entries))
