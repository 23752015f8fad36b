"""preserva update"""

from __future__ import annotations

from dataclasses import replace
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
from preserva.cli.book_options import charset, position
from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.cli.terminal import echo
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.batch.run import BatchOptions
    from preserva.core.book.page_changes import PageChange
    from preserva.ingest.revised import Revised

_FILE = click.Path(path_type=Path)
_PAGE = click.IntRange(min=1)


@click.command("update")
@click.argument("package", metavar="[ID]", required=False)
@click.option(
    "--record",
    "--records",
    "record",
    type=_FILE,
    help="The corrected catalogue record, or the records of a table.",
)
@charset
@position
@click.option(
    "--structure",
    type=_FILE,
    help="The corrected parts of the book and labels of its pages: TOML, CSV or METS.",
)
@click.option("--rights", type=_FILE, help="What may be done with the book: TOML.")
@click.option("--events", type=_FILE, help="What happened before packaging: TOML or CSV.")
@click.option(
    "--document",
    "documents",
    multiple=True,
    type=_FILE,
    help="A file to add to documentation/, or to replace there; may be given several times.",
)
@click.option(
    "--pages",
    metavar="FOLDER",
    type=_FILE,
    help="Pages scanned again. Each file is named like the page, or by its number.",
)
@click.option(
    "--access", metavar="FOLDER", type=_FILE, help="Access copies of pages, named likewise; or PDF."
)
@click.option(
    "--text",
    metavar="FOLDER",
    type=_FILE,
    help="Recognised text of pages, named likewise: ALTO, PAGE, hOCR, plain text.",
)
@click.option(
    "--insert-pages", metavar="FOLDER", type=_FILE, help="Pages that are missing in the package."
)
@click.option(
    "--after",
    metavar="N",
    type=click.IntRange(min=0),
    help="The page that the new pages follow; 0 for the beginning. By default the last one.",
)
@click.option(
    "--remove-page",
    "remove",
    metavar="N",
    type=_PAGE,
    multiple=True,
    help="A page to leave out; may be given several times.",
)
@click.option(
    "--move-page",
    "move",
    metavar="FROM TO",
    type=(_PAGE, _PAGE),
    multiple=True,
    help="The number of a page and the number that it should have.",
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
    rights: Path | None,
    events: Path | None,
    documents: tuple[Path, ...],
    pages: Path | None,
    access: Path | None,
    text: Path | None,
    insert_pages: Path | None,
    after: int | None,
    remove: tuple[int, ...],
    move: tuple[tuple[int, int], ...],
    other_record: bool,
    reason: str | None,
    table: Path | None,
    root: Path | None,
    results: Path | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Correct a stored package by adding a new version to it.

    Only what is new is written, and the previous version is kept unchanged. Each correction needs a
    reason. `preserva replicate` copies the new version to the replicas.

    With --batch, the package of each row of a table is corrected, see docs/how-to/batches.md.

    \b
    preserva update aonb-kp-000123 --record corrected.mrc --reason "wrong year"
    preserva update aonb-kp-000123 --pages again --reason "page 12 was blurred"
    preserva update kp-000123 --insert-pages missing --after 4 --reason "left out"
    preserva update kp-000123 --remove-page 7 --reason "scanned twice" --dry-run
    preserva update aonb-kp-000123 --text alto --reason "recognised later"
    preserva update --batch books.csv --records new.iso --reason recatalogued
    """
    if table is not None:
        refuse_with_batch(
            ID=package,
            **{"--position": position, "--structure": structure, "--document": documents},
            **{"--rights": rights, "--events": events, "--pages": pages, "--access": access},
            **{"--text": text, "--insert-pages": insert_pages, "--remove-page": remove},
            **{"--move-page": move, "--other-record": other_record},
        )
        _batch(settings, batch_of(table, root, results, dry_run), record, charset, reason, json_)
        return
    refuse_without_batch(root=root, results=results)
    if package is None:
        raise click.UsageError(_("Name the ID of a package, or a table with --batch."))
    from preserva.catalogue.import_records import catalogue_version
    from preserva.ingest.book_revision import PageChanges
    from preserva.ingest.revision import Change, update
    from preserva.outputs.json.ingest import update_document

    if after is not None and insert_pages is None:
        raise click.UsageError(_("--after needs --insert-pages."))
    change = Change(
        record,
        position,
        charset,
        documents,
        reason,
        structure,
        other_record,
        rights,
        events,
        PageChanges(pages, access, text, insert_pages, after, remove, move),
    )
    with settings.archive() as archive:
        updated = update(
            archive,
            package_id(package, archive),
            change,
            dry_run=dry_run,
            observer=settings.observer(json_),
        )
        if updated.created:
            notes = catalogue_version(archive, updated.package)
            updated = replace(updated, notes=(*updated.notes, *notes))
    if json_:
        emit("update", update_document(updated, dry_run=dry_run))
    else:
        print_revised(settings, updated, dry_run=dry_run)


def print_revised(settings: Settings, updated: Revised, *, dry_run: bool) -> None:
    """What was done to the book, the files that differ, and what moves to the replicas."""
    from preserva.outputs.findings import human_size

    for finding in updated.notes:
        settings.talk(finding.message())
    if updated.before != updated.title:
        message = _("title: {before} -> {after}")
        settings.talk(message.format(before=updated.before, after=updated.title))
    for change in updated.pages:
        settings.talk(_deed(change))
    for path in updated.changed:
        echo(path)
    if not updated.changed and not updated.removed:
        message = _("nothing differs from {version}, so nothing was written")
        settings.talk(message.format(version=updated.version))
        return
    if dry_run:
        message = _("would become {version} ({size}); nothing was written: this was a dry run")
    else:
        message = _("stored as {version} ({size}): only this is copied to the replicas")
    settings.talk(message.format(version=updated.version, size=human_size(updated.size)))


def _deed(change: PageChange) -> str:
    """One change in the language of the reader."""
    from preserva.core.book.page_changes import PageDeed
    from preserva.core.values.report import printable

    words = {
        PageDeed.REPLACED: _("page {page}: {name} replaces the file in {representation}"),
        PageDeed.ADDED: _("page {page}: {name} is added to {representation}"),
        PageDeed.INSERTED: _("page {page}: new"),
        PageDeed.REMOVED: _("page {page}: removed"),
        PageDeed.MOVED: _("page {before}: becomes page {page}"),
    }
    whole = {
        PageDeed.REPLACED: _("the whole book: {name} replaces the file in {representation}"),
        PageDeed.ADDED: _("the whole book: {name} is added to {representation}"),
    }
    text = words[change.deed] if change.page is not None else whole[change.deed]
    return text.format(
        page=change.page,
        before=change.before,
        name=printable(change.name or ""),
        representation=change.representation,
    )


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
