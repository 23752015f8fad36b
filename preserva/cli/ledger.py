"""preserva ledger"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.backups import into_folder, tell_backup
from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.period import Asked, by_person, no_names, since, until
from preserva.cli.terminal import echo, raw
from preserva.exit_status import ExitStatus
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from datetime import datetime

    from preserva.config import Config


@click.group("ledger")
def command() -> None:
    """Verify, show and export the record of what was done."""


def _config(settings: Settings) -> Config:
    from preserva.archive.archive import find_config
    from preserva.config import load

    return load(find_config(settings.config))


@command.command("verify")
@click.option(
    "--against",
    metavar="STORAGE|FILE",
    help="Compare with the copy in a storage or an export: only this detects a truncated ledger.",
)
@as_json
@pass_settings
def verify(settings: Settings, against: str | None, json_: bool) -> None:
    """Check whether any entry was changed, removed, moved or inserted.

    Exit status: 5 if the ledger does not verify.
    """
    from preserva.archive.ledger_proof import verify_ledger
    from preserva.outputs.json.archive import ledger_verify_document

    proof = verify_ledger(_config(settings), against)
    if json_:
        emit("ledger verify", ledger_verify_document(proof))
    else:
        for problem in proof.problems:
            echo(problem)
        text = ngettext("{count} entry", "{count} entries", proof.entries)
        newest = _("the newest is {digest}").format(digest=proof.newest or "-")
        echo(f"{text.format(count=proof.entries)}; {newest}")
    finish([proof], failure=ExitStatus.LEDGER)


@command.command("show")
@click.argument("package", metavar="[ID]", required=False)
@click.option("--storage", metavar="STORAGE", help="Show only what was done in this storage.")
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="TYPE",
    help="Only entries of this type, as they are shown or in English; repeatable.",
)
@since
@until
@by_person
@no_names
@click.option(
    "--last",
    type=click.IntRange(min=1),
    help="The number of entries to show; by default 20, or all of a period.",
)
@click.option("--premis", metavar="FOLDER", type=click.Path(path_type=Path),
              help="Write every fixity check of ID to a new folder as PREMIS.")  # fmt: skip
@as_json
@pass_settings
def show(
    settings: Settings,
    package: str | None,
    storage: str | None,
    types: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    person: str | None,
    no_names: bool,
    last: int | None,
    premis: Path | None,
    json_: bool,
) -> None:
    """Show the latest entries, newest first: what was done, by whom, and why.

    \b
    preserva ledger show aonb-kp-000123
    preserva ledger show --from 2026-11 --to 2026-11 --person ivanova
    preserva ledger show --type dissemination
    """
    from contextlib import closing
    from itertools import islice

    from preserva.api.arguments import package_id
    from preserva.archive.ledger_proof import open_ledger
    from preserva.outputs.entries import entry_line
    from preserva.outputs.json.archive import ledger_show_document
    from preserva.outputs.words import original

    if premis is not None:
        _write_checks(settings, package, premis)
    config, period = _config(settings), Asked(since, until, person)
    wanted = last or (None if since or until else 20)
    chosen = tuple(original(type_) for type_ in types)
    with closing(open_ledger(config)) as ledger:
        name = package_id(package, config, ledger).uri if package else None
        found = ledger.entries(package=name, storage=storage, types=chosen, newest_first=True)
        meant = (entry for entry in found if period.includes(entry.time, entry.person))
        entries = list(islice(meant, wanted))
    if json_:
        emit("ledger show", ledger_show_document(entries))
        return
    for entry in entries:
        echo(entry_line(entry, {} if no_names else config.people))


def _write_checks(settings: Settings, package: str | None, folder: Path) -> None:
    from contextlib import closing

    from preserva.access.fixity_events import write_checks
    from preserva.api.arguments import package_id
    from preserva.archive.ledger_proof import open_ledger

    if package is None:
        raise click.UsageError(_("--premis needs the ID of a package"))
    config = _config(settings)
    with closing(open_ledger(config)) as ledger:
        count = write_checks(ledger, package_id(package, config, ledger), folder)
    text = ngettext("{count} check written to {path}", "{count} checks written to {path}", count)
    settings.talk(text.format(count=count, path=folder))


@command.command("reindex")
@pass_settings
def reindex(settings: Settings) -> None:
    """Rebuild the index of the copies that the ledger keeps; no entry is touched.

    `preserva ledger verify` says when this is needed.
    """
    from contextlib import closing

    from preserva.archive.ledger_proof import open_ledger

    with closing(open_ledger(_config(settings))) as ledger:
        ledger.reindex()


@command.command("backup")
@into_folder
@as_json
@pass_settings
def backup(settings: Settings, folder: Path, keep_all: bool, json_: bool) -> None:
    """Back up the ledger and the configuration to a folder on another disk, also while others work.

    The backup is verified before it counts. Of the older ones, all of the last seven days are kept,
    the newest of each of the last five weeks and twelve months, and one of each year.

    \b
    preserva ledger backup /mnt/backup/ledger

    Exit status: 5 if the ledger does not verify, or does not continue where its newest backup ends.
    """
    from preserva.archive.archive import utc_now
    from preserva.archive.ledger_backup import backup_ledger
    from preserva.outputs.json.archive import ledger_backup_document

    made = backup_ledger(_config(settings), folder, utc_now, thin=not keep_all)
    if json_:
        emit("ledger backup", ledger_backup_document(made))
        return
    entries = ngettext("{path}: {count} entry", "{path}: {count} entries", made.backup.entries)
    tell_backup(settings, entries, made.backup, made.removed)


@command.command("restore")
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@as_json
@pass_settings
def restore(settings: Settings, source: Path, json_: bool) -> None:
    """Put a FILE, a backup or an export of all entries, in the place of a lost or damaged ledger.

    It is verified first. What stands in the place of the ledger is kept beside it. If the primary
    storage has seen more of the ledger than the backup has, nothing is changed: then
    `preserva rebuild ledger` with the newest entry of the backup as its anchor is the way back.

    \b
    preserva ledger restore ledger-20261201T020000Z-001284.sqlite
    preserva ledger restore ledger-2026.jsonl

    Exit status: 4 if the primary storage has seen more than the backup has, or if nothing is lost;
    5 if it does not verify.
    """
    from preserva.archive.archive import utc_now
    from preserva.archive.ledger_backup import restore_ledger
    from preserva.outputs.json.archive import ledger_restore_document

    config = _config(settings)
    restored = restore_ledger(config, source, utc_now)
    if json_:
        emit("ledger restore", ledger_restore_document(config, restored))
    else:
        text = ngettext(
            "{path} was restored with {count} entry",
            "{path} was restored with {count} entries",
            restored.entries,
        )
        settings.talk(text.format(path=config.ledger, count=restored.entries))


@command.command("export")
@pass_settings
def export(settings: Settings) -> None:
    """Print every entry as one line of canonical JSON (RFC 8785), to keep elsewhere.

    Line n is entry n; each holds the SHA-256 of the line before it as "previous".

    \b
    preserva ledger export > ledger-2026.jsonl
    preserva ledger verify --against ledger-2026.jsonl
    preserva ledger verify --against nlb-copy
    """
    from contextlib import closing

    from preserva.archive.ledger_proof import open_ledger

    with closing(open_ledger(_config(settings))) as ledger:
        for body in ledger.bodies():
            raw(body)
