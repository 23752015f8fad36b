"""preserva update"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.batch import (
    batch_of,
    batch_options,
    check_or_dry_run,
    end_batch,
    refuse_with_batch,
    refuse_without_batch,
)
from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.cli.terminal import echo
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.batch.run import BatchOptions


@click.command("update")
@click.argument("package", metavar="[ID]", required=False)
@click.option(
    "--record",
    "--records",
    "record",
    type=click.Path(path_type=Path),
    help="The corrected catalogue record, or the records of a table.",
)
@click.option(
    "--charset", help="The character set of the record, if it is detected wrongly: cp1251 …"
)
@click.option(
    "--position",
    type=click.IntRange(min=1),
    help="The position of the record in the file, counted from 1.",
)
@click.option(
    "--structure",
    type=click.Path(path_type=Path),
    help="The corrected parts of the book and labels of its pages: TOML, CSV or METS.",
)
@click.option(
    "--document",
    "documents",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file to add to documentation/; may be given several times.",
)
@click.option(
    "--other-record",
    is_flag=True,
    help="Accept a record with another number and another title than the package has.",
)
@click.option("--reason", metavar="TEXT", help="The reason, for the history of the package.")
@batch_options
@check_or_dry_run
@as_json
@pass_settings
def command(
    settings: Settings,
    package: str | None,
    record: Path | None,
    charset: str | None,
    position: int | None,
    structure: Path | None,
    documents: tuple[Path, ...],
    other_record: bool,
    reason: str | None,
    table: Path | None,
    root: Path | None,
    results: Path | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Correct a stored package by adding a new version to it.

    Only the changes are written, and the previous version is kept unchanged. `preserva replicate`
    copies the new one to the replicas.

    With --batch, the package of each row of a table is corrected, see docs/how-to/batches.md.

    \b
    preserva update aonb-kp-000123 --record corrected.mrc --reason "wrong year"
    preserva update aonb-kp-000123 --structure structure.toml
    preserva update aonb-kp-000123 --document condition-report.pdf --dry-run
    preserva update --batch books.csv --records new.iso --reason recatalogued
    """
    if table is not None:
        refuse_with_batch(
            ID=package,
            **{"--position": position, "--structure": structure, "--document": documents},
            **{"--other-record": other_record},
        )
        _batch(settings, batch_of(table, root, results, dry_run), record, charset, reason, json_)
        return
    refuse_without_batch(root=root, results=results)
    if package is None:
        raise click.UsageError(_("Name the ID of a package, or a table with --batch."))
    from preserva.ingest.revision import Change, update
    from preserva.outputs.json.ingest import update_document

    change = Change(record, position, charset, documents, reason, structure, other_record)
    with settings.archive() as archive:
        updated = update(
            archive,
            package_id(package),
            change,
            dry_run=dry_run,
            observer=settings.observer(json_),
        )
    if json_:
        emit("update", update_document(updated, dry_run=dry_run))
        return
    for finding in updated.notes:
        settings.talk(finding.message())
    if updated.before != updated.title:
        message = _("title: {before} -> {after}")
        settings.talk(message.format(before=updated.before, after=updated.title))
    for path in updated.changed:
        echo(path)
    if not updated.changed:
        message = _("nothing differs from {version}, so nothing was written")
    elif dry_run:
        message = _("would become {version}; nothing was written: this was a dry run")
    else:
        message = _("stored as {version}")
    settings.talk(message.format(version=updated.version))


def _batch(
    settings: Settings,
    options: BatchOptions,
    records: Path | None,
    charset: str | None,
    reason: str | None,
    json_: bool,
) -> None:
    from preserva.batch.verbs import update_batch

    with settings.archive() as archive:
        result = update_batch(
            archive,
            options,
            records=records,
            charset=charset,
            reason=reason,
            observer=settings.observer(json_),
        )
    end_batch(settings, "update", result, json_)
